//! Callflows: numbers in the shop's way, the modules of a list, and the names of
//! what a flow refers to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::refusal::Refusal;
use crate::callflow;
use crate::objects::{Fault, Faults, Kind, NO_MATCH};
use crate::store::Document;

/// References of a flow that are looked up.
const MOST: usize = 200;

/// What ids in a flow may mean.
const KINDS: &[Kind] = &[
    Kind::Callflow,
    Kind::Conference,
    Kind::Device,
    Kind::Directory,
    Kind::Group,
    Kind::List,
    Kind::Media,
    Kind::Menu,
    Kind::Queue,
    Kind::Resource,
    Kind::TemporalRule,
    Kind::TemporalRuleSet,
    Kind::User,
    Kind::Vmbox,
];

/// Numbers are written as those that are dialled, and each once.
pub(super) fn prepare(ask: &Ask, body: &mut Map<String, Value>) {
    // So a list has it for flows that have none.
    if body.get("featurecode") == Some(&Value::Bool(false)) {
        body.shift_remove("featurecode");
    }
    if let Some(Value::Array(numbers)) = body.get_mut("numbers") {
        for number in numbers.iter_mut() {
            if let Value::String(text) = number
                && text != NO_MATCH
            {
                *text = ask.v2.services.catalog.numbers.normalize(text);
            }
        }
        once(numbers);
    }
    if let Some(Value::Array(patterns)) = body.get_mut("patterns") {
        once(patterns);
    }
}

fn once(list: &mut Vec<Value>) {
    let mut kept: Vec<Value> = Vec::with_capacity(list.len());
    for value in list.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    *list = kept;
}

pub(super) fn check(_: &str, body: &mut Map<String, Value>, faults: &mut Faults) {
    let is_empty = |name| body.get(name).is_none_or(|list| *list == json!([]));
    if is_empty("numbers") && is_empty("patterns") {
        let fault = Fault::new("a callflow needs at least one of `numbers` or `patterns`");
        faults.add("numbers", "required", fault);
    }
    if !faults.has("flow") {
        callflow::check(body, faults);
    }
}

pub(super) fn summary(document: &Document, item: &mut Map<String, Value>) {
    for name in ["numbers", "patterns"] {
        item.entry(name).or_insert_with(|| json!([]));
    }
    let featurecode = document.body.get("featurecode").cloned();
    item.insert("featurecode".into(), featurecode.unwrap_or(false.into()));
    let mut modules = BTreeSet::new();
    if let Some(flow) = document.body.get("flow") {
        each_node(flow, &mut |node| {
            let skipped = [json!(true), json!("true")].contains(&node["data"]["skip_module"]);
            if let Some(name) = node["module"].as_str().filter(|_| !skipped) {
                modules.insert(name.to_owned());
            }
        });
    }
    let modules: Vec<String> = modules.into_iter().collect();
    item.insert("modules".into(), modules.into());
}

/// `metadata`: what the ids in the flow are, as far as they are this account's.
pub(super) async fn metadata(ask: &Ask, shown: &mut [Value]) -> Result<(), Refusal> {
    for document in shown {
        let mut found = BTreeMap::new();
        for id in references(&document["flow"]) {
            for kind in KINDS {
                let stored = ask
                    .v2
                    .services
                    .catalog
                    .get(&ask.account, *kind, &id)
                    .await?;
                if let Some(stored) = stored {
                    found.insert(id, about(*kind, &stored));
                    break;
                }
            }
        }
        document["metadata"] = json!(found);
    }
    Ok(())
}

fn about(kind: Kind, document: &Document) -> Value {
    let body = &document.body;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let mut about = Map::new();
    let name = match (text("name"), text("first_name"), text("last_name")) {
        (Some(name), ..) => Some(name.to_owned()),
        (None, Some(first), Some(last)) => Some(format!("{first} {last}")),
        _ => None,
    };
    if let Some(name) = name {
        about.insert("name".into(), name.into());
    }
    if let Some(numbers) = body.get("numbers").filter(|_| kind == Kind::Callflow) {
        about.insert("numbers".into(), numbers.clone());
    }
    about.insert("pvt_type".into(), kind.one().into());
    about.into()
}

/// `data.id`, what stands in `data` under a key with `_id` in it, and the keys of
/// children, which are rules of a schedule.
fn references(flow: &Value) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    each_node(flow, &mut |node| {
        for (key, value) in node["data"].as_object().into_iter().flatten() {
            if (key == "id" || key.contains("_id"))
                && let Some(id) = value.as_str()
            {
                ids.insert(id.to_owned());
            }
        }
        let keys = node["children"].as_object().into_iter().flat_map(Map::keys);
        ids.extend(keys.filter(|key| key.chars().count() > 1).cloned());
    });
    ids.into_iter().take(MOST).collect()
}

fn each_node(node: &Value, see: &mut impl FnMut(&Value)) {
    see(node);
    for child in node["children"]
        .as_object()
        .into_iter()
        .flat_map(Map::values)
    {
        each_node(child, see);
    }
}
