//! The OpenAPI document, written out of the rows that the requests are answered by.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Gives, Scope, Verb};
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::{schemas, table};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "openapi.json",
            "Gives this document, without an envelope.",
            |ask| Box::pin(read(ask)),
        )
        .scope(Scope::Known),
    ]
}

async fn read(_: &Ask) -> Result<Reply, Refusal> {
    Ok(reply::bare(&DOCUMENT))
}

fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in table::all() {
        let path = paths.entry(endpoint.whole_path()).or_insert(json!({}));
        path[endpoint.verb.name().to_ascii_lowercase()] = operation(endpoint);
    }
    let schemas: Map<String, Value> = schemas::all().into_iter().collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "pivot",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Stored callflows and what they refer to, in the shape of Kazoo's API. \
                Each path below /v2/accounts/{account}/ is also there without the account, for \
                the account of the token. A POST with `verb` in its body stands for that verb.",
        },
        "security": [{"token": []}, {"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "responses": {"refused": {
                "description": "`error` is the HTTP status as a string, `message` its name, and \
                    `data` says what is wrong: of a document, by field and code.",
                "content": {"application/json": {"schema": envelope(&json!({}), &["error"])}},
            }},
            "schemas": schemas,
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let path = endpoint.whole_path();
    let mut parameters: Vec<Value> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
        })
        .collect();
    if endpoint.gives == Gives::Page {
        parameters.extend(page_parameters());
    }
    let status = if endpoint.creates { "201" } else { "200" };
    let mut operation = json!({
        "operationId": operation_id(endpoint.verb, &path),
        "summary": endpoint.does,
        "tags": [tag(endpoint)],
        "parameters": parameters,
        "responses": {
            status: {"description": "Done.", "content": answer(endpoint)},
            "default": {"$ref": "#/components/responses/refused"},
        },
    });
    if endpoint.scope == Scope::Open {
        operation["security"] = json!([]);
    }
    let mut content = Map::new();
    if let Some(takes) = endpoint.takes {
        let schema = json!({
            "type": "object",
            "required": ["data"],
            "properties": {"data": named_or(&takes(endpoint.resource), endpoint)},
        });
        content.insert("application/json".into(), json!({"schema": schema}));
    }
    if endpoint.takes_sound {
        content.insert("audio/*".into(), json!({}));
    }
    if !content.is_empty() {
        operation["requestBody"] = json!({"content": content});
    }
    operation
}

/// A schema that has a name is referred to.
fn named_or(schema: &Value, endpoint: &Endpoint) -> Value {
    match endpoint.resource {
        Some(resource) if schema == resource.schema() => {
            json!({"$ref": format!("#/components/schemas/{}", resource.kind.name())})
        }
        _ => schema.clone(),
    }
}

fn answer(endpoint: &Endpoint) -> Value {
    match endpoint.gives {
        Gives::Sound => json!({"audio/*": {}}),
        Gives::One => json!({"application/json": {"schema": envelope(&json!({}), &[])}}),
        Gives::Page => {
            let list = json!({"type": "array"});
            let page = ["page_size", "start_key", "next_start_key"];
            json!({"application/json": {"schema": envelope(&list, &page)}})
        }
    }
}

fn envelope(data: &Value, further: &[&str]) -> Value {
    let texts = [
        "status",
        "request_id",
        "node",
        "timestamp",
        "version",
        "revision",
    ];
    let mut properties = Map::from_iter([("data".to_owned(), data.clone())]);
    for name in texts.iter().chain(further) {
        let kind = if *name == "page_size" {
            "integer"
        } else {
            "string"
        };
        properties.insert((*name).into(), json!({"type": kind}));
    }
    json!({"type": "object", "required": ["data", "status"], "properties": properties})
}

fn page_parameters() -> Vec<Value> {
    let parameter = |name: &str, kind: &str, what: &str| json!({"name": name, "in": "query", "description": what, "schema": {"type": kind}});
    vec![
        parameter("page_size", "integer", "Items of a page; 50 when absent."),
        parameter(
            "start_key",
            "string",
            "`next_start_key` of the page before.",
        ),
        parameter("paginate", "boolean", "false = all at once."),
        parameter("ascending", "boolean", "The order."),
        parameter(
            "created_from",
            "integer",
            "Gregorian seconds; also created_to, modified_from, modified_to.",
        ),
        parameter(
            "has_key",
            "string",
            "Also key_missing, has_value, missing_value.",
        ),
        json!({
            "name": "filter",
            "in": "query",
            "description": "`filter_FIELD=VALUE` and `filter_not_FIELD=VALUE`, with dots between the names of nested fields.",
            "style": "form",
            "explode": true,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        }),
    ]
}

fn tag(endpoint: &Endpoint) -> &str {
    match endpoint.path.split('/').next() {
        None | Some("") => "accounts",
        Some(word) => word,
    }
}

/// `get_accounts_account_callflows_id`.
fn operation_id(verb: Verb, path: &str) -> String {
    let words = path
        .split('/')
        .skip(2)
        .map(|part| part.trim_matches(['{', '}']));
    let words: Vec<&str> = words.collect();
    format!("{}_{}", verb.name().to_ascii_lowercase(), words.join("_"))
}
