//! Requests that make channels: originate, create, dial and snoop.

use super::channels::{controlled, found};
use super::{Answer, Handled, Request, variables};
use crate::simulate::channels::{Identity, State};
use crate::simulate::legs::NewLeg;
use crate::simulate::script::Continued;
use crate::simulate::snoop::{Direction, Spy};
use crate::simulate::world::World;

pub(super) fn snoop(
    world: &mut World,
    request: &Request,
    id: &str,
    snoop_id: Option<&str>,
) -> Handled {
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
pub(super) fn create(
    world: &mut World,
    request: &Request,
    id: Option<&str>,
    originate: bool,
) -> Handled {
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
            variables::set(world, &id, name, value);
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

pub(super) fn dial(world: &mut World, request: &Request, id: &str) -> Handled {
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
