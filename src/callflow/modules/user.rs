//! `user` – rings a user and connects the caller.
//!
//! Like `device`, for all devices of a stored user at once (or one after the other,
//! with `strategy`, or else `dial_strategy`): those that the user owns, and where the
//! user has logged in. An id that is not stored is the endpoint of `[dial] user`, and
//! all contacts registered there ring.
//!
//! ```json
//! {"module": "user", "data": {"id": "1001", "timeout": 20}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::device::Device;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::ring::Ringing;
use crate::program::Flow;

/// Rings a user and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct User(Device);

impl Module for User {
    const NAME: &'static str = "user";
    type Progress = Ringing;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        self.0.ring_user(call, node, at).await
    }
}
