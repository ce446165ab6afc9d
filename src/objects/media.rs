//! A sound; its bytes are the attachment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Media {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    pub media_source: MediaSource,
    pub language: Option<String>,
    pub streamable: Option<bool>,
    /// It is said in place of the prompt of this name.
    pub prompt_id: Option<String>,
    pub tts: Tts,
    pub content_type: Option<String>,
    #[schemars(range(max = 11_534_336))]
    pub content_length: Option<u64>,
    #[schemars(length(max = 128))]
    pub description: Option<String>,
    pub source_id: Option<String>,
    pub source_type: Option<String>,
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
