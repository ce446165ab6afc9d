//! Calls that pivot makes of its own accord: somebody is rung, and who answers is in a
//! call like any other.
//!
//! ```text
//! a module, a message ─► Originations ─► lines: pauses, conditions ─► the desk ─► a call
//!                                          ▲                                      │
//!                                          └───────── Reached ◄───────────────────┘
//! ```
//!
//! They are of one process, and go with it.

mod lines;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::ops::CallerId;
use crate::clock::Time;
use crate::id::AccountId;
use crate::news::Destination;

pub use lines::Lines;

/// A call that is to be made, once or until it has reached somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origination {
    /// Those with the same line are made one after the other, in the order in which they
    /// were asked for.
    pub line: String,
    /// For whom; a second one for the same in the same line is none.
    pub party: String,
    /// Whose stored things it may use; none = the configuration's own account.
    pub account: Option<AccountId>,
    pub internal: bool,
    pub ring: Ring,
    pub rings_for: Duration,
    /// Phones are asked to answer by themselves.
    pub auto_answer: bool,
    /// Whom the phones that ring show.
    pub shown: CallerId,
    /// Who is called, as the caller of what comes then.
    pub caller: CallerId,
    /// What the one who answers hears or is connected with.
    pub then: Destination,
    pub when: When,
    /// What comes before each attempt; there are as many attempts.
    pub pauses: Vec<Duration>,
    /// No attempt begins later.
    pub until: Option<Time>,
    /// What makes further attempts needless.
    pub enough: Reached,
    /// For the trace.
    pub why: String,
}

/// Who is rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ring {
    Device(String),
    User(String),
    /// The phone of the callflow that has this number, or else somebody outside.
    Number(String),
}

/// What must be so before an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    Always,
    /// None of these endpoints (`PJSIP/alice`) is in a call. It is waited for.
    Free(Vec<String>),
    /// There are new messages in this box; else nobody is called any more.
    Unheard(String),
}

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reached {
    Nobody,
    /// Somebody has answered.
    Party,
    /// Who answered has talked with somebody.
    Other,
}

/// An attempt that the desk is asked for.
#[derive(Debug)]
pub struct Attempt {
    pub origination: Origination,
    /// Told when the call is over.
    pub over: oneshot::Sender<Reached>,
}

/// The end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Originations(mpsc::UnboundedSender<Origination>);

impl Originations {
    pub fn new() -> (Self, Lines) {
        let (queue, asked) = mpsc::unbounded_channel();
        (Self(queue), Lines::new(asked))
    }

    /// Has a call made. Nobody waits for it.
    pub fn add(&self, origination: Origination) {
        // Only fails while the process ends.
        self.0.send(origination).ok();
    }
}
