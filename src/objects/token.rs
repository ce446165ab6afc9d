//! What opens the API for an account. Its id is the token's SHA-256; the token
//! itself is stored nowhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Token {
    /// For whoever reads the list.
    #[schemars(extend("x-reading" = "kept"))]
    pub name: String,
    /// Gregorian seconds; none = it works until it is taken back.
    pub expires: Option<i64>,
    /// What a user has logged in with; the token works as long as that does.
    pub credential: Option<String>,
}

impl Token {
    /// What the store knows a token by.
    pub fn id_of(token: &str) -> String {
        let hash = Sha256::digest(token);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
