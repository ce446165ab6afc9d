//! What lists say of users, devices and groups.

use serde_json::{Map, Value};

use super::ask::Ask;
use crate::store::Document;

/// Users by last name, then first name.
pub(super) fn by_name(document: &Document) -> String {
    let text = |name: &str| document.body.get(name).and_then(Value::as_str);
    let last = text("last_name").unwrap_or_default();
    let first = text("first_name").unwrap_or_default();
    format!("{last} {first}").to_lowercase()
}

/// Names are compared in lower case.
pub(super) fn prepare(_: &Ask, body: &mut Map<String, Value>) {
    if let Some(Value::String(name)) = body.get_mut("username") {
        *name = name.to_lowercase();
    }
}

/// What a user has switched on.
pub(super) fn summary(document: &Document, item: &mut Map<String, Value>) {
    let body = Value::Object(document.body.clone());
    let is_on = |pointer: &str| body.pointer(pointer) == Some(&Value::Bool(true));
    let has = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_object)
            .is_some_and(|map| !map.is_empty())
    };
    let features = [
        ("hotdesk", is_on("/hotdesk/enabled")),
        ("call_forward", is_on("/call_forward/enabled")),
        (
            "call_forward_failover",
            is_on("/call_forward/failover") && !is_on("/call_forward/enabled"),
        ),
        ("caller_id", has("/caller_id")),
        ("vm_to_email", is_on("/vm_to_email_enabled")),
        ("music_on_hold", has("/music_on_hold")),
        ("do_not_disturb", is_on("/do_not_disturb/enabled")),
    ];
    let features: Vec<Value> = features
        .into_iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| name.into())
        .collect();
    item.insert("features".into(), features.into());
}

pub(super) fn device_summary(document: &Document, item: &mut Map<String, Value>) {
    let text = |pointer: &[&str]| {
        let mut parts = pointer.iter();
        let first = document.body.get(*parts.next()?)?;
        parts.try_fold(first, |at, part| at.get(part))?.as_str()
    };
    if let Some(username) = text(&["sip", "username"]) {
        item.insert("username".into(), username.into());
    }
    let device_type = text(&["device_type"]).unwrap_or("sip_device");
    item.insert("device_type".into(), device_type.into());
    item.entry("enabled").or_insert(true.into());
}

pub(super) fn group_summary(document: &Document, item: &mut Map<String, Value>) {
    let endpoints = document.body.get("endpoints").and_then(Value::as_object);
    let count = endpoints.map_or(0, Map::len);
    item.insert("endpoints".into(), count.into());
}
