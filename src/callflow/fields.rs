//! Types of settings that several modules share.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::ops::Keys;

/// A key of the phone's pad.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent, inline, extend("x-expect" = "one key: 0-9, *, # or A-D"))]
pub(super) struct Key(#[schemars(regex(pattern = r"^[0-9*#A-Da-d]$"))] String);

/// The keys of a list; every key when there is no list.
pub(super) fn keys_or_all(list: Option<&[Key]>) -> Keys {
    match list {
        None => Keys::all(),
        Some(list) => keys(list),
    }
}

pub(super) fn keys(list: &[Key]) -> Keys {
    Keys::new(&list.iter().map(|key| key.0.as_str()).collect::<String>())
}

impl Key {
    pub(super) fn keys(&self) -> Keys {
        Keys::new(&self.0)
    }
}

/// A prompt that can be changed or switched off.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "true, false or the name of a sound"))]
pub(super) enum MediaSwitch {
    /// `true`: the usual prompt; `false`: none.
    Usual(bool),
    /// Another sound.
    Media(String),
}

impl Default for MediaSwitch {
    fn default() -> Self {
        Self::Usual(true)
    }
}

/// How a recording is uploaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum UploadMethod {
    #[default]
    Put,
    Post,
}

impl UploadMethod {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// The file format of a recording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum RecordingFormat {
    #[default]
    Mp3,
    Wav,
}
