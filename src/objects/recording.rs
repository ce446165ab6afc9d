//! A recording; the sound lies in `[recordings] dir`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is known about a recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Recording {
    pub name: String,
    pub call_id: String,
    pub from: String,
    pub to: String,
    /// Gregorian seconds.
    pub start: i64,
    /// Seconds.
    pub duration: u64,
    pub owner_id: Option<String>,
    pub origin: String,
    pub url: Option<String>,
    pub content_type: String,
    /// Its RecordingSid, which names the file.
    pub media_id: String,
    pub call_sid: String,
    pub conference_sid: Option<String>,
    #[serde(flatten)]
    pub details: Map<String, Value>,
}
