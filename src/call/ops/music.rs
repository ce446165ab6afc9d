//! Waiting for somebody else with music or silence, without an end.

use std::time::Duration;

use super::{Behind, Sound, Tone};
use crate::ari::{Event, Request};
use crate::call::mailbox::Input;
use crate::call::{Call, Interrupt};
use crate::clock::Time;
use crate::id::PREFIX;

impl Call {
    /// Waits until `enough` says so, which is asked again whenever anything has
    /// happened, or until a moment. Where Asterisk has no music on hold, a chime of
    /// pivot's own sounds instead.
    pub async fn wait_hearing(
        &mut self,
        sound: Behind,
        until: Option<Time>,
        mut enough: impl FnMut(&Self) -> bool + Send,
    ) -> Result<(), Interrupt> {
        // After the call was picked up it sounds already.
        if self.state.behind != Some(sound) && self.state.chime.is_none() {
            self.settle().await?;
            let module = Request::module("res_musiconhold.so");
            if sound == Behind::Music && self.request(module).await.is_err() {
                self.note("Asterisk has no music on hold; a chime sounds instead");
                self.start_chime(0).await?;
            } else {
                self.start_behind(sound).await?;
            }
        }
        while !enough(self) {
            match self.next(until).await? {
                None => break,
                Some(Input::Ari(Event::PlaybackFinished { failed: false, .. })) => {
                    if let Some(times) = self.state.chime {
                        self.start_chime(times + 1).await?;
                    }
                }
                Some(_) => {}
            }
        }
        self.state.chime = None;
        self.settle().await
    }

    async fn start_chime(&mut self, times: u32) -> Result<(), Interrupt> {
        let chime = Sound::Tone(Tone {
            frequencies: vec![392.0, 494.0],
            on: Duration::from_millis(400),
            off: Duration::from_millis(3600),
            times: 30,
        });
        let clip = match self.clip(&chime).await? {
            Ok(clip) => clip,
            Err(why) => {
                self.warn(why.to_string());
                return self.start_behind(Behind::Silence).await;
            }
        };
        let playback = format!("{PREFIX}{}-chime-{times}", self.state.id.hex());
        self.state.chime = Some(times);
        self.start_named_playback(playback, &clip).await
    }
}
