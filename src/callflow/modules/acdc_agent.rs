//! `acdc_agent` – logs the caller in or out as an agent, or lets the caller pause.
//!
//! Answers, says what holds now, and goes on to `_`. The agent is who has logged in on
//! the caller's phone (`hotdesk`), else its owner, and takes calls of the queues that
//! the user's document lists in `queues`.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | required | `login`, `logout`, `paused` (or `pause`), `resume` |
//! | `timeout` | 600 s | how long a pause lasts; 0 = until `resume` |
//! | `presence_id`, `presence_state` | – | accepted |
//!
//! ```json
//! {"module": "acdc_agent", "data": {"action": "login"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, agents, own};
use crate::clock;
use crate::objects::{Agent, AgentStatus, gregorian};
use crate::program::Flow;

/// Logs the caller in or out as an agent.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["presence_id", "presence_state"]))]
pub(super) struct AcdcAgent {
    /// What is done.
    action: Action,
    /// Seconds that a pause lasts.
    #[serde(default = "ten_minutes")]
    timeout: u32,
}

fn ten_minutes() -> u32 {
    600
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Login,
    Logout,
    Paused,
    Pause,
    Resume,
}

impl AcdcAgent {
    /// How the agent is then, and what is said; no change when it cannot be done.
    fn apply(&self, was: &Agent) -> (Option<Agent>, &'static str) {
        let then = |status| {
            Some(Agent {
                status,
                paused_until: None,
            })
        };
        match (self.action, was.status) {
            (Action::Login, AgentStatus::LoggedOut) => {
                (then(AgentStatus::Ready), "agent-logged_in")
            }
            (Action::Login, _) => (None, "agent-already_logged_in"),
            (Action::Logout, _) => (then(AgentStatus::LoggedOut), "agent-logged_out"),
            (Action::Paused | Action::Pause, AgentStatus::Ready) => {
                let until = gregorian(clock::now()) + i64::from(self.timeout);
                let paused = Agent {
                    status: AgentStatus::Paused,
                    paused_until: (self.timeout > 0).then_some(until),
                };
                (Some(paused), "agent-pause")
            }
            (Action::Resume, AgentStatus::Paused | AgentStatus::Ready) => {
                (then(AgentStatus::Ready), "agent-resume")
            }
            _ => (None, "agent-invalid_choice"),
        }
    }
}

impl Module for AcdcAgent {
    const NAME: &'static str = "acdc_agent";
    type Progress = Option<String>;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let said = match at {
            // It was done before the call was picked up.
            Some(said) => said.clone(),
            None => {
                let said = self.change(call).await?;
                *at = Some(said.clone());
                call.save(at);
                said
            }
        };
        own::say(call, &said).await?;
        Ok(Flow::Next)
    }
}

impl AcdcAgent {
    async fn change(&self, call: &mut Call) -> Result<String, Interrupt> {
        let user = match agents::of_caller(call).await? {
            Ok(Some(user)) => user,
            Ok(None) => return Ok("agent-not_call_center_agent".into()),
            Err(()) => return Ok("agent-invalid_choice".into()),
        };
        let was = agents::status(call, &user).await?;
        let (then, said) = self.apply(&was);
        if let Some(then) = then {
            agents::set_status(call, &user, &then).await?;
            call.note(format!("agent {user}: {:?}", then.status));
        }
        Ok(said.into())
    }
}
