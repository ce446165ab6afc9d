//! `/recordings/live` and `/recordings/stored`.

use serde_json::Value;

use super::{Answer, Body, Handled, Request, no_resource, wrong_method};
use crate::simulate::recordings::Wish;
use crate::simulate::world::World;

pub(super) fn route(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    match path {
        ["live", rest @ ..] => live(world, request, rest),
        ["stored", rest @ ..] => stored(world, request, rest),
        _ => Err(no_resource()),
    }
}

fn missing() -> Answer {
    Answer::error(404, "Recording not found")
}

fn live(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    let [name, rest @ ..] = path else {
        return Err(no_resource());
    };
    let known = || world.live.get(*name).ok_or_else(missing);
    match (request.method.as_str(), rest) {
        ("GET", []) => Ok(Some(Answer::ok(known()?.to_json()))),
        ("DELETE", []) => {
            known()?;
            stop(world, name, true)
        }
        ("POST", ["stop"]) => {
            known()?;
            stop(world, name, false)
        }
        (method @ ("POST" | "DELETE"), ["pause"]) => {
            known()?;
            world.pause_recording(name, method == "POST");
            Ok(Some(Answer::done()))
        }
        (method @ ("POST" | "DELETE"), ["mute"]) => {
            known()?;
            world.mute_recording(name, method == "POST");
            Ok(Some(Answer::done()))
        }
        (_, [] | ["stop" | "pause" | "mute"]) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

fn stop(world: &mut World, name: &str, discard: bool) -> Handled {
    if world.stop_recording(name, discard) {
        Ok(Some(Answer::done()))
    } else {
        Err(Answer::error(500, "Recording operation failed"))
    }
}

fn stored(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    let known = |name: &str| world.stored.get(name).ok_or_else(missing);
    match (request.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Value> = world.stored.iter().map(|(n, s)| s.to_json(n)).collect();
            Ok(Some(Answer::ok(all.into())))
        }
        ("GET", [name]) => Ok(Some(Answer::ok(known(name)?.to_json(name)))),
        ("GET", [name, "file"]) => {
            let stored = known(name)?;
            Ok(Some(Answer {
                status: 200,
                body: Body::File(format!("audio/{}", stored.format), stored.file().into()),
            }))
        }
        ("POST", [name, "copy"]) => {
            let copy = known(name)?.clone();
            let to = request
                .params
                .get("destinationRecordingName")
                .filter(|to| !to.is_empty())
                .ok_or_else(|| Answer::error(400, "Destination recording name is required"))?;
            if world.stored.contains_key(&to) {
                return Err(Answer::error(
                    409,
                    &format!("A recording with the same name '{to}' already exists"),
                ));
            }
            let json = copy.to_json(&to);
            world.stored.insert(to, copy);
            Ok(Some(Answer::ok(json)))
        }
        ("DELETE", [name]) => {
            known(name)?;
            world.stored.remove(*name);
            Ok(Some(Answer::done()))
        }
        (_, [] | [_] | [_, "file" | "copy"]) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

const FORMATS: [&str; 11] = [
    "wav", "wav16", "ulaw", "alaw", "sln", "sln16", "gsm", "g722", "wav49", "raw", "pcm",
];

/// Reads and checks a request to record.
pub(super) fn wish(world: &World, request: &Request) -> Result<Wish, Answer> {
    let params = &request.params;
    let text = |name: &str| params.get(name).unwrap_or_default();
    let seconds = |name: &str| {
        let given = params.number(name).unwrap_or(0);
        u64::try_from(given).map_err(|_| Answer::error(400, &format!("{name} must be >= 0")))
    };
    let name = text("name");
    if name.is_empty() || name.split('/').any(|part| part == "..") {
        return Err(Answer::error(500, "Error parsing request"));
    }
    let max_duration = seconds("maxDurationSeconds")?;
    let max_silence = seconds("maxSilenceSeconds")?;
    let exists = text("ifExists");
    if !["", "fail", "overwrite", "append"].contains(&exists.as_str()) {
        return Err(Answer::error(400, "ifExists invalid"));
    }
    let terminate_on = text("terminateOn");
    if !["", "none", "any", "*", "#"].contains(&terminate_on.as_str()) {
        return Err(Answer::error(400, "terminateOn invalid"));
    }
    let format = text("format");
    if !FORMATS.contains(&format.as_str()) {
        return Err(Answer::error(
            422,
            "Specified format is unknown on this system",
        ));
    }
    if world.live.contains_key(&name) {
        return Err(Answer::error(
            409,
            &format!("Recording '{name}' already in progress"),
        ));
    }
    if matches!(exists.as_str(), "" | "fail") && world.stored.contains_key(&name) {
        return Err(Answer::error(
            409,
            &format!("Recording '{name}' already exists on file system"),
        ));
    }
    Ok(Wish {
        name,
        format,
        max_duration,
        max_silence,
        append: exists == "append",
        terminate_on,
    })
}
