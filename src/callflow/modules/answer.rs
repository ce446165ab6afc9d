//! `answer` – answers the call.
//!
//! Waits until the caller is connected, then goes on to `_`. Does nothing on a
//! call that is answered already. Has no settings.
//!
//! ```json
//! {"module": "answer", "children": {"_": {"module": "sleep", "data": {"duration": 2}}}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Answers the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Answer {}

impl Module for Answer {
    const NAME: &'static str = "answer";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        Ok(Flow::Next)
    }
}
