//! A queue of callers for agents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"], "x-accepted" = ["preserve_metadata"]))]
pub struct Queue {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    pub strategy: Strategy,
    /// Seconds that an agent's phone rings.
    pub agent_ring_timeout: u64,
    /// Seconds that an agent rests after a call.
    pub agent_wrapup_time: u64,
    /// Seconds that a caller waits at most; 0 = for ever.
    pub connection_timeout: u64,
    /// 0 = as many as come.
    pub max_queue_size: u32,
    #[schemars(range(max = 255))]
    pub max_priority: Option<u32>,
    /// Leaves the queue.
    pub caller_exit_key: String,
    /// Callers may wait while no agent is there.
    pub enter_when_empty: bool,
    /// Agents who are called at once.
    #[schemars(range(min = 1))]
    pub ring_simultaneously: u32,
    /// Said once to each caller.
    pub announce: Option<String>,
    /// What callers hear while they wait, over and over.
    pub moh: Option<String>,
    /// What callers say with agents is recorded.
    pub record_caller: bool,
    /// Where that is sent.
    pub recording_url: Option<String>,
    /// What is told how each caller left.
    pub cdr_url: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            name: String::new(),
            strategy: Strategy::RoundRobin,
            agent_ring_timeout: 15,
            agent_wrapup_time: 0,
            connection_timeout: 3600,
            max_queue_size: 0,
            max_priority: None,
            caller_exit_key: "#".into(),
            enter_when_empty: true,
            ring_simultaneously: 1,
            announce: None,
            moh: None,
            record_caller: false,
            recording_url: None,
            cdr_url: None,
            flags: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Strategy {
    RoundRobin,
    MostIdle,
}
