//! Who is in a conference now, and what can be done about it.

use serde_json::{Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::live::LiveCall;
use crate::call::rooms::{Order, Seen, View};
use crate::clock;
use crate::objects::{Fault, Kind, gregorian};

const OF_PARTICIPANTS: [&str; 5] = ["mute", "unmute", "deaf", "undeaf", "kick"];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "conferences/{id}/participants",
            "Lists who is in a conference now.",
            |ask| Box::pin(list(ask)),
        ),
        Endpoint::new(
            Verb::Put,
            "conferences/{id}/participants",
            "Does something with all participants; only `kick` is for moderators too.",
            |ask| Box::pin(with_all(ask)),
        )
        .acts()
        .takes(|_| one_of(&OF_PARTICIPANTS)),
        Endpoint::new(
            Verb::Get,
            "conferences/{id}/participants/{participant}",
            "Gives a participant.",
            |ask| Box::pin(read(ask)),
        ),
        Endpoint::new(
            Verb::Put,
            "conferences/{id}/participants/{participant}",
            "Mutes a participant, makes one deaf, removes one, or takes that back.",
            |ask| Box::pin(with_one(ask)),
        )
        .acts()
        .takes(|_| one_of(&OF_PARTICIPANTS)),
    ]
}

fn one_of(actions: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": ["action"],
        "properties": {"action": {"enum": actions}},
    })
}

/// The conference as it goes on; none when nobody is in it.
async fn view(ask: &Ask, id: &str) -> Option<View> {
    let services = &ask.v2.services;
    let asterisk = &services.config.ari.name;
    services.rooms.look(asterisk, &ask.account, id).await
}

/// The conference of the URL: a stored one, or a room that goes on under this name.
pub(super) async fn named(ask: &Ask) -> Result<Option<View>, Refusal> {
    let id = ask.id(0);
    let view = view(ask, id).await;
    if view.is_none() {
        let catalog = &ask.v2.services.catalog;
        let stored = catalog.get(&ask.account, Kind::Conference, id).await?;
        stored.ok_or_else(|| Refusal::unknown(id))?;
    }
    Ok(view)
}

pub(super) async fn running(ask: &Ask) -> Result<View, Refusal> {
    let view = named(ask).await?;
    view.ok_or_else(|| Refusal::absent("nobody is in this conference"))
}

fn show(seen: &Seen, calls: &[LiveCall]) -> Value {
    let mut shown = json!({
        "participant_id": seen.number,
        "call_sid": seen.call,
        "is_moderator": seen.moderator,
        "speak": !seen.muted,
        "hear": !seen.deaf,
        "join_time": gregorian(seen.since),
    });
    if let Some(call) = calls.iter().find(|call| call.id == seen.call) {
        shown["call_id"] = call.call_id.clone().into();
        shown["caller_id_number"] = call.from.clone().into();
        shown["caller_id_name"] = call.from_name.clone().into();
        shown["channel"] = call.name.clone().into();
    }
    shown
}

async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let view = named(ask).await?;
    Ok(Reply::data(participants(ask, view.as_ref()).await))
}

async fn participants(ask: &Ask, view: Option<&View>) -> Vec<Value> {
    let calls = ask.v2.services.live.of_account(&ask.account).await;
    let all = view.map(|view| view.participants.as_slice());
    let all = all.unwrap_or_default().iter();
    all.map(|seen| show(seen, &calls)).collect()
}

async fn participant(ask: &Ask) -> Result<(View, Seen), Refusal> {
    let view = running(ask).await?;
    let id = ask.id(1);
    let calls = ask.v2.services.live.of_account(&ask.account).await;
    let found = view.participants.iter().find(|seen| {
        let mut calls = calls.iter();
        let call = calls.find(|call| call.id == seen.call);
        id == seen.number.to_string() || call.is_some_and(|call| call.is(id))
    });
    let found = found.cloned().ok_or_else(|| Refusal::unknown(id))?;
    Ok((view, found))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let (_, seen) = participant(ask).await?;
    let calls = ask.v2.services.live.of_account(&ask.account).await;
    Ok(Reply::data(show(&seen, &calls)))
}

/// The action of the body, if it is one of these.
pub(super) fn action(ask: &Ask, possible: &[&str]) -> Result<String, Refusal> {
    let data = ask.object()?;
    let given = data.get("action").and_then(Value::as_str);
    let given = given.unwrap_or_default();
    if possible.contains(&given) {
        return Ok(given.to_owned());
    }
    let fault = Fault::new(format!("must be {}", possible.join(", ")));
    let fault = fault.target(possible.to_vec());
    Err(Refusal::fault("action", "enum", fault))
}

fn order(action: &str, seen: &Seen) -> Order {
    let call = seen.call.clone();
    let on = !action.starts_with("un");
    match action {
        "mute" | "unmute" => Order::Mute { call, on },
        "deaf" | "undeaf" => Order::Deafen { call, on },
        _ => Order::Kick { call },
    }
}

pub(super) async fn carry_out(ask: &Ask, view: &View, order: Order) -> Result<(), Refusal> {
    let done = ask.v2.services.rooms.order(&view.room, order).await;
    done.map_err(|_| Refusal::absent("the conference has ended"))
}

async fn with_one(ask: &Ask) -> Result<Reply, Refusal> {
    let (view, seen) = participant(ask).await?;
    let action = action(ask, &OF_PARTICIPANTS)?;
    carry_out(ask, &view, order(&action, &seen)).await?;
    Ok(Reply::data(json!({"action": action})))
}

async fn with_all(ask: &Ask) -> Result<Reply, Refusal> {
    let view = running(ask).await?;
    let action = action(ask, &OF_PARTICIPANTS)?;
    let spares = action != "kick";
    for seen in view.participants.iter() {
        if !(spares && seen.moderator) {
            carry_out(ask, &view, order(&action, seen)).await?;
        }
    }
    Ok(Reply::data(json!({"action": action})))
}

fn count(view: Option<&View>, moderators: bool) -> usize {
    let all = view.map(|view| view.participants.iter());
    let counted = all.map(|all| all.filter(|seen| seen.moderator == moderators));
    counted.map_or(0, Iterator::count)
}

/// What goes on in conferences, for a list of them.
pub(super) async fn summary(ask: &Ask, items: &mut [Value]) -> Result<(), Refusal> {
    for item in items {
        let view = view(ask, item["id"].as_str().unwrap_or_default()).await;
        let started = view.as_ref().and_then(|view| view.started);
        let duration = started.map_or(0, |started| clock::now().since(started).as_secs());
        item["members"] = count(view.as_ref(), false).into();
        item["moderators"] = count(view.as_ref(), true).into();
        item["duration"] = duration.into();
        item["is_locked"] = view.is_some_and(|view| view.locked).into();
    }
    Ok(())
}

/// The same of one conference, in `_read_only` as in Kazoo. Nothing in it changes while
/// nobody comes or goes, or the document would never be the same twice.
pub(super) async fn details(ask: &Ask, items: &mut [Value]) -> Result<(), Refusal> {
    for item in items {
        let view = view(ask, item["id"].as_str().unwrap_or_default()).await;
        let participants = participants(ask, view.as_ref()).await;
        let shown = &mut item["_read_only"];
        shown["members"] = count(view.as_ref(), false).into();
        shown["moderators"] = count(view.as_ref(), true).into();
        shown["is_locked"] = view.is_some_and(|view| view.locked).into();
        shown["participants"] = participants.into();
    }
    Ok(())
}
