//! A phone as a script handles it: keys, voice, hanging up, and what it heard.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::party::{Continued, Ended, Party};
use crate::simulate::channels::State;
use crate::simulate::hangup::{By, Hangup};
use crate::simulate::log::{Heard, Sound};
use crate::simulate::options::Version;
use crate::simulate::world::{Handle, World};

/// How long a key is held, and the pause to the next.
const KEY: Duration = Duration::from_millis(100);

/// A phone that takes part in a call: one that called in, or one that a leg
/// called. Its methods do nothing once its call has ended.
#[derive(Clone)]
pub struct Phone {
    pub(super) world: Handle,
    pub(super) channel: String,
}

impl Phone {
    /// The id of its channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    fn id(&self) -> String {
        self.channel.clone()
    }

    /// Presses keys one after the other and returns when the last is released.
    pub async fn press(&self, keys: &str) {
        for key in keys.chars() {
            tokio::time::sleep(KEY).await;
            let id = self.id();
            self.world.ask(move |world| world.key(&id, key)).await;
            tokio::time::sleep(KEY).await;
        }
    }

    /// Presses keys `after` from now, without waiting for it.
    pub fn press_at(&self, after: Duration, keys: &str) {
        for (place, key) in (0..).zip(keys.chars()) {
            let id = self.id();
            self.world.tell(move |world| {
                world.after(after + KEY * (2 * place + 1), move |world| {
                    world.key(&id, key)
                });
            });
        }
    }

    /// Hangs up, or gives up when not answered yet.
    pub async fn hangup(&self) {
        let id = self.id();
        self.world.ask(move |world| world.phone_hangs_up(&id)).await;
    }

    /// Hangs up with a BYE that gives this Q.850 cause as its reason.
    pub async fn hangup_because(&self, cause: u16) {
        let id = self.id();
        self.world
            .ask(move |world| world.phone_ends(&id, Some(cause)))
            .await;
    }

    /// Hangs up `after` from now, without waiting for it.
    pub fn hangup_at(&self, after: Duration) {
        let id = self.id();
        self.world.tell(move |world| {
            world.after(after, move |world| world.phone_hangs_up(&id));
        });
    }

    /// Talks for so long and returns when done.
    pub async fn talk(&self, length: Duration) {
        self.talk_at(Duration::ZERO, length);
        tokio::time::sleep(length).await;
    }

    /// Talks for `length`, beginning `after` from now, without waiting for it.
    pub fn talk_at(&self, after: Duration, length: Duration) {
        let id = self.id();
        self.world
            .tell(move |world| world.party_talks(&id, after, length));
    }

    /// Puts the call on hold (`true`) or takes it back.
    pub async fn hold(&self, on: bool) {
        let id = self.id();
        self.world
            .ask(move |world| world.phone_holds(&id, on))
            .await;
    }

    /// Number and name that the phone saw when it was called.
    pub async fn shown(&self) -> Option<(String, String)> {
        let id = self.id();
        self.world
            .ask(move |world| {
                let shown = world.parties.get(&id)?.shown.as_ref()?;
                Some((shown.number.clone(), shown.name.clone()))
            })
            .await
            .flatten()
    }

    /// `Ring`, `Ringing`, `Up` …; `None` when the channel is gone.
    pub async fn state(&self) -> Option<String> {
        let id = self.id();
        self.world
            .ask(move |world| {
                let channel = world.channels.get(&id)?.to_json();
                channel["state"].as_str().map(str::to_owned)
            })
            .await
            .flatten()
    }

    /// The SIP responses it got, in order; for phones that called in.
    pub async fn responses(&self) -> Vec<u16> {
        self.party(|party| party.responses.clone()).await
    }

    /// What it heard so far.
    pub async fn heard(&self) -> Vec<Heard> {
        self.party(|party| party.heard.clone()).await
    }

    /// The media URIs it heard, in order.
    pub async fn heard_media(&self) -> Vec<String> {
        let heard = self.heard().await;
        heard
            .into_iter()
            .filter_map(|heard| match heard.what {
                Sound::Media(uri) => Some(uri),
                _ => None,
            })
            .collect()
    }

    /// Digits that were sent to it.
    pub async fn digits(&self) -> String {
        self.party(|party| party.digits.clone()).await
    }

    /// Where in the dialplan it was sent, if it was.
    pub async fn continued(&self) -> Option<Continued> {
        self.party(|party| party.continued.clone()).await
    }

    /// A variable of its channel.
    pub async fn variable(&self, name: &str) -> Option<String> {
        let (id, name) = (self.id(), name.to_owned());
        self.world
            .ask(move |world| world.channels.get(&id)?.vars.get(&name).cloned())
            .await
            .flatten()
    }

    /// How its call ended; `None` while it lasts.
    pub async fn ended(&self) -> Option<Ended> {
        self.party(|party| party.ended.clone()).await
    }

    /// Waits until the call has ended; `None` when it has not within an hour.
    pub async fn wait_ended(&self) -> Option<Ended> {
        let id = self.id();
        self.world
            .wait(Duration::from_secs(3600), move |world| {
                world.parties.get(&id)?.ended.clone()
            })
            .await
    }

    /// Waits until the call is answered; `false` when it is not within `limit`.
    pub async fn wait_answered(&self, limit: Duration) -> bool {
        let id = self.id();
        self.world
            .wait(limit, move |world| {
                (world.channels.get(&id)?.state == State::Up).then_some(())
            })
            .await
            .is_some()
    }

    async fn party<T: Default + Send + 'static>(
        &self,
        read: impl FnOnce(&Party) -> T + Send + 'static,
    ) -> T {
        let id = self.id();
        self.world
            .ask(move |world| world.parties.get(&id).map(read))
            .await
            .flatten()
            .unwrap_or_default()
    }
}

impl World {
    /// A key is released. Only an answered phone, or one with early media, has
    /// a way to send it.
    pub(in crate::simulate) fn key(&mut self, channel: &str, key: char) {
        let digit = key.to_ascii_uppercase();
        if !"0123456789*#ABCD".contains(digit) || !self.channels.contains_key(channel) {
            return;
        }
        self.channel_event(
            "ChannelDtmfReceived",
            channel,
            json!({ "digit": digit.to_string(), "duration_ms": KEY.as_millis() as u64 }),
        );
        self.recording_key(channel, digit);
    }

    pub(in crate::simulate) fn phone_hangs_up(&mut self, channel: &str) {
        self.phone_ends(channel, None);
    }

    fn phone_ends(&mut self, channel: &str, reason: Option<u16>) {
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        let answered = ch.state == State::Up || ch.leg.is_some();
        let hangup = match reason {
            _ if !answered => Hangup {
                cause: 127,
                tech: Some(487),
                by: By::Phone,
            },
            Some(cause) => Hangup {
                cause,
                tech: None,
                by: By::Phone,
            },
            // The dialplan on the other half hangs up.
            None if ch.name.starts_with("Local/") => Hangup {
                cause: 16,
                tech: None,
                by: By::Phone,
            },
            // 22 does not make up a cause for a caller's BYE.
            None => Hangup {
                cause: if self.version() >= Version::V22 && ch.leg.is_none() {
                    0
                } else {
                    16
                },
                tech: None,
                by: By::Bye,
            },
        };
        self.hang_up(channel, hangup);
    }

    fn phone_holds(&mut self, channel: &str, on: bool) {
        if on {
            let class = json!({ "musicclass": "default" });
            self.channel_event("ChannelHold", channel, class);
        } else {
            self.channel_event("ChannelUnhold", channel, json!({}));
        }
    }

    pub(in crate::simulate) fn party_talks(
        &mut self,
        channel: &str,
        after: Duration,
        length: Duration,
    ) {
        if let Some(party) = self.parties.get_mut(channel) {
            let from = Instant::now() + after;
            party.talk.push((from, from + length));
            self.listen_to(channel, from, from + length);
        }
    }
}
