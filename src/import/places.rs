//! Where in its file a field of a document stands.

use std::ops::Range;

use crate::callflow::json::{Kind, Value};

/// The bytes of a field, as checks name it (`flow.data.text`); of one that is
/// missing, where it belongs.
pub(super) fn of(document: &Value, field: &str) -> Range<usize> {
    let mut at = document;
    for part in parts(field) {
        let inner = match &at.kind {
            Kind::Object(_) => at.get(&part),
            Kind::Array(list) => part.parse().ok().and_then(|n: usize| list.get(n)),
            _ => None,
        };
        match inner {
            Some(inner) => at = inner,
            None => return start(&at.span),
        }
    }
    match at.kind {
        Kind::Object(_) | Kind::Array(_) => start(&at.span),
        _ => at.span.clone(),
    }
}

/// `flow.data.text` → `/flow/data/text`.
pub(super) fn pointer(field: &str) -> String {
    parts(field)
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// Dots within names are written `%2E`.
fn parts(field: &str) -> impl Iterator<Item = String> {
    let parts = field.split('.').filter(|part| !part.is_empty());
    parts.map(|part| part.replace("%2E", "."))
}

/// The opening bracket: the whole is too much to point at.
fn start(span: &Range<usize>) -> Range<usize> {
    span.start..span.end.min(span.start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callflow::json::parse;
    use crate::report::Report;

    #[test]
    fn a_field_is_found_in_the_text_and_a_missing_one_where_it_belongs() {
        let text = r#"{"a.b": [1, {"c": "x"}]}"#;
        let document = parse(text.as_bytes(), &mut Report::default()).unwrap();
        let place = |field| &text[of(&document, field)];
        assert_eq!(place("a%2Eb.1.c"), r#""x""#);
        assert_eq!(place("a%2Eb.0"), "1");
        assert_eq!(place("a%2Eb.1.d"), "{");
        assert_eq!(of(&document, "a%2Eb.1.d").start, 12);
        assert_eq!(place(""), "{");
        assert_eq!(pointer("a%2Eb.1.c/d"), "/a.b/1/c~1d");
    }
}
