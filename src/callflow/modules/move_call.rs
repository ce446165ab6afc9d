//! `move` – takes the caller's own conversation over from another phone.
//!
//! The caller's user must have exactly one other channel. Ends the flow in any
//! case; the caller hears why when there is nothing to take.
//!
//! ```json
//! {"module": "move"}
//! ```
//!
//! The call may have been put through to the other phone, or made by it, through pivot;
//! one that it made can be taken once it is answered.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, caller, phones, pickup};
use crate::program::Flow;

/// Takes the caller's own conversation over from another phone.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Move {}

impl Module for Move {
    const NAME: &'static str = "move";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(owner) = caller::user_id(call).await? else {
            return pickup::refuse(call, "cf-move-no_owner").await;
        };
        let devices = phones::devices_of(call, &owner).await?;
        let endpoints = phones::endpoints(call, &devices).await?;
        let channels = call.channels_of(&endpoints).await?;
        let why = match channels.len() {
            0 => "cf-move-no_channel",
            1 if pickup::take_one(call, channels).await? => return Ok(Flow::Stop(None)),
            1 => "cf-move-no_channel",
            _ => "cf-move-too_many_channels",
        };
        pickup::refuse(call, why).await
    }
}
