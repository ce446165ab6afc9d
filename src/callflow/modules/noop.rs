//! `noop` – waits until all that is to be heard has been heard, and goes on to `_`.
//!
//! Modules end when their sounds have ended; what there may be to wait for are the
//! keys of `send_dtmf`. Has no settings.
//!
//! ```json
//! {"module": "noop", "children": {"_": {"module": "hangup"}}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Waits for what is being sent to the caller.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Noop {}

impl Module for Noop {
    const NAME: &'static str = "noop";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.keys_sent().await?;
        Ok(Flow::Next)
    }
}
