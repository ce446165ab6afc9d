//! `user` – rings a user and connects the caller.
//!
//! Like `device`, with the endpoint of `[dial] user`. All contacts registered
//! there ring.
//!
//! ```json
//! {"module": "user", "data": {"id": "1001", "timeout": 20}}
//! ```
//!
//! In Kazoo a user's devices are stored objects; here Asterisk knows them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::device::Device;
use crate::call::ops::Endpoint;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Rings a user and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct User(Device);

impl Module for User {
    const NAME: &'static str = "user";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let template = call.services().config.dial.user.clone();
        self.0.ring(call, node, &template, Endpoint::User).await
    }
}
