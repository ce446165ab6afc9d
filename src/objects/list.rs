//! A list of numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list; its entries are things of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct List {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    pub description: Option<String>,
    pub list_type: Option<String>,
    pub org: Option<String>,
    pub flags: Vec<String>,
}
