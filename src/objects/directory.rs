//! A list of people who can be dialled by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A directory; users put themselves into it by their field `directories`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Directory {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// What is spelled: `first`, `last` or `both`.
    pub search_fields: SearchFields,
    /// `first_name` or `last_name`.
    pub sort_by: SortBy,
    /// Keys that a search needs, and two at the least.
    #[schemars(range(min = 1))]
    pub min_dtmf: u32,
    /// Keys after which a search begins at once; 0 = after a pause.
    pub max_dtmf: u32,
    /// A single hit is read out and must be confirmed.
    pub confirm_match: bool,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            name: String::new(),
            search_fields: SearchFields::Both,
            sort_by: SortBy::LastName,
            min_dtmf: 3,
            max_dtmf: 0,
            confirm_match: true,
            flags: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SearchFields {
    First,
    Last,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SortBy {
    FirstName,
    LastName,
}
