//! Names and values of variables, as the modules that set and compare them see
//! them.

use serde_json::{Map, Value};

/// `Call-Priority` and `call_priority` are one name.
pub(super) fn plain_name(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// A value as text; none for what holds further values.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What stands at a path of names, each of which is compared as `plain_name`.
pub(super) fn at<'v>(object: &'v Map<String, Value>, path: &[String]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    let first = plain_name(first);
    let (_, value) = object.iter().find(|(name, _)| plain_name(name) == first)?;
    match (rest, value) {
        ([], value) => Some(value),
        (rest, Value::Object(inner)) => at(inner, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_followed_whatever_way_its_names_are_written() {
        let Value::Object(document) = json!({"Call-Forward": {"enabled": true, "number": 5}})
        else {
            unreachable!()
        };
        let found = |path: &[&str]| {
            let path: Vec<_> = path.iter().map(ToString::to_string).collect();
            at(&document, &path).and_then(text)
        };
        assert_eq!(found(&["call_forward", "enabled"]).as_deref(), Some("true"));
        assert_eq!(found(&["CALL-FORWARD", "Number"]).as_deref(), Some("5"));
        assert_eq!(found(&["call_forward"]), None);
        assert_eq!(found(&["call_forward", "number", "x"]), None);
        assert_eq!(found(&[]), None);
    }
}
