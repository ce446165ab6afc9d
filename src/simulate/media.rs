//! Media URIs: what can be played, and how long it lasts.

use std::collections::{HashMap, HashSet};
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use super::world::World;

/// How a media item goes when its turn comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Length {
    Lasts(Duration),
    /// Until it is stopped.
    Endless,
    /// Cannot be opened: the item fails.
    Missing,
    /// The playback ends here without ever being said to be finished.
    Unfinished,
    /// Must be fetched from this URL first.
    Fetch(String),
}

/// The sounds of this Asterisk. A name that was not declared exists.
#[derive(Debug, Clone, Default)]
pub(super) struct Sounds {
    pub(super) lengths: HashMap<String, Duration>,
    pub(super) missing: HashSet<String>,
}

/// Whether a stop or a pause has any effect on this kind of media.
pub(super) fn stoppable(uri: &str) -> bool {
    !["number:", "digits:", "characters:"]
        .iter()
        .any(|scheme| uri.starts_with(scheme))
}

const EACH_SAID: Duration = Duration::from_millis(500);

impl World {
    pub(super) fn length(&self, uri: &str) -> Length {
        let Some((scheme, rest)) = uri.split_once(':') else {
            return self.sound_length(uri);
        };
        let said = || u32::try_from(rest.len()).unwrap_or(u32::MAX);
        match scheme {
            "sound" => self.sound_length(rest),
            "recording" => match self.stored.get(rest) {
                Some(stored) => Length::Lasts(stored.length),
                None => Length::Unfinished,
            },
            "number" if rest.parse::<i64>().is_err() => Length::Unfinished,
            "number" | "digits" | "characters" => Length::Lasts(EACH_SAID * said()),
            "tone" => Length::Endless,
            _ => Length::Unfinished,
        }
    }

    fn sound_length(&self, name: &str) -> Length {
        if self.sounds.missing.contains(name) {
            return Length::Missing;
        }
        if let Some(length) = self.sounds.lengths.get(name) {
            return Length::Lasts(*length);
        }
        if name.starts_with("http://") || name.starts_with("https://") {
            return Length::Fetch(name.to_owned());
        }
        if name.starts_with('/') {
            return file_length(name).map_or(Length::Missing, Length::Lasts);
        }
        if let Some(seconds) = name.strip_prefix("silence/").and_then(|n| n.parse().ok()) {
            return Length::Lasts(Duration::from_secs(seconds));
        }
        if Path::new(name).extension().is_some() {
            return Length::Missing;
        }
        Length::Lasts(self.options.dials.sound)
    }
}

/// A file on disk, named without its extension as Asterisk wants it.
fn file_length(base: &str) -> Option<Duration> {
    if let Ok(file) = std::fs::read(format!("{base}.wav")) {
        return wav_length(&file);
    }
    [
        ("ulaw", 8000),
        ("alaw", 8000),
        ("sln", 16000),
        ("sln16", 32000),
    ]
    .iter()
    .find_map(|(extension, rate)| {
        let size = std::fs::metadata(format!("{base}.{extension}")).ok()?.len();
        Some(Duration::from_millis(size * 1000 / rate))
    })
}

pub(super) fn wav_length(file: &[u8]) -> Option<Duration> {
    let reader = hound::WavReader::new(Cursor::new(file)).ok()?;
    let rate = u64::from(reader.spec().sample_rate).max(1);
    Some(Duration::from_millis(
        u64::from(reader.duration()) * 1000 / rate,
    ))
}

/// Fetches audio as Asterisk's media cache does: a plain GET, by content type
/// or else by the extension of the path; a failure is tried once more.
pub(super) async fn fetch(url: &str) -> Option<Duration> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .user_agent("asterisk-libcurl-agent/1.0")
        .build()
        .ok()?;
    for _ in 0..2 {
        let Ok(response) = client.get(url).send().await else {
            continue;
        };
        if !response.status().is_success() {
            continue;
        }
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let wav = matches!(kind.as_str(), "audio/wav" | "audio/x-wav" | "audio/wave")
            || response.url().path().ends_with(".wav");
        let body = response.bytes().await.ok()?;
        return wav.then(|| wav_length(&body)).flatten();
    }
    None
}
