//! What webhooks were told, and how that went: for those who wonder why they hear nothing.

use std::collections::{HashMap, VecDeque};

use crate::clock::Time;
use crate::id::{AccountId, CallId};

/// So many are kept of an account.
const MOST: usize = 200;

/// One try to tell a webhook something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The webhook's id.
    pub hook: String,
    pub event: &'static str,
    pub call: CallId,
    pub at: Time,
    /// The server's answer; none = there was none.
    pub status: Option<u16>,
    /// Why it has failed; none = it has not.
    pub why: Option<String>,
    /// How often it is tried again.
    pub left: u32,
}

/// The last ones of each account.
#[derive(Debug, Default)]
pub(super) struct Attempts(HashMap<AccountId, VecDeque<Attempt>>);

impl Attempts {
    pub(super) fn add(&mut self, account: AccountId, attempt: Attempt) {
        let kept = self.0.entry(account).or_default();
        if kept.len() >= MOST {
            kept.pop_back();
        }
        kept.push_front(attempt);
    }

    pub(super) fn of(&self, account: &AccountId) -> Vec<Attempt> {
        let kept = self.0.get(account);
        kept.map(|kept| kept.iter().cloned().collect())
            .unwrap_or_default()
    }
}
