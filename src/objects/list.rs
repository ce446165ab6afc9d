//! A list of numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list; its entries are things of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct List {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    #[schemars(extend("x-reading" = "kept"))]
    pub description: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub list_type: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub org: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}
