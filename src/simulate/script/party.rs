//! The phone's side of a channel: what it heard and what became of its call.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::simulate::channels::Identity;
use crate::simulate::log::Heard;

/// The phone's side of a channel. Outlives the channel.
#[derive(Debug)]
pub(in crate::simulate) struct Party {
    pub(in crate::simulate) endpoint: String,
    /// Counts parties, for their order.
    pub(in crate::simulate) since: u64,
    /// Whom it was shown as its caller, of one that was called.
    pub(in crate::simulate) shown: Option<Identity>,
    pub(in crate::simulate) heard: Vec<Heard>,
    /// SIP responses that this caller got, the final one last.
    pub(in crate::simulate) responses: Vec<u16>,
    /// Digits that Asterisk sent to it.
    pub(in crate::simulate) digits: String,
    /// When it talked, and may yet talk.
    pub(in crate::simulate) talk: Vec<(Instant, Instant)>,
    pub(in crate::simulate) sends_audio: bool,
    pub(in crate::simulate) continued: Option<Continued>,
    pub(in crate::simulate) ended: Option<Ended>,
}

impl Party {
    pub(in crate::simulate) fn new(endpoint: &str, since: u64, sends_audio: bool) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            since,
            shown: None,
            heard: Vec::new(),
            responses: Vec::new(),
            digits: String::new(),
            talk: Vec::new(),
            sends_audio,
            continued: None,
            ended: None,
        }
    }
}

/// How a call ended for a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Since the fake's start.
    pub at: Duration,
    /// The phone hung up, or gave up; otherwise Asterisk did.
    pub by_phone: bool,
    /// Q.850.
    pub cause: u16,
    /// The final SIP response of a call that was never answered.
    pub sip: Option<u16>,
}

/// Where in the dialplan a call was sent, with its variables at that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continued {
    pub context: String,
    pub extension: String,
    pub priority: i64,
    pub label: Option<String>,
    pub variables: BTreeMap<String, String>,
}

/// What a context of the dialplan does with a call that `continue` sends there:
/// takes its time, sets variables, and runs `Stasis()` again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    pub takes: Duration,
    pub sets: Vec<(String, String)>,
}
