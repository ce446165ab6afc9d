//! `/channels`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Handled, Request, asterisk, no_resource, recordings, wrong_method};
use crate::simulate::channels::{Background, By, Channel, Hangup, Identity, State};
use crate::simulate::legs::NewLeg;
use crate::simulate::options::Version;
use crate::simulate::playbacks::Playback;
use crate::simulate::queue::Command;
use crate::simulate::recordings::Live;
use crate::simulate::script::Continued;
use crate::simulate::snoop::{Direction, Spy};
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
        ("POST", []) => create(world, request, None, true),
        ("POST", ["create"]) => create(world, request, None, false),
        ("GET", [id]) => Ok(Some(Answer::ok(found(world, id)?.to_json()))),
        ("POST", [id]) => create(world, request, Some(id), true),
        ("DELETE", [id]) => delete(world, request, id),
        (_, [] | [_]) => Err(wrong_method()),
        ("GET", [id, "variable"]) => get_variable(world, request, id),
        ("POST", [id, "variable"]) => set_variable(world, request, id, ticket),
        ("POST", [id, "snoop"]) => snoop(world, request, id, None),
        ("POST", [id, "snoop", snoop_id]) => snoop(world, request, id, Some(snoop_id)),
        ("POST", [id, "dial"]) => dial(world, request, id),
        ("POST", [id, "record"]) => record(world, request, id),
        ("POST", [id, "play"]) => play(world, request, id, None),
        ("POST", [id, "play", playback]) => play(world, request, id, Some(playback)),
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

fn found<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    world
        .channels
        .get(id)
        .ok_or_else(|| Answer::error(404, "Channel not found"))
}

/// The channel must be in Stasis.
fn controlled<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    let channel = found(world, id)?;
    if channel.app.is_none() || channel.is_ending() {
        return Err(Answer::error(409, "Channel not in Stasis application"));
    }
    Ok(channel)
}

/// … and not an outbound leg that nobody has answered.
fn usable<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
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
            world.enqueue_act(id, |_, _| {});
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

fn get_variable(world: &World, request: &Request, id: &str) -> Handled {
    let channel = found(world, id)?;
    let name = asterisk::needed(request)?;
    let built_in = match name.as_str() {
        "CALLERID(num)" => Some(channel.caller.number.clone()),
        "CALLERID(name)" => Some(channel.caller.name.clone()),
        "CALLERID(dnid)" | "EXTEN" => Some(channel.dialplan.exten.clone()),
        "CONTEXT" => Some(channel.dialplan.context.clone()),
        "CHANNEL(linkedid)" | "UNIQUEID" => Some(channel.id.clone()),
        "CHANNEL(language)" => Some(channel.language.clone()),
        _ => None,
    };
    let value = channel
        .vars
        .get(&name)
        .cloned()
        .or(built_in)
        .or_else(|| header_names(channel, &name));
    match value {
        Some(value) => Ok(Some(Answer::ok(json!({ "value": value })))),
        None if name.ends_with(')') => Err(Answer::error(500, "Unable to read provided function")),
        None => Err(Answer::error(404, "Provided variable was not found")),
    }
}

/// `PJSIP_HEADERS(prefix)`: the names of the headers that begin so.
fn header_names(channel: &Channel, name: &str) -> Option<String> {
    let prefix = name.strip_prefix("PJSIP_HEADERS(")?.strip_suffix(')')?;
    let all = channel.vars.get("PJSIP_HEADERS(all)")?;
    let names: Vec<_> = all.split(',').filter(|n| n.starts_with(prefix)).collect();
    Some(names.join(","))
}

fn set_variable(world: &mut World, request: &Request, id: &str, ticket: Ticket) -> Handled {
    controlled(world, id)?;
    let name = asterisk::needed(request)?;
    let value = request.params.get("value").unwrap_or_default();
    // 16 does not wait for its turn.
    if world.version() < Version::V22 {
        world.enqueue_act(id, move |world, channel| set(world, channel, &name, &value));
        return Ok(Some(Answer::done()));
    }
    let flushed = Answer::error(400, "Failed to execute function");
    world.enqueue_join(id, ticket, flushed, move |world, channel| {
        set(world, channel, &name, &value);
        world.answer(ticket, Answer::done());
    });
    Ok(None)
}

/// Sets a variable or a function. Functions give no `ChannelVarset`.
fn set(world: &mut World, id: &str, name: &str, value: &str) {
    let Some(channel) = world.channels.get_mut(id) else {
        return;
    };
    match name {
        "CALLERID(num)" => value.clone_into(&mut channel.caller.number),
        "CALLERID(name)" => value.clone_into(&mut channel.caller.name),
        "CONNECTEDLINE(num)" => value.clone_into(&mut channel.connected.number),
        "CONNECTEDLINE(name)" => value.clone_into(&mut channel.connected.name),
        "CHANNEL(language)" => value.clone_into(&mut channel.language),
        _ => {
            if value.is_empty() {
                channel.vars.remove(name);
            } else {
                channel.vars.insert(name.to_owned(), value.to_owned());
            }
            if let ("TIMEOUT(absolute)", Ok(seconds)) = (name, value.parse::<u64>()) {
                let id = id.to_owned();
                world.after(Duration::from_secs(seconds), move |world| {
                    let hangup = Hangup {
                        cause: 0,
                        tech: None,
                        by: By::Limit,
                    };
                    world.hang_up(&id, hangup);
                });
            } else if !name.ends_with(')') {
                let varset = json!({ "variable": name, "value": value });
                world.channel_event("ChannelVarset", id, varset);
            }
        }
    }
}

/// A playback as a request describes it.
pub(super) fn playback(
    request: &Request,
    target: String,
    id: Option<&str>,
    language: &str,
) -> Result<Playback, Answer> {
    let params = &request.params;
    let media = params.list("media");
    if media.is_empty() {
        return Err(Answer::error(500, "Failed to queue media for playback"));
    }
    let ms = |name: &str, default: i64| -> Result<Duration, Answer> {
        let given = params.number(name).unwrap_or(default);
        u64::try_from(given)
            .map(Duration::from_millis)
            .map_err(|_| Answer::error(400, &format!("{name} must be positive")))
    };
    let skip = ms("skipms", 3000)?;
    let offset = ms("offsetms", 0)?;
    let id = id
        .map(str::to_owned)
        .or_else(|| params.get("playbackId"))
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let language = params
        .get("lang")
        .filter(|lang| !lang.is_empty())
        .unwrap_or_else(|| language.to_owned());
    Ok(Playback::new(id, target, media, language).starting_at(offset, skip))
}

fn play(world: &mut World, request: &Request, id: &str, playback_id: Option<&str>) -> Handled {
    let language = usable(world, id)?.language.clone();
    let playback = playback(request, format!("channel:{id}"), playback_id, &language)?;
    let json = playback.to_json();
    let key = world.count();
    world.playbacks.insert(key, playback);
    world.enqueue(id, Command::Play(key));
    Ok(Some(Answer::json(201, json)))
}

fn record(world: &mut World, request: &Request, id: &str) -> Handled {
    controlled(world, id)?;
    let wish = recordings::wish(world, request)?;
    let live = Live::new(format!("channel:{id}"), wish);
    let (name, json) = (live.name.clone(), live.to_json());
    world.live.insert(name.clone(), live);
    world.enqueue(id, Command::Record(name));
    Ok(Some(Answer::json(201, json)))
}

fn snoop(world: &mut World, request: &Request, id: &str, snoop_id: Option<&str>) -> Handled {
    found(world, id)?;
    let params = &request.params;
    let direction = |name: &str| {
        Direction::parse(&params.get(name).unwrap_or_default())
            .ok_or_else(|| Answer::error(400, "Invalid direction specified for spy"))
    };
    let (spy, whisper) = (direction("spy")?, direction("whisper")?);
    if spy == Direction::None && whisper == Direction::None {
        return Err(Answer::error(
            400,
            "Direction must be specified for at least spy or whisper",
        ));
    }
    let app = params.get("app").filter(|app| !app.is_empty());
    let app = app.ok_or_else(|| Answer::error(400, "Application name is required"))?;
    let snoop_id = snoop_id
        .map(str::to_owned)
        .or_else(|| params.get("snoopId"))
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| world.unique_id());
    if world.channels.contains_key(&snoop_id) {
        return Err(Answer::error(500, "Snoop channel could not be created"));
    }
    let spy = Spy {
        target: id.to_owned(),
        spy,
    };
    world.create_snoop(&snoop_id, spy, &app, params.list("appArgs"));
    Ok(Some(Answer::ok(found(world, &snoop_id)?.to_json())))
}

/// `POST /channels` (`originate`) and `POST /channels/create`.
fn create(world: &mut World, request: &Request, id: Option<&str>, originate: bool) -> Handled {
    let params = &request.params;
    let text = |name: &str| params.get(name).filter(|value| !value.is_empty());
    let endpoint =
        text("endpoint").ok_or_else(|| Answer::error(400, "Endpoint must be specified"))?;
    if !endpoint.contains('/') {
        return Err(Answer::error(400, "Invalid endpoint specified"));
    }
    let app = text("app");
    if originate && app.is_none() && text("extension").is_none() {
        return Err(Answer::error(
            400,
            "Application or extension must be specified",
        ));
    }
    let id = id
        .map(str::to_owned)
        .or_else(|| text("channelId"))
        .unwrap_or_else(|| world.unique_id());
    if id.chars().count() > 149 {
        return Err(Answer::error(400, "Uniqueid length exceeds maximum of 149"));
    }
    if world.channels.contains_key(&id) {
        return Err(Answer::error(
            409,
            "Channel with given unique ID already exists",
        ));
    }
    let variables = params.variables();
    let caller = text("callerId").map(|id| identity(&id)).unwrap_or_default();
    let connected = variables.clone();
    let place = if app.is_none() {
        text("extension").map(|extension| Continued {
            context: text("context").unwrap_or_else(|| "default".into()),
            extension,
            priority: params.number("priority").unwrap_or(1),
            label: text("label"),
            variables: std::collections::BTreeMap::new(),
        })
    } else {
        None
    };
    let new = NewLeg {
        id: id.clone(),
        endpoint,
        app: app.unwrap_or_default(),
        args: params.list("appArgs"),
        place,
        originated: originate,
        caller,
        variables,
    };
    world
        .create_leg(new)
        .ok_or_else(Answer::allocation_failed)?;
    for (name, value) in &connected {
        if name.starts_with("CONNECTEDLINE(") {
            set(world, &id, name, value);
        }
    }
    if originate {
        let timeout = params.number("timeout").unwrap_or(30);
        let timeout = match u64::try_from(timeout) {
            Ok(0) => 30,
            Ok(seconds) => seconds,
            Err(_) => 0,
        };
        let leg = id.clone();
        world.soon(move |world| world.dial_leg(&leg, timeout));
    } else {
        world.created_leg_enters(&id);
    }
    Ok(Some(Answer::ok(found(world, &id)?.to_json())))
}

/// `"Name" <number>`, or a bare number.
fn identity(text: &str) -> Identity {
    match text.split_once('<') {
        Some((name, rest)) => Identity {
            name: name.trim().trim_matches('"').to_owned(),
            number: rest.trim_end_matches('>').trim().to_owned(),
        },
        None => Identity {
            name: String::new(),
            number: text.trim().to_owned(),
        },
    }
}

fn dial(world: &mut World, request: &Request, id: &str) -> Handled {
    let channel = controlled(world, id)?;
    let dialable =
        channel.state == State::Down && channel.leg.as_ref().is_some_and(|leg| !leg.dialled);
    if !dialable {
        return Err(Answer::error(409, "Channel is not in the 'Down' state"));
    }
    let timeout = request.params.number("timeout").unwrap_or(0);
    let timeout = u64::try_from(timeout).unwrap_or(0);
    if let Some(caller) = request.params.get("caller").filter(|c| !c.is_empty()) {
        // One that does not exist is nobody.
        let caller = world.channels.get(&caller).map(|c| c.caller.clone());
        if let (Some(channel), Some(caller)) = (world.channels.get_mut(id), caller) {
            channel.connected = caller;
        }
    }
    let id = id.to_owned();
    world.soon(move |world| world.dial_leg(&id, timeout));
    Ok(Some(Answer::done()))
}
