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
    pub(in crate::simulate) on_refer: OnRefer,
    /// Refer-To of the REFER that it got.
    pub(in crate::simulate) referred: Option<String>,
    /// What it was told of the call that its own REFER asked for.
    pub(in crate::simulate) refer_told: Vec<u16>,
}

/// What a phone does about a REFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnRefer {
    /// The answer to it.
    pub answer: u16,
    /// The last that it tells of the new call, a moment later.
    pub told: Option<u16>,
    /// Hangs up when it has told that.
    pub leaves: bool,
}

impl OnRefer {
    /// Accepts it, and tells this code.
    pub fn follow(code: u16) -> Self {
        Self {
            answer: 202,
            told: Some(code),
            leaves: false,
        }
    }

    pub fn refuse(code: u16) -> Self {
        Self {
            answer: code,
            told: None,
            leaves: false,
        }
    }

    #[must_use]
    pub fn and_leave(self) -> Self {
        Self {
            leaves: true,
            ..self
        }
    }
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
            on_refer: OnRefer::follow(200),
            referred: None,
            refer_told: Vec::new(),
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
