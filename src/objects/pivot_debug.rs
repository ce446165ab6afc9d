//! What a `pivot` node with `debug` asked and was answered. Its id is `CALL/NUMBER`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record: a request, its answer, or what was wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PivotDebug {
    pub call_id: String,
    pub iteration: u32,
    #[serde(flatten)]
    pub details: Map<String, Value>,
}
