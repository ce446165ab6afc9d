//! What there is to know about the modules and the stored things, for docs/callflow.md.

use serde_json::Value;

use super::modules;
use crate::objects::Kind;

/// A module, or a kind of stored thing.
#[derive(Debug, Clone)]
pub struct Definition {
    pub name: String,
    /// The first sentence of its description.
    pub about: String,
    pub fields: Vec<Field>,
}

/// A field of its `data` or document. `endpoints.id` is the field `id` of each entry
/// of `endpoints`, `slots.*.callback_timeout` that of each value of `slots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub values: String,
    pub default: Option<String>,
    pub reading: Reading,
    /// Why it makes no difference.
    pub why: Option<String>,
}

/// What pivot does with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Used,
    /// It makes no difference here.
    Accepted,
    /// It would make a difference, and does not.
    Ignored,
    /// For those who read the document; it is given back as it came.
    Kept,
}

impl Reading {
    /// As a field's `x-reading` has it.
    fn of(field: &Value) -> Self {
        match field["x-reading"].as_str() {
            Some("accepted") => Self::Accepted,
            Some("ignored") => Self::Ignored,
            Some("kept") => Self::Kept,
            _ => Self::Used,
        }
    }
}

/// The modules, in the order of their names.
pub fn modules() -> Vec<Definition> {
    let schemas = modules::schema();
    let mut definitions: Vec<Definition> = schemas
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| definition(name, schema))
        .collect();
    definitions.sort_by(|a, b| a.name.cmp(&b.name));
    definitions
}

/// The kinds of stored things, by the name of one of them.
pub fn stored() -> Vec<Definition> {
    let kinds = Kind::ALL.iter();
    kinds
        .map(|kind| definition(kind.one(), &kind.schema()))
        .collect()
}

/// The modules that cannot be had, and why.
pub fn refused() -> &'static [(&'static str, &'static str)] {
    modules::REFUSED
}

fn definition(name: &str, schema: &Value) -> Definition {
    let about = schema["description"].as_str().unwrap_or_default();
    let about = about
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    let mut fields = Vec::new();
    list(schema, "", &mut fields);
    Definition {
        name: name.to_owned(),
        about,
        fields,
    }
}

/// The fields of an object, with those of the objects in it.
fn list(schema: &Value, before: &str, fields: &mut Vec<Field>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let full = format!("{before}{name}");
        if let Some((inner, step)) = inner(field)
            && Reading::of(field) == Reading::Used
        {
            list(inner, &format!("{full}{step}"), fields);
            continue;
        }
        fields.push(Field {
            values: values(field),
            default: default(field),
            reading: Reading::of(field),
            why: field["x-why"].as_str().map(str::to_owned),
            name: full,
        });
    }
    // Beside the fields that have names.
    let others = &schema["additionalProperties"];
    if others["properties"].is_object() {
        list(others, &format!("{before}*."), fields);
    }
    for (key, reading) in [
        ("x-accepted", Reading::Accepted),
        ("x-ignored", Reading::Ignored),
    ] {
        for name in schema[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            fields.push(Field {
                name: format!("{before}{name}"),
                values: String::new(),
                default: None,
                reading,
                why: None,
            });
        }
    }
}

/// The object whose fields are listed instead of the field itself, and how to get to it.
fn inner(field: &Value) -> Option<(&Value, &'static str)> {
    let with_fields =
        |schema: &Value| schema["properties"].is_object() || schema["x-ignored"].is_array();
    if with_fields(field) {
        return Some((field, "."));
    }
    if with_fields(&field["items"]) {
        return Some((&field["items"], "."));
    }
    if with_fields(&field["additionalProperties"]) {
        return Some((&field["additionalProperties"], ".*."));
    }
    let several = field["anyOf"].as_array()?;
    several.iter().find_map(inner)
}

fn values(field: &Value) -> String {
    if let Some(expect) = field["x-expect"].as_str() {
        return expect.to_owned();
    }
    let words = |list: &Value| -> Option<String> {
        let words = list.as_array()?.iter().filter_map(Value::as_str);
        Some(
            words
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    if let Some(words) = words(&field["enum"]).filter(|words| !words.is_empty()) {
        return words;
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(several) = field[key].as_array() {
            let mut each: Vec<String> = several
                .iter()
                .filter(|one| one["type"] != "null")
                .map(|one| match one["const"].as_str() {
                    Some(word) => format!("`{word}`"),
                    None => values(one),
                })
                .collect();
            each.dedup();
            return each.join(", ");
        }
    }
    let kind = match &field["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
        _ => "",
    };
    let kind = match kind {
        "array" => return format!("list of {}", plural(&field["items"])),
        "boolean" => "`true`, `false`",
        "integer" => "number",
        "string" => "text",
        "" => "anything",
        kind => kind,
    };
    match (&field["minimum"], &field["maximum"]) {
        (Value::Number(min), Value::Number(max)) => format!("{min} to {max}"),
        (Value::Number(min), _) if min.as_i64() != Some(0) => format!("{kind} from {min}"),
        (_, Value::Number(max)) => format!("{kind} to {max}"),
        _ => kind.to_owned(),
    }
}

fn plural(item: &Value) -> String {
    match values(item).as_str() {
        "text" => "texts".into(),
        "number" => "numbers".into(),
        other => other.to_owned(),
    }
}

fn default(field: &Value) -> Option<String> {
    match &field["default"] {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(list) if list.is_empty() => None,
        Value::Object(map) if map.is_empty() => None,
        value => Some(value.to_string()),
    }
}
