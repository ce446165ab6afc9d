//! What a user logs in to the API with. Its id is worked out of name and password by
//! a slow function, and neither is stored.

use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::id::AccountId;

/// Rounds of the slow function.
const ROUNDS: u32 = 60_000;

/// A way in for a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Credential {
    /// The user's id.
    pub user: String,
}

impl Credential {
    /// What the store knows it by: PBKDF2-HMAC-SHA256 of what clients send, which is the
    /// MD5 or SHA-1 of `name:password` in hexadecimal digits. Takes a while.
    pub fn id_of(account: &AccountId, sent: &str) -> String {
        let sent = sent.to_ascii_lowercase();
        let Ok(keyed) = Hmac::<Sha256>::new_from_slice(sent.as_bytes()) else {
            return String::new();
        };
        let mut first = keyed.clone();
        first.update(account.as_str().as_bytes());
        first.update(&1_u32.to_be_bytes());
        let mut block = first.finalize().into_bytes();
        let mut all = block;
        for _ in 1..ROUNDS {
            let mut next = keyed.clone();
            next.update(&block);
            block = next.finalize().into_bytes();
            for (sum, byte) in all.iter_mut().zip(block) {
                *sum ^= byte;
            }
        }
        all.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
