//! Click to call: a phone of the account's rings, and who answers calls a number.

use std::time::Duration;

use serde_json::json;

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::originating::{Wanted, called, originate};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::news::Destination;
use crate::objects::{Fault, Kind};

/// Seconds that a phone rings, as Kazoo has it.
const RINGS: i64 = 30;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let call = |path: &str, does: &str, run| Endpoint::new(Verb::Get, path, does, run);
    vec![
        call(
            "devices/{id}/quickcall/{number}",
            "Rings a device, which calls the number when it is answered.",
            |ask| Box::pin(quickcall(ask, Kind::Device)),
        ),
        call(
            "users/{id}/quickcall/{number}",
            "Rings a user's phones; the one that is answered calls the number.",
            |ask| Box::pin(quickcall(ask, Kind::User)),
        ),
    ]
}

async fn quickcall(ask: &Ask, kind: Kind) -> Result<Reply, Refusal> {
    let (id, number) = (ask.id(0), ask.id(1));
    let called = called(ask, kind, id).await?;
    let called = called.ok_or_else(|| Refusal::unknown(id))?;
    let catalog = &ask.v2.services.catalog;
    if catalog.lookup(&ask.account, number).await?.is_none() {
        let fault = Fault::new("no callflow of the account takes this number").cause(number);
        return Err(Refusal::fault("number", "not_found", fault));
    }
    let rings = ask.asked_number("timeout")?.unwrap_or(RINGS).clamp(1, 300);
    let wanted = Wanted {
        then: Destination::Number(number.to_owned()),
        shown_number: ask.asked("cid-number").unwrap_or(number),
        shown_name: ask.asked("cid-name").unwrap_or("QuickCall"),
        rings_for: Duration::from_secs(rings.unsigned_abs()),
        auto_answer: ask.asked_flag("auto_answer").unwrap_or(false),
        why: format!("is to call {number}, as the API was asked"),
    };
    originate(ask, called, wanted);
    Ok(Reply::data(json!({"number": number})))
}
