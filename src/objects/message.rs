//! A message in a voicemail box. Its id is `BOX/MESSAGE`; the sound is the attachment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Message {
    /// Gregorian seconds.
    pub timestamp: i64,
    pub from: String,
    pub to: String,
    pub caller_id_number: String,
    pub caller_id_name: String,
    pub call_id: String,
    pub folder: Folder,
    /// Milliseconds.
    pub length: u64,
    pub media_id: String,
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
