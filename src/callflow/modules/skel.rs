//! `skel` – does nothing, and goes on to `_`.
//!
//! Kazoo's example of a module. Whatever `data` has makes no difference.
//!
//! ```json
//! {"module": "skel", "children": {"_": {"module": "hangup"}}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Does nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct Skel(#[expect(dead_code, reason = "anything is taken")] Map<String, Value>);

impl Module for Skel {
    const NAME: &'static str = "skel";
    type Progress = ();

    async fn run(&self, _: &mut Call, _: &Node, _: &mut Self::Progress) -> Result<Flow, Interrupt> {
        Ok(Flow::Next)
    }
}
