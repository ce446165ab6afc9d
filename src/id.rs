//! The ids pivot gives away.
//!
//! Everything that ARI lets a client name is named by us and derived from the
//! call: `pv-<call>-<document>.<step>.<op>`. An event can then be routed before
//! the response to the request that caused it has been read, and a call that is
//! picked up by another process knows what it had asked for.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What every id of ours in Asterisk begins with; the reaper looks for it.
pub const PREFIX: &str = "pv-";

/// Whether we made a channel of this id. The half of a Local channel that runs the
/// dialplan is named after ours, but may come in as a call like any other.
pub fn is_our_channel(id: &str) -> bool {
    id.starts_with(PREFIX) && !id.ends_with(";2")
}

/// A call: `CA` and 32 hex digits, for the whole life of the leg.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(Arc<str>);

impl CallId {
    /// A new call. Ids sort by the time they were made.
    #[expect(clippy::new_without_default, reason = "each new id is another one")]
    pub fn new() -> Self {
        Self(sid("CA").into())
    }

    /// A leg that becomes a call of its own keeps its CallSid.
    pub fn of_leg(sid: &str) -> Self {
        Self(sid.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 32 hex digits, which the ids of the call's objects begin with.
    pub fn hex(&self) -> &str {
        self.0.get(2..).unwrap_or_default()
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Twilio-shaped id: two letters and 32 hex digits.
pub fn sid(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::now_v7().simple())
}

/// The same, not guessable, for what is served without credentials.
pub fn secret_sid(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::new_v4().simple())
}

/// An account: 32 hex digits, as in Kazoo's URLs. With `AC` in front it is the
/// `AccountSid` of TwiML.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// From a URL or a document: with or without `AC`, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("AC").unwrap_or(text).to_ascii_lowercase();
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

/// An operation of a call. Counters only grow, so a document that redirects to
/// itself still gives new ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpId {
    pub call: CallId,
    pub document: u32,
    pub step: u32,
    pub op: u32,
}

impl OpId {
    /// The id of one of this operation's objects in Asterisk; `part` tells the
    /// objects of one operation apart.
    pub fn object(&self, part: &str) -> String {
        let Self {
            call,
            document,
            step,
            op,
        } = self;
        format!("{PREFIX}{}-{document}.{step}.{op}{part}", call.hex())
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.document, self.step, self.op)
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
