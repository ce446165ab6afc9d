//! `do_not_disturb` – the caller's phones ring no more, or again.
//!
//! Answers, changes the stored user (else the device), says what holds now, and goes
//! on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | – | `activate`, `deactivate` or `toggle` |
//! | `id` | the caller's user, else device | whose phones |
//!
//! ```json
//! {"module": "do_not_disturb", "data": {"action": "toggle"}}
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::own::{self, Own};
use crate::objects::Kind;
use crate::program::Flow;

/// The caller's phones ring no more, or again.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DoNotDisturb {
    /// What is done.
    action: Option<Action>,
    /// A user or a device.
    #[schemars(length(max = 128))]
    id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Activate,
    Deactivate,
    Toggle,
}

/// What is to hold, once it has been decided.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Decided {
    on: Option<bool>,
}

impl DoNotDisturb {
    async fn target(&self, call: &mut Call) -> Result<Option<Own>, Interrupt> {
        let Some(id) = &self.id else {
            return own::of_caller(call).await;
        };
        for kind in [Kind::User, Kind::Device] {
            if call.document(kind, id).await?.is_some() {
                return Ok(Some(Own { kind, id: id.clone() }));
            }
        }
        Ok(None)
    }
}

impl Module for DoNotDisturb {
    const NAME: &'static str = "do_not_disturb";
    type Progress = Decided;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let Some(target) = self.target(call).await? else {
            call.note("whose phones these are is not known");
            own::say(call, "dnd-not_available").await?;
            return Ok(Flow::Stop(None));
        };
        let Some(action) = self.action else {
            call.warn("`action` is needed; nothing is changed");
            own::say(call, "dnd-not_available").await?;
            return Ok(Flow::Next);
        };
        if at.on.is_none() {
            let body = target.document(call).await?.unwrap_or_default();
            let was = own::is_on(&body, "do_not_disturb", false);
            at.on = Some(match action {
                Action::Activate => true,
                Action::Deactivate => false,
                Action::Toggle => !was,
            });
            call.save(at);
        }
        let on = at.on.unwrap_or_default();
        target.set(call, "do_not_disturb", "enabled", on.into()).await?;
        call.note(format!("do not disturb of {}: {on}", target.id));
        own::say(call, if on { "dnd-activated" } else { "dnd-deactivated" }).await?;
        Ok(Flow::Next)
    }
}
