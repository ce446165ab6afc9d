//! Whether somebody takes calls from queues. Its id is the user's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Agent {
    pub status: AgentStatus,
    /// Gregorian seconds: the pause is over then.
    pub paused_until: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AgentStatus {
    #[default]
    LoggedOut,
    Ready,
    Paused,
}
