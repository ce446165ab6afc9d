//! What forms leave empty: an optional text of no characters has not been given.
//!
//! The structs have `Option<String>` for what need not be there, and none of them means
//! something else by `""` than by its absence. Consoles write `""` for every field that
//! nobody has filled in, so it is taken out before a document or a node's `data` is read.

use serde_json::{Map, Value};

use super::Kind;

/// Where in a document such texts stand: keys, and `*` for every key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionalTexts(Vec<Vec<String>>);

impl OptionalTexts {
    /// Those that a schema of ours describes.
    pub fn of(schema: &Value) -> Self {
        let mut paths = Vec::new();
        collect(schema, &mut Vec::new(), &mut paths);
        Self(paths)
    }

    /// Takes the empty ones out.
    pub fn drop_empty(&self, body: &mut Map<String, Value>) {
        for path in &self.0 {
            drop_empty(body, path);
        }
    }
}

/// Takes the empty texts out of a stored document.
pub fn drop_unfilled(kind: Kind, body: &mut Map<String, Value>) {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    static OF_KINDS: LazyLock<BTreeMap<Kind, OptionalTexts>> = LazyLock::new(|| {
        let kinds = Kind::ALL.iter();
        kinds
            .map(|kind| (*kind, OptionalTexts::of(&kind.schema())))
            .collect()
    });
    if let Some(texts) = OF_KINDS.get(&kind) {
        texts.drop_empty(body);
    }
}

/// Whether the schema is that of a text, or of nothing.
pub(super) fn is_optional_text(schema: &Value) -> bool {
    let types = schema["type"].as_array();
    types.is_some_and(|types| {
        types.len() == 2
            && ["string", "null"]
                .iter()
                .all(|t| types.contains(&(*t).into()))
    })
}

fn collect(schema: &Value, at: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    if is_optional_text(schema) {
        paths.push(at.clone());
        return;
    }
    for options in ["anyOf", "oneOf"] {
        for option in schema[options].as_array().into_iter().flatten() {
            collect(option, at, paths);
        }
    }
    // The items of a list have no keys of their own.
    if schema["items"].is_object() {
        collect(&schema["items"], at, paths);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        at.push(name.clone());
        collect(property, at, paths);
        at.pop();
    }
    if schema["additionalProperties"].is_object() {
        at.push("*".into());
        collect(&schema["additionalProperties"], at, paths);
        at.pop();
    }
}

fn drop_empty(body: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] if last == "*" => body.retain(|_, value| value != ""),
        [last] => {
            if body.get(last).is_some_and(|value| value == "") {
                body.remove(last);
            }
        }
        [first, rest @ ..] if first == "*" => {
            body.values_mut().for_each(|inner| drop_in(inner, rest));
        }
        [first, rest @ ..] => {
            if let Some(inner) = body.get_mut(first) {
                drop_in(inner, rest);
            }
        }
    }
}

fn drop_in(value: &mut Value, path: &[String]) {
    match value {
        Value::Object(inner) => drop_empty(inner, path),
        Value::Array(items) => items.iter_mut().for_each(|item| drop_in(item, path)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn without(kind: Kind, mut document: Value) -> Value {
        drop_unfilled(kind, document.as_object_mut().unwrap());
        document
    }

    #[test]
    fn empty_texts_that_need_not_be_there_are_not() {
        let user = json!({"first_name": "", "presence_id": "", "language": "de",
            "hotdesk": {"enabled": true, "id": "", "pin": ""},
            "caller_id": {"internal": {"name": "", "number": "101"}, "external": {"number": ""}},
            "call_forward": {"enabled": true, "number": ""}, "ringtones": {"internal": ""},
            "ui_metadata": {"origin": ""}});
        let filled = json!({"first_name": "", "language": "de", "hotdesk": {"enabled": true},
            "caller_id": {"internal": {"number": "101"}, "external": {}},
            "call_forward": {"enabled": true}, "ringtones": {}, "ui_metadata": {"origin": ""}});
        assert_eq!(without(Kind::User, user), filled);
        let resource = json!({"name": "a", "dial": "", "gateways": [{"server": "x", "endpoint": "", "prefix": ""}]});
        let filled = json!({"name": "a", "gateways": [{"server": "x", "prefix": ""}]});
        assert_eq!(without(Kind::Resource, resource), filled);
    }

    /// An empty key of a queue or of a box's menu says that there is none.
    #[test]
    fn texts_that_always_have_a_value_may_be_empty() {
        let queue = json!({"name": "a", "caller_exit_key": "", "moh": ""});
        let filled = json!({"name": "a", "caller_exit_key": ""});
        assert_eq!(without(Kind::Queue, queue), filled);
        let account = json!({"voicemail": {"keys": {"login": ""}}, "timezone": ""});
        let filled = json!({"voicemail": {"keys": {"login": ""}}});
        assert_eq!(without(Kind::Account, account), filled);
    }
}
