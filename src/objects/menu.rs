//! A greeting and what may be pressed after it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Menu {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// How often the greeting is played.
    #[schemars(range(min = 1, max = 10))]
    pub retries: u32,
    /// Milliseconds to the first key; 10000 when absent.
    #[schemars(range(min = 1, max = 60_000))]
    pub timeout: Option<u64>,
    /// Milliseconds from each key to the next; the node's own, else 2000, when absent.
    #[schemars(range(min = 1, max = 10_000))]
    pub interdigit_timeout: Option<u64>,
    /// Keys that end the entry at once.
    #[schemars(range(min = 1, max = 6))]
    pub max_extension_length: usize,
    /// Extensions can be dialled.
    pub hunt: bool,
    /// Regular expression of the extensions that can be dialled.
    #[schemars(length(min = 1, max = 256))]
    pub hunt_allow: Option<String>,
    /// Of those that cannot.
    #[schemars(length(min = 1, max = 256))]
    pub hunt_deny: Option<String>,
    /// Opens the recorder of the greeting.
    #[schemars(length(min = 3, max = 6))]
    pub record_pin: Option<String>,
    /// Also for callers from outside.
    pub allow_record_from_offnet: bool,
    /// Nothing is said after a wrong entry.
    pub suppress_media: bool,
    pub media: MenuMedia,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

impl Default for Menu {
    fn default() -> Self {
        Self {
            name: String::new(),
            retries: 3,
            timeout: None,
            interdigit_timeout: None,
            max_extension_length: 4,
            hunt: true,
            hunt_allow: None,
            hunt_deny: None,
            record_pin: None,
            allow_record_from_offnet: false,
            suppress_media: false,
            media: MenuMedia::default(),
            flags: Vec::new(),
        }
    }
}

/// What is heard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct MenuMedia {
    #[schemars(length(max = 2048))]
    pub greeting: Option<String>,
    pub invalid_media: Option<super::conference::Tone>,
    pub exit_media: Option<super::conference::Tone>,
    pub transfer_media: Option<super::conference::Tone>,
}
