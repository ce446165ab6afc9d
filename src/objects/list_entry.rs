//! One entry of a list. Its id is `LIST/ENTRY`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number, a prefix, or a pattern of numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ListEntry {
    pub number: Option<String>,
    pub prefix: Option<String>,
    /// A regular expression.
    pub pattern: Option<String>,
    /// The same; the older name.
    pub regexp: Option<String>,
    pub name: Option<String>,
    pub displayname: Option<String>,
    pub cid_name: Option<String>,
    pub capture_group_key: Option<String>,
    pub capture_group_length: Option<u32>,
}
