//! The ids by which documents name each other.

use std::path::Path;

use serde_json::{Map, Value};

use crate::objects::{Kind, within};

/// An id in a document, and what it may be the id of.
pub(super) struct Reference {
    pub(super) field: String,
    pub(super) id: String,
    pub(super) kinds: &'static [Kind],
}

/// What `id` in the `data` of a module is. `play` is not here: its id may be the
/// name of a sound.
const OF_MODULES: &[(&str, &[Kind])] = &[
    ("acdc_member", &[Kind::Queue]),
    ("callflow", &[Kind::Callflow]),
    ("cidlistmatch", &[Kind::List]),
    ("conference", &[Kind::Conference]),
    ("device", &[Kind::Device]),
    ("directory", &[Kind::Directory]),
    ("dynamic_cid", &[Kind::List]),
    ("menu", &[Kind::Menu]),
    ("user", &[Kind::User]),
    ("voicemail", &[Kind::Vmbox]),
];

/// Fields that hold an id, wherever they stand.
const OF_FIELDS: &[(&str, &[Kind])] = &[
    ("callflow_id", &[Kind::Callflow]),
    ("device_id", &[Kind::Device]),
    ("group_id", &[Kind::Group]),
    ("owner_id", &[Kind::User, Kind::Device, Kind::Group]),
    ("queue_id", &[Kind::Queue]),
    ("user_id", &[Kind::User]),
    ("list_id", &[Kind::List]),
];

impl Reference {
    /// `user or device`.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.kinds.iter().map(|kind| kind.one()).collect();
        names.join(" or ")
    }
}

pub(super) fn of(kind: Kind, body: &Map<String, Value>) -> Vec<Reference> {
    let mut found = Vec::new();
    fields(body, "", &mut found);
    match kind {
        Kind::Callflow => {
            if let Some(flow) = body.get("flow") {
                node(flow, "flow", &mut found);
            }
        }
        Kind::Account => {
            let preflow = body
                .get("preflow")
                .and_then(|preflow| preflow.get("always"));
            let preflow = preflow.unwrap_or(&Value::Null);
            text(preflow, "preflow.always", &[Kind::Callflow], &mut found);
        }
        Kind::Group => endpoints(body, "", &mut found),
        Kind::TemporalRuleSet => {
            texts(
                body,
                "",
                "temporal_rules",
                &[Kind::TemporalRule],
                &mut found,
            );
        }
        Kind::User => {
            texts(body, "", "queues", &[Kind::Queue], &mut found);
            let directories = body.get("directories").and_then(Value::as_object);
            for (directory, callflow) in directories.into_iter().flatten() {
                let field = within("directories", directory);
                text(
                    &Value::from(directory.as_str()),
                    &field,
                    &[Kind::Directory],
                    &mut found,
                );
                text(callflow, &field, &[Kind::Callflow], &mut found);
            }
        }
        _ => {}
    }
    found
}

/// A menu or a callflow may be a file of `[flows] dir` instead.
pub(super) fn is_file(flows: &Path, reference: &Reference) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    matches!(reference.kinds, [Kind::Callflow | Kind::Menu])
        && reference.id.chars().all(plain)
        && flows.join(format!("{}.json", reference.id)).is_file()
}

fn node(value: &Value, field: &str, found: &mut Vec<Reference>) {
    if let Some(data) = value["data"].as_object() {
        let place = within(field, "data");
        let module = value["module"].as_str().unwrap_or_default();
        if let Some((_, kinds)) = OF_MODULES.iter().find(|(name, _)| *name == module) {
            text(
                data.get("id").unwrap_or(&Value::Null),
                &within(&place, "id"),
                kinds,
                found,
            );
        }
        if module == "temporal_route" {
            texts(data, &place, "rules", &[Kind::TemporalRule], found);
            let set = data.get("rule_set").unwrap_or(&Value::Null);
            text(
                set,
                &within(&place, "rule_set"),
                &[Kind::TemporalRuleSet],
                found,
            );
        }
        fields(data, &place, found);
        endpoints(data, &place, found);
    }
    let place = within(field, "children");
    for (key, child) in value["children"].as_object().into_iter().flatten() {
        node(child, &within(&place, key), found);
    }
}

/// Of a ring group or a page group they are a list, of a group an object by id.
fn endpoints(of: &Map<String, Value>, field: &str, found: &mut Vec<Reference>) {
    let place = within(field, "endpoints");
    match of.get("endpoints") {
        Some(Value::Array(list)) => {
            for (position, endpoint) in list.iter().enumerate() {
                let place = within(&place, &position.to_string());
                let kinds = kinds_of(&endpoint["endpoint_type"]);
                text(&endpoint["id"], &within(&place, "id"), kinds, found);
            }
        }
        Some(Value::Object(map)) => {
            for (id, endpoint) in map {
                let kinds = kinds_of(&endpoint["type"]);
                text(&Value::from(id.as_str()), &within(&place, id), kinds, found);
            }
        }
        _ => {}
    }
}

fn kinds_of(word: &Value) -> &'static [Kind] {
    match word.as_str() {
        Some("user") => &[Kind::User],
        Some("group") => &[Kind::Group],
        Some("device") => &[Kind::Device],
        _ => &[Kind::Device, Kind::User, Kind::Group],
    }
}

fn fields(of: &Map<String, Value>, field: &str, found: &mut Vec<Reference>) {
    for (name, kinds) in OF_FIELDS {
        text(
            of.get(*name).unwrap_or(&Value::Null),
            &within(field, name),
            kinds,
            found,
        );
    }
}

fn texts(
    of: &Map<String, Value>,
    field: &str,
    name: &str,
    kinds: &'static [Kind],
    found: &mut Vec<Reference>,
) {
    let list = of.get(name).and_then(Value::as_array);
    for (position, value) in list.into_iter().flatten().enumerate() {
        let place = within(&within(field, name), &position.to_string());
        text(value, &place, kinds, found);
    }
}

fn text(value: &Value, field: &str, kinds: &'static [Kind], found: &mut Vec<Reference>) {
    if let Some(id) = value.as_str().filter(|id| !id.is_empty()) {
        found.push(Reference {
            field: field.to_owned(),
            id: id.to_owned(),
            kinds,
        });
    }
}
