//! Which documents of a list are wanted: `filter_name=x`, `has_key=a.b`,
//! `created_from=…`. All that are given must hold.

use serde_json::{Map, Number, Value};

use super::ask::Ask;
use super::refusal::Refusal;
use crate::clock::Time;
use crate::objects::gregorian;
use crate::store::Document;

/// The conditions of a URL.
pub(super) struct Filters {
    fields: Vec<(Test, Vec<String>)>,
    created: (Option<i64>, Option<i64>),
    modified: (Option<i64>, Option<i64>),
}

enum Test {
    Is(String),
    IsNot(String),
    Has,
    HasNot,
    HasValue,
    HasNoValue,
}

impl Filters {
    pub(super) fn of(ask: &Ask) -> Result<Self, Refusal> {
        let fields = ask.query.iter().filter_map(|(name, value)| {
            if let Some(field) = name.strip_prefix("filter_not_") {
                return Some((Test::IsNot(value.clone()), path(field)));
            }
            if let Some(field) = name.strip_prefix("filter_") {
                return Some((Test::Is(value.clone()), path(field)));
            }
            let test = match name.as_str() {
                "has_key" => Test::Has,
                "key_missing" => Test::HasNot,
                "has_value" => Test::HasValue,
                "missing_value" => Test::HasNoValue,
                _ => return None,
            };
            Some((test, path(value)))
        });
        Ok(Self {
            fields: fields.collect(),
            created: (
                ask.asked_number("created_from")?,
                ask.asked_number("created_to")?,
            ),
            modified: (
                ask.asked_number("modified_from")?,
                ask.asked_number("modified_to")?,
            ),
        })
    }

    /// Whether a document is wanted, which the API shows under this id.
    pub(super) fn take(&self, id: &str, document: &Document) -> bool {
        within(self.created, document.created)
            && within(self.modified, document.modified)
            && self.fields.iter().all(|(test, path)| match test {
                Test::Is(value) if is_id(path) => id == value,
                Test::IsNot(value) if is_id(path) => id != value,
                Test::Has | Test::HasValue if is_id(path) => true,
                Test::HasNot | Test::HasNoValue if is_id(path) => false,
                test => test.holds(find(&document.body, path)),
            })
    }
}

impl Test {
    fn holds(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Is(value) => found.is_some_and(|found| is(found, value)),
            Self::IsNot(value) => !found.is_some_and(|found| is(found, value)),
            Self::Has => found.is_some(),
            Self::HasNot => found.is_none(),
            Self::HasValue => found.is_some_and(has_value),
            Self::HasNoValue => !found.is_some_and(has_value),
        }
    }
}

fn is_id(path: &[String]) -> bool {
    path == ["id"]
}

fn within((from, to): (Option<i64>, Option<i64>), date: Time) -> bool {
    let date = gregorian(date);
    from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to)
}

fn path(field: &str) -> Vec<String> {
    field
        .split('.')
        .map(|part| part.replace("%2E", "."))
        .collect()
}

fn find<'v>(document: &'v Map<String, Value>, path: &[String]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    let found = rest
        .iter()
        .try_fold(document.get(first)?, |at, part| match at {
            Value::Array(list) => list.get(part.parse::<usize>().ok()?),
            _ => at.get(part),
        });
    found.filter(|found| !found.is_null())
}

/// A list is what any of its entries is.
fn is(found: &Value, value: &str) -> bool {
    match found {
        Value::String(text) => text == value,
        Value::Array(list) => list.iter().any(|entry| is(entry, value)),
        Value::Bool(found) => value.parse() == Ok(*found),
        Value::Number(number) => value.parse().is_ok_and(|value: Number| value == *number),
        Value::Object(_) | Value::Null => false,
    }
}

fn has_value(found: &Value) -> bool {
    match found {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}
