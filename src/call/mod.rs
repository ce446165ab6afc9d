//! One call: a task that owns its legs, keys, recordings and timers, and the
//! operations that can be done to it.
//!
//! A [`Call`] belongs to exactly one task, and every operation takes `&mut
//! self`: an operation sends its request and then *is* the event loop until its
//! event arrives. There are no locks, no callbacks and no shared state.
//!
//! Everything that the call must remember is in [`State`], which can be written
//! down at any moment; a call that is dropped and built again from it goes on as
//! if nothing had happened (`checkpoint`, `journal`).

mod absorb;
mod cause;
mod checkpoint;
mod close;
mod detect;
mod facts;
mod journal;
mod kept;
mod keys;
mod latency;
mod leg;
mod library;
pub mod live;
mod mailbox;
mod messages;
pub mod ops;
pub mod originate;
mod outside;
pub mod queues;
mod resync;
pub mod rooms;
mod services;
mod settle;
mod state;
mod stored;
mod told;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::ari::{self, Delivery, Event, Objects};
use crate::clock;
use crate::id::CallId;
use crate::trace::{Kind, Trace};

pub use cause::Cause;
pub use checkpoint::{Checkpoints, MemoryCheckpoints};
pub use close::Closed;
pub use detect::Detecting;
pub use facts::{Facts, SipFacts};
pub use journal::Step;
pub use kept::{AfterBridge, Kept, Notice, Presentation};
pub use keys::KeyBuffer;
pub use latency::{ACT, ASK, Latency};
pub use leg::{Leg, LegState, Prepared, Stage};
pub use messages::{Keeping, Left, Waiting};
pub use ops::{DialSoFar, LegCall};
pub use outside::{HungUp, KnownEndpoint};
pub use services::Services;
pub use state::{Gone, State, Track};
pub use stored::Matched;
pub use told::{CallbackTarget, Notify};

/// Why an operation stopped early. It crosses verbs and modules with `?`: it
/// always means that the call changed under them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Interrupt {
    /// The caller is gone.
    #[error("the caller is gone")]
    Gone,
    /// The verb that waits while an aside runs has news.
    #[error("a verb that waits has news")]
    Called,
    /// The call is sent elsewhere from outside.
    #[error("the call is sent elsewhere")]
    Sent,
    /// pivot ends, and the time for draining is over.
    #[error("pivot is shutting down")]
    Shutdown,
}

/// A call, owned by its task.
pub struct Call {
    pub(crate) state: State,
    ari: ari::Client,
    objects: Objects,
    mailbox: mpsc::Receiver<Delivery>,
    /// Events that a resync has found out about.
    backlog: VecDeque<Event>,
    /// Events were missed, and what they would have told is not known yet.
    missed: bool,
    services: Arc<Services>,
    trace: Trace,
    /// Operations of the current step are still being replayed.
    resuming: bool,
    pub(crate) latency: Latency,
    /// It ends in its own time; pivot's end does not cut that short.
    closing: bool,
    /// What was said about stored documents.
    odd: HashSet<String>,
}

impl Call {
    /// A call that has just entered Stasis.
    pub fn new(
        state: State,
        mailbox: mpsc::Receiver<Delivery>,
        objects: Objects,
        services: Arc<Services>,
        trace: Trace,
    ) -> Self {
        let ari = services.ari.clone();
        Self {
            state,
            ari,
            objects,
            mailbox,
            backlog: VecDeque::new(),
            missed: false,
            services,
            trace,
            resuming: false,
            latency: Latency::default(),
            closing: false,
            odd: HashSet::new(),
        }
    }

    /// A call whose task is gone, built again from its checkpoint. Its objects
    /// are registered before anything is asked about them.
    pub async fn resume(
        state: State,
        mailbox: mpsc::Receiver<Delivery>,
        objects: Objects,
        services: Arc<Services>,
        trace: Trace,
    ) -> Self {
        for object in state.objects() {
            objects.register(object);
        }
        let mut call = Self::new(state, mailbox, objects, services, trace);
        call.resuming = true;
        call.trace
            .write(Kind::Decision, "goes on from its checkpoint");
        call.resync().await;
        call
    }

    pub fn id(&self) -> &CallId {
        &self.state.id
    }

    pub fn facts(&self) -> &Facts {
        &self.state.facts
    }

    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    pub fn is_answered(&self) -> bool {
        self.state.answered.is_some()
    }

    pub fn is_gone(&self) -> bool {
        self.state.gone.is_some()
    }

    /// Something is not as its author meant it; the call goes on.
    pub fn warn(&self, text: impl Into<String>) {
        self.trace.write(Kind::Warning, text);
    }

    /// What pivot decided, and why.
    pub fn note(&self, text: impl Into<String>) {
        self.trace.write(Kind::Decision, text);
    }

    /// BCP-47, as the flow has set it; else the channel's.
    pub fn language(&self) -> &str {
        &self.state.language
    }

    pub fn set_language(&mut self, language: &str) {
        language.clone_into(&mut self.state.language);
    }

    /// Keys by the name of their collection (Callflow's `collect_dtmf`).
    pub fn collections(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.state.collections
    }

    pub fn collections_mut(&mut self) -> &mut serde_json::Map<String, serde_json::Value> {
        &mut self.state.collections
    }

    /// Custom-Application-Vars.
    pub fn custom_vars(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.state.custom_vars
    }

    pub fn custom_vars_mut(&mut self) -> &mut serde_json::Map<String, serde_json::Value> {
        &mut self.state.custom_vars
    }

    /// What is sent with every further request of this session (TwiML's Set).
    pub fn set_variable_for_requests(&mut self, key: &str, value: &str) {
        let variables = &mut self.state.request_variables;
        match variables.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => value.clone_into(old),
            None => variables.push((key.to_owned(), value.to_owned())),
        }
    }

    /// The request that is made if the caller hangs up before `forget_owed`.
    /// A verb that is entered again after the call was picked up owes it already.
    pub fn owe(&mut self, owed: ops::Owed) {
        if self.state.owed.last() != Some(&owed) {
            // What it reports on is yet to be recorded.
            self.state.last_recording = None;
            self.state.owed.push(owed);
            self.checkpoint();
        }
    }

    /// The verb ended by itself and reports with the request that it decides on.
    /// That one is made even if the caller hangs up before it is sent.
    pub fn forget_owed(&mut self) {
        self.state.owed.pop();
        self.state.reporting = true;
        self.checkpoint();
    }

    /// `twilio` switches to Twilio's ways where pivot's default differs.
    pub fn is_twilio(&self) -> bool {
        self.state.twilio_profile
    }

    /// A document of `[flows] dir`, by the id that a node gives.
    pub async fn flow_file(
        &mut self,
        id: &str,
    ) -> Result<Result<Vec<u8>, FlowFileError>, Interrupt> {
        let dir = self.services.flows_dir.clone();
        let id = id.to_owned();
        self.during(read_flow_file(dir, id)).await
    }

    /// Milliseconds since the call began, for the trace's readers.
    pub fn age(&self) -> std::time::Duration {
        clock::now().since(self.state.began)
    }
}

/// Why a stored flow cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FlowFileError {
    #[error("{0:?} is no id of a stored document: letters, digits, `.`, `-` and `_` only")]
    BadId(String),
    #[error("no document {id:?} in {dir} ([flows] dir)")]
    Missing { id: String, dir: String },
    #[error("{path}: {error}")]
    Io { path: String, error: std::io::Error },
}

/// An id comes from a document, so it may never be a path.
async fn read_flow_file(dir: std::path::PathBuf, id: String) -> Result<Vec<u8>, FlowFileError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if id.is_empty() || id.starts_with('.') || !id.chars().all(plain) {
        return Err(FlowFileError::BadId(id));
    }
    for name in [format!("{id}.json"), id.clone()] {
        let path = dir.join(name);
        match tokio::fs::read(&path).await {
            Ok(bytes) => return Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(FlowFileError::Io {
                    path: path.display().to_string(),
                    error,
                });
            }
        }
    }
    Err(FlowFileError::Missing {
        id,
        dir: dir.display().to_string(),
    })
}
