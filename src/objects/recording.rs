//! A recording; the sound lies in `[recordings] dir`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is known about a recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Recording {
    #[schemars(extend("x-reading" = "kept"))]
    pub name: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub call_id: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub from: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub to: String,
    /// Gregorian seconds.
    #[schemars(extend("x-reading" = "kept"))]
    pub start: i64,
    /// Seconds.
    #[schemars(extend("x-reading" = "kept"))]
    pub duration: u64,
    #[schemars(extend("x-reading" = "kept"))]
    pub owner_id: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub origin: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub url: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub content_type: String,
    /// Its RecordingSid, which names the file.
    #[schemars(extend("x-reading" = "kept"))]
    pub media_id: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub call_sid: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub conference_sid: Option<String>,
    #[serde(flatten)]
    pub details: Map<String, Value>,
}
