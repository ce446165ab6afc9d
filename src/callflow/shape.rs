//! What a module's `data` must look like: its JSON Schema in a form that is
//! quick to check against.
//!
//! The schemas come from the modules' structs, so this knows the keywords that
//! `schemars` writes for them and no others.

use regex::Regex;
use serde_json::Value;

/// What one value must look like.
#[derive(Debug)]
pub(super) struct Shape {
    pub kind: ShapeKind,
    /// What is expected, in words, where the schema says it (`x-expect`).
    pub expect: Option<String>,
}

#[derive(Debug)]
pub(super) enum ShapeKind {
    Any,
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    Number {
        min: f64,
        max: f64,
    },
    Text {
        min: usize,
        max: usize,
        pattern: Option<Regex>,
    },
    Choice(Vec<String>),
    List {
        items: Box<Shape>,
        min: usize,
    },
    Object(ObjectShape),
    Either(Vec<Shape>),
}

#[derive(Debug)]
pub(super) struct ObjectShape {
    pub fields: Vec<(String, Shape)>,
    pub required: Vec<String>,
    /// Fields of Kazoo's that make no difference here (`x-accepted`).
    pub accepted: Vec<String>,
    /// Fields of Kazoo's that would, but do nothing here (`x-ignored`).
    pub ignored: Vec<String>,
    /// What further fields must look like; none = there are no further fields.
    pub others: Option<Box<Shape>>,
}

impl Shape {
    pub(super) fn from_schema(schema: &Value) -> Self {
        Self {
            kind: kind(schema),
            expect: text(schema, "x-expect"),
        }
    }

    /// What is expected here, for messages.
    pub(super) fn describe(&self) -> String {
        if let Some(expect) = &self.expect {
            return expect.clone();
        }
        match &self.kind {
            ShapeKind::Any => "any value".into(),
            ShapeKind::Bool => "true or false".into(),
            ShapeKind::Integer { .. } => "a whole number".into(),
            ShapeKind::Number { .. } => "a number".into(),
            ShapeKind::Text { .. } => "a string".into(),
            ShapeKind::Choice(words) => one_of(words),
            ShapeKind::List { .. } => "a list".into(),
            ShapeKind::Object(_) => "an object".into(),
            ShapeKind::Either(shapes) => {
                let all: Vec<_> = shapes.iter().map(Shape::describe).collect();
                all.join(" or ")
            }
        }
    }
}

fn one_of(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".into(),
    }
}

fn kind(schema: &Value) -> ShapeKind {
    if let Some(words) = words(schema) {
        return ShapeKind::Choice(words);
    }
    if let Some(kind) = alternatives(schema) {
        return kind;
    }
    match type_name(schema) {
        Some("boolean") => ShapeKind::Bool,
        Some("integer") => ShapeKind::Integer {
            min: schema["minimum"].as_i64().unwrap_or(i64::MIN),
            max: schema["maximum"].as_i64().unwrap_or(i64::MAX),
        },
        Some("number") => ShapeKind::Number {
            min: schema["minimum"].as_f64().unwrap_or(f64::MIN),
            max: schema["maximum"].as_f64().unwrap_or(f64::MAX),
        },
        Some("string") => ShapeKind::Text {
            min: size(schema, "minLength").unwrap_or(0),
            max: size(schema, "maxLength").unwrap_or(usize::MAX),
            pattern: schema["pattern"].as_str().and_then(|p| Regex::new(p).ok()),
        },
        Some("array") => ShapeKind::List {
            items: Box::new(Shape::from_schema(&schema["items"])),
            min: size(schema, "minItems").unwrap_or(0),
        },
        Some("object") => ShapeKind::Object(object(schema)),
        _ => ShapeKind::Any,
    }
}

/// `anyOf` and `oneOf`, as `Option<Struct>` and untagged enums give them.
fn alternatives(schema: &Value) -> Option<ShapeKind> {
    let options = schema["anyOf"].as_array().or(schema["oneOf"].as_array())?;
    let mut shapes: Vec<_> = options
        .iter()
        .filter(|option| type_name(option) != Some("null"))
        .map(Shape::from_schema)
        .collect();
    Some(match shapes.len() {
        1 => shapes.remove(0).kind,
        _ => ShapeKind::Either(shapes),
    })
}

fn object(schema: &Value) -> ObjectShape {
    let fields: Vec<_> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), Shape::from_schema(schema)))
        .collect();
    let others = match &schema["additionalProperties"] {
        Value::Bool(false) => None,
        Value::Null if !fields.is_empty() => None,
        schema => Some(Box::new(Shape::from_schema(schema))),
    };
    ObjectShape {
        fields,
        required: strings(&schema["required"]),
        accepted: strings(&schema["x-accepted"]),
        ignored: strings(&schema["x-ignored"]),
        others,
    }
}

/// The words of an enum without fields, however `schemars` wrote it.
fn words(schema: &Value) -> Option<Vec<String>> {
    if let Some(word) = schema["const"].as_str() {
        return Some(vec![word.into()]);
    }
    if let Some(list) = schema["enum"].as_array() {
        return Some(list.iter().filter_map(as_text).collect());
    }
    let options = schema["oneOf"].as_array()?;
    let lists: Option<Vec<_>> = options.iter().map(words).collect();
    lists.map(|lists| lists.concat())
}

/// The type, with `null` of an optional field left out.
fn type_name(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        _ => None,
    }
}

fn text(schema: &Value, key: &str) -> Option<String> {
    schema[key].as_str().map(str::to_owned)
}

fn size(schema: &Value, key: &str) -> Option<usize> {
    schema[key].as_u64().and_then(|n| usize::try_from(n).ok())
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(as_text)
        .collect()
}

fn as_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
