//! Who takes calls of queues, and whether they are there.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::clock;
use crate::id::CallId;
use crate::objects::{Agent, AgentStatus, Fault, Kind, gregorian};
use crate::store::{Document, Expected};

const ACTIONS: [&str; 4] = ["login", "logout", "pause", "resume"];
/// Seconds of a pause, as the module `acdc_agent` has it.
const PAUSE: i64 = 600;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "agents",
            "Lists the users who are agents of queues.",
            |ask| Box::pin(list(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "agents/status",
            "Tells of each agent whether it is there.",
            |ask| Box::pin(all(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "agents/{id}/status",
            "Tells whether an agent is there.",
            |ask| Box::pin(read(ask)),
        ),
        Endpoint::new(
            Verb::Post,
            "agents/{id}/status",
            "Logs an agent in or out, or lets it pause.",
            |ask| Box::pin(change(ask)),
        )
        .takes(|_| {
            json!({
                "type": "object",
                "required": ["status"],
                "properties": {
                    "status": {"enum": ACTIONS},
                    "timeout": {
                        "type": "integer",
                        "description": "Seconds of a pause; 600 when absent, 0 = until resume.",
                    },
                },
            })
        }),
        Endpoint::new(
            Verb::Get,
            "agents/{id}/queue_status",
            "Lists the queues that an agent takes calls of.",
            |ask| Box::pin(queues(ask)),
        ),
        Endpoint::new(
            Verb::Post,
            "agents/{id}/queue_status",
            "Makes a user an agent of a queue, or no more.",
            |ask| Box::pin(change_queues(ask)),
        )
        .takes(|_| {
            json!({
                "type": "object",
                "required": ["action", "queue_id"],
                "properties": {
                    "action": {"enum": ["login", "logout"]},
                    "queue_id": {"type": "string"},
                },
            })
        }),
    ]
}

async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let shown = agents(ask).await?.into_iter().map(|user| {
        let mut shown = Map::from_iter([("id".to_owned(), user.id.into())]);
        for name in ["first_name", "last_name", "queues"] {
            if let Some(value) = user.body.get(name) {
                shown.insert(name.into(), value.clone());
            }
        }
        Value::from(shown)
    });
    Ok(Reply::data(shown.collect::<Vec<_>>()))
}

/// Users who have a queue.
async fn agents(ask: &Ask) -> Result<Vec<Document>, Refusal> {
    let mut users = ask
        .v2
        .services
        .catalog
        .list(&ask.account, Kind::User)
        .await?;
    users.retain(|user| {
        let queues = user.body.get("queues").and_then(Value::as_array);
        queues.is_some_and(|queues| !queues.is_empty())
    });
    Ok(users)
}

async fn all(ask: &Ask) -> Result<Reply, Refusal> {
    let mut shown = Map::new();
    let busy = ask.v2.services.queues.busy(&ask.account).await;
    for user in agents(ask).await? {
        let status = now(&status(ask, &user.id).await?, &user.id, &busy);
        shown.insert(user.id, status);
    }
    Ok(Reply::data(shown))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    user(ask).await?;
    let busy = ask.v2.services.queues.busy(&ask.account).await;
    let status = status(ask, ask.id(0)).await?;
    Ok(Reply::data(now(&status, ask.id(0), &busy)))
}

async fn change(ask: &Ask) -> Result<Reply, Refusal> {
    user(ask).await?;
    let data = ask.object()?;
    let timeout = match data.get("timeout") {
        None => PAUSE,
        Some(given) => seconds(given).ok_or_else(|| {
            let fault = Fault::new("must be a number of seconds").target("integer");
            Refusal::fault("timeout", "type", fault.value(given))
        })?,
    };
    let then = |status, paused_until| Agent {
        status,
        paused_until,
    };
    let given = data.get("status").and_then(Value::as_str);
    let agent = match given.unwrap_or_default() {
        "login" | "resume" => then(AgentStatus::Ready, None),
        "logout" => then(AgentStatus::LoggedOut, None),
        "pause" => {
            let until = gregorian(clock::now()) + timeout;
            then(AgentStatus::Paused, (timeout > 0).then_some(until))
        }
        _ => {
            let fault = Fault::new("must be login, logout, pause or resume");
            let fault = fault.target(ACTIONS.to_vec());
            return Err(Refusal::fault("status", "enum", fault));
        }
    };
    if let Ok(Value::Object(body)) = serde_json::to_value(&agent) {
        let catalog = &ask.v2.services.catalog;
        let id = ask.id(0);
        let writing = catalog.put(&ask.account, Kind::Agent, id, body, Expected::Anything);
        writing.await?;
    }
    Ok(Reply::data(show(&agent)))
}

/// At most a day: whoever rests longer logs out.
fn seconds(given: &Value) -> Option<i64> {
    let seconds = match given {
        Value::String(text) => text.trim().parse().ok()?,
        given => given.as_i64()?,
    };
    (0..=86_400).contains(&seconds).then_some(seconds)
}

async fn user(ask: &Ask) -> Result<Document, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let user = catalog.get(&ask.account, Kind::User, ask.id(0)).await?;
    user.ok_or_else(|| Refusal::unknown(ask.id(0)))
}

async fn queues(ask: &Ask) -> Result<Reply, Refusal> {
    let user = user(ask).await?;
    let queues = user.body.get("queues").cloned();
    Ok(Reply::data(queues.unwrap_or_else(|| json!([]))))
}

async fn change_queues(ask: &Ask) -> Result<Reply, Refusal> {
    user(ask).await?;
    let data = ask.object()?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    let (action, queue) = (text("action"), text("queue_id"));
    if !["login", "logout"].contains(&action) {
        let fault = Fault::new("must be login or logout");
        let fault = fault.target(["login", "logout"].to_vec());
        return Err(Refusal::fault("action", "enum", fault));
    }
    let catalog = &ask.v2.services.catalog;
    let found = catalog.get(&ask.account, Kind::Queue, queue).await?;
    if found.is_none() {
        let fault = Fault::new("there is no such queue").cause(queue);
        return Err(Refusal::fault("queue_id", "not_found", fault));
    }
    let change = |user: &mut Map<String, Value>| {
        if let Value::Array(queues) = user.entry("queues").or_insert_with(|| json!([])) {
            queues.retain(|id| id.as_str() != Some(queue));
            if action == "login" {
                queues.push(queue.into());
            }
        }
    };
    let changed = catalog.update(&ask.account, Kind::User, ask.id(0), change);
    let changed = changed.await?.ok_or_else(|| Refusal::unknown(ask.id(0)))?;
    let queues = changed.body.get("queues").cloned();
    Ok(Reply::data(queues.unwrap_or_else(|| json!([]))))
}

async fn status(ask: &Ask, user: &str) -> Result<Agent, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let found: Option<Agent> = catalog.object_leniently(&ask.account, user).await?;
    let agent = found.unwrap_or_default();
    let is_over = |until| until <= gregorian(clock::now());
    if agent.status == AgentStatus::Paused && agent.paused_until.is_some_and(is_over) {
        return Ok(Agent {
            status: AgentStatus::Ready,
            paused_until: None,
        });
    }
    Ok(agent)
}

/// What an agent does now: one who is being called or talks does that.
fn now(agent: &Agent, id: &str, busy: &[(String, CallId, bool)]) -> Value {
    let Some((_, call, talks)) = busy.iter().find(|(user, ..)| user == id) else {
        return show(agent);
    };
    let status = if *talks { "connected" } else { "connecting" };
    json!({"status": status, "call_sid": call})
}

/// As the store has it: `ready`, `paused` or `logged_out`.
fn show(agent: &Agent) -> Value {
    let mut shown = json!({ "status": agent.status });
    if let Some(until) = agent.paused_until {
        shown["paused_until"] = until.into();
    }
    shown
}
