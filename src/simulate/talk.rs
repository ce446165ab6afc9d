//! `TALK_DETECT`: telling when a channel begins and stops talking; `TONE_DETECT`:
//! counting how often a tone was heard from it.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::world::World;

/// Of silence before it counts, when the function is not told.
const SILENCE: u64 = 2500;

/// Where a channel keeps what it listens for.
const TONE: &str = "listens for a tone";

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

    /// `TONE_DETECT(hertz,milliseconds)` was written.
    pub(super) fn listen_for_tone(&mut self, channel: &str, arguments: &str) {
        if let Some(channel) = self.channels.get_mut(channel) {
            let heard = ("TONE_DETECT(rx)".to_owned(), "0".to_owned());
            let listened = (TONE.to_owned(), arguments.to_owned());
            channel.vars.extend([heard, listened]);
        }
    }

    /// A tone sounds on this channel.
    pub(super) fn tone(&mut self, channel: &str, hertz: u32, length: Duration) {
        let Some(channel) = self.channels.get_mut(channel) else {
            return;
        };
        let listened = channel.vars.get(TONE).cloned().unwrap_or_default();
        let (tone, lasts) = listened.split_once(',').unwrap_or((&listened, "500"));
        let long = lasts
            .parse()
            .is_ok_and(|ms| length >= Duration::from_millis(ms));
        if long && tone.parse() == Ok(hertz) {
            channel.vars.insert("TONE_DETECT(rx)".into(), "1".into());
        }
    }
}
