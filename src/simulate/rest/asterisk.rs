//! `/asterisk`: version, status and global variables; `/api-docs`.

use serde_json::json;

use super::{Answer, Handled, Request, no_resource, wrong_method};
use crate::simulate::clock::timestamp;
use crate::simulate::options::Version;
use crate::simulate::world::World;

pub(super) fn route(world: &mut World, request: &Request, path: &[&str]) -> Handled {
    match (request.method.as_str(), path) {
        ("GET", ["ping"]) => Ok(Some(Answer::ok(json!({
            "asterisk_id": "02:fc:00:00:00:01",
            "ping": "pong",
            "timestamp": timestamp(crate::clock::now()),
        })))),
        ("GET", ["info"]) => Ok(Some(info(world, request))),
        ("GET", ["modules"]) => {
            let all = world.modules.iter().map(|name| module(name)).collect();
            Ok(Some(Answer::ok(all)))
        }
        ("GET", ["modules", name]) => world
            .modules
            .contains(*name)
            .then(|| Some(Answer::ok(module(name))))
            .ok_or_else(|| Answer::error(404, "Module could not be found in running modules")),
        ("GET", ["variable"]) => {
            let name = needed(request)?;
            let value = world.globals.get(&name).cloned().unwrap_or_default();
            Ok(Some(Answer::ok(json!({ "value": value }))))
        }
        ("POST", ["variable"]) => {
            let name = needed(request)?;
            match request.params.get("value") {
                Some(value) if !value.is_empty() => {
                    world.globals.insert(name, value);
                }
                _ => {
                    world.globals.remove(&name);
                }
            }
            Ok(Some(Answer::done()))
        }
        (_, ["ping" | "info" | "variable" | "modules"] | ["modules", _]) => Err(wrong_method()),
        _ => Err(no_resource()),
    }
}

fn module(name: &str) -> serde_json::Value {
    json!({
        "name": name, "description": "", "use_count": 0, "status": "Running",
        "support_level": "core",
    })
}

/// The name of a variable.
pub(super) fn needed(request: &Request) -> Result<String, Answer> {
    request
        .params
        .get("variable")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Answer::error(400, "Variable name is required"))
}

fn info(world: &World, request: &Request) -> Answer {
    let only = request.params.list("only");
    let wanted = |part: &str| only.is_empty() || only.iter().any(|name| name == part);
    let mut info = json!({});
    if wanted("build") {
        info["build"] = json!({
            "os": "Linux", "kernel": "6.1", "machine": "x86_64", "options": "",
            "date": "2026-11-01 00:00:00 UTC", "user": "nobody",
        });
    }
    if wanted("system") {
        info["system"] = json!({
            "version": world.version().number(),
            "entity_id": "02:fc:00:00:00:01",
        });
    }
    if wanted("config") {
        info["config"] = json!({
            "name": "", "default_language": "en", "setid": { "user": "", "group": "" },
        });
    }
    if wanted("status") {
        let booted = timestamp(world.booted);
        info["status"] = json!({ "startup_time": booted, "last_reload_time": booted });
    }
    Answer::ok(info)
}

/// The machine-readable API, as far as feature detection looks at it.
pub(super) fn api_docs(world: &World, request: &Request, path: &[&str]) -> Handled {
    if request.method != "GET" {
        return Err(wrong_method());
    }
    let v22 = world.version() >= Version::V22;
    match path {
        ["channels.json"] => {
            let mut apis: Vec<_> = [
                "",
                "/create",
                "/{channelId}",
                "/{channelId}/answer",
                "/{channelId}/continue",
                "/{channelId}/dial",
                "/{channelId}/dtmf",
                "/{channelId}/hold",
                "/{channelId}/moh",
                "/{channelId}/move",
                "/{channelId}/mute",
                "/{channelId}/play",
                "/{channelId}/record",
                "/{channelId}/redirect",
                "/{channelId}/ring",
                "/{channelId}/silence",
                "/{channelId}/snoop",
                "/{channelId}/variable",
            ]
            .iter()
            .map(|path| json!({ "path": format!("/channels{path}"), "operations": [] }))
            .collect();
            if v22 {
                for path in ["progress", "variables", "transfer_progress"] {
                    let path = format!("/channels/{{channelId}}/{path}");
                    apis.push(json!({ "path": path, "operations": [] }));
                }
                if let Some(delete) = apis.get_mut(2) {
                    delete["operations"] = json!([{
                        "httpMethod": "DELETE",
                        "parameters": [{ "name": "reason_code" }, { "name": "reason" }],
                    }]);
                }
            }
            Ok(Some(Answer::ok(json!({
                "apiVersion": "2.0.0", "resourcePath": "/api-docs/channels.json", "apis": apis,
            }))))
        }
        ["resources.json"] => Ok(Some(Answer::ok(json!({
            "apiVersion": "2.0.0",
            "apis": [{ "path": "/api-docs/channels.{format}" }],
        })))),
        ["events.json"] => {
            let mut models = json!({ "Event": {}, "StasisStart": {}, "StasisEnd": {} });
            if v22 {
                models["RESTRequest"] = json!({});
                models["ChannelTransfer"] = json!({});
            }
            Ok(Some(Answer::ok(json!({
                "apiVersion": "2.0.0", "models": models,
            }))))
        }
        _ => Err(no_resource()),
    }
}
