//! What calls and rooms say to each other.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::call::Notify;
use crate::clock::Time;
use crate::config::Method;
use crate::id::{AccountId, CallId};
use crate::trace::Trace;

/// How a caller wants to be in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    /// The room's name; it is opened when nobody is in it.
    pub name: String,
    /// Another name for the participant, of which a room has each once.
    pub label: Option<String>,
    /// Hears and is not heard.
    pub muted: bool,
    /// Is heard and does not hear.
    pub deaf: bool,
    pub beep: Beep,
    pub sounds: Sounds,
    /// The conference may begin with this participant.
    pub starts: bool,
    /// Enters also while the conference is locked.
    #[serde(default)]
    pub passes_lock: bool,
    /// It ends when this participant leaves.
    pub ends: bool,
    /// No more participants than this.
    pub most: u32,
    /// The CallSid of the participant who alone hears this one.
    pub coach: Option<String>,
    /// For whoever asks who is there.
    #[serde(default)]
    pub moderator: bool,
    pub rules: Rules,
}

/// What the first participant decides for the whole room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Which events are told, and where.
    pub status: Option<Notify>,
    pub record: bool,
    /// Cut silence from both ends of the recording.
    pub trim: bool,
    /// Where the recording is told: `in-progress`, `completed`, `absent`.
    pub recording: Option<Notify>,
}

/// When the others hear a beep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beep {
    pub enter: bool,
    pub exit: bool,
}

/// What the others hear beside the beep: media URIs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sounds {
    pub enter: Vec<String>,
    pub exit: Vec<String>,
}

/// What a room answers to somebody who wants to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    In {
        /// The ConferenceSid.
        room: String,
        /// None while the conference has not begun.
        bridge: Option<String>,
        /// The channel of the participant who is coached.
        coached: Option<String>,
    },
    Refused(Refusal),
    /// The conference ends just now, and another of the same name may be opened.
    Over,
}

/// Why somebody may not enter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the conference is full: it has {0} participants")]
    Full(usize),
    #[error("16025: the conference has a participant labelled {0:?} already")]
    LabelTaken(String),
    #[error(
        "13240: no participant of the conference has the CallSid {0:?}, so nobody can be coached"
    )]
    NobodyToCoach(String),
    #[error("the conference is locked")]
    Locked,
    #[error("the conference has ended")]
    Over,
}

/// What may be ordered of a running conference from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    Mute {
        call: CallId,
        on: bool,
    },
    /// Whether this participant hears nothing of the others.
    Deafen {
        call: CallId,
        on: bool,
    },
    /// Whether nobody comes in any more but those whom that does not stop.
    Lock(bool),
    /// With a sound: the participant hears that alone. Without: is back.
    Hold {
        call: CallId,
        hold: Option<Hold>,
    },
    /// This participant leaves.
    Kick {
        call: CallId,
    },
    /// Locks the conference, or opens it again; those inside hear which.
    ToggleLock {
        /// Media URIs.
        locked: Vec<String>,
        unlocked: Vec<String>,
    },
    /// Everybody hears these media URIs.
    Play(Vec<String>),
    /// Records from here on, once two are together, or no more.
    Record(bool),
    /// All leave.
    End,
}

/// A running conference, for whoever asks from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The ConferenceSid.
    pub room: String,
    pub started: Option<Time>,
    pub locked: bool,
    /// In the order in which they came.
    pub participants: Vec<Seen>,
}

/// A participant, for whoever asks from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The so-manieth who came, from 1.
    pub number: u32,
    pub call: CallId,
    pub moderator: bool,
    pub muted: bool,
    pub deaf: bool,
    pub since: Time,
}

/// What a participant hears who was put on hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Absolute. None = music.
    pub url: Option<String>,
    pub method: Method,
}

/// A call's request to enter.
pub(super) struct Enter {
    pub(super) call: CallId,
    /// Whose room it is.
    pub(super) account: AccountId,
    pub(super) channel: String,
    /// It was in this room already.
    pub(super) again: Option<String>,
    pub(super) entrance: Entrance,
    pub(super) trace: Trace,
    pub(super) answer: oneshot::Sender<Entered>,
}

/// What a call remembers of the conference that it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InRoom {
    /// The ConferenceSid; none until the room has answered.
    pub room: Option<String>,
    /// None while the conference has not begun.
    pub bridge: Option<String>,
    /// When the caller first joined.
    pub joined: Option<Time>,
    /// The caller's channel is in the bridge, or coaches.
    pub inside: bool,
    /// Is not to be heard.
    pub muted: bool,
    /// The channel is muted.
    pub silenced: bool,
    /// Is not to hear the others.
    #[serde(default)]
    pub deaf: bool,
    /// The channel hears nothing.
    #[serde(default)]
    pub deafened: bool,
    pub held: Option<Hold>,
    /// How often so far.
    pub holds: u32,
    /// It has ended, or the participant is to leave.
    pub over: bool,
    /// The channel of the participant who alone hears this one.
    pub coached: Option<String>,
    pub coaching: Option<Coaching>,
    /// Keys since here are not obeyed yet.
    pub mark: u64,
    /// Sounds that the caller alone was told something by.
    #[serde(default)]
    pub told: u32,
}

/// A coach is not in the conference's bridge, but in one with a snoop channel on
/// the coached participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coaching {
    pub snoop: String,
    pub bridge: String,
}
