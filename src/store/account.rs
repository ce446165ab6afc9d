//! Whose a stored thing is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An account: 32 hex digits, as in Kazoo's URLs. With `AC` in front it is the
/// `AccountSid` of TwiML.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// From a URL or a document: with or without `AC`, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text
            .strip_prefix("AC")
            .unwrap_or(text)
            .to_ascii_lowercase();
        let fine = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        fine.then(|| Self(hex.into()))
    }

    /// A new account.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_32_hex_digits_with_or_without_the_prefix() {
        let hex = "0123456789abcdef0123456789abcdef";
        let id = AccountId::parse(hex).unwrap();
        assert_eq!(AccountId::parse(&format!("AC{hex}")), Some(id.clone()));
        assert_eq!(AccountId::parse(&hex.to_ascii_uppercase()), Some(id));
        for bad in ["", "AC", "../../etc", &hex[1..], &format!("{hex}0")] {
            assert_eq!(AccountId::parse(bad), None, "{bad}");
        }
    }
}
