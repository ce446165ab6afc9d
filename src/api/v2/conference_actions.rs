//! What can be done about a conference as a whole: locking it, playing into it, recording
//! it, calling people into it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::originating::{Called, Wanted, called, originate};
use super::participants::{action, carry_out, named, running};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::originate::Ring;
use crate::call::rooms::Order;
use crate::news::Destination;
use crate::objects::{Fault, Kind};

const ACTIONS: [&str; 5] = ["lock", "unlock", "play", "record", "dial"];
/// Seconds that those ring who are called.
const RINGS: u64 = 20;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Put,
            "conferences/{id}",
            "Locks a conference, plays into it, records it, or calls people into it.",
            |ask| Box::pin(act(ask)),
        )
        .acts()
        .takes(|_| {
            json!({
                "type": "object",
                "required": ["action"],
                "properties": {
                    "action": {"enum": ACTIONS},
                    "data": {
                        "type": "object",
                        "properties": {
                            "media_id": {"type": "string", "description": "Of play: a medium of the account, or a URL."},
                            "action": {"enum": ["start", "stop"], "description": "Of record."},
                            "endpoints": {
                                "type": "array",
                                "items": {"type": "string"},
                                "description": "Of dial: ids of devices and users, numbers.",
                            },
                            "caller_id_name": {"type": "string"},
                            "caller_id_number": {"type": "string"},
                            "participant_flags": {
                                "type": "array",
                                "items": {"enum": ["deaf", "mute", "moderator"]},
                            },
                            "timeout": {"type": "integer", "description": "Seconds that they ring; 20."},
                        },
                    },
                },
            })
        }),
    ]
}

async fn act(ask: &Ask) -> Result<Reply, Refusal> {
    named(ask).await?;
    let action = action(ask, &ACTIONS)?;
    let body = ask.object()?;
    // Kazoo's clients have the particulars in a `data` of their own.
    let inner = body.get("data").and_then(Value::as_object);
    let data = inner.unwrap_or(&body);
    match action.as_str() {
        "dial" => return dial(ask, data).await,
        "play" => play(ask, data).await?,
        "record" => record(ask, data).await?,
        lock => carry_out(ask, &running(ask).await?, Order::Lock(lock == "lock")).await?,
    }
    Ok(Reply::data(json!({"action": action})))
}

async fn play(ask: &Ask, data: &Map<String, Value>) -> Result<(), Refusal> {
    let view = running(ask).await?;
    let word = text(data, "media_id");
    let services = &ask.v2.services;
    let found = match word.starts_with("http://") || word.starts_with("https://") {
        true => services
            .media
            .fetch(word)
            .await
            .map(|clip| Some(clip.uri))
            .map_err(|error| error.to_string()),
        false => services.media_uri(&ask.account, word).await,
    };
    let (code, fault) = match found {
        Ok(Some(uri)) => return carry_out(ask, &view, Order::Play(vec![uri])).await,
        Ok(None) => (
            "not_found",
            Fault::new("there is no such medium").cause(word),
        ),
        Err(why) => ("invalid", Fault::new(why)),
    };
    Err(Refusal::fault("media_id", code, fault))
}

async fn record(ask: &Ask, data: &Map<String, Value>) -> Result<(), Refusal> {
    let view = running(ask).await?;
    let on = match text(data, "action") {
        "start" | "record" => true,
        "stop" => false,
        _ => {
            let fault = Fault::new("must be start or stop").target(["start", "stop"].to_vec());
            return Err(Refusal::fault("data.action", "enum", fault));
        }
    };
    carry_out(ask, &view, Order::Record(on)).await
}

async fn dial(ask: &Ask, data: &Map<String, Value>) -> Result<Reply, Refusal> {
    let wanted = data.get("endpoints").and_then(Value::as_array);
    let wanted: Vec<&str> = wanted
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if wanted.is_empty() {
        let fault = Fault::new("must be a list of ids of devices and users, or numbers");
        return Err(Refusal::fault("endpoints", "required", fault));
    }
    let then = entrance(ask, data).await?;
    let timeout = data.get("timeout").and_then(Value::as_u64);
    let timeout = timeout.filter(|seconds| *seconds > 0).unwrap_or(RINGS);
    let mut all = Vec::new();
    for id in wanted {
        let called = match (
            called(ask, Kind::Device, id).await?,
            called(ask, Kind::User, id).await?,
        ) {
            (Some(called), _) | (None, Some(called)) => called,
            (None, None) if is_number(id) => Called {
                ring: Ring::Number(id.to_owned()),
                number: id.to_owned(),
                name: String::new(),
            },
            (None, None) => {
                let fault = Fault::new("is no device, no user and no number").cause(id);
                return Err(Refusal::fault("endpoints", "not_found", fault));
            }
        };
        all.push(called);
    }
    for called in all {
        let wanted = Wanted {
            then: then.clone(),
            shown_number: text(data, "caller_id_number"),
            shown_name: text(data, "caller_id_name"),
            rings_for: Duration::from_secs(timeout.min(300)),
            auto_answer: false,
            why: format!("is called into conference {}", ask.id(0)),
        };
        originate(ask, called, wanted);
    }
    Ok(Reply::data(json!({"action": "dial"})))
}

/// How those come in who are called: as `participant_flags` say, without a PIN.
async fn entrance(ask: &Ask, data: &Map<String, Value>) -> Result<Destination, Refusal> {
    let id = ask.id(0);
    let catalog = &ask.v2.services.catalog;
    let stored = catalog.get(&ask.account, Kind::Conference, id).await?;
    let mut config = stored.map(|stored| stored.body).unwrap_or_default();
    let flags = data.get("participant_flags").and_then(Value::as_array);
    let has = |flag: &str| flags.is_some_and(|flags| flags.iter().any(|given| given == flag));
    config.insert("id".into(), id.into());
    for role in ["member", "moderator"] {
        let said = config.entry(role).or_insert_with(|| json!({}));
        if let Some(said) = said.as_object_mut() {
            said.insert("pins".into(), json!([]));
            said.insert("join_muted".into(), has("mute").into());
            said.insert("join_deaf".into(), has("deaf").into());
        }
    }
    Ok(Destination::Flow(json!({
        "module": "conference",
        "data": {
            "config": config,
            "moderator": has("moderator"),
            "welcome_prompt": {"play": false},
        },
    })))
}

fn is_number(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_digit() || "+*#".contains(c);
    !text.is_empty() && text.len() <= 32 && text.chars().all(fine)
}

fn text<'d>(data: &'d Map<String, Value>, name: &str) -> &'d str {
    data.get(name).and_then(Value::as_str).unwrap_or_default()
}
