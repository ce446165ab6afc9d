//! What the queues are asked and answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::id::CallId;
use crate::news::{Offer, QueueNews, Taken};

/// What names a queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// `[ari] name`.
    pub asterisk: String,
    pub account: String,
    pub name: String,
}

/// Where in the queue: whoever has the higher priority, then who came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub since: Time,
    #[serde(default)]
    pub priority: u32,
}

impl Place {
    pub fn new(since: Time) -> Self {
        Self { since, priority: 0 }
    }

    pub(super) fn is_not_after(self, other: Self) -> bool {
        (std::cmp::Reverse(self.priority), self.since)
            <= (std::cmp::Reverse(other.priority), other.since)
    }
}

/// What became of a caller who wants to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Join {
    Waits {
        stay: u64,
        queue: String,
    },
    /// An agent was waiting already.
    Taken {
        stay: u64,
        queue: String,
        taken: Taken,
    },
    Full {
        queue: String,
    },
}

/// What became of an agent who wants the oldest caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    Caller(Offer),
    /// Nobody is there; the next who comes is offered.
    Waits,
    /// Nobody has ever joined a queue of this name.
    Unknown,
}

/// A queue as one who waits in it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub sid: String,
    /// The first has 1.
    pub position: usize,
    pub size: usize,
    pub max: u32,
    pub waited: Duration,
    /// Of those who wait now.
    pub average: Duration,
}

/// One of those who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Front,
    Call(CallId),
}

/// What somebody is to be told.
pub(in crate::call::queues) type Told = (CallId, QueueNews);
