//! `call_waiting` – whether a second call rings while the caller talks.
//!
//! Answers, changes the stored device or user, says what holds now, and goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | `toggle` | `activate`, `deactivate` or `toggle` |
//! | `scope` | `device` | `user`: of all phones of the caller's user |
//!
//! ```json
//! {"module": "call_waiting", "data": {"action": "toggle", "scope": "user"}}
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::own::{self, Own};
use crate::callflow::{Node, caller};
use crate::objects::Kind;
use crate::program::Flow;

/// Whether a second call rings while the caller talks.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CallWaiting {
    /// What is done.
    #[serde(default)]
    action: Action,
    /// Whose phones.
    #[serde(default)]
    scope: Scope,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Activate,
    Deactivate,
    #[default]
    Toggle,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Scope {
    #[default]
    Device,
    User,
}

/// What is to hold, once it has been decided.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Decided {
    on: Option<bool>,
}

impl Module for CallWaiting {
    const NAME: &'static str = "call_waiting";
    type Progress = Decided;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let (kind, id) = match self.scope {
            Scope::Device => (Kind::Device, caller::device_id(call).await?),
            Scope::User => (Kind::User, caller::user_id(call).await?),
        };
        let target = id.map(|id| Own { kind, id });
        let body = match &target {
            Some(target) => target.document(call).await?,
            None => None,
        };
        let Some((target, body)) = target.zip(body) else {
            own::say(call, "cw-not_available").await?;
            return Ok(Flow::Next);
        };
        if at.on.is_none() {
            at.on = Some(match self.action {
                Action::Activate => true,
                Action::Deactivate => false,
                Action::Toggle => !own::is_on(&body, "call_waiting", true),
            });
            call.save(at);
        }
        let on = at.on.unwrap_or_default();
        target.set(call, "call_waiting", "enabled", on.into()).await?;
        call.note(format!("call waiting of {}: {on}", target.id));
        own::say(call, if on { "cw-activated" } else { "cw-deactivated" }).await?;
        Ok(Flow::Next)
    }
}
