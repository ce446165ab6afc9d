//! Queues: the caller's side, who waits and is connected, and the agent's, who
//! takes the oldest and owns the bridge.
//!
//! ```text
//! caller: joins ─► waits ─► Taken ─► greeting ─► Ready ──►          ─► adds itself ─► Joined ─► … Ended
//! agent:  takes ─────────► Offered … ringing …          ─► bridge, Join ─►               talks ─► …
//! ```
//!
//! Each call's own task moves its own channel. Whoever leaves says so to the
//! queues, which tell the other one.

mod agent;
mod agents;
mod caller;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DialOutcome, DialRecording, RecordingRef};
use crate::call::Call;
use crate::call::queues::Key;
use crate::clock::Time;
use crate::id::CallId;
use crate::news::{News, QueueNews};
use crate::program::Request;

pub use caller::Connected;

/// What a call must remember of the queue that its caller waits in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    pub name: String,
    pub since: Time,
    #[serde(default)]
    pub priority: u32,
    /// None while nobody has answered that the caller is in it.
    pub sid: Option<String>,
    pub stay: u64,
    /// An agent has taken the caller.
    pub taken: Option<Time>,
    /// The two were put together.
    pub bridged: bool,
}

/// How a stay in a queue ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enqueued {
    pub result: QueueResult,
    pub queue: Option<String>,
    pub waited: Duration,
}

/// `QueueResult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueResult {
    /// The conversation with an agent is over.
    Bridged,
    /// The caller left after an agent had come and before they talked.
    BridgingInProcess,
    Error,
    Hangup,
    Leave,
    QueueFull,
    Redirected,
    SystemError,
}

impl QueueResult {
    pub fn twilio(self) -> &'static str {
        match self {
            Self::Bridged => "bridged",
            Self::BridgingInProcess => "bridging-in-process",
            Self::Error => "error",
            Self::Hangup => "hangup",
            Self::Leave => "leave",
            Self::QueueFull => "queue-full",
            Self::Redirected => "redirected",
            Self::SystemError => "system-error",
        }
    }
}

/// Takes the oldest caller of a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dequeue {
    pub queue: String,
    /// This call, whatever it does, instead of the oldest of a queue. It has the
    /// timeout to let itself be taken.
    pub call: Option<CallId>,
    /// How long to wait for somebody to come.
    pub timeout: Duration,
    /// How long the two may talk.
    pub time_limit: Option<Duration>,
    pub hangup_on_star: bool,
    pub record: Option<DialRecording>,
    /// What the caller hears before the two are put together; absolute.
    pub greeting: Option<Request>,
}

/// What a call must remember of the caller whom it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dequeuing {
    /// None while nobody has come.
    pub caller: Option<CallId>,
    pub queue: Option<String>,
    pub waited: Duration,
    pub bridged: Option<Time>,
}

/// How taking a caller from a queue ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dequeued {
    pub outcome: DialOutcome,
    /// The queue's sid; none for a queue that is not there.
    pub queue: Option<String>,
    pub caller: Option<CallId>,
    /// How long that caller had waited.
    pub waited: Duration,
    pub talked: Duration,
    pub recording: Option<RecordingRef>,
}

impl Dequeued {
    /// There is no such queue.
    pub fn failed() -> Self {
        Self {
            outcome: DialOutcome::Failed,
            queue: None,
            caller: None,
            waited: Duration::ZERO,
            talked: Duration::ZERO,
            recording: None,
        }
    }

    /// `DequeueResult`; none when nobody came.
    pub fn result(&self) -> Option<&'static str> {
        match self.outcome {
            DialOutcome::Completed => Some("bridged"),
            DialOutcome::Failed => Some("error"),
            _ => None,
        }
    }
}

impl Call {
    fn queue_key(&self, name: &str) -> Key {
        Key {
            asterisk: self.services.config.ari.name.clone(),
            account: self.account().to_string(),
            name: name.to_owned(),
        }
    }

    /// The oldest of the news about this stay in a queue. What else there is has
    /// come too late to matter.
    pub(in crate::call) fn queue_news(
        &mut self,
        is: impl Fn(&QueueNews) -> bool,
    ) -> Option<QueueNews> {
        while let Some(news) = self.take_news() {
            if let News::Queue(news) = news
                && is(&news)
            {
                return Some(news);
            }
        }
        None
    }

    /// How many wait in a queue.
    pub async fn waiting_in(&self, name: &str) -> usize {
        let key = self.queue_key(name);
        self.services.queues.waiting(key).await
    }

    /// The call is at neither end of a queue any more.
    pub fn leave_queues(&mut self) {
        let queued = self.state.queued.take().is_some();
        if self.state.dequeuing.take().is_some() || queued {
            self.services.queues.leave(&self.state.id);
        }
    }
}
