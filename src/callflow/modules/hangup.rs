//! `hangup` – ends the call.
//!
//! Ends everything at once, also inside a flow that another flow called with
//! `callflow`. The caller hears a normal end of the call. Has no settings and
//! no children.
//!
//! ```json
//! {"module": "hangup"}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::{End, Flow};

/// Ends the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Hangup {}

impl Module for Hangup {
    const NAME: &'static str = "hangup";
    type Progress = ();

    async fn run(&self, _: &mut Call, _: &Node, _: &mut Self::Progress) -> Result<Flow, Interrupt> {
        Ok(Flow::End(End::Hangup(None)))
    }
}
