//! Who takes calls of queues, and whether they are there.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::clock;
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
    let mut users = ask.v2.catalog.list(&ask.account, Kind::User).await?;
    users.retain(|user| {
        let queues = user.body.get("queues").and_then(Value::as_array);
        queues.is_some_and(|queues| !queues.is_empty())
    });
    Ok(users)
}

async fn all(ask: &Ask) -> Result<Reply, Refusal> {
    let mut shown = Map::new();
    for user in agents(ask).await? {
        let status = show(&status(ask, &user.id).await?);
        shown.insert(user.id, status);
    }
    Ok(Reply::data(shown))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    exists(ask).await?;
    Ok(Reply::data(show(&status(ask, ask.id(0)).await?)))
}

async fn change(ask: &Ask) -> Result<Reply, Refusal> {
    exists(ask).await?;
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
        let catalog = &ask.v2.catalog;
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

async fn exists(ask: &Ask) -> Result<(), Refusal> {
    let user = ask.v2.catalog.get(&ask.account, Kind::User, ask.id(0));
    match user.await? {
        Some(_) => Ok(()),
        None => Err(Refusal::unknown(ask.id(0))),
    }
}

async fn status(ask: &Ask, user: &str) -> Result<Agent, Refusal> {
    let found: Option<Agent> = ask.v2.catalog.object(&ask.account, user).await?;
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

/// As the store has it: `ready`, `paused` or `logged_out`.
fn show(agent: &Agent) -> Value {
    let mut shown = json!({ "status": agent.status });
    if let Some(until) = agent.paused_until {
        shown["paused_until"] = until.into();
    }
    shown
}
