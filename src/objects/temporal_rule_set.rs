//! Rules under one name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A set of rules: it holds when one of them does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name", "temporal_rules"]))]
pub struct TemporalRuleSet {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Ids of rules.
    pub temporal_rules: Vec<String>,
    pub flags: Vec<String>,
}
