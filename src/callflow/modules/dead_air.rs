//! `dead_air` – answers and is silent until the caller hangs up.
//!
//! Has no settings, and no child runs.
//!
//! ```json
//! {"module": "dead_air"}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::wait_for_hangup::wait;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Answers and is silent until the caller hangs up.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DeadAir {}

impl Module for DeadAir {
    const NAME: &'static str = "dead_air";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        wait(call).await
    }
}
