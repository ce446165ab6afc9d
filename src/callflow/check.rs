//! Checks a callflow document that is to be stored: the whole of it, before
//! anything is written, and more strictly than a call does that must go on
//! somehow.

use serde_json::{Map, Value};

use super::modules;
use super::read::read_stored;
use crate::objects::{Fault, Faults, check as check_schema, within};
use crate::patterns::Pattern;
use crate::report::{Report, Severity};

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
    let reader = Told::by_reading(flow);
    let mut nodes = Nodes {
        reader: &reader,
        faults,
    };
    nodes.node(flow, "flow", "/flow");
    // What the schemas do not say, and calls would not run.
    if faults.is_empty() {
        for (pointer, message) in Told::by_reading(flow).errors {
            faults.add(&dotted(&pointer), "invalid", Fault::new(message));
        }
    }
}

/// What is found when the flow is read as for a call.
struct Told {
    errors: Vec<(String, String)>,
    /// Of names of modules that are not known, or refused.
    modules: Vec<(String, String)>,
}

impl Told {
    fn by_reading(flow: &Value) -> Self {
        let mut document = Map::new();
        document.insert("flow".into(), flow.clone());
        let bytes = Value::from(document).to_string().into_bytes();
        let told = |report: &Report, wanted: fn(&str) -> bool| {
            report
                .diagnostics
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .map(|d| (d.pointer.clone().unwrap_or_default(), d))
                .filter(|(pointer, _)| wanted(pointer))
                .map(|(pointer, d)| {
                    let help = d.help.as_ref().map(|help| format!("; {help}"));
                    (
                        pointer,
                        format!("{}{}", d.message, help.unwrap_or_default()),
                    )
                })
                .collect()
        };
        Self {
            errors: told(&read_stored(&bytes, false).1, |_| true),
            modules: told(&read_stored(&bytes, true).1, |pointer| {
                pointer.ends_with("/module")
            }),
        }
    }

    fn of_module(&self, pointer: &str) -> Option<&str> {
        let of = |(at, _): &&(String, String)| at == pointer;
        self.modules.iter().find(of).map(|(_, message)| &**message)
    }
}

struct Nodes<'f> {
    reader: &'f Told,
    faults: &'f mut Faults,
}

impl Nodes<'_> {
    fn node(&mut self, value: &mut Value, field: &str, pointer: &str) {
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
        if let Some(name) = self.module(node, field, pointer) {
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
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let pointer = format!("{pointer}/children/{escaped}");
            self.node(child, &within(&place, key), &pointer);
        }
    }

    /// The name of its module, if there is one of this name.
    fn module(&mut self, node: &Map<String, Value>, field: &str, pointer: &str) -> Option<String> {
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
        let refused = self.reader.of_module(&format!("{pointer}/module"));
        if refused.is_none() && modules::schema_of(name).is_some() {
            return Some(name.to_owned());
        }
        let message = refused.unwrap_or("there is no such module");
        let fault = Fault::new(message).value(given).cause(name);
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

    // Check 99, for nodes.
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

    // Checks 10 and 33, for the API.
    #[test]
    fn what_is_wrong_in_a_node_is_told_with_its_place() {
        let (_, faults) = checked(json!({"patterns": ["^(", "^1$"], "flow": {
            "module": "play", "data": {"id": "x"}, "children": {
                "_": {"module": "tts", "data": {}},
                "1": {"module": "tts", "data": {"text": "x".repeat(1001)}},
                "2.5": {"module": "sey"},
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
        assert_eq!(faults.as_object().unwrap().len(), 8, "{faults:#}");
        let unknown = &faults["flow.children.2%2E5.module"]["not_found"];
        assert!(
            unknown["message"].as_str().unwrap().contains("sey"),
            "{unknown}"
        );
        assert_eq!(unknown["cause"], "sey");
    }

    #[test]
    fn a_document_without_a_flow_or_with_an_empty_one_is_refused() {
        assert!(checked(json!({})).1["flow"]["required"].is_object());
        assert!(checked(json!({"flow": {}})).1["flow.module"]["required"].is_object());
        assert!(checked(json!({"flow": []})).1["flow.module"]["required"].is_object());
    }
}
