//! Where in the file a key stands.

use toml::de::{DeTable, DeValue};

use super::Place;

/// The place of a key such as `route[1].patterns[0]`; of the nearest table
/// around it when it is not written itself.
pub(super) fn of(text: &str, key: &str) -> Option<Place> {
    let document = DeTable::parse(text).ok()?;
    let mut at = None;
    let mut table = document.get_ref();
    for segment in key.split('.') {
        let (name, indices) = segment.split_once('[').unwrap_or((segment, ""));
        let Some((written, value)) = table.iter().find(|(key, _)| key.get_ref() == name) else {
            break;
        };
        at = Some(written.span().start);
        let mut value = value;
        let indices = indices.split(['[', ']']);
        for index in indices.filter_map(|digits| digits.parse::<usize>().ok()) {
            let DeValue::Array(items) = value.get_ref() else {
                break;
            };
            let Some(item) = items.get(index) else {
                break;
            };
            value = item;
            at = Some(value.span().start);
        }
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    at.map(|byte| position(text, byte))
}

fn position(text: &str, byte: usize) -> Place {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "top = 1\n\
        [ari]\n\
        url = \"é\"\n\
        \n\
        [[route]]\n\
        numbers = [\"1\",\n\
        \u{20}  \"ü\", \"3\"]\n\
        [[route]]\n\
        \"voice_url\" = \"\"\n\
        [speech.http]\n\
        headers = { \"X-Key\" = 1 }\n\
        limits.calls = 0\n";

    #[test]
    fn keys_are_found() {
        for (key, line, column) in [
            ("top", 1, 1),
            ("ari", 2, 2),
            ("ari.url", 3, 1),
            ("ari.username", 2, 2),
            ("route[0].numbers[1]", 7, 4),
            ("route[0].numbers[2]", 7, 9),
            ("route[0].numbers[9]", 6, 1),
            ("route[1].voice_url", 9, 1),
            ("route[1].callflow", 8, 1),
            ("speech.http.headers.X-Key", 11, 13),
            ("speech.http.limits.calls", 12, 8),
        ] {
            assert_eq!(of(TEXT, key), Some(Place { line, column }), "{key}");
        }
        assert_eq!(of(TEXT, "web.allow"), None);
        assert_eq!(of("= broken", "web"), None);
    }
}
