//! Text to sound.
//!
//! An engine is one file and one line in [`Speech::new`]. None of them is linked
//! in: each is a program or a service, and what it says is kept in the media
//! folder under everything that it depends on, so a prompt is made once.

mod command;
mod espeak;
mod flite;
mod http;
mod piper;
mod recognise;
mod ssml;
mod voice;

pub use voice::Known as KnownVoice;

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::call::ops::Utterance;
use crate::config::{self, SpeechEngine};
use crate::media::pcm::{self, PHONE_RATE};
use crate::media::{Clip, Flight, Kind, Media, MediaError, Pcm, decode};

pub use recognise::{RecogniseError, Recogniser};

/// Changes whenever the same text would sound otherwise than before.
const EDITION: u32 = 2;

/// Why nothing was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    #[error("there is nothing to say")]
    Nothing,
    #[error("the SSML cannot be read: {0}")]
    Ssml(String),
    #[error("{0}")]
    Setting(String),
    #[error("`{command}` cannot be started ({why}); install it or set `{key}`")]
    Start {
        command: String,
        why: String,
        key: &'static str,
    },
    #[error("{engine}: {why}")]
    Failed { engine: &'static str, why: String },
    #[error("{engine} was not done within {} s; `speech.timeout_s` sets how long it may take", limit.as_secs())]
    Timeout {
        engine: &'static str,
        limit: Duration,
    },
    #[error("what was said could not be kept: {0}")]
    Media(#[from] MediaError),
}

/// An engine.
pub trait Synthesize: Send + Sync {
    /// As `[speech] engine` names it.
    fn name(&self) -> &'static str;

    /// Every setting that changes how it sounds.
    fn settings(&self) -> String;

    /// Whether an utterance may be SSML: a whole `<speak>` with known elements
    /// only. Others get plain text, in pieces where there are breaks.
    fn takes_ssml(&self) -> bool {
        false
    }

    /// Says it. Dropping the future ends the work.
    fn synthesize<'a>(
        &'a self,
        utterance: &'a Utterance,
    ) -> BoxFuture<'a, Result<Pcm, SpeechError>>;
}

/// The engines and what they said before. Cheap to clone.
#[derive(Clone)]
pub struct Speech {
    shared: std::sync::Arc<Shared>,
}

struct Shared {
    media: Media,
    engines: Vec<Box<dyn Synthesize>>,
    default: &'static str,
    limit: Duration,
    /// Synthesis is processor time; more at once than processors only makes
    /// every caller wait.
    permits: Semaphore,
    flights: Flight<Result<Clip, SpeechError>>,
}

impl Speech {
    pub fn new(config: &config::Speech, media: Media) -> Self {
        let limit = Duration::from_secs(config.timeout_s.max(1));
        let engines: Vec<Box<dyn Synthesize>> = vec![
            Box::new(espeak::Espeak::new(&config.espeak_ng, limit)),
            Box::new(flite::Flite::new(&config.flite, media.clone(), limit)),
            Box::new(piper::Piper::new(&config.piper, media.clone(), limit)),
            Box::new(http::Http::new(&config.http, media.web().clone(), limit)),
        ];
        let default = match config.engine {
            SpeechEngine::EspeakNg => espeak::NAME,
            SpeechEngine::Flite => flite::NAME,
            SpeechEngine::Piper => piper::NAME,
            SpeechEngine::Http => http::NAME,
        };
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            shared: std::sync::Arc::new(Shared {
                media,
                engines,
                default,
                limit,
                permits: Semaphore::new(processors * 2),
                flights: Flight::default(),
            }),
        }
    }

    /// The sound of an utterance: from the media folder, or made now.
    pub async fn say(&self, utterance: &Utterance) -> Result<Clip, SpeechError> {
        let engine = self.shared.engine(utterance.engine.as_deref())?;
        let pieces = pieces(utterance, engine.takes_ssml())?;
        let key = key(engine, utterance);
        if let Some(clip) = self.shared.media.find(&key).await {
            return Ok(clip);
        }
        let shared = self.shared.clone();
        let name = engine.name();
        let under = key.clone();
        let work = move || async move {
            let engine = shared.engine(Some(name))?;
            let made = timeout(shared.limit, shared.make(engine, pieces));
            let pcm = made.await.map_err(|_| SpeechError::Timeout {
                engine: name,
                limit: shared.limit,
            })??;
            Ok(shared.media.keep(&under, pcm).await?)
        };
        self.shared.flights.join(&key, work).await
    }
}

impl Shared {
    /// The engine of that name, else the configured one: documents name engines
    /// of other systems.
    fn engine(&self, name: Option<&str>) -> Result<&dyn Synthesize, SpeechError> {
        let find = |name: &str| {
            let found = self.engines.iter().find(|engine| engine.name() == name);
            found.map(AsRef::as_ref)
        };
        let default = || {
            find(self.default).ok_or_else(|| {
                SpeechError::Setting(format!("there is no engine `{}`", self.default))
            })
        };
        match name {
            None => default(),
            Some(name) => find(name).map_or_else(
                || {
                    tracing::warn!(
                        engine = name,
                        used = self.default,
                        "unknown speech engine; the configured one speaks"
                    );
                    default()
                },
                Ok,
            ),
        }
    }

    async fn make(&self, engine: &dyn Synthesize, pieces: Vec<Piece>) -> Result<Pcm, SpeechError> {
        let Ok(_permit) = self.permits.acquire().await else {
            // The semaphore is never closed.
            return Err(SpeechError::Nothing);
        };
        let mut whole = Pcm {
            samples: Vec::new(),
            rate: PHONE_RATE,
        };
        for piece in pieces {
            match piece {
                Piece::Pause(length) => {
                    let frames = pcm::frames(length, PHONE_RATE);
                    whole.samples.resize(whole.samples.len() + frames, 0);
                }
                Piece::Said(utterance) => {
                    let pcm = engine.synthesize(&utterance).await?;
                    whole.samples.extend(pcm.samples);
                }
            }
        }
        if whole.samples.is_empty() {
            return Err(SpeechError::Failed {
                engine: engine.name(),
                why: "it made no sound of this text".into(),
            });
        }
        Ok(whole)
    }
}

/// What an engine is given, one after the other.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Said(Utterance),
    Pause(Duration),
}

fn pieces(utterance: &Utterance, takes_ssml: bool) -> Result<Vec<Piece>, SpeechError> {
    let with = |text: String, ssml: bool| {
        Piece::Said(Utterance {
            text,
            ssml,
            ..utterance.clone()
        })
    };
    if !utterance.ssml {
        let text = plain(&utterance.text);
        if text.is_empty() {
            return Err(SpeechError::Nothing);
        }
        return Ok(vec![with(text, false)]);
    }
    let marked = ssml::read(&utterance.text).map_err(SpeechError::Ssml)?;
    if marked.flat.is_empty() {
        return Err(SpeechError::Nothing);
    }
    if takes_ssml {
        return Ok(vec![with(marked.document, true)]);
    }
    let flat = marked.flat.into_iter().map(|part| match part {
        ssml::Part::Text(text) => with(text, false),
        ssml::Part::Break(length) => Piece::Pause(length),
    });
    Ok(flat.collect())
}

/// Text as every engine may have it: engines take control characters and
/// `[[phonemes]]` for instructions, and text is data.
fn plain(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("[[", "[ [").replace("]]", "] ]")
}

fn key(engine: &dyn Synthesize, utterance: &Utterance) -> String {
    let Utterance {
        text,
        ssml,
        voice,
        language,
        engine: _,
    } = utterance;
    let (name, settings) = (engine.name(), engine.settings());
    format!("speech {EDITION} {name} {settings} {voice:?} {language:?} {ssml} {text}")
}

/// What an engine gave, as sound.
async fn sound(engine: &'static str, bytes: Vec<u8>, kind: Kind) -> Result<Pcm, SpeechError> {
    let decoded = tokio::task::spawn_blocking(move || decode(bytes, &kind)).await;
    let failed = |why| SpeechError::Failed { engine, why };
    decoded
        .map_err(|error| failed(error.to_string()))?
        .map_err(|why| failed(format!("what it gave is not sound: {why}")))
}

/// A file that an engine writes, removed when it is read or given up.
struct Temporary(PathBuf);

impl Temporary {
    async fn sound(&self, engine: &'static str) -> Result<Pcm, SpeechError> {
        let read = tokio::fs::read(&self.0).await;
        let bytes = read.map_err(|error| SpeechError::Failed {
            engine,
            why: format!("it wrote no file: {error}"),
        })?;
        sound(engine, bytes, Kind::wav()).await
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It is not there when the engine wrote nothing.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests;
