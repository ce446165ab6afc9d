//! A call that is parked. Its id is the slot's number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A parked call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ParkSlot {
    /// CallSid of the parked call.
    pub call: String,
    pub caller_id_number: String,
    pub caller_id_name: String,
    /// Device of whoever parked it.
    pub parker: Option<String>,
    /// Gregorian seconds.
    pub since: i64,
}
