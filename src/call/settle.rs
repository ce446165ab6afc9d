//! Making the caller's channel free.
//!
//! `answer`, `variable`, `addChannel` and `removeChannel` wait in Asterisk until
//! what the channel plays or records is over (spec/asterisk-ari.md, rule 1), so
//! it is stopped first, and waited for.

use std::time::Duration;

use super::mailbox::{Input, Pumped};
use super::{Call, Interrupt};
use crate::ari::{Event, Request};
use crate::clock;

/// A file that Asterisk has open ends at the next frame; this is ample.
const STOP: Duration = Duration::from_secs(5);

impl Call {
    /// Stops what plays on the caller's channel and waits until it has ended. Music
    /// and silence behind it are stopped too: they would go on in a bridge.
    pub(crate) async fn settle(&mut self) -> Result<(), Interrupt> {
        self.keys_sent().await?;
        self.state.round = None;
        for playback in self.state.playing.clone() {
            self.stop_playback(&playback).await?;
        }
        self.stop_behind().await
    }

    /// Stops a playback and waits for its end. What cannot be stopped
    /// (`number:`, `digits:`, `characters:`) plays out.
    pub(super) async fn stop_playback(&mut self, playback: &str) -> Result<(), Interrupt> {
        // A playback that is over is 404 at once: as good as stopped.
        if let Err(error) = self.request(Request::stop_playback(playback)).await
            && error.is_gone()
        {
            self.state.playing.retain(|p| p != playback);
            self.objects.forget(playback);
            return Ok(());
        }
        let mut deadline = clock::now().after(STOP);
        while self.state.playing.iter().any(|p| p == playback) {
            if self.next(Some(deadline)).await?.is_none() {
                if !self.still_plays(playback).await {
                    break;
                }
                deadline = clock::now().after(STOP);
            }
        }
        Ok(())
    }

    /// Asks Asterisk; a playback that it does not know has ended, although it
    /// may never say so (rule 6).
    pub(super) async fn still_plays(&mut self, playback: &str) -> bool {
        let gone = matches!(self.request(Request::get_playback(playback)).await, Err(error) if error.is_gone());
        if gone {
            self.state.playing.retain(|p| p != playback);
            self.objects.forget(playback);
        }
        !gone
    }

    /// Waits for an event after the caller has gone; `false` at the deadline.
    pub(super) async fn wait_closing(
        &mut self,
        until: clock::Time,
        mut is: impl FnMut(&Self, Option<&Event>) -> bool,
    ) -> bool {
        if is(self, None) {
            return true;
        }
        loop {
            match self.pump(Some(until)).await {
                Pumped::Input(Input::News) => {
                    if is(self, None) {
                        return true;
                    }
                }
                Pumped::Input(Input::Ari(event)) => {
                    if is(self, Some(&event)) {
                        return true;
                    }
                }
                Pumped::Deadline | Pumped::Cut | Pumped::Shutdown => return false,
            }
        }
    }
}
