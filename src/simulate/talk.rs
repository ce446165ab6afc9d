//! `TALK_DETECT`: telling when a channel begins and stops talking.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::world::World;

/// Of silence before it counts, when the function is not told.
const SILENCE: u64 = 2500;

impl World {
    /// `TALK_DETECT(set)` was written: what the phone says from now on is told.
    pub(super) fn listen(&mut self, channel: &str) {
        let mut spans = match self.parties.get(channel) {
            Some(party) => party.talk.clone(),
            None => return,
        };
        spans.sort_unstable();
        let silence = self.silence(channel).unwrap_or_default();
        let mut merged: Vec<(Instant, Instant)> = Vec::new();
        for (from, to) in spans {
            match merged.last_mut() {
                Some(last) if from < last.1 + silence => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        for (from, to) in merged {
            self.listen_to(channel, from, to);
        }
    }

    /// Tells of this talking, if the channel is listened to.
    pub(super) fn listen_to(&mut self, channel: &str, from: Instant, to: Instant) {
        let now = Instant::now();
        let Some(silence) = self.silence(channel) else {
            return;
        };
        if to <= now {
            return;
        }
        let from = from.max(now);
        let id = channel.to_owned();
        self.after(from - now, move |world| {
            world.channel_event("ChannelTalkingStarted", &id, json!({}));
        });
        let id = channel.to_owned();
        let length = u64::try_from((to - from).as_millis()).unwrap_or(u64::MAX);
        self.after(to - now + silence, move |world| {
            world.channel_event("ChannelTalkingFinished", &id, json!({ "duration": length }));
        });
    }

    fn silence(&self, channel: &str) -> Option<Duration> {
        let value = self.channels.get(channel)?.vars.get("TALK_DETECT(set)")?;
        let ms = value.split(',').next().and_then(|ms| ms.parse().ok());
        Some(Duration::from_millis(ms.unwrap_or(SILENCE)))
    }
}
