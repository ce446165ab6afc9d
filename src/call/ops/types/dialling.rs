//! Whom a caller is connected with, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DialRecording, Keys, RecordingRef, Sound};
use crate::call::{CallbackTarget, Cause, Notify};
use crate::config::Method;
use crate::id::CallId;

/// Rings one or more parties, and connects the caller with the first who answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Dial {
    pub targets: Vec<Target>,
    /// Nobody is rung: the caller is connected with whom the caller of that call
    /// talks with, who is hung up.
    pub take_from: Option<CallId>,
    /// One after the other, each for the whole timeout, instead of all at once.
    pub sequential: bool,
    /// How long they ring.
    pub timeout: Duration,
    /// How long the caller may talk with the one who answered.
    pub time_limit: Option<Duration>,
    /// None = the caller's own.
    pub caller_id: Option<CallerId>,
    /// The caller's `*` ends the conversation.
    pub hangup_on_star: bool,
    /// Keys of the caller that end the ringing.
    #[serde(default)]
    pub give_up_on: Keys,
    pub record: Option<DialRecording>,
    /// The caller hears ringback rather than the callee's early media.
    pub ignore_early_media: bool,
    /// The ringback tone that the caller hears whatever the callee's side sends:
    /// a tone of Asterisk's `indications.conf`, or as that file describes one
    /// (`425/1000,0/4000`).
    pub ring_tone: Option<String>,
    /// What the caller hears over and over instead, until somebody answers.
    pub ringback: Vec<Sound>,
    /// Without such sounds: Asterisk's music on hold instead of ringing.
    #[serde(default)]
    pub music: bool,
    /// One who is busy or refuses ends the ringing of all.
    pub fail_on_single_reject: bool,
    pub on_refer: OnRefer,
}

/// What becomes of a REFER that the called party sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnRefer {
    /// Asterisk carries it out, as its dialplan says.
    #[default]
    Asterisk,
    /// The party is told 404, and the conversation goes on.
    Refused,
    /// The conversation ends, and whom the party wanted for the caller is told.
    Told,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    pub endpoint: Endpoint,
    /// Before this leg is dialled.
    pub delay: Duration,
    /// How long this leg rings, from its own start.
    pub timeout: Option<Duration>,
    /// Whom it sees as its caller; None = as the Dial says.
    pub caller_id: Option<CallerId>,
    /// SIP headers of its INVITE.
    pub headers: Vec<(String, String)>,
    /// Variables of its channel, which the dialplan behind a `Local/` reads.
    pub variables: Vec<(String, String)>,
    /// It is busy while it has another call.
    pub only_if_free: bool,
    /// How long nothing may be heard of it before it is given up.
    pub progress: Option<Duration>,
    /// Whose credentials answer a SIP challenge (`[dial] sip_accounts`).
    pub username: Option<String>,
    /// Who is told how far it is.
    pub notify: Option<Notify>,
    /// Whether a machine has answered is found out, beside the conversation.
    pub detection: Option<Detection>,
    /// Keys sent to it when it has answered; `w` waits half a second, `W` a whole one.
    pub send_digits: Option<String>,
    /// What it hears before it is connected.
    pub screen: Option<Screen>,
    /// The agent of a queue whose phone it is.
    pub agent: Option<String>,
}

/// How a machine that answers is told from a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// The verdict on a machine waits for the end of its message.
    pub to_end: bool,
    /// Of the whole.
    pub timeout: Duration,
    /// Who talks for longer at first is a machine.
    pub speech_threshold: Duration,
    /// Silence that ends what is said.
    pub speech_end_threshold: Duration,
    /// Silence from the beginning after which nothing can be said.
    pub silence_timeout: Duration,
    /// Who is told.
    pub notify: Option<CallbackTarget>,
}

impl Default for Detection {
    fn default() -> Self {
        Self {
            to_end: false,
            timeout: Duration::from_secs(30),
            speech_threshold: Duration::from_millis(2400),
            speech_end_threshold: Duration::from_millis(1200),
            silence_timeout: Duration::from_millis(5000),
            notify: None,
        }
    }
}

/// What the one who answered goes through first, as a call of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Screen {
    /// The end of this document connects; its hang-up refuses.
    Document {
        /// Absolute.
        url: String,
        /// None = the session's `verb_method`.
        method: Option<Method>,
    },
    /// A key connects; another one, or none, refuses.
    Key(Confirm),
}

/// Asks whoever answered for a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirm {
    pub prompts: Vec<Sound>,
    pub accept: Keys,
    /// From the end of the prompts.
    pub within: Duration,
}

impl Target {
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            delay: Duration::ZERO,
            timeout: None,
            caller_id: None,
            headers: Vec::new(),
            variables: Vec::new(),
            only_if_free: false,
            progress: None,
            username: None,
            notify: None,
            detection: None,
            send_digits: None,
            screen: None,
            agent: None,
        }
    }
}

/// Who is called; `[dial]` says how that is written for Asterisk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Endpoint {
    Number(String),
    Sip(String),
    User(String),
    Device(String),
    Client(String),
    /// A phone that asks for another user part in its INVITE.
    Invited {
        device: String,
        user: String,
    },
    /// A number by a trunk's own template, such as `PJSIP/{number}@carrier`.
    Trunk {
        template: String,
        number: String,
    },
    /// A number that a callflow of this pivot's takes.
    Internal(String),
}

impl Endpoint {
    /// As web applications are told it: numbers as they are, clients as `client:name`.
    pub fn told(&self) -> String {
        match self {
            Self::Number(number) => number.clone(),
            Self::Sip(uri) => uri.clone(),
            Self::Client(name) => format!("client:{name}"),
            Self::User(id) | Self::Device(id) | Self::Invited { device: id, .. } => id.clone(),
            Self::Trunk { number, .. } | Self::Internal(number) => number.clone(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerId {
    pub number: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialled {
    pub outcome: DialOutcome,
    /// Why the last leg ended.
    pub cause: Cause,
    /// The SIP code, where Asterisk tells it.
    pub sip_code: Option<u16>,
    /// CallSid of the leg that answered, else of the last one that ended.
    pub leg: Option<String>,
    /// It was connected with the caller.
    pub bridged: bool,
    /// Its SIP Call-ID; none for other technologies.
    pub call_id: Option<String>,
    /// `X-` headers of the SIP response that answered.
    pub headers: Vec<(String, String)>,
    /// Refer-To of the REFER by which it ended the conversation.
    #[serde(default)]
    pub referred: Option<String>,
    /// From its answer to its end; zero when it was never answered.
    pub talked: Duration,
    pub recording: Option<RecordingRef>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialOutcome {
    /// Somebody answered; the conversation is over.
    Completed,
    Busy,
    NoAnswer,
    Failed,
    /// The caller left first.
    Canceled,
}

impl DialOutcome {
    /// `DialCallStatus`.
    pub fn twilio(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}
