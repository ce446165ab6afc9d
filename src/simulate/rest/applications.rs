//! `/applications`: subscriptions and event filters.

use serde_json::Value;

use super::{Answer, Handled, Request, no_resource, wrong_method};
use crate::simulate::apps::App;
use crate::simulate::world::World;

pub(super) fn route(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    match (request.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Value> = world.apps.iter().map(|(n, a)| a.to_json(n)).collect();
            Ok(Some(Answer::ok(all.into())))
        }
        ("GET", [name]) => shown(world, name),
        ("PUT", [name, "eventFilter"]) => filter(world, request, name),
        ("POST", [name, "subscription"]) => subscription(world, request, name, true),
        ("DELETE", [name, "subscription"]) => subscription(world, request, name, false),
        (_, [] | [_] | [_, "eventFilter" | "subscription"]) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

fn missing() -> Answer {
    Answer::error(404, "Application not found")
}

fn shown(world: &World, name: &str) -> Handled {
    let app = world.apps.get(name).ok_or_else(missing)?;
    Ok(Some(Answer::ok(app.to_json(name))))
}

fn filter(world: &mut World, request: &Request, name: &str) -> Handled {
    let app = world.apps.get_mut(name).ok_or_else(missing)?;
    let body = request.params.json().cloned().unwrap_or_default();
    let kinds = |key: &str| -> Result<Option<Vec<String>>, Answer> {
        let Some(list) = body.get(key) else {
            return Ok(None);
        };
        let bad = || Answer::error(400, &format!("Invalid {key} list"));
        list.as_array()
            .ok_or_else(bad)?
            .iter()
            .map(|entry| {
                let kind = entry.get("type").and_then(Value::as_str);
                kind.map(str::to_owned).ok_or_else(bad)
            })
            .collect::<Result<_, _>>()
            .map(Some)
    };
    let (allowed, disallowed) = (kinds("allowed")?, kinds("disallowed")?);
    if allowed.is_none() && disallowed.is_none() {
        app.filter = crate::simulate::apps::Filter::default();
    }
    if let Some(allowed) = allowed {
        app.filter.allowed = allowed;
    }
    if let Some(disallowed) = disallowed {
        app.filter.disallowed = disallowed;
    }
    shown(world, name)
}

fn subscription(world: &mut World, request: &Request, name: &str, add: bool) -> Handled {
    let sources = request.params.list("eventSource");
    if sources.is_empty() {
        return Err(Answer::error(400, "Missing parameter eventSource"));
    }
    let unknown = || Answer::error(422, "Event source does not exist");
    if !world.apps.contains_key(name) {
        return Err(missing());
    }
    for source in &sources {
        let (scheme, id) = source
            .split_once(':')
            .ok_or_else(|| Answer::error(400, "Invalid event source scheme"))?;
        let exists = match scheme {
            "channel" => world.channels.contains_key(id),
            "bridge" => world.bridges.contains_key(id),
            "endpoint" | "deviceState" => true,
            _ => return Err(Answer::error(400, "Invalid event source scheme")),
        };
        let app = world.apps.get_mut(name).ok_or_else(missing)?;
        let done = match (scheme, add) {
            ("channel", true) if exists => {
                App::add(&mut app.channels, id);
                true
            }
            ("bridge", true) if exists => {
                App::add(&mut app.bridges, id);
                true
            }
            ("channel", false) => App::remove(&mut app.channels, id),
            ("bridge", false) => App::remove(&mut app.bridges, id),
            ("channel" | "bridge", _) => false,
            (_, true) => {
                app.endpoints.insert(source.clone());
                true
            }
            (_, false) => app.endpoints.remove(source),
        };
        if !done {
            return Err(unknown());
        }
    }
    shown(world, name)
}
