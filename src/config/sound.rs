//! What callers hear, and what is recorded of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Text to speech. Each engine has its own table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speech {
    pub engine: SpeechEngine,
    /// How long one utterance may take to make.
    pub timeout_s: u64,
    #[serde(rename = "espeak-ng")]
    pub espeak_ng: EspeakNg,
    pub flite: Flite,
    pub piper: Piper,
    pub http: SpeechHttp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpeechEngine {
    EspeakNg,
    Flite,
    Piper,
    Http,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EspeakNg {
    pub command: PathBuf,
    /// Words a minute.
    pub speed: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flite {
    pub command: PathBuf,
    /// A voice of `flite -lv`.
    pub voice: String,
}

/// A resident worker that speaks piper's models, so that a model is loaded once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Piper {
    /// The worker and its arguments: reads one JSON line per utterance
    /// (`{"text": …, "output_file": …}`) and answers with one line when the
    /// file is written. `{worker}` is the text of pivot's own, for a python that
    /// has `piper-tts`.
    pub command: Vec<String>,
    /// Path of the `.onnx` voice, given to the worker as its last argument.
    pub model: Option<PathBuf>,
    pub workers: usize,
}

/// Any speech service that answers one HTTP request with audio.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpeechHttp {
    pub url: Option<Url>,
    pub headers: BTreeMap<String, SecretString>,
    /// JSON body; `{text}`, `{voice}` and `{language}` are replaced in its strings.
    pub body: Option<serde_json::Value>,
    /// JSON pointer to base64 audio in a JSON answer; absent = the body is the audio.
    pub audio_pointer: Option<String>,
}

/// Speech to text for `<Record transcribe="true">`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transcribe {
    /// A program and its arguments, of which `{file}` is the WAV file (8 kHz, mono);
    /// it writes the text on its standard output. Empty = nothing is transcribed.
    pub command: Vec<String>,
    /// How long one recording may take.
    pub timeout_s: u64,
    /// So many run at once; the others wait.
    pub at_once: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recordings {
    pub dir: PathBuf,
    /// Recording URLs need credentials.
    pub auth: bool,
}

/// Audio that pivot makes or fetches for Asterisk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    pub dir: PathBuf,
    /// The same folder as Asterisk sees it; absent = Asterisk fetches over HTTP.
    pub asterisk_dir: Option<PathBuf>,
    /// Size of the whole folder; the longest unused goes first.
    pub max_mb: u64,
}

impl Default for Speech {
    fn default() -> Self {
        Self {
            engine: SpeechEngine::EspeakNg,
            timeout_s: 10,
            espeak_ng: EspeakNg::default(),
            flite: Flite::default(),
            piper: Piper::default(),
            http: SpeechHttp::default(),
        }
    }
}

impl Default for EspeakNg {
    fn default() -> Self {
        Self {
            command: "espeak-ng".into(),
            speed: 150,
        }
    }
}

impl Default for Flite {
    fn default() -> Self {
        Self {
            command: "flite".into(),
            voice: "slt".into(),
        }
    }
}

impl Default for Piper {
    fn default() -> Self {
        Self {
            command: ["python3", "-c", "{worker}"].map(String::from).to_vec(),
            model: None,
            workers: 1,
        }
    }
}

impl Default for Transcribe {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            timeout_s: 120,
            at_once: 2,
        }
    }
}

impl Default for Recordings {
    fn default() -> Self {
        Self {
            dir: "recordings".into(),
            auth: false,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            dir: "media".into(),
            asterisk_dir: None,
            max_mb: 2048,
        }
    }
}
