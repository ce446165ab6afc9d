//! Playing sounds to the caller.
//!
//! One playback a sound: of several media in one playback only the last decides
//! the final state, and failures before it are invisible (rule 8).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Keys, Play, PlayEnd, Sound, Unplayable, Winding};
use crate::ari::{AriError, Event, Request};
use crate::call::journal::Begun;
use crate::call::mailbox::Input;
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::id::OpId;
use crate::media::Clip;
use crate::trace::Kind;

/// How much longer than its file a playback may last before Asterisk is asked.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is asked about a playback of unknown length.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// A media URI of Asterisk's, and how long it lasts if that is known.
pub(in crate::call) struct Playable {
    uri: String,
    length: Option<Duration>,
}

impl Playable {
    pub(in crate::call) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) fn asterisk(uri: &str) -> Self {
        Self {
            uri: uri.to_owned(),
            length: None,
        }
    }
}

impl From<Clip> for Playable {
    fn from(clip: Clip) -> Self {
        Self {
            uri: clip.uri,
            length: Some(clip.duration),
        }
    }
}

/// What a playback must remember.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Playing {
    playback: String,
    /// Keys since here stop it.
    mark: u64,
}

impl Call {
    /// Plays sounds one after the other. One that cannot be played is told in
    /// the trace, and the next is played.
    pub async fn play(&mut self, play: Play) -> Result<PlayEnd, Interrupt> {
        let mut failed = None;
        let mut heard = false;
        for sound in &play.sounds {
            match self.play_one(sound, &play.stop_on).await? {
                PlayEnd::Finished => heard = true,
                PlayEnd::Key(key) => return Ok(PlayEnd::Key(key)),
                PlayEnd::Failed(why) => {
                    self.warn(why.to_string());
                    failed = Some(why);
                }
            }
        }
        Ok(match failed {
            Some(why) if !heard => PlayEnd::Failed(why),
            _ => PlayEnd::Finished,
        })
    }

    pub(super) async fn play_one(
        &mut self,
        sound: &Sound,
        stop_on: &Keys,
    ) -> Result<PlayEnd, Interrupt> {
        self.play_wound(sound, stop_on, None).await
    }

    pub(super) async fn play_wound(
        &mut self,
        sound: &Sound,
        stop_on: &Keys,
        winding: Option<&Winding>,
    ) -> Result<PlayEnd, Interrupt> {
        let (op, mut playing, length) = match self.begin::<PlayEnd, Playing>() {
            Begun::Done(end) => return Ok(end),
            Begun::Again(op, playing) => {
                // Never sent again: one that Asterisk does not know has ended.
                if !self.still_plays(&playing.playback).await {
                    return Ok(self.done(&op, PlayEnd::Finished));
                }
                (op, playing, None)
            }
            Begun::New(op) => {
                let mark = self.state.keys.mark();
                let clip = match self.clip(sound).await? {
                    Ok(clip) => clip,
                    Err(why) => return Ok(self.done(&op, PlayEnd::Failed(why))),
                };
                self.keys_sent().await?;
                // A key pressed while the sound was made stops it before it starts.
                if let Some(key) = self.stopping_key(mark, stop_on) {
                    return Ok(self.done(&op, PlayEnd::Key(key)));
                }
                let playing = Playing {
                    playback: op.object("p"),
                    mark,
                };
                match self.start_playback(&op, &playing, &clip, winding).await? {
                    Ok(()) => (op, playing, clip.length),
                    Err(why) => return Ok(self.done(&op, PlayEnd::Failed(why.into()))),
                }
            }
        };
        let mut deadline = clock::now().after(length.map_or(ASK_EVERY, |length| length + GRACE));
        let end = loop {
            if let Some(key) = self.stopping_key(playing.mark, stop_on) {
                self.stop_playback(&playing.playback).await?;
                break Some(PlayEnd::Key(key));
            }
            if let Some(winding) = winding
                && self.wind(winding, &playing.playback, playing.mark).await?
            {
                playing.mark = self.state.keys.mark();
                self.write_down(&op, &playing);
            }
            match self.next(Some(deadline)).await? {
                Some(Input::Ari(Event::PlaybackFinished { playback, failed }))
                    if playback == playing.playback =>
                {
                    break (!failed).then_some(PlayEnd::Finished);
                }
                Some(_) => {}
                // Some playbacks never say that they are over (rule 6).
                None if !self.still_plays(&playing.playback).await => {
                    break Some(PlayEnd::Finished);
                }
                None => deadline = clock::now().after(ASK_EVERY),
            }
        };
        // Without an end Asterisk could not play it.
        let end = match end {
            Some(end) => end,
            None => PlayEnd::Failed(format!("Asterisk could not play {}", describe(sound)).into()),
        };
        Ok(self.done(&op, end))
    }

    async fn start_playback(
        &mut self,
        op: &OpId,
        playing: &Playing,
        clip: &Playable,
        winding: Option<&Winding>,
    ) -> Result<Result<(), String>, Interrupt> {
        self.objects.register(&playing.playback);
        self.state.playing.push(playing.playback.clone());
        self.write_down(op, playing);
        let language = self.sound_language();
        let request = Request::play(
            &self.state.channel,
            &playing.playback,
            &clip.uri,
            language.as_deref(),
        );
        let request = match winding {
            Some(winding) => request.winding(winding.from, winding.step),
            None => request,
        };
        match self.caller_request(request).await? {
            // It may have been carried out; the watchdog finds out.
            Ok(_) | Err(AriError::Unknown { .. }) => Ok(Ok(())),
            Err(error) => {
                self.state.playing.retain(|p| *p != playing.playback);
                self.objects.forget(&playing.playback);
                Ok(Err(format!("could not play {}: {error}", clip.uri)))
            }
        }
    }

    /// Plays something beside the operation that runs; nobody waits for its end.
    pub(super) async fn start_named_playback(
        &mut self,
        playback: String,
        clip: &Playable,
    ) -> Result<(), Interrupt> {
        self.objects.register(&playback);
        self.state.playing.push(playback.clone());
        self.checkpoint();
        let language = self.sound_language();
        let request = Request::play(
            &self.state.channel,
            &playback,
            &clip.uri,
            language.as_deref(),
        );
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("could not play {}: {error}", clip.uri));
            self.state.playing.retain(|p| *p != playback);
            self.objects.forget(&playback);
        }
        Ok(())
    }

    fn stopping_key(&self, mark: u64, stop_on: &Keys) -> Option<char> {
        self.state
            .keys
            .since(mark)
            .find(|key| stop_on.contains(*key))
    }

    /// Turns a sound into something that Asterisk plays; says why it cannot.
    pub(in crate::call) async fn clip(
        &mut self,
        sound: &Sound,
    ) -> Result<Result<Playable, Unplayable>, Interrupt> {
        let services = self.services.clone();
        let began = tokio::time::Instant::now();
        let made = match sound {
            Sound::Speech(utterance) => {
                let mut utterance = utterance.clone();
                // A voice brings its own language, unless the document says otherwise.
                if utterance.voice.is_none() {
                    utterance
                        .language
                        .get_or_insert_with(|| self.state.language.clone());
                }
                let said = self
                    .during(async { services.speech.say(&utterance).await })
                    .await?;
                said.map_err(|error| format!("could not speak: {error}").into())
            }
            Sound::Url(url) => {
                let fetched = self
                    .during(async { services.media.fetch(url).await })
                    .await?;
                fetched.map_err(|error| Unplayable {
                    code: Some(error.code),
                    why: error.to_string(),
                })
            }
            Sound::Asterisk(uri) | Sound::Clip(uri) => return Ok(Ok(Playable::asterisk(uri))),

            Sound::Silence(duration) => {
                let made = self
                    .during(async { services.media.silence(*duration).await })
                    .await?;
                made.map_err(|error| error.to_string().into())
            }
            Sound::Tone(tone) => {
                let made = self
                    .during(async { services.media.tone(tone).await })
                    .await?;
                made.map_err(|error| error.to_string().into())
            }
        };
        self.trace
            .took(Kind::Decision, format!("sound: {}", describe(sound)), began);
        Ok(made.map(Playable::from))
    }

    /// Asterisk's spelling of a language that the flow has set: `en_GB`.
    fn sound_language(&self) -> Option<String> {
        if self.state.language == self.state.facts.language {
            return None;
        }
        let (primary, region) = self
            .state
            .language
            .split_once('-')
            .unwrap_or((&self.state.language, ""));
        let region = region.to_ascii_uppercase();
        Some(if region.is_empty() {
            primary.to_owned()
        } else {
            format!("{primary}_{region}")
        })
    }
}

/// A sound in a few words.
pub(super) fn describe(sound: &Sound) -> String {
    match sound {
        Sound::Speech(utterance) => {
            let text: String = utterance.text.chars().take(60).collect();
            format!("speech {text:?}")
        }
        Sound::Url(url) => crate::web::shown(url),
        Sound::Asterisk(uri) | Sound::Clip(uri) => uri.clone(),
        Sound::Silence(duration) => format!("{} ms of silence", duration.as_millis()),
        Sound::Tone(tone) => format!("a tone of {:?} Hz", tone.frequencies),
    }
}
