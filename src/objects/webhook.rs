//! A web server that is told about the calls of the account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend(
    "required" = ["name", "uri", "hook"],
    "x-ignored" = ["include_subaccounts", "include_internal_legs"]
))]
pub struct Webhook {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// `channel_create`, `channel_answer`, `channel_bridge`, `channel_destroy`, `parking`,
    /// or `all`.
    #[schemars(extend("enum" = [
        "channel_create", "channel_answer", "channel_bridge", "channel_destroy", "parking", "all"
    ]))]
    pub hook: String,
    /// Absolute.
    #[schemars(regex(pattern = "^https?://"))]
    pub uri: String,
    pub http_verb: HookVerb,
    pub format: HookFormat,
    /// Further tries when the server cannot be reached or answers with an error.
    #[schemars(range(max = 4))]
    pub retries: u32,
    /// `false` = it is told nothing.
    pub enabled: bool,
    /// Told with every event.
    pub custom_data: Map<String, Value>,
}

impl Default for Webhook {
    fn default() -> Self {
        Self {
            name: String::new(),
            hook: String::new(),
            uri: String::new(),
            http_verb: HookVerb::Post,
            format: HookFormat::FormData,
            retries: 2,
            enabled: true,
            custom_data: Map::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum HookVerb {
    Get,
    Post,
    Put,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum HookFormat {
    FormData,
    Json,
}
