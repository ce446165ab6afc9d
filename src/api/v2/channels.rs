//! The calls that are going on: who talks with whom, hanging them up, sending them
//! elsewhere.

use serde_json::{Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::phones::{Phone, phones};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::HungUp;
use crate::call::live::{LiveCall, Other};
use crate::clock::{self, Time};
use crate::id::is_our_channel;
use crate::news::{Destination, News};
use crate::objects::{Fault, Kind, gregorian};

const ACTIONS: [&str; 4] = ["hangup", "transfer", "callflow", "intercept"];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let list = |path: &str, does: &str, run| Endpoint::new(Verb::Get, path, does, run);
    vec![
        list("channels", "Lists the account's live calls.", |ask| {
            Box::pin(all(ask))
        }),
        list(
            "users/{id}/channels",
            "Lists live calls of a user's phones.",
            |ask| Box::pin(of_user(ask)),
        ),
        list(
            "devices/{id}/channels",
            "Lists live calls of a device.",
            |ask| Box::pin(of_device(ask)),
        ),
        list("channels/{id}", "Gives a live call.", |ask| {
            Box::pin(read(ask))
        }),
        Endpoint::new(
            Verb::Post,
            "channels/{id}",
            "Hangs a live call up, or sends it elsewhere.",
            |ask| Box::pin(act(ask)),
        )
        .takes(|_| {
            json!({
                "type": "object",
                "required": ["action"],
                "properties": {
                    "action": {"enum": ACTIONS},
                    "target": {
                        "type": "string",
                        "description": "Of transfer: a number that a callflow of the account takes.",
                    },
                    "id": {"type": "string", "description": "Of callflow: its id."},
                    "target_type": {"enum": ["device", "user"], "description": "Of intercept."},
                    "target_id": {"type": "string", "description": "Of intercept: who gets the caller."},
                },
            })
        }),
    ]
}

async fn live(ask: &Ask) -> Vec<LiveCall> {
    ask.v2.services.live.of_account(&ask.account).await
}

/// A channel that is shown, and whose phone it is.
struct Shown<'p> {
    phone: Option<&'p Phone>,
    row: Value,
}

/// Both ends of the calls.
async fn rows<'p>(ask: &Ask, phones: &'p [Phone]) -> Vec<Shown<'p>> {
    let calls = live(ask).await;
    let rows = calls.iter().flat_map(|call| {
        let other = call
            .other
            .as_ref()
            .map(|other| far_end(call, other, phones));
        std::iter::once(caller(call, phones)).chain(other)
    });
    rows.collect()
}

fn caller<'p>(call: &LiveCall, phones: &'p [Phone]) -> Shown<'p> {
    let mut row = json!({
        "uuid": call.call_id,
        "call_sid": call.id,
        // Whom pivot has called of its own accord has a channel of pivot's making.
        "direction": if is_our_channel(&call.channel) { "outbound" } else { "inbound" },
        "answered": call.answered.is_some(),
        "destination": call.to,
        "caller_id_number": call.from,
        "caller_id_name": call.from_name,
        "channel_id": call.channel,
        "channel_name": call.name,
    });
    if let Some(other) = &call.other {
        row["other_leg"] = other.call_id.clone().into();
    }
    owned(row, &call.name, call.began, phones)
}

fn far_end<'p>(call: &LiveCall, other: &Other, phones: &'p [Phone]) -> Shown<'p> {
    let row = json!({
        "uuid": other.call_id,
        "call_sid": call.id,
        "direction": "outbound",
        "answered": true,
        "destination": other.number,
        "channel_id": other.channel,
        "channel_name": other.name,
        "other_leg": call.call_id,
    });
    owned(row, &other.name, other.since, phones)
}

/// The row with its times, and with the device whose channel it is.
fn owned<'p>(mut row: Value, channel: &str, since: Time, phones: &'p [Phone]) -> Shown<'p> {
    row["timestamp"] = gregorian(since).into();
    row["elapsed_s"] = clock::now().since(since).as_secs().into();
    let endpoint = channel.rsplit_once('-').map(|(endpoint, _)| endpoint);
    let mut phones = phones.iter();
    let phone = phones.find(|phone| endpoint.is_some() && phone.endpoint.as_deref() == endpoint);
    if let Some(phone) = phone {
        row["authorizing_id"] = phone.id.clone().into();
        row["authorizing_type"] = "device".into();
        row["username"] = phone.device.endpoint(&phone.id).into();
        if let Some(owner) = &phone.device.owner_id {
            row["owner_id"] = owner.clone().into();
        }
    }
    Shown { phone, row }
}

async fn all(ask: &Ask) -> Result<Reply, Refusal> {
    let phones = phones(ask).await?;
    let rows = rows(ask, &phones).await.into_iter();
    Ok(Reply::data(rows.map(|shown| shown.row).collect::<Vec<_>>()))
}

async fn of_user(ask: &Ask) -> Result<Reply, Refusal> {
    those(ask, Kind::User, |phone| phone.device.belongs_to(ask.id(0))).await
}

async fn of_device(ask: &Ask) -> Result<Reply, Refusal> {
    those(ask, Kind::Device, |phone| phone.id == ask.id(0)).await
}

async fn those(ask: &Ask, kind: Kind, wanted: impl Fn(&Phone) -> bool) -> Result<Reply, Refusal> {
    let found = ask.v2.services.catalog.get(&ask.account, kind, ask.id(0));
    if found.await?.is_none() {
        return Err(Refusal::unknown(ask.id(0)));
    }
    let phones = phones(ask).await?;
    let rows = rows(ask, &phones).await.into_iter();
    let rows = rows.filter(|shown| shown.phone.is_some_and(&wanted));
    Ok(Reply::data(rows.map(|shown| shown.row).collect::<Vec<_>>()))
}

/// Which end of a call the URL names.
enum End {
    Caller,
    Far(Other),
}

async fn named(ask: &Ask) -> Result<(LiveCall, End), Refusal> {
    let id = ask.id(0);
    let found = live(ask).await.into_iter().find_map(|call| {
        if call.is(id) {
            return Some((call, End::Caller));
        }
        let other = call.other.clone().filter(|other| other.is(id))?;
        Some((call, End::Far(other)))
    });
    found.ok_or_else(|| Refusal::unknown(id))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let (call, end) = named(ask).await?;
    let phones = phones(ask).await?;
    let shown = match end {
        End::Caller => caller(&call, &phones),
        End::Far(other) => far_end(&call, &other, &phones),
    };
    Ok(Reply::data(shown.row))
}

async fn act(ask: &Ask) -> Result<Reply, Refusal> {
    let (call, end) = named(ask).await?;
    let data = ask.object()?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    let services = &ask.v2.services;
    let destination = match text("action") {
        "hangup" => {
            let channel = match &end {
                End::Caller => &call.channel,
                End::Far(other) => &other.channel,
            };
            return match services.hang_up(channel).await {
                HungUp::Done => Ok(Reply::data(json!({"action": "hangup"}))),
                HungUp::Gone => Err(Refusal::unknown(ask.id(0))),
                HungUp::Failed => Err(Refusal::asterisk()),
            };
        }
        "transfer" => number(ask, text("target")).await?,
        "callflow" => {
            exists(ask, "id", Kind::Callflow, text("id")).await?;
            Destination::Callflow(text("id").to_owned())
        }
        "intercept" => {
            let (module, kind) = match text("target_type") {
                "device" => ("device", Kind::Device),
                "user" => ("user", Kind::User),
                _ => {
                    let fault = Fault::new("must be device or user");
                    let fault = fault.target(["device", "user"].to_vec());
                    return Err(Refusal::fault("target_type", "enum", fault));
                }
            };
            exists(ask, "target_id", kind, text("target_id")).await?;
            let data = json!({"id": text("target_id"), "can_call_self": true});
            Destination::Flow(json!({"module": module, "data": data}))
        }
        _ => {
            let fault = Fault::new("must be hangup, transfer, callflow or intercept");
            let fault = fault.target(ACTIONS.to_vec());
            return Err(Refusal::fault("action", "enum", fault));
        }
    };
    if let End::Far(_) = end {
        let fault = Fault::new("only the caller can be sent elsewhere; this is the other end");
        return Err(Refusal::fault("action", "invalid", fault));
    }
    services.router.tell_call(&call.id, News::Sent(destination));
    Ok(Reply::data(json!({"action": text("action")})))
}

async fn number(ask: &Ask, target: &str) -> Result<Destination, Refusal> {
    let catalog = &ask.v2.services.catalog;
    if catalog.lookup(&ask.account, target).await?.is_some() {
        return Ok(Destination::Number(target.to_owned()));
    }
    let fault = Fault::new("no callflow of the account takes this number").cause(target);
    Err(Refusal::fault("target", "not_found", fault))
}

async fn exists(ask: &Ask, field: &str, kind: Kind, id: &str) -> Result<(), Refusal> {
    let found = ask.v2.services.catalog.get(&ask.account, kind, id).await?;
    if found.is_some() {
        return Ok(());
    }
    let fault = Fault::new(format!("there is no such {}", kind.one())).cause(id);
    Err(Refusal::fault(field, "not_found", fault))
}
