//! A sound that the caller winds back and forth while it plays.

use std::time::Duration;

use super::{Keys, PlayEnd, Sound};
use crate::ari::Request;
use crate::call::{Call, Interrupt};

/// How a sound is wound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Winding {
    /// Keys that go back.
    pub back: Keys,
    /// Keys that go on.
    pub forward: Keys,
    /// How far each time.
    pub step: Duration,
    /// Where in the sound it begins.
    pub from: Duration,
}

impl Call {
    /// Plays a sound until its end or one of the keys that stop it.
    pub async fn play_winding(
        &mut self,
        sound: &Sound,
        stop_on: &Keys,
        winding: &Winding,
    ) -> Result<PlayEnd, Interrupt> {
        self.play_wound(sound, stop_on, Some(winding)).await
    }

    /// Obeys the keys pressed since `mark`; `false` when there are none.
    pub(super) async fn wind(
        &mut self,
        winding: &Winding,
        playback: &str,
        mark: u64,
    ) -> Result<bool, Interrupt> {
        let keys = self.keys_since(mark);
        for key in keys.chars() {
            let operation = if winding.back.contains(key) {
                "reverse"
            } else if winding.forward.contains(key) {
                "forward"
            } else {
                continue;
            };
            let request = Request::control_playback(playback, operation);
            if let Err(error) = self.request(request).await {
                // It has not begun to play, or is over just now.
                self.note(format!("{key} winds nothing: {error}"));
            }
        }
        Ok(!keys.is_empty())
    }
}
