//! What is known of a recording.

use serde::{Deserialize, Serialize};

use crate::clock::Time;

/// What made a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    RecordVerb,
    DialVerb,
    Conference,
    /// TwiML's `<Start><Recording>`.
    #[serde(rename = "StartCallRecordingTwiML")]
    StartRecording,
    /// Callflow's `record_call`.
    RecordCall,
}

impl Source {
    /// `RecordingSource`.
    pub fn twilio(self) -> &'static str {
        match self {
            Self::RecordVerb => "RecordVerb",
            Self::DialVerb => "DialVerb",
            Self::Conference => "Conference",
            Self::StartRecording => "StartCallRecordingTwiML",
            Self::RecordCall => "RecordCall",
        }
    }
}

/// Which side of a call is recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingTrack {
    /// What the caller says.
    Inbound,
    /// What the caller hears.
    Outbound,
    #[default]
    Both,
}

impl RecordingTrack {
    /// `RecordingTrack`.
    pub fn twilio(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Both => "both",
        }
    }
}

/// What is known of a recording from its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// `RE` and 32 hex digits, by [`crate::id::secret_sid`].
    pub sid: String,
    pub call_sid: String,
    /// Of the conference that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conference_sid: Option<String>,
    pub source: Source,
    #[serde(default)]
    pub track: RecordingTrack,
    pub began: Time,
}

/// A finished recording that is to be taken over.
#[derive(Debug, Clone)]
pub struct Job {
    pub origin: Origin,
    /// Cut silence from both ends.
    pub trim: bool,
}

/// The facts of a recording, as they stand in its `.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    #[serde(flatten)]
    pub origin: Origin,
    pub channels: u16,
    /// Of the file, after trimming.
    pub duration_ms: u64,
    /// Before trimming.
    #[serde(default)]
    pub recorded_ms: u64,
    /// Nothing but silence in it.
    pub silent: bool,
    /// Why Twilio calls it absent: 16101 too short, 16102 silent; 0 = it does not.
    #[serde(default)]
    pub error_code: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription: Option<Transcription>,
}

/// What is said in a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcription {
    /// `TR` and 32 hex digits.
    pub sid: String,
    /// None when it could not be made out.
    pub text: Option<String>,
}

impl Transcription {
    /// `TranscriptionStatus`.
    pub fn status(&self) -> &'static str {
        match self.text {
            Some(_) => "completed",
            None => "failed",
        }
    }
}
