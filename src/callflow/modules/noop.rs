//! `noop` – does nothing, and goes on to `_`.
//!
//! In Kazoo it waits for sounds that are still queued. Modules of pivot end
//! when their sounds have ended, so there is never anything to wait for. Has no
//! settings.
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

/// Does nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Noop {}

impl Module for Noop {
    const NAME: &'static str = "noop";
    type Progress = ();

    async fn run(&self, _: &mut Call, _: &Node, _: &mut Self::Progress) -> Result<Flow, Interrupt> {
        Ok(Flow::Next)
    }
}
