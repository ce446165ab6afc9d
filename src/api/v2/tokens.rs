//! Tokens of an account. A token is told once, when it is made; the store knows
//! its hash alone.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::{Reply, dates};
use super::resource;
use crate::objects::{Faults, Kind, Token, check};
use crate::store::{Document, Expected};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "tokens",
            "Lists the tokens of the account, without the tokens themselves.",
            |ask| Box::pin(list(ask)),
        ),
        Endpoint::new(
            Verb::Put,
            "tokens",
            "Makes a token for the account, and tells it this once.",
            |ask| Box::pin(create(ask)),
        )
        .takes(|_| json!({"type": "object", "properties": {"name": {"type": "string"}}})),
        Endpoint::new(Verb::Delete, "tokens/{id}", "Takes a token back.", |ask| {
            Box::pin(delete(ask))
        }),
    ]
}

async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let tokens = ask
        .v2
        .services
        .catalog
        .list(&ask.account, Kind::Token)
        .await?;
    let shown: Vec<Value> = tokens.into_iter().map(show).collect();
    Ok(Reply::data(shown))
}

async fn create(ask: &Ask) -> Result<Reply, Refusal> {
    let mut body = Value::Object(match &ask.data {
        None => Map::new(),
        Some(_) => ask.object()?,
    });
    let mut faults = Faults::default();
    check(resource::schema(Kind::Token), &mut body, "", &mut faults);
    if !faults.is_empty() {
        return Err(Refusal::invalid(faults));
    }
    let name = body["name"].as_str().unwrap_or_default();
    let body = Map::from_iter([("name".to_owned(), name.into())]);
    let token = random();
    let id = Token::id_of(&token);
    let catalog = &ask.v2.services.catalog;
    let written = catalog.put(&ask.account, Kind::Token, &id, body, Expected::Nothing);
    let mut shown = show(written.await?);
    shown["token"] = token.into();
    Ok(Reply::created(shown))
}

/// A token that nobody can guess.
pub(super) fn random() -> String {
    let half = || uuid::Uuid::new_v4().simple().to_string();
    format!("{}{}", half(), half())
}

async fn delete(ask: &Ask) -> Result<Reply, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let deleting = catalog.delete(&ask.account, Kind::Token, ask.id(0), Expected::Anything);
    let deleted = deleting.await?;
    let deleted = deleted.ok_or_else(|| Refusal::unknown(ask.id(0)))?;
    let mut shown = show(deleted);
    shown["_read_only"]["deleted"] = true.into();
    Ok(Reply::data(shown))
}

fn show(token: Document) -> Value {
    let name = token.body.get("name").cloned();
    let mut shown = json!({
        "id": token.id,
        "name": name.unwrap_or_default(),
        "_read_only": dates(token.created, token.modified),
    });
    if let Some(expires) = token.body.get("expires") {
        shown["expires"] = expires.clone();
    }
    shown
}
