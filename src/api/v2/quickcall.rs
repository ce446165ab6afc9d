//! Click to call: a phone of the account's rings, and who answers calls a number.

use std::time::Duration;

use serde_json::json;

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::ops::CallerId;
use crate::call::originate::{Origination, Reached, Ring, When};
use crate::news::Destination;
use crate::objects::{Device, Fault, Kind, User};

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

/// Who is called, and what they call themselves.
pub(super) struct Called {
    pub(super) ring: Ring,
    pub(super) number: String,
    pub(super) name: String,
}

/// What is to come of it.
pub(super) struct Wanted<'a> {
    pub(super) then: Destination,
    /// Whom the phone shows.
    pub(super) shown_number: &'a str,
    pub(super) shown_name: &'a str,
    pub(super) rings_for: Duration,
    pub(super) auto_answer: bool,
    pub(super) why: String,
}

/// A stored device or user.
pub(super) async fn called(ask: &Ask, kind: Kind, id: &str) -> Result<Option<Called>, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let Some(document) = catalog.get(&ask.account, kind, id).await? else {
        return Ok(None);
    };
    let called = match kind {
        Kind::User => {
            let user: User = document.read_leniently(|_| {}).unwrap_or_default();
            let name = format!("{} {}", user.first_name, user.last_name);
            Called {
                ring: Ring::User(id.to_owned()),
                number: String::new(),
                name: name.trim().to_owned(),
            }
        }
        _ => {
            let device: Device = document.read_leniently(|_| {}).unwrap_or_default();
            Called {
                ring: Ring::Device(id.to_owned()),
                number: device.endpoint(id).to_owned(),
                name: device.name,
            }
        }
    };
    Ok(Some(called))
}

/// Has somebody called, once.
pub(super) fn originate(ask: &Ask, called: Called, wanted: Wanted<'_>) {
    let services = &ask.v2.services;
    services.originations.add(Origination {
        line: format!("api {}", uuid::Uuid::new_v4().simple()),
        party: String::new(),
        account: Some(ask.account.clone()).filter(|account| *account != services.account),
        internal: !matches!(called.ring, Ring::Number(_)),
        ring: called.ring,
        rings_for: wanted.rings_for,
        auto_answer: wanted.auto_answer,
        shown: CallerId {
            number: wanted.shown_number.to_owned(),
            name: wanted.shown_name.to_owned(),
        },
        caller: CallerId {
            number: called.number,
            name: called.name,
        },
        then: wanted.then,
        when: When::Always,
        pauses: vec![Duration::ZERO],
        until: None,
        enough: Reached::Party,
        why: wanted.why,
    });
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
