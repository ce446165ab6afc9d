//! The recordings that pivot keeps: one folder, three files each at most
//! (`RE….wav`, `RE….json` with its facts, `RE….mp3` once somebody asked for it).
//!
//! Asterisk records, pivot takes the finished file over, so it makes no
//! difference whether Asterisk is on this machine.

mod mp3;
mod upload;
mod wav;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::call::ops::{AudioFormat, RecordingRef, Upload};
use crate::clock::Time;
use crate::config;
use crate::media::{Flight, write_atomically};
use crate::web::Web;

pub use upload::UploadFacts;
use wav::Sound;

/// What goes wrong with recordings.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordingsError {
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: String },
    #[error("the recording that Asterisk gave cannot be read: {0}")]
    Format(String),
    #[error("there is no recording `{0}`")]
    Unknown(String),
    #[error("{url}: {why} (tried {tries} times)")]
    Upload {
        /// Without credentials.
        url: String,
        why: String,
        tries: usize,
    },
}

/// What made a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    RecordVerb,
    DialVerb,
    RecordCall,
}

/// A finished recording that is to be taken over.
#[derive(Debug, Clone)]
pub struct Job {
    /// `RE` and 32 hex digits, by [`crate::id::secret_sid`].
    pub sid: String,
    pub call_sid: String,
    pub source: Source,
    pub began: Time,
    /// Cut silence from both ends.
    pub trim: bool,
}

/// The facts of a recording, as they stand in its `.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    pub sid: String,
    pub call_sid: String,
    pub source: Source,
    pub channels: u16,
    pub began: Time,
    /// Of the file, after trimming.
    pub duration_ms: u64,
    /// Nothing but silence in it.
    pub silent: bool,
}

/// A file that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub path: PathBuf,
    pub content_type: &'static str,
}

/// The recordings folder.
pub struct Recordings {
    dir: PathBuf,
    /// What every recording's URL begins with.
    base: String,
    encodings: Flight<Result<(), RecordingsError>>,
}

impl Recordings {
    /// Makes the folder when it is not there.
    pub fn new(
        config: &config::Recordings,
        http: &config::Http,
        account_sid: &str,
    ) -> Result<Self, RecordingsError> {
        std::fs::create_dir_all(&config.dir).map_err(file_error(&config.dir))?;
        let base = http.base();
        Ok(Self {
            dir: config.dir.clone(),
            base: format!("{base}/2010-04-01/Accounts/{account_sid}/Recordings"),
            encodings: Flight::default(),
        })
    }

    /// Where web applications fetch it; `.wav` and `.mp3` may be appended.
    pub fn url(&self, sid: &str) -> String {
        format!("{}/{sid}", self.base)
    }

    /// Keeps a finished recording: one WAV file, or the caller's and the
    /// callee's, which become one with the caller left and the callee right.
    pub async fn take(&self, job: Job, files: Vec<Bytes>) -> Result<RecordingRef, RecordingsError> {
        if !is_sid(&job.sid) {
            return Err(RecordingsError::Unknown(job.sid));
        }
        let dir = self.dir.clone();
        let recording = blocking(move || take_now(&dir, job, &files)).await?;
        Ok(self.reference(recording))
    }

    /// One that was taken over before.
    pub async fn taken(&self, sid: &str) -> Option<RecordingRef> {
        Some(self.reference(self.get(sid).await.ok()?))
    }

    fn reference(&self, recording: Recording) -> RecordingRef {
        RecordingRef {
            url: self.url(&recording.sid),
            duration: Duration::from_millis(recording.duration_ms),
            channels: recording.channels,
            silent: recording.silent,
            sid: recording.sid,
        }
    }

    /// The file to serve. An mp3 is made at its first use.
    pub async fn open(&self, sid: &str, format: AudioFormat) -> Result<Opened, RecordingsError> {
        let wav = self.path(sid, "wav")?;
        let unknown = || RecordingsError::Unknown(sid.to_owned());
        if !tokio::fs::try_exists(&wav).await.unwrap_or(false) {
            return Err(unknown());
        }
        let opened = |path, content_type| Opened { path, content_type };
        if format == AudioFormat::Wav {
            return Ok(opened(wav, "audio/x-wav"));
        }
        let mp3 = self.path(sid, "mp3")?;
        if !tokio::fs::try_exists(&mp3).await.unwrap_or(false) {
            let to = mp3.clone();
            let work = || async move { blocking(move || encode(&wav, &to)).await };
            self.encodings.join(sid, work).await?;
        }
        Ok(opened(mp3, "audio/mpeg"))
    }

    /// The facts of one recording.
    pub async fn get(&self, sid: &str) -> Result<Recording, RecordingsError> {
        let path = self.path(sid, "json")?;
        let sid = sid.to_owned();
        blocking(move || {
            if !path.exists() {
                return Err(RecordingsError::Unknown(sid));
            }
            facts(&path)
        })
        .await
    }

    /// All recordings, the newest first. One whose facts cannot be read is
    /// left out, with a warning in the log.
    pub async fn list(&self) -> Result<Vec<Recording>, RecordingsError> {
        let dir = self.dir.clone();
        blocking(move || {
            let mut all = Vec::new();
            for entry in std::fs::read_dir(&dir).map_err(file_error(&dir))? {
                let path = entry.map_err(file_error(&dir))?.path();
                let stem = path.file_stem().and_then(|s| s.to_str());
                let ours =
                    stem.is_some_and(is_sid) && path.extension().is_some_and(|e| e == "json");
                if !ours {
                    continue;
                }
                match facts(&path) {
                    Ok(recording) => all.push(recording),
                    Err(error) => tracing::warn!(%error, "recording left out of the list"),
                }
            }
            all.sort_by_key(|recording| std::cmp::Reverse(recording.began));
            Ok(all)
        })
        .await
    }

    /// Removes a recording with all its files.
    pub async fn delete(&self, sid: &str) -> Result<(), RecordingsError> {
        let paths = [
            self.path(sid, "mp3")?,
            self.path(sid, "wav")?,
            self.path(sid, "json")?,
        ];
        let sid = sid.to_owned();
        blocking(move || {
            let mut known = false;
            for path in &paths {
                match std::fs::remove_file(path) {
                    Ok(()) => known = true,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(file_error(path)(error)),
                }
            }
            if known {
                Ok(())
            } else {
                Err(RecordingsError::Unknown(sid))
            }
        })
        .await
    }

    /// Sends it to a web server, and tries again for some minutes while that
    /// does not take it. Tells where it lies then.
    pub async fn upload(
        &self,
        web: &Web,
        sid: &str,
        format: AudioFormat,
        upload: &Upload,
        facts: &UploadFacts,
    ) -> Result<String, RecordingsError> {
        let opened = self.open(sid, format).await?;
        let read = tokio::fs::read(&opened.path).await;
        let body = read.map_err(file_error(&opened.path))?;
        let url = upload::url(upload, format, facts);
        upload::send(web, &upload.method, &url, opened.content_type, body.into()).await
    }

    fn path(&self, sid: &str, extension: &str) -> Result<PathBuf, RecordingsError> {
        if !is_sid(sid) {
            return Err(RecordingsError::Unknown(sid.to_owned()));
        }
        Ok(self.dir.join(format!("{sid}.{extension}")))
    }
}

fn is_sid(sid: &str) -> bool {
    sid.strip_prefix("RE").is_some_and(|hex| {
        hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn take_now(dir: &Path, job: Job, files: &[Bytes]) -> Result<Recording, RecordingsError> {
    let sounds: Result<Vec<Sound>, String> = files.iter().map(|file| Sound::read(file)).collect();
    let mut sound = sounds
        .and_then(Sound::merge)
        .map_err(RecordingsError::Format)?;
    let silent = sound.is_silent();
    if job.trim {
        sound.trim();
    }
    let recording = Recording {
        channels: sound.channels,
        duration_ms: u64::try_from(sound.duration().as_millis()).unwrap_or(u64::MAX),
        silent,
        sid: job.sid,
        call_sid: job.call_sid,
        source: job.source,
        began: job.began,
    };
    write(&dir.join(format!("{}.wav", recording.sid)), &sound.wav())?;
    // The facts come last: what is listed can be served.
    let facts = serde_json::to_vec_pretty(&recording)
        .map_err(|error| RecordingsError::Format(error.to_string()))?;
    write(&dir.join(format!("{}.json", recording.sid)), &facts)?;
    Ok(recording)
}

fn encode(wav: &Path, to: &Path) -> Result<(), RecordingsError> {
    let bytes = std::fs::read(wav).map_err(file_error(wav))?;
    let encoded = Sound::read(&bytes).and_then(|sound| mp3::encode(&sound));
    let encoded = encoded.map_err(|why| RecordingsError::File {
        path: wav.to_owned(),
        why,
    })?;
    write(to, &encoded)
}

fn facts(path: &Path) -> Result<Recording, RecordingsError> {
    let bytes = std::fs::read(path).map_err(file_error(path))?;
    serde_json::from_slice(&bytes).map_err(|error| RecordingsError::File {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

/// Recordings are for pivot's own server, and for whoever shares its group.
fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordingsError> {
    write_atomically(path, bytes, 0o640).map_err(file_error(path))
}

fn file_error(path: &Path) -> impl Fn(io::Error) -> RecordingsError {
    let path = path.to_owned();
    move |error| RecordingsError::File {
        path: path.clone(),
        why: error.to_string(),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RecordingsError> + Send + 'static,
) -> Result<T, RecordingsError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(RecordingsError::Format(error.to_string())))
}

#[cfg(test)]
mod tests;
