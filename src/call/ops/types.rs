//! The operations as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::{CallbackTarget, Cause, Notify};
use crate::config::Method;
use crate::id::CallId;
use crate::recordings::RecordingTrack;

/// A set of keys of the phone's pad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys(String);

impl Keys {
    pub const ALL: &str = "0123456789*#ABCD";

    /// The keys among the characters of `keys`.
    pub fn new(keys: &str) -> Self {
        Self(
            keys.chars()
                .map(|k| k.to_ascii_uppercase())
                .filter(|k| Self::ALL.contains(*k))
                .collect(),
        )
    }

    pub fn all() -> Self {
        Self(Self::ALL.into())
    }

    pub fn none() -> Self {
        Self::default()
    }

    /// These without some.
    pub fn but(&self, others: &Self) -> Self {
        Self(self.0.chars().filter(|k| !others.contains(*k)).collect())
    }

    pub fn contains(&self, key: char) -> bool {
        self.0.contains(key)
    }
}

/// What is to be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Plain text; SSML when `ssml` is set.
    pub text: String,
    pub ssml: bool,
    /// As the document names it; engines map it to what they have.
    pub voice: Option<String>,
    /// BCP-47, as in `en-US`.
    pub language: Option<String>,
    /// An engine of `[speech]`, when the document names one.
    pub engine: Option<String>,
}

/// Something that can be heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Sound {
    Speech(Utterance),
    /// An absolute http(s) URL of an audio file, fetched by pivot.
    Url(String),
    /// A media URI of Asterisk's own, as in `sound:hello-world`.
    Asterisk(String),
    Silence(Duration),
    Tone(Tone),
    /// Audio in pivot's media folder already, as in a spoken or stored prompt.
    Clip(String),
}

/// A tone that pivot generates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// Hertz, sounding together.
    pub frequencies: Vec<f32>,
    pub on: Duration,
    pub off: Duration,
    pub times: u32,
}

/// Plays sounds one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Play {
    pub sounds: Vec<Sound>,
    /// Keys that stop the whole.
    pub stop_on: Keys,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayEnd {
    Finished,
    Key(char),
    /// None of the sounds could be played. The trace has each.
    Failed(Unplayable),
}

/// Why a sound could not be played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why}")]
pub struct Unplayable {
    /// Twilio's code for it, where it has one.
    pub code: Option<u32>,
    pub why: String,
}

impl From<String> for Unplayable {
    fn from(why: String) -> Self {
        Self { code: None, why }
    }
}

/// Plays prompts while keys are collected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collect {
    pub prompts: Vec<Sound>,
    pub max: Option<usize>,
    /// Ends the collection and is not part of it.
    pub finish_on: Keys,
    /// From the end of the prompts to the first key.
    pub first: Duration,
    /// From each key to the next.
    pub between: Duration,
    /// Keys that count as pressed already. Other keys pressed before the
    /// collection began are not looked at.
    pub typed: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    pub digits: String,
    pub end: CollectEnd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectEnd {
    /// `max` reached.
    Full,
    Key(char),
    Timeout,
}

/// Records the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub max: Duration,
    /// Silence that ends it.
    pub silence: Option<Duration>,
    pub finish_on: Keys,
    pub beep: bool,
    /// Cut silence from both ends.
    pub trim: bool,
    /// As it is told; what is recorded is the caller.
    pub track: RecordingTrack,
    /// Who is told how it goes.
    pub notify: Option<Notify>,
    pub transcribe: Option<Transcribe>,
}

/// What is said in a recording is to be written down, and told to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcribe {
    pub callback: Option<CallbackTarget>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    pub end: RecordEnd,
    /// Length of the file before trimming.
    pub duration: Duration,
    /// None when nothing was recorded.
    pub recording: Option<RecordingRef>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordEnd {
    Key(char),
    Silence,
    MaxLength,
    Failed(String),
}

/// A finished recording in pivot's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingRef {
    /// `RE` and 32 hex digits.
    pub sid: String,
    /// Where web applications fetch it; `.wav` and `.mp3` may be appended.
    pub url: String,
    /// Of the file, after trimming.
    pub duration: Duration,
    /// Before trimming.
    pub recorded: Duration,
    pub channels: u16,
    /// Nothing but silence in it.
    pub silent: bool,
    /// Why Twilio calls it absent: 16101 too short, 16102 silent; 0 = it does not.
    pub error_code: u32,
}

/// A recording that runs beside the flow (Callflow's `record_call`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecording {
    pub format: AudioFormat,
    pub max: Duration,
    /// Shorter ones are thrown away.
    pub min: Duration,
    pub start: RecordingStart,
    pub upload: Option<Upload>,
    pub media_name: Option<String>,
    /// Caller left, callee right.
    pub dual: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingStart {
    Now,
    OnAnswer,
    OnBridge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AudioFormat {
    Wav,
    Mp3,
}

impl AudioFormat {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
        }
    }
}

/// Where a recording is sent: `<url>/call_recording_<Call-ID>.<ext>` with
/// Kazoo's query (spec/kazoo-pivot.md, 2.13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub url: String,
    /// `PUT`, `POST` or `PATCH`.
    pub method: String,
    /// Add `from`, `to`, … to the URL, as the Callflow modules do.
    pub query: bool,
}

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

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialRecording {
    pub from_ringing: bool,
    /// Caller left, callee right. One side alone is always mono.
    pub dual: bool,
    pub track: RecordingTrack,
    /// Cut silence from both ends.
    pub trim: bool,
    /// Who is told how it goes.
    pub notify: Option<Notify>,
}

/// A recording that runs beside the flow (TwiML's `<Start><Recording>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BesideRecording {
    /// What it is stopped by.
    pub name: Option<String>,
    /// Caller left, what the caller hears right. One side alone is always mono.
    pub dual: bool,
    pub track: RecordingTrack,
    /// Cut silence from both ends.
    pub trim: bool,
    /// Who is told how it goes.
    pub notify: Option<Notify>,
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

/// A request that is made when the caller hangs up during a verb. The caller's
/// status and the result known so far are added when it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub request: crate::program::Request,
    /// What the request reports on.
    pub about: OwedAbout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwedAbout {
    Record,
    Dial,
    /// The caller's stay in a queue.
    Enqueue,
    /// A Dial that takes somebody from a queue.
    Dequeue,
    /// A REFER to the caller's phone.
    Refer,
    /// A Dial with a conference, which was answered by definition.
    Conference,
}
