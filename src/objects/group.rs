//! People and phones that ring together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MusicOnHold;

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name", "endpoints"]))]
pub struct Group {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// Id → `{"type": "device" | "user" | "group", "weight", "delay", "timeout"}`,
    /// in the document's order.
    pub endpoints: Map<String, Value>,
    pub strategy: Option<String>,
    pub timeout: Option<u64>,
    pub ringback: Option<String>,
    pub ignore_forward: Option<bool>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "a group parks nobody; the music is that of the phone, its user or the account"))]
    pub music_on_hold: MusicOnHold,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}
