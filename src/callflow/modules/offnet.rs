//! `offnet` – the older name of `resources`, with the same fields.
//!
//! The trunks are those of the configuration's own account, which other accounts
//! share, unless `use_local_resources` says otherwise.
//!
//! ```json
//! {"module": "offnet", "data": {"to_did": "+15551234567"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::resources::{Resources, Trying};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Calls a number in the outside world and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct Offnet(Resources);

impl Module for Offnet {
    const NAME: &'static str = "offnet";
    type Progress = Trying;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        self.0.call_out(call, node, at, false).await
    }
}
