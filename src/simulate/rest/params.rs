//! Parameters of a request: query, form or JSON body, as Asterisk merges them.

use serde_json::Value;

/// Names and values in the order in which they count: the query first, then a
/// form body; a JSON body overrides both.
#[derive(Debug, Clone, Default)]
pub(in crate::simulate) struct Params {
    pairs: Vec<(String, String)>,
    json: Option<Value>,
}

impl Params {
    pub(in crate::simulate) fn new(pairs: Vec<(String, String)>, json: Option<Value>) -> Self {
        Self { pairs, json }
    }

    /// A single value; empty when given without one.
    pub(in crate::simulate) fn get(&self, name: &str) -> Option<String> {
        match self.json.as_ref().and_then(|json| json.get(name)) {
            Some(Value::Array(values)) => values.first().map(text),
            Some(value) => Some(text(value)),
            None => self
                .pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone()),
        }
    }

    /// A list. In the query it is split at commas, after decoding; in a JSON
    /// array each element stands for itself.
    pub(in crate::simulate) fn list(&self, name: &str) -> Vec<String> {
        match self.json.as_ref().and_then(|json| json.get(name)) {
            Some(Value::Array(values)) => values.iter().map(text).collect(),
            Some(value) => vec![text(value)],
            None => self
                .pairs
                .iter()
                .filter(|(key, _)| key == name)
                .flat_map(|(_, value)| value.split(','))
                .map(str::to_owned)
                .filter(|value| !value.is_empty())
                .collect(),
        }
    }

    /// A whole number; `None` when absent or not one.
    pub(in crate::simulate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.trim().parse().ok()
    }

    pub(in crate::simulate) fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|v| matches!(v.to_lowercase().as_str(), "true" | "yes" | "1" | "on"))
    }

    /// The `variables` object of a body. A value may be an object with `value`.
    pub(in crate::simulate) fn variables(&self) -> Vec<(String, String)> {
        let Some(Value::Object(variables)) = self.json.as_ref().and_then(|j| j.get("variables"))
        else {
            return Vec::new();
        };
        variables
            .iter()
            .map(|(name, value)| (name.clone(), text(value.get("value").unwrap_or(value))))
            .collect()
    }

    /// The whole JSON body.
    pub(in crate::simulate) fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// Everything as one JSON object, for the log.
    pub(in crate::simulate) fn to_json(&self) -> Value {
        let mut all = serde_json::Map::new();
        for (name, value) in &self.pairs {
            all.entry(name.clone())
                .or_insert_with(|| Value::String(value.clone()));
        }
        if let Some(Value::Object(body)) = &self.json {
            all.extend(body.clone());
        }
        Value::Object(all)
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
