//! `manual_presence` – lights the lamp of a presence id on the phones that watch
//! it, and goes on to `_`.
//!
//! Answers the call. Asterisk keeps the state as `Stasis:` and the id, which a
//! hint of the dialplan shows: `exten => 200,hint,Stasis:200`.
//!
//! | field | default | |
//! |---|---|---|
//! | `presence_id` | what was captured from the number | letters, digits, `.`, `_`, `-`, `+` and `*`; what follows an `@` is left out |
//! | `status` | `idle` | `idle`, `ringing` or `busy` |
//!
//! ```json
//! {"module": "manual_presence", "data": {"presence_id": "200", "status": "busy"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::DeviceState;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::lamp::lamp;
use crate::program::Flow;

/// Lights the lamp of a presence id.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ManualPresence {
    /// Whose lamp; what was captured from the number when absent.
    #[schemars(length(max = 128))]
    presence_id: Option<String>,
    /// How it looks.
    #[serde(default)]
    status: Status,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    #[default]
    Idle,
    Ringing,
    Busy,
}

impl From<Status> for DeviceState {
    fn from(status: Status) -> Self {
        match status {
            Status::Idle => Self::NotInUse,
            Status::Ringing => Self::Ringing,
            Status::Busy => Self::InUse,
        }
    }
}

impl Module for ManualPresence {
    const NAME: &'static str = "manual_presence";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let captured = || call.matched_flow().captured.group.clone();
        let given = self.presence_id.clone().or_else(captured);
        match given.as_deref().and_then(lamp) {
            Some(name) => call.set_device_state(name, self.status.into()).await,
            None => call.warn(format!(
                "{:?} is no presence id; write letters and digits",
                given.unwrap_or_default()
            )),
        }
        Ok(Flow::Next)
    }
}
