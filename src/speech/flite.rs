//! flite: small, fast, English only.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::command::Run;
use super::voice::{Gender, Wanted};
use super::{SpeechError, Synthesize};
use crate::call::ops::Utterance;
use crate::config;
use crate::media::{Media, Pcm};

pub(super) const NAME: &str = "flite";

/// What it has built in. A voice option may also name a file or a URL to load,
/// which a document must not.
const VOICES: [&str; 6] = ["awb", "awb_time", "kal", "kal16", "rms", "slt"];

pub(super) struct Flite {
    command: PathBuf,
    voice: String,
    media: Media,
    limit: Duration,
}

impl Flite {
    pub(super) fn new(config: &config::Flite, media: Media, limit: Duration) -> Self {
        Self {
            command: config.command.clone(),
            voice: config.voice.clone(),
            media,
            limit,
        }
    }

    fn voice(&self, wanted: &Wanted) -> &str {
        if let Some(name) = &wanted.name
            && let Some(voice) = VOICES.iter().find(|voice| *voice == name)
        {
            return voice;
        }
        let english = |tag: &str| tag.split('-').next() == Some("en");
        if let Some(language) = wanted.language.as_deref().filter(|tag| !english(tag)) {
            tracing::warn!(language, "flite speaks English only");
        }
        match wanted.gender {
            Some(Gender::Female) => "slt",
            Some(Gender::Male) => "rms",
            None => &self.voice,
        }
    }

    async fn say(&self, utterance: &Utterance) -> Result<Pcm, SpeechError> {
        // It cannot write to a pipe: it goes back to fill in the length.
        let file = super::Temporary(self.media.temporary());
        let voice = self.voice(&Wanted::of(utterance));
        let args = ["-voice", voice, "-f", "-", "-o"].map(OsStr::new);
        let mut args = args.to_vec();
        args.push(file.0.as_os_str());
        let run = Run {
            engine: NAME,
            command: &self.command,
            key: "speech.flite.command",
            args,
            input: &utterance.text,
            limit: self.limit,
        };
        run.output().await?;
        file.sound(NAME).await
    }
}

impl Synthesize for Flite {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self) -> String {
        self.voice.clone()
    }

    fn synthesize<'a>(
        &'a self,
        utterance: &'a Utterance,
    ) -> BoxFuture<'a, Result<Pcm, SpeechError>> {
        self.say(utterance).boxed()
    }
}
