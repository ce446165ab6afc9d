//! `/channels`: which channel may be asked for what, and the requests that wait
//! in its queue and take no time there.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Handled, Request, legs, media, no_resource, variables, wrong_method};
use crate::simulate::channels::{Background, Channel, State};
use crate::simulate::hangup::{By, Hangup};
use crate::simulate::options::Version;
use crate::simulate::queue::Command;
use crate::simulate::script::Continued;
use crate::simulate::world::{Ticket, World};

pub(super) fn route(
    world: &mut World,
    request: &Request,
    path: &[&str],
    ticket: Ticket,
) -> Handled {
    let method = request.method.as_str();
    match (method, path) {
        ("GET", []) => {
            let all: Vec<Value> = world.channels.values().map(Channel::to_json).collect();
            Ok(Some(Answer::ok(all.into())))
        }
        ("POST", []) => legs::create(world, request, None, true),
        ("POST", ["create"]) => legs::create(world, request, None, false),
        ("GET", [id]) => Ok(Some(Answer::ok(found(world, id)?.to_json()))),
        ("POST", [id]) => legs::create(world, request, Some(id), true),
        ("DELETE", [id]) => delete(world, request, id),
        (_, [] | [_]) => Err(wrong_method()),
        ("GET", [id, "variable"]) => variables::get_variable(world, request, id),
        ("POST", [id, "variable"]) => variables::set_variable(world, request, id, ticket),
        ("POST", [id, "snoop"]) => legs::snoop(world, request, id, None),
        ("POST", [id, "snoop", snoop_id]) => legs::snoop(world, request, id, Some(snoop_id)),
        ("POST", [id, "dial"]) => legs::dial(world, request, id),
        ("POST", [id, "record"]) => media::record(world, request, id),
        ("POST", [id, "play"]) => media::play(world, request, id, None),
        ("POST", [id, "play", playback]) => media::play(world, request, id, Some(playback)),
        ("POST", [id, "progress"]) if world.version() < Version::V22 => {
            found(world, id)?;
            Err(no_resource())
        }
        ("POST" | "DELETE", [id, action]) => act(world, request, id, action, ticket),
        (_, [_, "play" | "snoop", _]) => Err(wrong_method()),
        (_, [_, action]) if ACTIONS.contains(action) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

/// `/endpoints`: those of which something was said.
pub(super) fn endpoints(world: &World) -> Answer {
    let all = world.endpoints.iter().map(|(name, state)| {
        let (tech, resource) = name.split_once('/').unwrap_or(("PJSIP", name));
        json!({
            "technology": tech,
            "resource": resource,
            "state": state,
            "channel_ids": channels_of(world, name),
        })
    });
    Answer::ok(all.collect::<Vec<_>>().into())
}

fn channels_of(world: &World, endpoint: &str) -> Vec<String> {
    let is_own = |channel: &&Channel| {
        let of = channel.name.rsplit_once('-');
        of.is_some_and(|(of, _)| of == endpoint)
    };
    let own = world.channels.values().filter(is_own);
    own.map(|channel| channel.id.clone()).collect()
}

/// `/endpoints/PJSIP/alice`: every PJSIP endpoint is one that Asterisk knows.
pub(super) fn of_endpoint(world: &World, tech: &str, resource: &str) -> Handled {
    if tech != "PJSIP" {
        return Err(Answer::error(404, "Endpoint not found"));
    }
    let ids = channels_of(world, &format!("{tech}/{resource}"));
    Ok(Some(Answer::ok(json!({
        "technology": tech,
        "resource": resource,
        "state": "online",
        "channel_ids": ids,
    }))))
}

/// What can be asked of a channel.
const ACTIONS: [&str; 17] = [
    "answer",
    "continue",
    "dial",
    "dtmf",
    "hold",
    "moh",
    "move",
    "mute",
    "play",
    "record",
    "redirect",
    "ring",
    "rtp_statistics",
    "silence",
    "snoop",
    "variable",
    "externalMedia",
];

pub(super) fn found<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    world
        .channels
        .get(id)
        .ok_or_else(|| Answer::error(404, "Channel not found"))
}

/// The channel must be in Stasis.
pub(super) fn controlled<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    let channel = found(world, id)?;
    if channel.app.is_none() || channel.is_ending() {
        return Err(Answer::error(409, "Channel not in Stasis application"));
    }
    Ok(channel)
}

/// … and not an outbound leg that nobody has answered.
pub(super) fn usable<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    let channel = controlled(world, id)?;
    if matches!(channel.state, State::Down | State::Ringing) {
        return Err(Answer::error(412, "Channel in invalid state"));
    }
    Ok(channel)
}

/// The operations that wait in the queue and take no time there.
fn act(world: &mut World, request: &Request, id: &str, action: &str, ticket: Ticket) -> Handled {
    let post = request.method == "POST";
    match (action, post) {
        ("answer", true) => {
            usable(world, id)?;
            let flushed = Answer::error(500, "Failed to answer channel");
            world.enqueue_join(id, ticket, flushed, move |world, channel| {
                let gone = world.channels.get(channel).is_none_or(Channel::is_ending);
                if gone {
                    world.answer(ticket, Answer::error(500, "Failed to answer channel"));
                    return;
                }
                world.answer_channel(channel);
                world.answer(ticket, Answer::done());
            });
            return Ok(None);
        }
        ("ring", true) => {
            usable(world, id)?;
            world.enqueue_act(id, |world, channel| {
                if world
                    .channels
                    .get(channel)
                    .is_some_and(|c| c.state == State::Ring)
                {
                    world.respond(channel, 180);
                }
                world.start_background(channel, Background::Ringback);
            });
        }
        ("moh", true) => {
            usable(world, id)?;
            let class = request.params.get("mohClass");
            let class = class.unwrap_or_else(|| "default".into());
            world.enqueue_act(id, move |world, channel| {
                world.early_media(channel);
                world.start_background(channel, Background::Music(class));
            });
        }
        ("silence", true) => {
            usable(world, id)?;
            world.enqueue_act(id, |world, channel| {
                world.early_media(channel);
                world.start_background(channel, Background::Silence);
            });
        }
        ("ring" | "moh" | "silence", false) => {
            usable(world, id)?;
            world.enqueue_act(id, |world, channel| world.stop_background(channel));
        }
        ("progress", true) => {
            usable(world, id)?;
            world.enqueue_act(id, |world, channel| world.early_media(channel));
        }
        ("hold", _) => {
            usable(world, id)?;
            world.enqueue_act(id, |_, _| {});
        }
        ("mute", _) => {
            usable(world, id)?;
            let direction = request.params.get("direction").unwrap_or_default();
            if !["", "in", "out", "both"].contains(&direction.as_str()) {
                return Err(Answer::error(400, "Invalid direction specified"));
            }
            let silences = direction != "out";
            world.enqueue_act(id, move |world, channel| {
                if silences {
                    world.mute(channel, post);
                }
            });
        }
        ("dtmf", true) => dtmf(world, request, id)?,
        ("continue", true) => {
            let channel = usable(world, id)?;
            let place = place(request, channel);
            world.enqueue_leave(id, |world, channel| world.leave_to_dialplan(channel, place));
        }
        ("move", true) => {
            controlled(world, id)?;
            let app = request.params.get("app").filter(|app| !app.is_empty());
            let app = app.ok_or_else(|| Answer::error(400, "Missing parameter app"))?;
            let args = request.params.list("appArgs");
            world.enqueue_leave(id, move |world, channel| {
                move_to(world, channel, &app, &args);
            });
        }
        ("redirect", true) => {
            usable(world, id)?;
            let endpoint = request.params.get("endpoint").unwrap_or_default();
            if endpoint.is_empty() {
                return Err(Answer::error(
                    400,
                    "Required parameter 'endpoint' not provided",
                ));
            }
            if !endpoint.starts_with("PJSIP/") {
                return Err(Answer::error(
                    422,
                    &format!("Endpoint '{endpoint}' and channel must have the same technology"),
                ));
            }
            world.enqueue_act(id, World::redirected);
        }
        (action, _) if ACTIONS.contains(&action) => return Err(wrong_method()),
        _ => return Err(no_resource()),
    }
    Ok(Some(Answer::done()))
}

fn dtmf(world: &mut World, request: &Request, id: &str) -> Result<(), Answer> {
    usable(world, id)?;
    let params = &request.params;
    let digits = params.get("dtmf").unwrap_or_default();
    if digits.is_empty() {
        return Err(Answer::error(400, "DTMF is required"));
    }
    let ms = |name: &str, default: u64| {
        let given = params.number(name).and_then(|ms| u64::try_from(ms).ok());
        given.filter(|ms| *ms > 0).unwrap_or(default)
    };
    let (between, duration) = (ms("between", 100), ms("duration", 100));
    let each = digits
        .chars()
        .map(|key| {
            if matches!(key, 'w' | 'W') {
                500
            } else {
                duration + between
            }
        })
        .sum::<u64>();
    let length = ms("before", 0) + each + ms("after", 0);
    let command = Command::Dtmf(digits, Duration::from_millis(length));
    world.enqueue(id, command);
    Ok(())
}

fn place(request: &Request, channel: &Channel) -> Option<Continued> {
    let text = |name: &str| request.params.get(name).filter(|value| !value.is_empty());
    let (context, extension) = (text("context"), text("extension"));
    let (priority, label) = (request.params.number("priority"), text("label"));
    if context.is_none() && extension.is_none() && priority.is_none() && label.is_none() {
        return None;
    }
    let fallback = if context.is_some() {
        "s".to_owned()
    } else {
        channel.dialplan.exten.clone()
    };
    Some(Continued {
        context: context.unwrap_or_else(|| channel.dialplan.context.clone()),
        extension: extension.unwrap_or(fallback),
        priority: priority.unwrap_or(1),
        label,
        variables: std::collections::BTreeMap::new(),
    })
}

fn move_to(world: &mut World, channel: &str, app: &str, args: &[String]) {
    if world.app_is_active(app) {
        world.leave_stasis(channel);
        world.enter_stasis(channel, app, args);
    } else if let Some(old) = world.channels.get(channel).and_then(|c| c.app.clone()) {
        let failed = json!({ "destination": app, "args": args });
        world.stasis_event(&old, "ApplicationMoveFailed", channel, failed);
    }
}

fn delete(world: &mut World, request: &Request, id: &str) -> Handled {
    found(world, id)?;
    let reason = request.params.get("reason").filter(|r| !r.is_empty());
    let code = request
        .params
        .number("reason_code")
        .filter(|_| world.version() >= Version::V22);
    let cause = match (reason, code) {
        (Some(_), Some(_)) => {
            return Err(Answer::error(
                400,
                "The reason and reason_code can't both be specified",
            ));
        }
        (None, Some(code)) => u16::try_from(code)
            .map_err(|_| Answer::error(400, "Invalid Reason Code for hangup reason"))?,
        (reason, None) => match reason.as_deref().unwrap_or("normal") {
            "normal" => 16,
            "busy" => 17,
            "congestion" => 34,
            "no_answer" => 19,
            "timeout" => 18,
            "rejected" => 21,
            "unallocated" => 1,
            "number_incomplete" => 28,
            "codec_mismatch" => 58,
            "interworking" => 127,
            "failure" => 38,
            "answered_elsewhere" => 26,
            _ => return Err(Answer::error(400, "Invalid Reason")),
        },
    };
    let id = id.to_owned();
    world.soon(move |world| {
        let hangup = Hangup {
            cause,
            tech: None,
            by: By::Asterisk,
        };
        world.hang_up(&id, hangup);
    });
    Ok(Some(Answer::done()))
}
