//! The JSON Schemas of all documents and of the `data` of all modules, and checking a
//! document without storing it.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::checking;
use super::endpoint::{Endpoint, Scope, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::{self, RESOURCES, Resource};
use crate::callflow;
use crate::objects::{Faults, Kind, check};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "schemas",
            "Lists the names of all schemas.",
            |_| Box::pin(async { Ok(Reply::data(names())) }),
        )
        .scope(Scope::Known),
        Endpoint::new(Verb::Get, "schemas/{name}", "Gives a JSON Schema.", |ask| {
            Box::pin(read(ask))
        })
        .scope(Scope::Known),
        Endpoint::new(
            Verb::Put,
            "schemas/{name}/validation",
            "Checks a document by its schema, stores nothing, and gives it with its defaults.",
            |ask| Box::pin(validate(ask)),
        )
        .acts()
        .scope(Scope::Known)
        .takes(|_| json!({"type": "object"})),
    ]
}

/// What a name stands for.
enum Named {
    Documents(&'static Resource),
    Account,
    /// A node of a flow.
    Node,
    Data(Value),
}

impl Named {
    fn find(name: &str) -> Option<Self> {
        if name == Kind::Account.name() {
            return Some(Self::Account);
        }
        if let Some(module) = name.strip_prefix("callflows.") {
            return match module {
                "action" => Some(Self::Node),
                _ => callflow::schema().get(module).cloned().map(Self::Data),
            };
        }
        let mut resources = RESOURCES.iter();
        let found = resources.find(|resource| resource.kind.name() == name);
        found.map(Self::Documents)
    }

    fn schema(&self) -> Value {
        match self {
            Self::Documents(resource) => resource.schema().clone(),
            Self::Account => resource::schema(Kind::Account).clone(),
            Self::Node => node(),
            Self::Data(schema) => schema.clone(),
        }
    }
}

/// All names, and their schemas.
pub(super) fn all() -> Vec<(String, Value)> {
    let named = names().into_iter();
    named
        .filter_map(|name| Some((name.clone(), Named::find(&name)?.schema())))
        .collect()
}

fn names() -> Vec<String> {
    let kinds = RESOURCES.iter().map(|resource| resource.kind.name());
    let modules = callflow::names().chain(["action"]);
    let mut names: Vec<String> = kinds
        .chain([Kind::Account.name()])
        .map(str::to_owned)
        .chain(modules.map(|module| format!("callflows.{module}")))
        .collect();
    names.sort();
    names
}

fn node() -> Value {
    let modules: Vec<&str> = callflow::names().collect();
    json!({
        "type": "object",
        "description": "A node of a flow.",
        "required": ["module"],
        "properties": {
            "module": {"type": "string", "enum": modules},
            "data": {"type": "object", "description": "As the schema callflows.MODULE has it."},
            "children": {
                "type": "object",
                "description": "The nodes that can follow, by key; `_` when no other fits.",
                "additionalProperties": {"type": "object"},
            },
        },
    })
}

fn find(ask: &Ask) -> Result<Named, Refusal> {
    Named::find(ask.id(0)).ok_or_else(|| Refusal::unknown(ask.id(0)))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let named = find(ask)?;
    let mut schema = Map::new();
    let of = "https://json-schema.org/draft/2020-12/schema";
    schema.insert("$schema".into(), of.into());
    schema.insert("id".into(), ask.id(0).into());
    if let Value::Object(of) = named.schema() {
        schema.extend(of);
    }
    Ok(Reply::data(schema))
}

async fn validate(ask: &Ask) -> Result<Reply, Refusal> {
    let named = find(ask)?;
    let mut body = ask.object()?;
    let mut faults = Faults::default();
    let checked = match named {
        Named::Documents(resource) => {
            let id = (resource.id)(&body).unwrap_or_default();
            return Ok(Reply::data(checking::checked(ask, resource, &id, body)?));
        }
        Named::Node => {
            let mut document = Map::from_iter([("flow".to_owned(), Value::Object(body))]);
            callflow::check(&mut document, &mut faults);
            document.shift_remove("flow").unwrap_or_default()
        }
        Named::Account | Named::Data(_) => {
            body.retain(|key, _| !key.starts_with('_'));
            let mut value = body.into();
            check(&named.schema(), &mut value, "", &mut faults);
            value
        }
    };
    match faults.is_empty() {
        true => Ok(Reply::data(checked)),
        false => Err(Refusal::invalid(faults)),
    }
}
