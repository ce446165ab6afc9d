//! Checks a document by its JSON Schema: strings become the numbers and booleans
//! that are wanted, what is absent gets its default, what is wrong is told with
//! its field.
//!
//! The schemas are those that `schemars` derives, so this knows the keywords that
//! it writes and no others.

use regex::Regex;
use serde_json::{Map, Number, Value};

use super::faults::{Fault, Faults, within};
use super::unfilled::is_optional_text;
use crate::report::nearest;

/// Brings a value into the form that the schema describes. What is wrong stays
/// as it is, and is in `faults`, each with its field within `field`.
pub fn check(schema: &Value, value: &mut Value, field: &str, faults: &mut Faults) {
    if let Some(words) = words(schema) {
        return choose(&words, value, field, faults);
    }
    let options: Vec<&Value> = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema[*key].as_array())
        .flatten()
        .filter(|option| option["type"] != "null")
        .collect();
    match options.as_slice() {
        [] => {}
        [one] => return check(one, value, field, faults),
        several => return either(schema, several, value, field, faults),
    }
    let types = types(schema);
    if types.is_empty() {
        return;
    }
    if !types.iter().any(|name| is_of(name, value))
        && !types.iter().any(|name| bring_to(name, value))
    {
        let message = format!("must be {}", expected(schema, &types));
        let target = match types.as_slice() {
            [one] => Value::from(*one),
            several => Value::from(several.to_vec()),
        };
        faults.add(
            field,
            "type",
            Fault::new(message).target(target).value(value),
        );
        return;
    }
    match value {
        Value::String(text) => string(schema, text, field, faults),
        Value::Number(number) => bounds(schema, number, field, faults),
        Value::Array(list) => array(schema, list, field, faults),
        Value::Object(map) => object(schema, map, field, faults),
        Value::Bool(_) | Value::Null => {}
    }
}

fn choose(words: &[&str], value: &mut Value, field: &str, faults: &mut Faults) {
    let given = value.as_str().unwrap_or_default();
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(given)) {
        *value = (*word).into();
        return;
    }
    let message = match nearest(given, words.iter().copied()) {
        Some(near) => format!("must be one of {}; did you mean {near}?", words.join(", ")),
        None => format!("must be one of {}", words.join(", ")),
    };
    let fault = Fault::new(message).target(words.to_vec()).value(value);
    faults.add(field, "enum", fault);
}

/// The first that takes the value as it stands, else the first that takes it.
fn either(schema: &Value, options: &[&Value], value: &mut Value, field: &str, faults: &mut Faults) {
    let mut possible = None;
    for option in options {
        let (mut tried, mut wrong) = (value.clone(), Faults::default());
        check(option, &mut tried, field, &mut wrong);
        if !wrong.is_empty() {
            continue;
        }
        if tried == *value {
            return;
        }
        possible.get_or_insert(tried);
    }
    match possible {
        Some(tried) => *value = tried,
        None => {
            let message = schema["x-expect"].as_str().map_or_else(
                || "fits none of the forms that are possible here".to_owned(),
                |expect| format!("must be {expect}"),
            );
            faults.add(field, "type", Fault::new(message).value(value));
        }
    }
}

fn string(schema: &Value, text: &str, field: &str, faults: &mut Faults) {
    let length = text.chars().count() as u64;
    let given = || Value::from(text);
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        let fault = Fault::new(format!("needs at least {least} characters"));
        faults.add(field, "minLength", fault.target(least).value(&given()));
    }
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        let fault = Fault::new(format!("has {length} characters; {most} are possible"));
        faults.add(field, "maxLength", fault.target(most).value(&given()));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
    {
        let message = match schema["x-expect"].as_str() {
            Some(expect) => format!("must be {expect}"),
            None => format!("must match {pattern}"),
        };
        let fault = Fault::new(message).target(pattern).value(&given());
        faults.add(field, "pattern", fault);
    }
}

fn bounds(schema: &Value, number: &Number, field: &str, faults: &mut Faults) {
    let (least, most) = range(schema["format"].as_str().unwrap_or_default());
    let least = schema["minimum"].as_f64().or(least);
    let most = schema["maximum"].as_f64().or(most);
    let Some(given) = number.as_f64() else {
        return;
    };
    let value = Value::from(number.clone());
    if let Some(least) = least.filter(|least| given < *least) {
        let fault = Fault::new(format!("must be at least {least}"));
        faults.add(field, "minimum", fault.target(plain(least)).value(&value));
    }
    if let Some(most) = most.filter(|most| given > *most) {
        let fault = Fault::new(format!("must be at most {most}"));
        faults.add(field, "maximum", fault.target(plain(most)).value(&value));
    }
}

/// What a type of Rust's can hold, where the schema does not say so otherwise.
#[expect(clippy::cast_precision_loss, reason = "the bounds need not be exact")]
fn range(format: &str) -> (Option<f64>, Option<f64>) {
    match format {
        "uint8" => (Some(0.0), Some(f64::from(u8::MAX))),
        "uint16" => (Some(0.0), Some(f64::from(u16::MAX))),
        "uint32" => (Some(0.0), Some(f64::from(u32::MAX))),
        "uint64" | "uint" => (Some(0.0), Some(i64::MAX as f64)),
        "int32" => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        _ => (None, None),
    }
}

/// A whole number without a point.
fn plain(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
    let whole = number as i64;
    #[expect(clippy::cast_precision_loss, reason = "compared, not kept")]
    let exact = (whole as f64 - number).abs() < f64::EPSILON;
    if exact { whole.into() } else { number.into() }
}

fn array(schema: &Value, list: &mut [Value], field: &str, faults: &mut Faults) {
    let length = list.len() as u64;
    if let Some(least) = schema["minItems"].as_u64().filter(|least| length < *least) {
        let fault = Fault::new(format!("needs at least {least} entries"));
        faults.add(field, "minItems", fault.target(least));
    }
    if let Some(most) = schema["maxItems"].as_u64().filter(|most| length > *most) {
        let fault = Fault::new(format!("has {length} entries; {most} are possible"));
        faults.add(field, "maxItems", fault.target(most));
    }
    if schema["items"].is_object() {
        for (position, item) in list.iter_mut().enumerate() {
            let place = within(field, &position.to_string());
            check(&schema["items"], item, &place, faults);
        }
    }
    if schema["uniqueItems"] == true {
        let twice = (1..list.len()).find(|at| list[..*at].contains(&list[*at]));
        if let Some(at) = twice {
            let fault = Fault::new("has an entry twice").value(&list[at]);
            faults.add(field, "uniqueItems", fault);
        }
    }
}

fn object(schema: &Value, map: &mut Map<String, Value>, field: &str, faults: &mut Faults) {
    // Clients that write every field they know send null for the unset ones.
    map.retain(|_, value| !value.is_null());
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let required = || {
        let names = schema["required"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str)
    };
    // Forms send an empty text for what nobody has filled in.
    map.retain(|name, value| {
        let possible = || {
            properties
                .get(name)
                .is_none_or(|wanted| !is_optional_text(wanted) && takes(wanted, value))
        };
        value != "" || required().any(|needed| needed == name) || possible()
    });
    for name in required() {
        if !map.contains_key(name) {
            let fault = Fault::new("Field is required but missing");
            faults.add(&within(field, name), "required", fault);
        }
    }
    for (name, value) in map.iter_mut() {
        let place = within(field, name);
        match (properties.get(name), &schema["additionalProperties"]) {
            (Some(property), _) => check(property, value, &place, faults),
            (None, Value::Bool(false)) => {
                let fault = Fault::new("there is no such field here");
                faults.add(&place, "additionalProperties", fault);
            }
            (None, others) if others.is_object() => check(others, value, &place, faults),
            (None, _) => {}
        }
    }
    for (name, property) in properties {
        if !map.contains_key(name)
            && let Some(default) = worth_keeping(&property["default"])
        {
            map.insert(name.clone(), default);
        }
    }
}

/// Whether there is nothing wrong with a value.
fn takes(schema: &Value, value: &Value) -> bool {
    let mut faults = Faults::default();
    check(schema, &mut value.clone(), "", &mut faults);
    faults.is_empty()
}

/// A default without what says nothing: null, empty texts, lists and objects.
fn worth_keeping(default: &Value) -> Option<Value> {
    match default {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(list) if list.is_empty() => None,
        Value::Object(map) => {
            let kept: Map<String, Value> = map
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), worth_keeping(value)?)))
                .collect();
            (!kept.is_empty()).then(|| kept.into())
        }
        other => Some(other.clone()),
    }
}

/// The words of an enum without fields, however `schemars` wrote it.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema["const"].as_str() {
        return Some(vec![word]);
    }
    if let Some(list) = schema["enum"].as_array() {
        return Some(list.iter().filter_map(Value::as_str).collect());
    }
    let options = schema["oneOf"].as_array()?;
    let lists: Option<Vec<_>> = options.iter().map(words).collect();
    lists.map(|lists| lists.concat())
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect(),
        _ => Vec::new(),
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// Makes of `"20"` 20, of `"true"` true, and of PHP's `[]` for an empty object `{}`.
fn bring_to(name: &str, value: &mut Value) -> bool {
    let meant: Option<Value> = match (name, &*value) {
        ("boolean", Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => None,
        },
        ("integer", Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
        ("integer", Value::Number(number)) => number
            .as_f64()
            .map(plain)
            .filter(|value| value.is_i64() || value.is_u64()),
        ("number", Value::String(text)) => text.trim().parse::<Number>().ok().map(Value::from),
        ("object", Value::Array(list)) if list.is_empty() => Some(Map::new().into()),
        _ => None,
    };
    meant.map(|meant| *value = meant).is_some()
}

fn expected(schema: &Value, types: &[&str]) -> String {
    if let Some(expect) = schema["x-expect"].as_str() {
        return expect.to_owned();
    }
    let named: Vec<&str> = types
        .iter()
        .map(|name| match *name {
            "boolean" => "true or false",
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "a string",
            "array" => "a list",
            "object" => "an object",
            other => other,
        })
        .collect();
    named.join(" or ")
}

#[cfg(test)]
mod tests;
