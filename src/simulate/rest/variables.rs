//! Variables and functions of a channel.

use std::time::Duration;

use serde_json::json;

use super::channels::{controlled, found};
use super::{Answer, Handled, Request, asterisk};
use crate::simulate::channels::Channel;
use crate::simulate::hangup::{By, Hangup};
use crate::simulate::options::Version;
use crate::simulate::world::{Ticket, World};

pub(super) fn get_variable(world: &World, request: &Request, id: &str) -> Handled {
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

pub(super) fn set_variable(
    world: &mut World,
    request: &Request,
    id: &str,
    ticket: Ticket,
) -> Handled {
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
pub(super) fn set(world: &mut World, id: &str, name: &str, value: &str) {
    let Some(channel) = world.channels.get_mut(id) else {
        return;
    };
    match name {
        "CALLERID(num)" => value.clone_into(&mut channel.caller.number),
        "CALLERID(name)" => value.clone_into(&mut channel.caller.name),
        "CONNECTEDLINE(num)" | "CONNECTEDLINE(num,i)" => value.clone_into(&mut channel.connected.number),
        "CONNECTEDLINE(name)" | "CONNECTEDLINE(name,i)" => value.clone_into(&mut channel.connected.name),
        "CHANNEL(language)" => value.clone_into(&mut channel.language),
        _ => {
            if value.is_empty() {
                channel.vars.remove(name);
            } else {
                channel.vars.insert(name.to_owned(), value.to_owned());
            }
            if name == "TALK_DETECT(set)" {
                world.listen(id);
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
