//! Calls that are made because the API was asked to.

use std::time::Duration;

use super::ask::Ask;
use super::refusal::Refusal;
use crate::call::ops::CallerId;
use crate::call::originate::{Origination, Reached, Ring, When};
use crate::news::Destination;
use crate::objects::{Device, Kind, User};

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
