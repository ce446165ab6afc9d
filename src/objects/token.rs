//! What opens the API for an account. Its id is the token's SHA-256; the token
//! itself is stored nowhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Token {
    /// For whoever reads the list.
    pub name: String,
}
