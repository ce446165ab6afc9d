//! What the caller hears while somebody rings: ringing, a tone of Asterisk's, or
//! sounds that begin again until somebody answers.

use std::time::Duration;

use super::Dialling;
use crate::ari::Request;
use crate::call::ops::play::Playable;
use crate::call::ops::{Behind, Dial};
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::id::OpId;

/// A sound that ends sooner is none, and is not begun again for ever.
const SHORTEST: Duration = Duration::from_millis(200);

impl Call {
    pub(super) async fn start_ringback(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        if !dial.ringback.is_empty() {
            return self.play_ringback(dial, op, at).await;
        }
        if dial.music {
            return self.start_behind(Behind::Music).await;
        }
        match &dial.ring_tone {
            Some(tone) => self.play_tone(&format!("tone:{tone}"), op, at).await,
            None => self.plain_ringing(op, at).await,
        }
    }

    /// Sounds end by themselves, and the next one begins.
    pub(super) async fn go_on_with_ringback(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        let over = |playback: &String| !self.state.playing.contains(playback);
        let Some(since) = at
            .round_since
            .filter(|_| at.ringback.as_ref().is_some_and(over))
        else {
            return Ok(());
        };
        if clock::now().since(since) < SHORTEST {
            self.warn("the ringback cannot be played; it rings instead");
            at.round_since = None;
            return self.plain_ringing(op, at).await;
        }
        self.play_ringback(dial, op, at).await
    }

    /// The first of the sounds that can be played; with none of them it rings.
    async fn play_ringback(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        for _ in &dial.ringback {
            let Some(sound) = dial.ringback.get(at.rounds % dial.ringback.len()) else {
                break;
            };
            at.rounds += 1;
            let playback = op.object(&format!("ring{}", at.rounds));
            match self.clip(sound).await? {
                Ok(clip) if self.play_behind(&playback, &clip, op, at).await? => {
                    at.round_since = Some(clock::now());
                    return Ok(());
                }
                Ok(_) => {}
                Err(why) => self.warn(format!("ringback: {why}")),
            }
        }
        at.round_since = None;
        self.plain_ringing(op, at).await
    }

    async fn plain_ringing(&mut self, op: &OpId, at: &mut Dialling) -> Result<(), Interrupt> {
        if self.is_answered() {
            self.play_tone("tone:ring", op, at).await
        } else {
            self.ring().await
        }
    }

    async fn play_tone(
        &mut self,
        tone: &str,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        let playback = op.object("ring");
        let tone = Playable::asterisk(tone);
        self.play_behind(&playback, &tone, op, at).await?;
        Ok(())
    }

    /// `false` when Asterisk does not play it.
    async fn play_behind(
        &mut self,
        playback: &str,
        clip: &Playable,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<bool, Interrupt> {
        self.objects.register(playback);
        self.state.playing.push(playback.to_owned());
        at.ringback = Some(playback.to_owned());
        self.write_down(op, at);
        let request = Request::play(&self.state.channel, playback, clip.uri(), None);
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("no ringback: {error}"));
            self.state.playing.retain(|p| p != playback);
            self.objects.forget(playback);
            return Ok(false);
        }
        Ok(true)
    }
}
