//! The account's phones as Asterisk knows them: whether they are there.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::KnownEndpoint;
use crate::objects::{Device, Kind};
use crate::store::Document;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "devices/status",
            "Tells of each device whether Asterisk can reach it.",
            |ask| Box::pin(all(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "devices/{id}/status",
            "Tells whether Asterisk can reach a device.",
            |ask| Box::pin(one(ask)),
        ),
    ]
}

/// A stored device, and what Asterisk calls it.
pub(super) struct Phone {
    pub(super) id: String,
    pub(super) device: Device,
    /// `PJSIP/alice`; none = no endpoint can have this name.
    pub(super) endpoint: Option<String>,
}

impl Phone {
    fn of(ask: &Ask, document: Document) -> Option<Self> {
        let id = document.id.clone();
        let device: Device = document.read_leniently(|_| {}).ok()?;
        let services = &ask.v2.services;
        let endpoint = services.device_endpoint(&ask.account, device.endpoint(&id));
        Some(Self {
            id,
            device,
            endpoint: endpoint.ok(),
        })
    }
}

/// Those of the account.
pub(super) async fn phones(ask: &Ask) -> Result<Vec<Phone>, Refusal> {
    let documents = ask.v2.services.catalog.list(&ask.account, Kind::Device);
    let phones = documents.await?.into_iter();
    Ok(phones.filter_map(|found| Phone::of(ask, found)).collect())
}

/// What Asterisk knows of its endpoints, by `PJSIP/alice`.
type Known = HashMap<String, KnownEndpoint>;

async fn known(ask: &Ask) -> Result<Known, Refusal> {
    let known = ask.v2.services.known_endpoints().await;
    known.ok_or_else(Refusal::asterisk)
}

async fn all(ask: &Ask) -> Result<Reply, Refusal> {
    let phones = phones(ask).await?;
    let known = known(ask).await?;
    let shown = phones.iter().map(|phone| show(phone, &known));
    Ok(Reply::data(shown.collect::<Vec<_>>()))
}

async fn one(ask: &Ask) -> Result<Reply, Refusal> {
    let id = ask.id(0);
    let found = ask.v2.services.catalog.get(&ask.account, Kind::Device, id);
    let found = found.await?.and_then(|document| Phone::of(ask, document));
    let phone = found.ok_or_else(|| Refusal::unknown(id))?;
    Ok(Reply::data(show(&phone, &known(ask).await?)))
}

fn show(phone: &Phone, known: &Known) -> Value {
    let known = phone.endpoint.as_ref().and_then(|name| known.get(name));
    let state = known.and_then(|known| known.state.as_deref());
    json!({
        "device_id": phone.id,
        "registered": state == Some("online"),
        "state": state.unwrap_or("unknown"),
        "channels": known.map_or(0, |known| known.channel_ids.len()),
    })
}
