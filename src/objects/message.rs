//! A message in a voicemail box; what says who left it is for those who read it. Its id is `BOX/MESSAGE`; the sound is the attachment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Message {
    /// Gregorian seconds.
    pub timestamp: i64,
    #[schemars(extend("x-reading" = "kept"))]
    pub from: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub to: String,
    pub caller_id_number: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub caller_id_name: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub call_id: String,
    pub folder: Folder,
    /// Milliseconds.
    pub length: u64,
    #[schemars(extend("x-reading" = "kept"))]
    pub media_id: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub transcription: Option<String>,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Folder {
    #[default]
    New,
    Saved,
    Deleted,
}
