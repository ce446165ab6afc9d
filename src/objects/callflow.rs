//! A flow with the numbers that lead to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A callflow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Callflow {
    pub name: Option<String>,
    /// As dialled; `no_match` takes what nothing else takes.
    #[schemars(inner(length(min = 1, max = 36)))]
    pub numbers: Vec<String>,
    /// Regular expressions over the dialled number, not anchored.
    #[schemars(inner(length(min = 1)))]
    pub patterns: Vec<String>,
    /// The root node.
    pub flow: Map<String, Value>,
    pub featurecode: Option<FeatureCode>,
    pub ringback: Ringback,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub owner_id: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub group_id: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub r#type: Option<String>,
}

/// The number of a flow that catches what no other takes.
pub const NO_MATCH: &str = "no_match";

/// For consoles; without effect on calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct FeatureCode {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    #[schemars(length(min = 1, max = 30), extend("x-reading" = "kept"))]
    pub number: String,
}

/// What the caller hears while somebody rings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Ringback {
    #[schemars(extend("x-reading" = "ignored", "x-why" = "`group` and `ring_group` have a `ringback` of their own"))]
    pub early: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "`group` and `ring_group` have a `ringback` of their own"))]
    pub transfer: Option<String>,
}
