//! `intercom` – calls the captured extension so that its phones answer by themselves.
//!
//! What the pattern has captured after the code must lead to a callflow that is
//! not `no_match`; that flow runs, and the phones that it rings are asked to answer
//! at once. A number that leads nowhere takes `_`; nothing captured ends the call.
//!
//! | field | default | |
//! |---|---|---|
//! | `barge_calls` | `false` | accepted |
//!
//! ```json
//! {"module": "intercom"}
//! ```
//!
//! Phones answer by themselves when they are set to do so for the headers
//! `Call-Info` with `answer-after=0` and `Alert-Info: info=alert-autoanswer`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Cause, Interrupt};
use crate::callflow::{Node, stored};
use crate::program::Flow;

/// Calls the captured extension so that its phones answer by themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["barge_calls"]))]
pub(super) struct Intercom {}

impl Module for Intercom {
    const NAME: &'static str = "intercom";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(captured) = call.matched_flow().captured.group.clone() else {
            call.note("nothing was captured of the number");
            return Ok(Flow::Stop(Some(Cause(28))));
        };
        let number = call.services().catalog.numbers.normalize(&captured);
        let Some(flow) = stored::hunt(call, &number, false).await? else {
            call.note(format!("{number} leads to no callflow"));
            return Ok(Flow::Next);
        };
        call.kept_mut().presentation.auto_answer = true;
        Ok(Flow::Branch(Arc::new(flow)))
    }
}
