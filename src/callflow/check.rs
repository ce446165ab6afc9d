//! Checks a callflow document that is to be stored: the whole of it, before
//! anything is written, and more strictly than a call does that must go on
//! somehow.

use serde_json::{Map, Value};

use super::modules;
use super::read::read_stored;
use crate::objects::{Fault, Faults, check as check_schema, within};
use crate::patterns::Pattern;
use crate::report::{Severity, nearest};

/// Checks `patterns` and `flow`, and brings the `data` of every node into the
/// form that its module's schema describes, with the defaults filled in.
pub fn check(document: &mut Map<String, Value>, faults: &mut Faults) {
    let patterns = document.get("patterns").and_then(Value::as_array);
    for (position, pattern) in patterns.into_iter().flatten().enumerate() {
        let Some(text) = pattern.as_str() else {
            continue;
        };
        if let Err(error) = Pattern::new(text) {
            let field = within("patterns", &position.to_string());
            faults.add(
                &field,
                "invalid",
                Fault::new(error.to_string()).value(pattern),
            );
        }
    }
    let Some(flow) = document.get_mut("flow") else {
        let message = r#"Field is required but missing: write "flow": {"module": …, "data": {…}}"#;
        faults.add("flow", "required", Fault::new(message));
        return;
    };
    Nodes { faults }.node(flow, "flow");
    // What the schemas do not say, and calls would not run.
    if faults.is_empty() {
        for (field, message) in errors_of_reading(flow) {
            faults.add(&field, "invalid", Fault::new(message));
        }
    }
}

/// What is wrong with a flow when it is read as for a call.
fn errors_of_reading(flow: &Value) -> Vec<(String, String)> {
    let mut document = Map::new();
    document.insert("flow".into(), flow.clone());
    let bytes = Value::from(document).to_string().into_bytes();
    let (_, report) = read_stored(&bytes, false);
    let found = report.diagnostics.into_iter();
    let errors = found.filter(|d| d.severity == Severity::Error);
    errors
        .map(|error| {
            let field = dotted(error.pointer.as_deref().unwrap_or_default());
            match error.help {
                Some(help) => (field, format!("{}; {help}", error.message)),
                None => (field, error.message),
            }
        })
        .collect()
}

struct Nodes<'f> {
    faults: &'f mut Faults,
}

impl Nodes<'_> {
    fn node(&mut self, value: &mut Value, field: &str) {
        // Both are what some languages write for an empty object.
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            *value = Map::new().into();
        }
        let Value::Object(node) = value else {
            let fault = Fault::new("a node is an object").target("object");
            self.faults.add(field, "type", fault.value(value));
            return;
        };
        let is_root = field == "flow";
        if node.is_empty() && !is_root {
            return;
        }
        if let Some(name) = self.module(node, field) {
            self.data(node, &name, field);
        }
        let Some(children) = node.get_mut("children") else {
            return;
        };
        if children.is_null() || children.as_array().is_some_and(Vec::is_empty) {
            *children = Map::new().into();
        }
        let place = within(field, "children");
        let Value::Object(children) = children else {
            let fault = Fault::new(r#"children are nodes by key, as in {"_": {"module": …}}"#);
            self.faults.add(&place, "type", fault.target("object"));
            return;
        };
        for (key, child) in children {
            self.node(child, &within(&place, key));
        }
    }

    /// The name of its module, if there is one of this name.
    fn module(&mut self, node: &Map<String, Value>, field: &str) -> Option<String> {
        let place = within(field, "module");
        let Some(given) = node.get("module") else {
            let fault = Fault::new("Field is required but missing");
            self.faults.add(&place, "required", fault);
            return None;
        };
        let Some(name) = given.as_str() else {
            let fault = Fault::new("must be a string").target("string").value(given);
            self.faults.add(&place, "type", fault);
            return None;
        };
        if modules::schema_of(name).is_some() {
            return Some(name.to_owned());
        }
        let short: String = name.chars().take(64).collect();
        let message = match (modules::refusal(name), nearest(&short, modules::names())) {
            (Some(why), _) => format!("there is no module `{name}`: {why}"),
            (None, Some(near)) => format!("there is no module `{short}`; did you mean `{near}`?"),
            (None, None) => format!("there is no module `{short}`"),
        };
        let fault = Fault::new(message).value(given).cause(short);
        self.faults.add(&place, "not_found", fault);
        None
    }

    fn data(&mut self, node: &mut Map<String, Value>, module: &str, field: &str) {
        let Some(schema) = modules::schema_of(module) else {
            return;
        };
        let data = node.entry("data").or_insert(Value::Null);
        if data.is_null() {
            *data = Map::new().into();
        }
        check_schema(schema, data, &within(field, "data"), self.faults);
    }
}

/// `/flow/data/text` → `flow.data.text`.
fn dotted(pointer: &str) -> String {
    let parts = pointer.split('/').filter(|part| !part.is_empty());
    let joined = parts.fold(String::new(), |field, part| {
        within(&field, &part.replace("~1", "/").replace("~0", "~"))
    });
    if joined.is_empty() {
        "flow".into()
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(document: Value) -> (Value, Value) {
        let Value::Object(mut document) = document else {
            unreachable!()
        };
        let mut faults = Faults::default();
        check(&mut document, &mut faults);
        (document.into(), faults.into())
    }

    // Callflow check 99. For nodes.
    #[test]
    fn every_node_is_brought_into_its_module_s_form() {
        let (document, faults) = checked(json!({"flow": {
            "module": "collect_dtmf", "data": {"max_digits": "4"}, "children": {
                "_": {"module": "answer", "children": []},
                "2": [],
                "3": {},
            },
        }}));
        assert_eq!(faults, json!({}));
        let flow = &document["flow"];
        assert_eq!(flow["data"]["max_digits"], 4);
        assert_eq!(flow["children"]["_"]["data"], json!({}));
        assert_eq!(flow["children"]["2"], json!({}));
    }

    // Callflow check 10. Callflow check 33. For the API.
    #[test]
    fn what_is_wrong_in_a_node_is_told_with_its_place() {
        let (_, faults) = checked(json!({"patterns": ["^(", "^1$"], "flow": {
            "module": "play", "data": {"id": "x"}, "children": {
                "_": {"module": "tts", "data": {}},
                "1": {"module": "tts", "data": {"text": "x".repeat(1001)}},
                "2.5": {"module": "sleap"},
                "2.6": {"module": "function"},
                "3": {"data": {}},
                "4": "hangup",
                "5": {"module": 5},
                "6": {"module": "answer", "children": 7},
            },
        }}));
        for (field, code) in [
            ("patterns.0", "invalid"),
            ("flow.children._.data.text", "required"),
            ("flow.children.1.data.text", "maxLength"),
            ("flow.children.2%2E5.module", "not_found"),
            ("flow.children.2%2E6.module", "not_found"),
            ("flow.children.3.module", "required"),
            ("flow.children.4", "type"),
            ("flow.children.5.module", "type"),
            ("flow.children.6.children", "type"),
        ] {
            assert!(
                faults[field][code].is_object(),
                "{field} {code}: {faults:#}"
            );
        }
        assert_eq!(faults.as_object().unwrap().len(), 9, "{faults:#}");
        let unknown = &faults["flow.children.2%2E5.module"]["not_found"];
        let message = "there is no module `sleap`; did you mean `sleep`?";
        assert_eq!(unknown["message"], message);
        assert_eq!(unknown["cause"], "sleap");
        let refused = &faults["flow.children.2%2E6.module"]["not_found"];
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("runs a script"), "{message}");
    }

    #[test]
    fn a_document_without_a_flow_or_with_an_empty_one_is_refused() {
        assert!(checked(json!({})).1["flow"]["required"].is_object());
        assert!(checked(json!({"flow": {}})).1["flow.module"]["required"].is_object());
        assert!(checked(json!({"flow": []})).1["flow.module"]["required"].is_object());
    }
}
