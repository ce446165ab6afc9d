//! What webhooks were told, and how that went.

use serde_json::{Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::live::Attempt;
use crate::objects::{Kind, gregorian};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "webhooks/attempts",
            "Lists what the account's webhooks were last told.",
            |ask| Box::pin(all(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "webhooks/{id}/attempts",
            "Lists what a webhook was last told.",
            |ask| Box::pin(of_one(ask)),
        ),
    ]
}

async fn all(ask: &Ask) -> Result<Reply, Refusal> {
    Ok(Reply::data(rows(ask, |_| true).await))
}

async fn of_one(ask: &Ask) -> Result<Reply, Refusal> {
    let id = ask.id(0);
    let catalog = &ask.v2.services.catalog;
    let found = catalog.get(&ask.account, Kind::Webhook, id).await?;
    found.ok_or_else(|| Refusal::unknown(id))?;
    Ok(Reply::data(rows(ask, |attempt| attempt.hook == id).await))
}

/// In Kazoo's words; the newest first.
async fn rows(ask: &Ask, wanted: impl Fn(&Attempt) -> bool) -> Vec<Value> {
    let attempts = ask.v2.services.live.attempts(&ask.account).await;
    let wanted = attempts.iter().filter(|attempt| wanted(attempt));
    wanted.map(show).collect()
}

fn show(attempt: &Attempt) -> Value {
    let mut row = json!({
        "hook_id": attempt.hook,
        "hook_event": attempt.event,
        "call_sid": attempt.call,
        "timestamp": gregorian(attempt.at),
        "result": if attempt.why.is_none() { "success" } else { "failure" },
        "retries_left": attempt.left,
    });
    if let Some(status) = attempt.status {
        row["response_code"] = status.into();
    }
    if let Some(why) = &attempt.why {
        row["reason"] = why.clone().into();
    }
    row
}
