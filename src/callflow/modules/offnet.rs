//! `offnet` – the older name of `resources`, with the same fields.
//!
//! In Kazoo the two differ in whose trunks are used, which the shop's dialplan
//! decides here.
//!
//! ```json
//! {"module": "offnet", "data": {"to_did": "+15551234567"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::resources::Resources;

/// Calls a number in the outside world and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct Offnet(Resources);

impl Module for Offnet {
    const NAME: &'static str = "offnet";
}
