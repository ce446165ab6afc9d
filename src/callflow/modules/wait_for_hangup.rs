//! `wait_for_hangup` – does nothing until the caller hangs up.
//!
//! Does not answer the call. Has no settings, and no child runs.
//!
//! ```json
//! {"module": "wait_for_hangup"}
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Does nothing until the caller hangs up.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct WaitForHangup {}

/// Of one pause; then the next begins.
const LONG: Duration = Duration::from_hours(24);

/// Returns only when the call is over.
pub(super) async fn wait(call: &mut Call) -> Result<Flow, Interrupt> {
    loop {
        call.pause(LONG).await?;
        // Results of pauses are not kept for ever.
        call.save(&());
    }
}

impl Module for WaitForHangup {
    const NAME: &'static str = "wait_for_hangup";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        wait(call).await
    }
}
