//! `/deviceStates`: those of applications' own, which begin with `Stasis:`.

use serde_json::{Value, json};

use super::{Answer, Handled, Request, no_resource, wrong_method};
use crate::simulate::world::World;

/// What a device may be.
const STATES: [&str; 9] = [
    "NOT_INUSE",
    "INUSE",
    "BUSY",
    "INVALID",
    "UNAVAILABLE",
    "RINGING",
    "RINGINUSE",
    "ONHOLD",
    "UNKNOWN",
];

const OWN: &str = "Stasis:";

pub(super) fn route(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    match (request.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Value> = world
                .device_states
                .iter()
                .map(|(n, s)| shown(n, s))
                .collect();
            Ok(Some(Answer::ok(all.into())))
        }
        ("GET", [name]) => {
            let state = world.device_states.get(*name);
            let state = state.map_or("UNKNOWN", String::as_str);
            Ok(Some(Answer::ok(shown(name, state))))
        }
        ("PUT", [name]) => {
            let own = name.strip_prefix(OWN).ok_or_else(not_controlled)?;
            if own.is_empty() {
                return Err(Answer::error(404, "Device name is missing"));
            }
            let state = request.params.get("deviceState").unwrap_or_default();
            if !STATES.contains(&state.as_str()) {
                return Err(Answer::error(500, "Unknown device"));
            }
            world.device_states.insert((*name).to_owned(), state);
            Ok(Some(Answer::done()))
        }
        ("DELETE", [name]) => {
            name.strip_prefix(OWN).ok_or_else(not_controlled)?;
            match world.device_states.remove(*name) {
                Some(_) => Ok(Some(Answer::done())),
                None => Err(Answer::error(404, "Device name not found")),
            }
        }
        (_, [] | [_]) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

fn not_controlled() -> Answer {
    Answer::error(409, "Uncontrolled device specified")
}

fn shown(name: &str, state: &str) -> Value {
    json!({ "name": name, "state": state })
}
