//! Types of settings that several modules share.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::ops::{AudioFormat, Keys, Sound, Upload};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{named_sounds, prompt};
use crate::objects;

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

/// The language that a text is spoken in: the one that is named, else the call's, unless
/// the voice is more than `male` or `female`: it has a language of its own.
pub(super) fn spoken_in(call: &Call, voice: Option<&str>, named: Option<&str>) -> Option<String> {
    let plain = ["male", "female"];
    let plain = voice.is_none_or(|voice| plain.iter().any(|p| voice.eq_ignore_ascii_case(p)));
    named
        .or_else(|| plain.then(|| call.language()))
        .map(str::to_owned)
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

impl MediaSwitch {
    /// What is heard: the usual prompt, another sound, or nothing.
    pub(super) async fn sounds(
        &self,
        call: &mut Call,
        usual: &str,
    ) -> Result<Vec<Sound>, Interrupt> {
        match self {
            Self::Usual(false) => Ok(Vec::new()),
            Self::Usual(true) => prompt(call, usual).await,
            Self::Media(word) if word.eq_ignore_ascii_case("false") => Ok(Vec::new()),
            Self::Media(word) if word.eq_ignore_ascii_case("true") => prompt(call, usual).await,
            Self::Media(name) => named_sounds(call, Some(name)).await,
        }
    }
}

impl From<Option<objects::Tone>> for MediaSwitch {
    fn from(stored: Option<objects::Tone>) -> Self {
        match stored {
            None => Self::default(),
            Some(objects::Tone::Usual(usual)) => Self::Usual(usual),
            Some(objects::Tone::Media(name)) => Self::Media(name),
        }
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

impl From<RecordingFormat> for AudioFormat {
    fn from(format: RecordingFormat) -> Self {
        match format {
            RecordingFormat::Mp3 => Self::Mp3,
            RecordingFormat::Wav => Self::Wav,
        }
    }
}

/// Where a recording goes; without a usable URL it stays in pivot's folder.
pub(super) fn upload(call: &Call, url: Option<&str>, method: UploadMethod) -> Option<Upload> {
    let url = url?.trim();
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        call.warn(format!(
            "recordings are uploaded by http and https only; {url:?} is neither, so the recording stays here"
        ));
        return None;
    }
    Some(Upload {
        url: url.to_owned(),
        method: method.as_str().to_owned(),
        query: true,
    })
}
