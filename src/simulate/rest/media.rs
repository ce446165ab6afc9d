//! Requests to play and to record on a channel.

use std::time::Duration;

use super::channels::{controlled, usable};
use super::{Answer, Handled, Request, recordings};
use crate::simulate::playbacks::Playback;
use crate::simulate::queue::Command;
use crate::simulate::recordings::Live;
use crate::simulate::world::World;

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

pub(super) fn play(
    world: &mut World,
    request: &Request,
    id: &str,
    playback_id: Option<&str>,
) -> Handled {
    let language = usable(world, id)?.language.clone();
    let playback = playback(request, format!("channel:{id}"), playback_id, &language)?;
    let json = playback.to_json();
    let key = world.count();
    world.playbacks.insert(key, playback);
    world.enqueue(id, Command::Play(key));
    Ok(Some(Answer::json(201, json)))
}

pub(super) fn record(world: &mut World, request: &Request, id: &str) -> Handled {
    controlled(world, id)?;
    let wish = recordings::wish(world, request)?;
    let live = Live::new(format!("channel:{id}"), wish);
    let (name, json) = (live.name.clone(), live.to_json());
    world.live.insert(name.clone(), live);
    world.enqueue(id, Command::Record(name));
    Ok(Some(Answer::json(201, json)))
}
