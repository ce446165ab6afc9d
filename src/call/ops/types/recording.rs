//! Recordings: of the caller, of a conversation, beside a flow.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Keys;
use crate::call::{CallbackTarget, Notify};
use crate::recordings::RecordingTrack;

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
