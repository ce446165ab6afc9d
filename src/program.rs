//! What every layer may say about control flow.
//!
//! The two languages keep their own interpreters; what their verbs and modules
//! decide is said in these words, and `flow` carries it out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::Cause;
use crate::callflow::Node;
use crate::config::{BodyFormat, Method, ReqFormat};
use crate::twiml::Document;

/// Instructions that a call can run.
#[derive(Debug, Clone)]
pub enum Program {
    TwiMl(Arc<Document>),
    Callflow(Arc<Node>),
}

/// What a verb or module decides about what comes next.
#[derive(Debug, Clone)]
pub enum Flow {
    /// TwiML: the next sibling. Callflow: child `_`.
    Next,
    /// Callflow: this child, else `_`.
    Child(String),
    /// Callflow: run this, then go on with this node's child `_`.
    Branch(Arc<Node>),
    /// Callflow: run this in place of this flow and of all that called it.
    Replace(Arc<Node>),
    /// Leave this document for the answer to this request.
    Fetch(Request),
    /// TwiML: run the answer to this request beside this verb, which waits for
    /// something and is entered again when that document ends or news come.
    Aside(Box<Aside>),
    /// TwiML: end of a document that runs beside a verb, and of that verb's waiting.
    Leave,
    /// TwiML: this document cannot go on. What comes then is the failure ladder's.
    Failed(Failure),
    /// Callflow: a new pivot session; if nothing comes of it, child `_`.
    Pivot(Box<Pivot>),
    /// Callflow: end of this flow. Goes on after the `Branch` that led here; hangs up when there was none.
    Stop(Option<Cause>),
    /// End of the call's instructions, whatever called them.
    End(End),
}

/// Why a document cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Twilio's code.
    pub code: u32,
    /// What could not be had.
    pub url: String,
    pub reason: String,
}

/// How a call's instructions end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Hang up, with this cause if given (normal clearing otherwise).
    Hangup(Option<Cause>),
    /// Hand the channel back to the dialplan: at its next step, or at the given place.
    Dialplan {
        context: Option<String>,
        extension: Option<String>,
        priority: Option<u32>,
    },
    /// Something else controls the channel now.
    Gone,
}

/// A document that runs beside a verb, on the same channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    pub request: Request,
    pub kind: AsideKind,
}

/// What a document beside a verb is for; it says which verbs it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AsideKind {
    /// `waitUrl` of `<Enqueue>`.
    QueueWait,
    /// `waitUrl` of `<Conference>`.
    ConferenceWait,
    /// `url` of `<Queue>`, heard by the caller who leaves the queue.
    QueueGreeting,
}

/// How a document beside a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AsideEnd {
    /// It came to its end.
    Finished,
    /// By `<Leave>`.
    Left,
    /// It could not be fetched or run; the trace says why.
    Failed,
    /// News came; `take_news` has them.
    Called,
}

/// A request for the next document of this session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// As written; relative to the current document. Empty = the current document.
    pub url: String,
    /// None = the session's `verb_method`.
    pub method: Option<Method>,
    /// What this verb adds to the session's parameters.
    pub params: Vec<(String, String)>,
    /// Who asks, for the trace: `Gather action`.
    pub why: String,
}

/// A pivot session: the fields of Kazoo's `pivot` module and of `[default]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pivot {
    pub voice_url: String,
    pub method: Method,
    pub req_format: ReqFormat,
    pub req_body_format: BodyFormat,
    /// None = 15000 in `twiml`, 5000 in `kazoo`.
    pub req_timeout_ms: Option<u64>,
    pub custom_request_headers: Vec<(String, String)>,
    pub cdr_url: Option<String>,
    pub fallback_url: Option<String>,
    pub fallback_method: Method,
    pub debug: bool,
}
