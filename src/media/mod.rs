//! Audio that pivot makes or fetches, as something Asterisk can play.
//!
//! Everything ends as a mono 8 kHz WAV file in one folder. Asterisk reads it
//! from there when it shares the folder (`[media] asterisk_dir`), else over HTTP
//! from pivot's own server. Customers' files are fetched by pivot, never by
//! Asterisk, whose cache has no limit and whose errors say nothing.

mod decode;
mod fetch;
mod flight;
mod folder;
mod g711;
mod gsm;
pub mod pcm;
mod resample;
mod tone;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::call::ops::Tone;
use crate::config;
use crate::web::{Web, shown};

pub use decode::{Kind, decode};
pub use flight::Flight;
pub(crate) use folder::write_atomically;
pub use pcm::Pcm;

use fetch::{Fetched, Known};
use folder::Folder;

/// Something that Asterisk can play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// The media URI, as in `sound:/srv/pivot-media/…`.
    pub uri: String,
    pub duration: Duration,
}

/// Audio that could not be had, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct MediaError {
    /// The URL without its credentials, or the file.
    pub what: String,
    pub why: String,
    /// Twilio's code for it.
    pub code: u32,
}

/// Twilio's code for what is no sound.
const NOT_AUDIO: u32 = 13420;

type Outcome = Result<Clip, MediaError>;

impl MediaError {
    fn new(what: &str, why: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            why: why.into(),
            code: NOT_AUDIO,
        }
    }

    fn with_code(self, code: u32) -> Self {
        Self { code, ..self }
    }
}

/// The media folder and the ways into it. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    shared: Arc<Shared>,
}

struct Shared {
    folder: Arc<Folder>,
    place: Place,
    web: Web,
    known: Known,
    fetches: Flight<Outcome>,
    makes: Flight<Outcome>,
}

/// How Asterisk reaches the folder.
enum Place {
    Path(PathBuf),
    Url(String),
}

impl Media {
    /// Opens the media folder, or makes it.
    pub fn new(config: &config::Media, http: &config::Http, web: Web) -> Result<Self, MediaError> {
        let folder = Folder::open(&config.dir, config.max_mb).map_err(|e| {
            let what = format!("media.dir `{}`", config.dir.display());
            MediaError::new(&what, e.to_string())
        })?;
        let place = match &config.asterisk_dir {
            Some(dir) => Place::Path(dir.clone()),
            None => Place::Url(format!("{}/media", http.base())),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                folder: Arc::new(folder),
                place,
                web,
                known: Known::default(),
                fetches: Flight::default(),
                makes: Flight::default(),
            }),
        })
    }

    /// The clip kept under this key, if there is one.
    pub async fn find(&self, key: &str) -> Option<Clip> {
        let name = self.shared.folder.name(key);
        self.named(name).await
    }

    /// Keeps sound under a key that says all that it depends on. Any rate is taken.
    pub async fn keep(&self, key: &str, pcm: Pcm) -> Result<Clip, MediaError> {
        let name = self.shared.folder.name(key);
        let folder = self.shared.folder.clone();
        let clip = self.shared.clip(&name, Duration::ZERO);
        let written = tokio::task::spawn_blocking(move || {
            let pcm = if pcm.rate == pcm::PHONE_RATE {
                pcm
            } else {
                decode::to_phone(&pcm)?
            };
            folder.write(&name, &pcm).map_err(|e| e.to_string())?;
            Ok(pcm.duration())
        });
        match settle(written.await) {
            Ok(duration) => Ok(Clip { duration, ..clip }),
            Err(why) => Err(MediaError::new(&clip.uri, why)),
        }
    }

    /// The sound of a file of any usual kind, kept under a key that says which.
    pub async fn keep_file(
        &self,
        key: &str,
        bytes: Vec<u8>,
        kind: Kind,
    ) -> Result<Clip, MediaError> {
        if let Some(clip) = self.find(key).await {
            return Ok(clip);
        }
        let decoded = tokio::task::spawn_blocking(move || decode(bytes, &kind));
        let pcm = settle(decoded.await).map_err(|why| MediaError::new("the stored file", why))?;
        self.keep(key, pcm).await
    }

    /// The audio file at an absolute http(s) URL.
    pub async fn fetch(&self, url: &str) -> Result<Clip, MediaError> {
        if let Some(name) = self.shared.known.fresh(url)
            && let Some(clip) = self.named(name).await
        {
            return Ok(clip);
        }
        let media = self.clone();
        let at = url.to_owned();
        let work = || async move { media.fetch_now(&at).await };
        self.shared.fetches.join(url, work).await
    }

    async fn fetch_now(&self, url: &str) -> Outcome {
        let known = &self.shared.known;
        let mut fetched = known.ask(&self.shared.web, url).await?;
        if let Fetched::Same(name) = &fetched {
            if let Some(clip) = self.named(name.clone()).await {
                return Ok(clip);
            }
            // The server says that our copy is good, but the folder has lost it.
            known.forget(url);
            fetched = known.ask(&self.shared.web, url).await?;
        }
        let Fetched::New(answered) = fetched else {
            return Err(MediaError::new(
                &shown(url),
                "the server answered 304 to a request without conditions",
            ));
        };
        let (answer, policy) = *answered;
        let kind = fetch::kind(&answer);
        let folder = self.shared.folder.clone();
        let body = answer.body;
        let decoded = tokio::task::spawn_blocking(move || {
            let name = folder.name(&fetch::key(&body, &kind));
            if let Some(duration) = folder.find(&name) {
                return Ok((name, duration));
            }
            let pcm = decode(body.to_vec(), &kind)?;
            folder.write(&name, &pcm).map_err(|e| e.to_string())?;
            Ok((name, pcm.duration()))
        });
        let (name, duration) =
            settle(decoded.await).map_err(|why| MediaError::new(&shown(url), why))?;
        let clip = self.shared.clip(&name, duration);
        known.remember(url, policy, name);
        Ok(clip)
    }

    /// Silence of that length, at most ten minutes.
    pub async fn silence(&self, duration: Duration) -> Result<Clip, MediaError> {
        let duration = duration.min(tone::LONGEST);
        let key = format!("silence {}", duration.as_millis());
        self.made(key, move || Pcm::silence(duration)).await
    }

    /// A tone, at most ten minutes of it.
    pub async fn tone(&self, tone: &Tone) -> Result<Clip, MediaError> {
        let tone = tone.clone();
        let key = format!("tone {tone:?}");
        self.made(key, move || tone::samples(&tone)).await
    }

    async fn made(&self, key: String, make: impl FnOnce() -> Pcm + Send + 'static) -> Outcome {
        if let Some(clip) = self.find(&key).await {
            return Ok(clip);
        }
        let media = self.clone();
        let under = key.clone();
        let work = || async move {
            let pcm = settle(tokio::task::spawn_blocking(|| Ok(make())).await)
                .map_err(|why| MediaError::new(&under, why))?;
            media.keep(&under, pcm).await
        };
        self.shared.makes.join(&key, work).await
    }

    /// The file behind a name that Asterisk asks for over HTTP, as in
    /// `0123….wav`. None for everything that is not the name of a clip.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let name = name.strip_suffix(".wav").filter(|n| folder::is_name(n))?;
        Some(self.shared.folder.path(name))
    }

    /// A path in the folder for a file that only pivot sees.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.shared.folder.temporary()
    }

    pub(crate) fn web(&self) -> &Web {
        &self.shared.web
    }

    async fn named(&self, name: String) -> Option<Clip> {
        let folder = self.shared.folder.clone();
        let found = tokio::task::spawn_blocking(move || {
            let duration = folder.find(&name)?;
            Some((name, duration))
        });
        let (name, duration) = found.await.ok()??;
        Some(self.shared.clip(&name, duration))
    }
}

impl Shared {
    fn clip(&self, name: &str, duration: Duration) -> Clip {
        let uri = match &self.place {
            // Asterisk adds the extension to a path itself, but not to a URL.
            Place::Path(dir) => format!("sound:{}", dir.join(name).display()),
            Place::Url(base) => format!("sound:{base}/{name}.wav"),
        };
        Clip { uri, duration }
    }
}

/// The result of blocking work; a panic in it is an error of that work alone.
fn settle<T>(joined: Result<Result<T, String>, tokio::task::JoinError>) -> Result<T, String> {
    joined.unwrap_or_else(|error| Err(format!("the file could not be handled: {error}")))
}

#[cfg(test)]
pub(crate) mod tests;
