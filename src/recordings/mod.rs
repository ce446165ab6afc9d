//! The recordings that pivot keeps: one folder, three files each at most
//! (`RE….wav`, `RE….json` with its facts, `RE….mp3` once somebody asked for it).
//!
//! Asterisk records, pivot takes the finished file over, so it makes no
//! difference whether Asterisk is on this machine.

mod facts;
mod joined;
mod mp3;
mod part;
mod upload;
mod wav;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::call::ops::{AudioFormat, RecordingRef, Upload};
use crate::config;
use crate::media::{Flight, write_atomically};
use crate::web::Web;

pub use facts::{Job, Origin, Recording, RecordingTrack, Source, Transcription};
use joined::Joined;
pub use part::Part;
pub use upload::UploadFacts;
use wav::Sound;

/// A recording that is shorter has nothing in it; Twilio's code for it follows.
const SHORTEST: Duration = Duration::from_millis(100);
const TOO_SHORT: u32 = 16_101;
/// Twilio's code for a recording of which trimming leaves nothing.
const SILENT: u32 = 16_102;

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
    pub async fn take(&self, job: Job, files: Vec<Part>) -> Result<RecordingRef, RecordingsError> {
        if !is_sid(&job.origin.sid) {
            return Err(RecordingsError::Unknown(job.origin.sid));
        }
        let dir = self.dir.clone();
        let recording = blocking(move || take_now(&dir, job, &files)).await?;
        Ok(self.reference(recording))
    }

    /// A place for a file that is fetched from Asterisk, gone when it is dropped.
    pub fn part(&self) -> Part {
        Part::new(&self.dir)
    }

    #[cfg(test)]
    pub(crate) async fn take_bytes(
        &self,
        job: Job,
        files: Vec<bytes::Bytes>,
    ) -> Result<RecordingRef, RecordingsError> {
        let parts = files.into_iter().map(|file| {
            let part = self.part();
            std::fs::write(part.path(), file).unwrap();
            part
        });
        let parts = parts.collect();
        self.take(job, parts).await
    }

    /// One that was taken over before.
    pub async fn taken(&self, sid: &str) -> Option<RecordingRef> {
        Some(self.reference(self.get(sid).await.ok()?))
    }

    fn reference(&self, recording: Recording) -> RecordingRef {
        RecordingRef {
            url: self.url(&recording.origin.sid),
            duration: Duration::from_millis(recording.duration_ms),
            recorded: Duration::from_millis(recording.recorded_ms),
            channels: recording.channels,
            silent: recording.silent,
            error_code: recording.error_code,
            sid: recording.origin.sid,
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

    /// Where web applications fetch what was made out of a recording.
    pub fn transcription_url(&self, recording: &str, sid: &str) -> String {
        format!("{}/Transcriptions/{sid}", self.url(recording))
    }

    /// Adds what is said to the facts of a recording.
    pub async fn keep_transcription(
        &self,
        sid: &str,
        transcription: Transcription,
    ) -> Result<(), RecordingsError> {
        let path = self.path(sid, "json")?;
        blocking(move || {
            let recording = Recording {
                transcription: Some(transcription),
                ..facts(&path)?
            };
            write_facts(&path, &recording)
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
            all.sort_by_key(|recording| std::cmp::Reverse(recording.origin.began));
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

fn take_now(dir: &Path, job: Job, files: &[Part]) -> Result<Recording, RecordingsError> {
    let paths: Vec<&Path> = files.iter().map(Part::path).collect();
    let mut sound = Joined::open(&paths).map_err(RecordingsError::Format)?;
    let unread = |error: io::Error| RecordingsError::Format(error.to_string());
    let sounding = sound.sounding().map_err(unread)?;
    let silent = sounding.is_none();
    let recorded = sound.length(sound.frames);
    let kept = match sounding {
        Some(sounding) if job.trim => sound.with_margin(sounding),
        _ => 0..sound.frames,
    };
    let error_code = match (recorded < SHORTEST, silent && job.trim) {
        (true, _) => TOO_SHORT,
        (false, true) => SILENT,
        (false, false) => 0,
    };
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let recording = Recording {
        channels: sound.channels,
        duration_ms: millis(sound.length(kept.end - kept.start)),
        recorded_ms: millis(recorded),
        silent,
        error_code,
        transcription: None,
        origin: job.origin,
    };
    let sid = &recording.origin.sid;
    let wav = dir.join(format!("{sid}.wav"));
    let part = Part::new(dir);
    part.write(|file| sound.write(kept, file))
        .and_then(|()| part.keep(&wav))
        .map_err(file_error(&wav))?;
    // The facts come last: what is listed can be served.
    write_facts(&dir.join(format!("{sid}.json")), &recording)?;
    Ok(recording)
}

fn write_facts(path: &Path, recording: &Recording) -> Result<(), RecordingsError> {
    let facts = serde_json::to_vec_pretty(recording)
        .map_err(|error| RecordingsError::Format(error.to_string()))?;
    write(path, &facts)
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
