//! `set_cid` – replaces the caller id that later legs see, and goes on to `_`.
//!
//! Each half that is not empty stands in place of the caller's own, also before
//! the prefixes of `prepend_cid`; an empty one takes an earlier `set_cid` back.
//! What `check_cid` and web applications are told is not changed.
//!
//! | field | default | |
//! |---|---|---|
//! | `caller_id_name` | empty | |
//! | `caller_id_number` | empty | |
//!
//! ```json
//! {
//!   "module": "set_cid",
//!   "data": {"caller_id_name": "Front desk", "caller_id_number": "+15551234567"},
//!   "children": {"_": {"module": "device", "data": {"id": "alice"}}}
//! }
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::CallerId;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Replaces the caller id that later legs see.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SetCid {
    /// The name; empty = not replaced.
    #[serde(default)]
    #[schemars(length(max = 128))]
    caller_id_name: String,
    /// The number; empty = not replaced.
    #[serde(default)]
    #[schemars(length(max = 128))]
    caller_id_number: String,
}

impl Module for SetCid {
    const NAME: &'static str = "set_cid";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.kept_mut().presentation.rewritten = CallerId {
            number: self.caller_id_number.clone(),
            name: self.caller_id_name.clone(),
        };
        Ok(Flow::Next)
    }
}
