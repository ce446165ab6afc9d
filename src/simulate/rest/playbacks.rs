//! `/playbacks`.

use super::{Answer, Handled, Request, no_resource, wrong_method};
use crate::simulate::playbacks::Controlled;
use crate::simulate::world::World;

pub(super) fn route(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    let (id, method) = match path {
        [id] | [id, "control"] => (*id, request.method.as_str()),
        _ => return Err(no_resource()),
    };
    let key = || {
        world
            .playback_key(id)
            .ok_or_else(|| Answer::error(404, "Playback not found"))
    };
    match (method, path.len()) {
        ("GET", 1) => {
            if let Some(over) = world.finished.get(id) {
                return Ok(Some(Answer::ok(over.clone())));
            }
            let key = key()?;
            let playback = world.playbacks.get(&key).ok_or_else(no_resource)?;
            Ok(Some(Answer::ok(playback.to_json())))
        }
        ("DELETE", 1) => {
            let key = key()?;
            match world.stop_playback(key) {
                Controlled::Done => Ok(Some(Answer::done())),
                Controlled::WrongState | Controlled::Uncontrollable => {
                    Err(Answer::error(500, "Could not stop playback"))
                }
            }
        }
        ("POST", 2) => {
            let key = key()?;
            let operation = request.params.get("operation").unwrap_or_default();
            match world.control_playback(key, &operation) {
                None => Err(Answer::error(400, "Invalid operation")),
                Some(Controlled::Done) => Ok(Some(Answer::done())),
                Some(Controlled::WrongState) => Err(Answer::error(
                    409,
                    &format!("Can only {operation} while media is playing"),
                )),
                Some(Controlled::Uncontrollable) => {
                    Err(Answer::error(500, "Could not control playback"))
                }
            }
        }
        _ => Err(wrong_method()),
    }
}
