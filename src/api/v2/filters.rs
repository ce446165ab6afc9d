//! Which documents of a list are wanted: `filter_name=x`, `has_key=a.b`,
//! `created_from=…`. All that are given must hold.

use serde_json::Value;

use super::ask::Ask;
use super::refusal::Refusal;

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

    /// Whether a whole document, as the API gives it, is wanted.
    pub(super) fn take(&self, document: &Value) -> bool {
        let dates = &document["_read_only"];
        within(self.created, &dates["created"])
            && within(self.modified, &dates["modified"])
            && self.fields.iter().all(|(test, path)| {
                let found = find(document, path);
                match test {
                    Test::Is(value) => found.is_some_and(|found| is(found, value)),
                    Test::IsNot(value) => !found.is_some_and(|found| is(found, value)),
                    Test::Has => found.is_some(),
                    Test::HasNot => found.is_none(),
                    Test::HasValue => found.is_some_and(has_value),
                    Test::HasNoValue => !found.is_some_and(has_value),
                }
            })
    }
}

fn within((from, to): (Option<i64>, Option<i64>), date: &Value) -> bool {
    let date = date.as_i64().unwrap_or_default();
    from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to)
}

fn path(field: &str) -> Vec<String> {
    field
        .split('.')
        .map(|part| part.replace("%2E", "."))
        .collect()
}

fn find<'v>(document: &'v Value, path: &[String]) -> Option<&'v Value> {
    let found = path.iter().try_fold(document, |at, part| match at {
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
        Value::Object(_) | Value::Null => false,
        other => other.to_string() == value,
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
