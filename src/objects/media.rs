//! A sound; its bytes are the attachment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Media {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    pub media_source: MediaSource,
    pub language: Option<String>,
    #[schemars(extend("x-reading" = "accepted"))]
    pub streamable: Option<bool>,
    /// It is said in place of the prompt of this name.
    pub prompt_id: Option<String>,
    pub tts: Tts,
    #[schemars(extend("x-reading" = "kept"))]
    pub content_type: Option<String>,
    #[schemars(range(max = 11_534_336), extend("x-reading" = "kept"))]
    pub content_length: Option<u64>,
    #[schemars(length(max = 128), extend("x-reading" = "kept"))]
    pub description: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub source_id: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub source_type: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum MediaSource {
    Recording,
    #[default]
    Upload,
    Tts,
}

/// What is spoken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Tts {
    pub text: Option<String>,
    pub voice: Option<String>,
}
