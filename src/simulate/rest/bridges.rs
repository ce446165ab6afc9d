//! `/bridges`.

use serde_json::Value;

use super::{Answer, Handled, Request, media, no_resource, recordings, wrong_method};
use crate::simulate::bridges::Bridge;
use crate::simulate::channels::Channel;
use crate::simulate::recordings::Live;
use crate::simulate::options::Version;
use crate::simulate::world::{Ticket, World};

pub(super) fn route(
    world: &mut World,
    request: &Request,
    path: &[&str],
    ticket: Ticket,
) -> Handled {
    match (request.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Value> = world.bridges.values().map(Bridge::to_json).collect();
            Ok(Some(Answer::ok(all.into())))
        }
        ("POST", []) => create(world, request, None),
        ("POST", [id]) => create(world, request, Some(id)),
        ("GET", [id]) => Ok(Some(Answer::ok(found(world, id)?.to_json()))),
        ("DELETE", [id]) => {
            found(world, id)?;
            let id = (*id).to_owned();
            world.soon(move |world| world.destroy_bridge(&id));
            Ok(Some(Answer::done()))
        }
        ("POST", [id, "addChannel"]) => add(world, request, id, ticket),
        ("POST", [id, "removeChannel"]) => remove(world, request, id, ticket),
        ("POST", [id, "moh"]) => {
            found(world, id)?;
            let class = request.params.get("mohClass");
            world.bridge_music(id, Some(class.unwrap_or_else(|| "default".into())));
            Ok(Some(Answer::done()))
        }
        ("DELETE", [id, "moh"]) => {
            if found(world, id)?.music.is_none() {
                return Err(Answer::error(409, "Bridge isn't playing music"));
            }
            world.bridge_music(id, None);
            Ok(Some(Answer::done()))
        }
        ("POST", [id, "play"]) => play(world, request, id, None),
        ("POST", [id, "play", playback]) => play(world, request, id, Some(playback)),
        ("POST", [id, "record"]) => {
            found(world, id)?;
            let wish = recordings::wish(world, request)?;
            let live = Live::new(format!("bridge:{id}"), wish);
            let (name, json) = (live.name.clone(), live.to_json());
            world.live.insert(name.clone(), live);
            world.soon(move |world| world.start_recording(&name));
            Ok(Some(Answer::json(201, json)))
        }
        (
            _,
            []
            | [_]
            | [
                _,
                "addChannel" | "removeChannel" | "moh" | "play" | "record",
            ],
        ) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

fn found<'a>(world: &'a World, id: &str) -> Result<&'a Bridge, Answer> {
    world
        .bridges
        .get(id)
        .ok_or_else(|| Answer::error(404, "Bridge not found"))
}

fn create(world: &mut World, request: &Request, id: Option<&str>) -> Handled {
    let params = &request.params;
    let id = id
        .map(str::to_owned)
        .or_else(|| params.get("bridgeId"))
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let kinds = params.list("type");
    let known = [
        "mixing",
        "holding",
        "dtmf_events",
        "proxy_media",
        "video_sfu",
        "video_single",
        "sdp_label",
    ];
    let has = |kind: &str| kinds.iter().any(|k| k == kind);
    if kinds.iter().any(|kind| !known.contains(&kind.as_str())) || has("mixing") && has("holding") {
        return Err(Answer::error(
            500,
            &format!("Unable to create bridge. Possible duplicate bridge id '{id}'"),
        ));
    }
    if world.bridges.contains_key(&id) {
        return Err(Answer::error(
            409,
            &format!("Bridge with id '{id}' already exists"),
        ));
    }
    let name = params.get("name").unwrap_or_default();
    let bridge = Bridge::new(&id, &name, has("holding"));
    let json = bridge.to_json();
    world.bridges.insert(id, bridge);
    Ok(Some(Answer::ok(json)))
}

/// The channels that a request names, each of them in Stasis.
fn named(world: &World, request: &Request) -> Result<Vec<String>, Answer> {
    let ids = request.params.list("channel");
    if ids.is_empty() {
        return Err(Answer::error(400, "Missing parameter channel"));
    }
    for id in &ids {
        let channel = world
            .channels
            .get(id)
            .ok_or_else(|| Answer::error(400, "Channel not found"))?;
        if channel.app.is_none() || channel.is_ending() {
            return Err(Answer::error(422, "Channel not in Stasis application"));
        }
    }
    Ok(ids)
}

fn add(world: &mut World, request: &Request, bridge: &str, ticket: Ticket) -> Handled {
    found(world, bridge)?;
    let ids = named(world, request)?;
    for id in &ids {
        let lag = world.options.dials.lag;
        let recording = |c: &Channel| {
            c.queue.records() || c.recorded.is_some_and(|ended| ended.elapsed() < lag)
        };
        if world.channels.get(id).is_some_and(recording) {
            return Err(Answer::error(
                409,
                &format!("Channel {id} currently recording"),
            ));
        }
    }
    let bridge = bridge.to_owned();
    let muted = request.params.flag("mute");
    // 16 does not know the parameter.
    let keeps_ids =
        request.params.flag("inhibitConnectedLineUpdates") && world.version() >= Version::V22;
    each(world, ids, ticket, move |world, channel| {
        world.enter_bridge(channel, &bridge, muted);
        if !keeps_ids {
            world.tell_each_other(&bridge);
        }
    });
    Ok(None)
}

fn remove(world: &mut World, request: &Request, bridge: &str, ticket: Ticket) -> Handled {
    found(world, bridge)?;
    let ids = named(world, request)?;
    for id in &ids {
        let inside = world.channels.get(id).and_then(|c| c.bridge.as_deref());
        if inside != Some(bridge) {
            return Err(Answer::error(422, "Channel not in this bridge"));
        }
    }
    each(world, ids, ticket, |world, channel| {
        world.leave_bridge(channel);
    });
    Ok(None)
}

/// Does something on each channel in turn, when its queue gets there, and
/// answers the request after the last.
fn each(
    world: &mut World,
    mut channels: Vec<String>,
    ticket: Ticket,
    act: impl Fn(&mut World, &str) + Send + 'static,
) {
    if channels.is_empty() {
        world.answer(ticket, Answer::done());
        return;
    }
    let first = channels.remove(0);
    let flushed = Answer::error(500, "Internal Server Error");
    world.enqueue_join(&first, ticket, flushed, move |world, channel| {
        act(world, channel);
        each(world, channels, ticket, act);
    });
}

fn play(world: &mut World, request: &Request, bridge: &str, id: Option<&str>) -> Handled {
    found(world, bridge)?;
    let playback = media::playback(request, format!("bridge:{bridge}"), id, "en")?;
    let json = playback.to_json();
    let key = world.count();
    world.playbacks.insert(key, playback);
    world.bridge_plays(bridge, key);
    Ok(Some(Answer::json(201, json)))
}
