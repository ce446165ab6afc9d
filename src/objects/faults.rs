//! What is wrong with a document, field by field, as Kazoo's API says it:
//! `{"timeout": {"maximum": {"message": "…", "target": 60000, "value": 99999}}}`.

use serde_json::{Map, Value};

/// What is wrong with a document; nothing, when it is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults(Map<String, Value>);

/// One thing that is wrong with one field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fault {
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The bound or the choices.
    pub target: Option<Value>,
    /// What was given.
    pub value: Option<Value>,
    /// What stands in the way.
    pub cause: Option<Value>,
}

impl Fault {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn target(mut self, target: impl Into<Value>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// A long text is cut: the answer is to be read.
    #[must_use]
    pub fn value(mut self, value: &Value) -> Self {
        const MOST: usize = 200;
        self.value = Some(match value {
            Value::String(text) if text.chars().count() > MOST => {
                let begin: String = text.chars().take(MOST).collect();
                format!("{begin}…").into()
            }
            Value::Array(_) | Value::Object(_) => return self,
            other => other.clone(),
        });
        self
    }

    #[must_use]
    pub fn cause(mut self, cause: impl Into<Value>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl Faults {
    /// The first of a code for a field stays.
    pub fn add(&mut self, field: &str, code: &str, fault: Fault) {
        let mut told = Map::new();
        told.insert("message".into(), fault.message.into());
        for (name, value) in [
            ("target", fault.target),
            ("value", fault.value),
            ("cause", fault.cause),
        ] {
            if let Some(value) = value {
                told.insert(name.into(), value);
            }
        }
        let of_field = self.0.entry(field).or_insert_with(|| Map::new().into());
        if let Some(codes) = of_field.as_object_mut() {
            codes.entry(code).or_insert(told.into());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something is wrong with this field itself.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// One sentence for each, for those who read no JSON.
    pub fn sentences(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (field, codes) in &self.0 {
            for fault in codes.as_object().into_iter().flat_map(Map::values) {
                let message = fault["message"].as_str().unwrap_or_default();
                all.push(format!("{field}: {message}"));
            }
        }
        all
    }
}

impl From<Faults> for Value {
    fn from(faults: Faults) -> Self {
        faults.0.into()
    }
}

/// The field `key` of the field `of`; a dot in a name is written `%2E`.
pub fn within(of: &str, key: &str) -> String {
    let key = key.replace('.', "%2E");
    if of.is_empty() {
        key
    } else {
        format!("{of}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_may_have_several_codes_and_each_is_said_once() {
        let mut faults = Faults::default();
        faults.add("a", "minimum", Fault::new("one").target(1).value(&json!(0)));
        faults.add("a", "minimum", Fault::new("two"));
        faults.add("a", "type", Fault::new("three").cause("x"));
        assert!(faults.has("a") && !faults.has("b"));
        assert_eq!(faults.sentences(), ["a: one", "a: three"]);
        assert_eq!(
            Value::from(faults),
            json!({"a": {
                "minimum": {"message": "one", "target": 1, "value": 0},
                "type": {"message": "three", "cause": "x"},
            }})
        );
    }

    #[test]
    fn dots_in_names_are_told_from_dots_between_them() {
        assert_eq!(within("", "a.b"), "a%2Eb");
        assert_eq!(within("flow.data", "x"), "flow.data.x");
    }
}
