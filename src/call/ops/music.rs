//! Waiting for somebody else with music, sounds or silence, without an end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Behind, Sound, Tone};
use crate::ari::Request;
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};
use crate::id::PREFIX;

/// A sound that ends sooner is none, and is not begun again for ever.
const SHORTEST: Duration = Duration::from_millis(200);

/// Sounds that follow one another until the channel is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    sounds: Vec<Sound>,
    /// How many have begun so far.
    begun: usize,
    /// When the last one did.
    since: Time,
    /// None when they cannot be played.
    playback: Option<String>,
}

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
        if self.state.behind != Some(sound) && self.state.round.is_none() {
            self.settle().await?;
            let module = Request::module("res_musiconhold.so");
            if sound == Behind::Music && self.request(module).await.is_err() {
                self.note("Asterisk has no music on hold; a chime sounds instead");
                self.start_round(&[chime()]).await?;
            } else {
                self.start_behind(sound).await?;
            }
        }
        while !enough(self) {
            if self.next(until).await?.is_none() {
                break;
            }
            self.go_on_with_round().await?;
        }
        self.settle().await
    }

    /// Begins to play sounds over and over, unless that goes on already, and returns
    /// at once.
    pub async fn start_round(&mut self, sounds: &[Sound]) -> Result<(), Interrupt> {
        if self.state.round.is_some() {
            return self.go_on_with_round().await;
        }
        self.settle().await?;
        self.state.round = Some(Round {
            sounds: sounds.to_vec(),
            begun: 0,
            since: clock::now(),
            playback: None,
        });
        self.next_of_round().await
    }

    /// Whether something sounds while the caller waits, or would if it could be played.
    pub fn waits_with_sound(&self) -> bool {
        self.state.round.is_some() || self.state.behind == Some(Behind::Music)
    }

    /// The next sound begins where one is over.
    pub(super) async fn go_on_with_round(&mut self) -> Result<(), Interrupt> {
        let over = |playback: &String| !self.state.playing.contains(playback);
        match &self.state.round {
            Some(round) if round.playback.as_ref().is_some_and(over) => {
                if clock::now().since(round.since) < SHORTEST {
                    return self.give_round_up().await;
                }
                self.next_of_round().await
            }
            _ => Ok(()),
        }
    }

    /// The first of the sounds that can be played, from where the round is.
    async fn next_of_round(&mut self) -> Result<(), Interrupt> {
        let count = self.state.round.as_ref().map_or(0, |r| r.sounds.len());
        for _ in 0..count {
            let Some(round) = &mut self.state.round else {
                return Ok(());
            };
            let Some(sound) = round.sounds.get(round.begun % count).cloned() else {
                break;
            };
            round.begun += 1;
            self.state.rounds += 1;
            let (call, number) = (self.state.id.hex(), self.state.rounds);
            let playback = format!("{PREFIX}{call}-round-{number}");
            match self.clip(&sound).await? {
                Ok(clip) => {
                    if let Some(round) = &mut self.state.round {
                        round.since = clock::now();
                        round.playback = Some(playback.clone());
                    }
                    return self.start_named_playback(playback, &clip).await;
                }
                Err(why) => self.warn(why.to_string()),
            }
        }
        self.give_round_up().await
    }

    async fn give_round_up(&mut self) -> Result<(), Interrupt> {
        self.warn("there is nothing to hear while waiting");
        if let Some(round) = &mut self.state.round {
            round.playback = None;
        }
        self.start_behind(Behind::Silence).await
    }
}

fn chime() -> Sound {
    Sound::Tone(Tone {
        frequencies: vec![392.0, 494.0],
        on: Duration::from_millis(400),
        off: Duration::from_millis(3600),
        times: 30,
    })
}
