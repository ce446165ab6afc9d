//! What is played, and the keys that are pressed meanwhile.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
