//! The folder of audio that Asterisk plays from.
//!
//! A file's name is derived from what it is and a secret that stays in the
//! folder: the same thing is found again, also after a restart, and nobody who
//! knows a text or a URL can guess where its sound lies.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::pcm::{PHONE_RATE, Pcm, WAV_HEADER, length};
use crate::clock::{self, Time};

/// A file that was asked for this recently may be about to be played.
const IN_USE: Duration = Duration::from_secs(15 * 60);

/// How often a file's own date is set to its last use, for the next start.
const NOTE_USE: Duration = Duration::from_secs(10 * 60);

const SECRET: &str = ".secret";

pub(super) struct Folder {
    dir: PathBuf,
    secret: [u8; 32],
    max_bytes: u64,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    files: HashMap<String, Entry>,
    bytes: u64,
}

struct Entry {
    bytes: u64,
    used: Time,
    noted: Time,
}

impl Folder {
    /// Opens the folder, and makes it when it is not there.
    pub(super) fn open(dir: &Path, max_mb: u64) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let folder = Self {
            secret: secret(&dir.join(SECRET))?,
            dir: dir.to_owned(),
            max_bytes: max_mb.saturating_mul(1024 * 1024),
            index: Mutex::default(),
        };
        folder.read()?;
        Ok(folder)
    }

    /// The name, without extension, of the file for this key.
    pub(super) fn name(&self, key: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            // HMAC takes keys of every length.
            return String::new();
        };
        mac.update(key.as_bytes());
        let hash = mac.finalize().into_bytes();
        hash.iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// The file of that name, whether or not it is there.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.wav"))
    }

    /// How long the file of that name sounds, if it is there. Counts as a use.
    pub(super) fn find(&self, name: &str) -> Option<Duration> {
        let path = self.path(name);
        let bytes = fs::metadata(&path).ok()?.len();
        let now = clock::now();
        let note = self.with(|index| {
            let entry = index.put(name, bytes, now);
            let due = now.since(entry.noted) > NOTE_USE;
            if due {
                entry.noted = now;
            }
            due
        });
        if note {
            // Only the order after a restart depends on it.
            let _ = File::open(&path).and_then(|f| f.set_modified(SystemTime::now()));
        }
        let frames = bytes.saturating_sub(WAV_HEADER as u64) / 2;
        Some(length(frames, PHONE_RATE))
    }

    /// Writes a file; Asterisk runs as another user and must be able to read it.
    pub(super) fn write(&self, name: &str, pcm: &Pcm) -> io::Result<()> {
        let bytes = pcm.wav();
        write_atomically(&self.path(name), &bytes, 0o644)?;
        let now = clock::now();
        let doomed = self.with(|index| {
            index.put(name, bytes.len() as u64, now);
            index.shrink(self.max_bytes, now)
        });
        for name in doomed {
            if let Err(error) = fs::remove_file(self.path(&name)) {
                tracing::warn!(file = %self.path(&name).display(), %error, "cannot remove old audio");
            }
        }
        Ok(())
    }

    /// A path for a file that only pivot sees.
    pub(super) fn temporary(&self) -> PathBuf {
        self.dir.join(format!(".{}.tmp", crate::id::secret_sid("")))
    }

    fn read(&self) -> io::Result<()> {
        let now = clock::now();
        for file in fs::read_dir(&self.dir)? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(".tmp") {
                // Left by a process that was killed; another pivot may be using a young one.
                let age = file.metadata()?.modified()?.elapsed().unwrap_or_default();
                if age > IN_USE {
                    fs::remove_file(file.path())?;
                }
                continue;
            }
            let Some(name) = name.strip_suffix(".wav").filter(|n| is_name(n)) else {
                continue;
            };
            let metadata = file.metadata()?;
            let age = metadata.modified()?.elapsed().unwrap_or_default();
            let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
            let used = Time(now.0.saturating_sub(age));
            self.with(|index| {
                index.put(name, metadata.len(), used);
            });
        }
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Index) -> T) -> T {
        work(&mut self.index.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Index {
    fn put(&mut self, name: &str, bytes: u64, used: Time) -> &mut Entry {
        let entry = self.files.entry(name.to_owned()).or_insert(Entry {
            bytes: 0,
            used,
            noted: used,
        });
        self.bytes = self.bytes - entry.bytes + bytes;
        entry.bytes = bytes;
        entry.used = used;
        entry
    }

    /// Forgets the longest unused until a tenth is free again, so that not
    /// every new file costs a search. What is in use stays, even beyond the limit.
    fn shrink(&mut self, max: u64, now: Time) -> Vec<String> {
        let mut doomed = Vec::new();
        if self.bytes <= max {
            return doomed;
        }
        let mut idle: Vec<_> = self
            .files
            .iter()
            .filter(|(_, entry)| now.since(entry.used) > IN_USE)
            .map(|(name, entry)| (entry.used, name.clone()))
            .collect();
        idle.sort();
        for (_, name) in idle {
            if self.bytes <= max - max / 10 {
                break;
            }
            if let Some(entry) = self.files.remove(&name) {
                self.bytes -= entry.bytes;
                doomed.push(name);
            }
        }
        doomed
    }
}

/// Whether that can be the name, without extension, of one of our files.
pub(super) fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn secret(path: &Path) -> io::Result<[u8; 32]> {
    if let Ok(bytes) = fs::read(path)
        && let Ok(secret) = <[u8; 32]>::try_from(bytes)
    {
        return Ok(secret);
    }
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    secret[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    write_atomically(path, &secret, 0o600)?;
    Ok(secret)
}

/// Writes beside, then renames, so that a file is complete whenever it can be
/// seen. It has this mode whatever pivot's umask is.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let beside = path.with_file_name(format!(".{}.tmp", crate::id::secret_sid("")));
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(fs::Permissions::from_mode(mode)))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}
