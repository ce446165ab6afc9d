//! `callflow` – runs a stored callflow, then goes on to `_`.
//!
//! The flow is the file `ID.json` in the folder of `[flows] dir`: a node, or a
//! whole callflow document. When it ends and the caller is still there, `_` of
//! this node runs; a `hangup` in it ends everything. What it changes (variables,
//! collections, language) stays changed. A call may branch 50 times.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | required | letters, digits, `-` and `_` |
//!
//! A flow that does not exist or has errors is a warning, and `_` runs.
//!
//! ```json
//! {"module": "callflow", "data": {"id": "opening-hours"}}
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::stored;
use crate::program::Flow;

/// Runs a stored callflow.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Callflow {
    /// The file's name in `[flows] dir`, without `.json`.
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = r"^[A-Za-z0-9_-]+$"),
        extend("x-expect" = "a name of letters, digits, `-` and `_`")
    )]
    id: String,
}

impl Module for Callflow {
    const NAME: &'static str = "callflow";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        Ok(match stored::flow(call, &self.id).await? {
            Some(flow) => Flow::Branch(Arc::new(flow)),
            None => Flow::Next,
        })
    }
}
