//! Whether a document can be stored, and what of it is.

use serde_json::{Map, Value};

use super::ask::Ask;
use super::refusal::Refusal;
use super::resource::Resource;
use crate::objects::{Fault, Faults, check, within};
use crate::patterns::Pattern;

/// The document as it is to be stored, or all that is wrong with it.
pub(super) fn checked(
    ask: &Ask,
    resource: &Resource,
    id: &str,
    mut body: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    strip(resource, &mut body);
    (resource.prepare)(ask, &mut body);
    let mut faults = Faults::default();
    let mut value = Value::Object(body);
    check(resource.schema(), &mut value, "", &mut faults);
    let Value::Object(mut body) = value else {
        return Err(super::ask::no_data());
    };
    for field in resource.regexes {
        regexes(&body, field, &mut faults);
    }
    (resource.check)(id, &mut body, &mut faults);
    let value = Value::Object(body);
    // What the API takes can be acted upon.
    if faults.is_empty()
        && let Err(error) = resource.kind.try_read(&value)
    {
        faults.add(&error.field, "invalid", Fault::new(error.why));
    }
    match value {
        Value::Object(body) if faults.is_empty() => Ok(body),
        _ => Err(Refusal::invalid(faults)),
    }
}

fn regexes(body: &Map<String, Value>, field: &str, faults: &mut Faults) {
    let mut compile = |place: &str, value: &Value| {
        if let Some(text) = value.as_str()
            && let Err(error) = Pattern::new(text)
        {
            let fault = Fault::new(error.to_string()).value(value);
            faults.add(place, "invalid", fault);
        }
    };
    match body.get(field) {
        Some(Value::Array(list)) => {
            for (position, value) in list.iter().enumerate() {
                compile(&within(field, &position.to_string()), value);
            }
        }
        Some(value) => compile(field, value),
        None => {}
    }
}

/// Takes away what clients give back that is not theirs: ids, dates, what is
/// worked out.
pub(super) fn strip(resource: &Resource, body: &mut Map<String, Value>) {
    body.retain(|key, _| {
        let private = key == "id" || key.starts_with('_') || key.starts_with("pvt_");
        !private && !resource.computed.contains(&key.as_str())
    });
}

/// Objects are merged, everything else is replaced, and null deletes.
pub(super) fn merge(into: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (key, change) in changes {
        match (into.get_mut(&key), change) {
            (_, Value::Null) => {
                into.shift_remove(&key);
            }
            (Some(Value::Object(there)), Value::Object(change)) => merge(there, change),
            (_, Value::Object(change)) => {
                // Nulls of a new object delete nothing, and are not kept either.
                let mut fresh = Map::new();
                merge(&mut fresh, change);
                into.insert(key, fresh.into());
            }
            (_, change) => {
                into.insert(key, change);
            }
        }
    }
}

/// No two of an account may share some fields.
pub(super) async fn unique(
    ask: &Ask,
    resource: &Resource,
    id: &str,
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    if resource.unique.is_empty() {
        return Ok(());
    }
    let others = ask
        .v2
        .services
        .catalog
        .list(&ask.account, resource.kind)
        .await?;
    let mut faults = Faults::default();
    for field in resource.unique {
        let pointer = format!("/{}", field.replace('.', "/"));
        let value = |body: &Map<String, Value>| {
            let mut at = body.get(pointer.split('/').nth(1)?)?;
            for part in pointer.split('/').skip(2) {
                at = at.get(part)?;
            }
            at.as_str().map(str::to_lowercase)
        };
        let Some(own) = value(body) else {
            continue;
        };
        let mut others = others.iter().filter(|other| other.id != id);
        if let Some(other) = others.find(|other| value(&other.body).as_ref() == Some(&own)) {
            let message = format!("{own} is taken by {} {}", resource.kind.one(), other.id);
            let fault = Fault::new(message).cause(own);
            faults.add(field, "unique", fault);
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Refusal::invalid(faults)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_merges_objects_replaces_lists_and_deletes_by_null() {
        let Value::Object(mut body) = json!({"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 5}) else {
            unreachable!()
        };
        let Value::Object(changes) =
            json!({"a": {"b": null, "x": {"y": null, "z": 1}}, "d": [3], "e": null, "f": null})
        else {
            unreachable!()
        };
        merge(&mut body, changes);
        assert_eq!(
            Value::from(body),
            json!({"a": {"c": 2, "x": {"z": 1}}, "d": [3]})
        );
    }
}
