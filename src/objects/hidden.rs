//! A field that nobody is shown: `tests/lab/scripts/break-attributes.py` hides one
//! after the other and asks whether the tests notice that docs/callflow.md names.

use serde_json::{Map, Value};

/// Takes the hidden field out of the `data` of a module or of a stored document of
/// this name. Only debug builds look at `PIVOT_HIDE_FIELD` (`ring_group.repeats`).
pub fn hide(name: &str, body: &mut Map<String, Value>) {
    if let Some((whose, path)) = hidden()
        && whose == name
    {
        let path: Vec<&str> = path.split('.').collect();
        remove(body, &path);
    }
}

/// Whether it is this field that is hidden, for what does not read whole documents.
pub fn is_hidden(name: &str, field: &str) -> bool {
    hidden() == Some((name, field))
}

#[cfg(debug_assertions)]
fn hidden() -> Option<(&'static str, &'static str)> {
    static HIDDEN: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("PIVOT_HIDE_FIELD").ok());
    HIDDEN.as_deref()?.split_once('.')
}

#[cfg(not(debug_assertions))]
const fn hidden() -> Option<(&'static str, &'static str)> {
    None
}

/// In lists and objects with free keys it is taken out of each.
fn remove(body: &mut Map<String, Value>, path: &[&str]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        body.remove(*first);
        return;
    }
    match (*first, rest) {
        ("*", rest) => body.values_mut().for_each(|inner| remove_in(inner, rest)),
        (first, rest) => {
            if let Some(inner) = body.get_mut(first) {
                remove_in(inner, rest);
            }
        }
    }
}

fn remove_in(value: &mut Value, path: &[&str]) {
    match value {
        Value::Object(inner) => remove(inner, path),
        Value::Array(items) => items.iter_mut().for_each(|item| remove_in(item, path)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn without(path: &[&str], mut value: Value) -> Value {
        remove(value.as_object_mut().unwrap(), path);
        value
    }

    #[test]
    fn a_field_is_taken_out_wherever_it_stands() {
        assert_eq!(without(&["a"], json!({"a": 1, "b": 2})), json!({"b": 2}));
        assert_eq!(
            without(&["a", "b"], json!({"a": {"b": 1}})),
            json!({"a": {}})
        );
        let list = json!({"a": [{"b": 1, "c": 2}, {"b": 3}, 4]});
        assert_eq!(without(&["a", "b"], list), json!({"a": [{"c": 2}, {}, 4]}));
        let free = json!({"a": {"x": {"b": 1}, "y": {"b": 2, "c": 3}}});
        assert_eq!(
            without(&["a", "*", "b"], free),
            json!({"a": {"x": {}, "y": {"c": 3}}})
        );
        assert_eq!(without(&["x", "y"], json!({"a": 1})), json!({"a": 1}));
    }
}
