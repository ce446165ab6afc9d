//! The people who take calls from queues: whether they are there.

use serde_json::Value;

use super::endpoint::{Asked, By, Phones};
use super::{caller, phones};
use crate::call::ops::Target;
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::objects::{Agent, AgentStatus, Device, Kind, User, gregorian};

/// Whether this agent may be called now.
pub(super) fn is_ready(agent: &Agent) -> bool {
    match agent.status {
        AgentStatus::Ready => true,
        AgentStatus::LoggedOut => false,
        AgentStatus::Paused => is_pause_over(agent),
    }
}

/// Whether the agent has logged in, paused or not.
pub(super) fn is_there(agent: &Agent) -> bool {
    agent.status != AgentStatus::LoggedOut
}

fn is_pause_over(agent: &Agent) -> bool {
    agent
        .paused_until
        .is_some_and(|until| until <= gregorian(clock::now()))
}

/// How an agent is, as the store has it.
pub(super) async fn status(call: &mut Call, user: &str) -> Result<Agent, Interrupt> {
    let agent: Agent = call.stored(user).await?.unwrap_or_default();
    if agent.status == AgentStatus::Paused && is_pause_over(&agent) {
        return Ok(Agent {
            status: AgentStatus::Ready,
            paused_until: None,
        });
    }
    Ok(agent)
}

/// Writes down how an agent is.
pub(super) async fn set_status(
    call: &mut Call,
    user: &str,
    agent: &Agent,
) -> Result<(), Interrupt> {
    let Ok(Value::Object(body)) = serde_json::to_value(agent) else {
        return Ok(());
    };
    call.put_stored(Kind::Agent, user, body).await
}

/// The agents of a queue: its users' ids, with how each is.
pub(super) async fn of_queue(
    call: &mut Call,
    queue: &str,
) -> Result<Vec<(String, Agent)>, Interrupt> {
    let users = call.all_stored::<User>().await?;
    let members = users
        .into_iter()
        .filter(|(_, user)| user.enabled != Some(false) && user.queues.iter().any(|q| q == queue))
        .map(|(id, _)| id);
    let mut agents = Vec::new();
    for id in members.collect::<Vec<_>>() {
        let status = status(call, &id).await?;
        agents.push((id, status));
    }
    Ok(agents)
}

/// The phones of an agent, as targets of a Dial; each rings for so many seconds.
pub(super) async fn targets(
    call: &mut Call,
    user: &str,
    timeout: u64,
) -> Result<Vec<Target>, Interrupt> {
    let mut phones = Phones::new(call).await?;
    let asked = Asked {
        timeout,
        by: By::Group {
            ignore_forward: false,
        },
        ..Asked::default()
    };
    let mut targets = Vec::new();
    for id in phones::devices_of(call, user).await? {
        let device: Option<Device> = call.stored(&id).await?;
        if device.is_some_and(|device| device.exclude_from_queues) {
            continue;
        }
        for mut target in phones.device(call, &id, &asked).await?.targets {
            target.agent = Some(user.to_owned());
            targets.push(target);
        }
    }
    Ok(targets)
}

/// Who the caller is as an agent: the only one who has logged in on this phone,
/// else its owner. `Err` when several have logged in.
pub(super) async fn of_caller(call: &mut Call) -> Result<Result<Option<String>, ()>, Interrupt> {
    if let Some(id) = caller::device_id(call).await? {
        let device: Device = call.stored(&id).await?.unwrap_or_default();
        match device.hotdesk.users.keys().collect::<Vec<_>>()[..] {
            [] => {}
            [only] => return Ok(Ok(Some(only.clone()))),
            _ => return Ok(Err(())),
        }
    }
    Ok(Ok(caller::user_id(call).await?))
}
