//! What `pivot` nodes with `debug` have asked and were answered.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Gives, Verb};
use super::listing;
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::{Can, Resource};
use crate::objects::Kind;
use crate::store::Document;

/// A row for each call.
static ROWS: Resource = Resource {
    can: &[Can::List],
    listed: &[],
    order: |row| format!("{:020}", row.created.0.max(0)),
    newest_first: true,
    ..Resource::of(Kind::PivotDebug, "pivot/debug")
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "pivot/debug",
            "Lists the calls that have records, the newest first.",
            |ask| Box::pin(list(ask)),
        )
        .gives(Gives::Page)
        .of(&ROWS),
        Endpoint::new(
            Verb::Get,
            "pivot/debug/{id}",
            "Gives the records of a call by its Call-ID, its CallSid or its debug_id.",
            |ask| Box::pin(read(ask)),
        ),
    ]
}

async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let records = records(ask).await?;
    let rows = by_call(&records).into_iter().map(row).collect();
    listing::page(ask, &ROWS, rows).await
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let records = records(ask).await?;
    let is_meant = |records: &&[Document]| {
        let names = ["call_id", "call_sid", "debug_id"];
        let first = records.first();
        first.is_some_and(|record| {
            names
                .iter()
                .filter_map(|name| record.body.get(*name)?.as_str())
                .any(|name| name == ask.id(0))
        })
    };
    let call = by_call(&records).into_iter().find(is_meant);
    let call = call.ok_or_else(|| Refusal::unknown(ask.id(0)))?;
    let shown: Vec<Value> = call
        .iter()
        .map(|record| record.body.clone().into())
        .collect();
    Ok(Reply::data(shown))
}

/// Ordered by call, and within a call as they were made.
async fn records(ask: &Ask) -> Result<Vec<Document>, Refusal> {
    Ok(ask
        .v2
        .services
        .catalog
        .list(&ask.account, Kind::PivotDebug)
        .await?)
}

fn by_call(records: &[Document]) -> Vec<&[Document]> {
    let call = |record: &Document| record.id.split('/').next().map(str::to_owned);
    records.chunk_by(|a, b| call(a) == call(b)).collect()
}

fn row(records: &[Document]) -> Document {
    let last = |name: &str| {
        let mut found = records
            .iter()
            .rev()
            .filter_map(|record| record.body.get(name));
        found.next().cloned()
    };
    let has = |name: &str| records.iter().any(|record| record.body.contains_key(name));
    let mut row = Map::new();
    for name in [
        "call_id",
        "call_sid",
        "created",
        "debug_id",
        "iteration",
        "node",
        "uri",
    ] {
        if let Some(value) = last(name) {
            row.insert(name.into(), value);
        }
    }
    if let Some(status) = last("resp_status_code") {
        row.insert("status_code".into(), status);
    }
    row.insert("has_schema_errors".into(), json!(has("schema_errors")));
    row.insert("has_json_errors".into(), json!(has("json_errors")));
    let (first, newest) = (records.first(), records.last());
    let id = first.and_then(|record| record.id.split('/').next());
    Document {
        id: id.unwrap_or_default().to_owned(),
        revision: 1,
        created: first.map_or(crate::clock::Time(0), |record| record.created),
        modified: newest.map_or(crate::clock::Time(0), |record| record.modified),
        body: row,
    }
}
