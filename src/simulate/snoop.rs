//! Snoop channels: legs that listen to another channel.

use std::time::Duration;

use tokio::time::Instant;

use super::channels::{Channel, State};
use super::hangup::{By, Hangup};
use super::world::World;

/// Which side of a channel is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    None,
    /// What the channel's phone says.
    In,
    /// What it hears.
    Out,
    Both,
}

impl Direction {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "none" | "" => Some(Self::None),
            "in" => Some(Self::In),
            "out" => Some(Self::Out),
            "both" => Some(Self::Both),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Spy {
    pub(super) target: String,
    pub(super) spy: Direction,
}

impl World {
    pub(super) fn create_snoop(&mut self, id: &str, spy: Spy, app: &str, args: Vec<String>) {
        let name = self.channel_name(&format!("Snoop/{}", spy.target));
        let mut channel = Channel::new(id, name, State::Up);
        channel.spies = Some(spy);
        self.channels.insert(id.to_owned(), channel);
        let (id, app) = (id.to_owned(), app.to_owned());
        self.soon(move |world| {
            if world.app_is_active(&app) {
                world.enter_stasis(&id, &app, &args);
            } else {
                world.end_snoop(&id);
            }
        });
    }

    /// The snoops of a channel that is gone end with it.
    pub(super) fn end_snoops(&mut self, target: &str) {
        let snoops: Vec<_> = self
            .channels
            .values()
            .filter(|c| c.spies.as_ref().is_some_and(|spy| spy.target == target))
            .map(|c| c.id.clone())
            .collect();
        for snoop in snoops {
            self.end_snoop(&snoop);
        }
    }

    fn end_snoop(&mut self, id: &str) {
        let hangup = Hangup {
            cause: 16,
            tech: None,
            by: By::Limit,
        };
        self.hang_up(id, hangup);
    }

    /// When there was sound on a channel between two instants: what a recording
    /// of it contains.
    pub(super) fn sound_on(
        &self,
        channel: &str,
        direction: Direction,
        from: Instant,
        to: Instant,
    ) -> Vec<(Instant, Instant)> {
        let spy = self.channels.get(channel).and_then(|c| c.spies.clone());
        if let Some(spy) = spy {
            return self.sound_on(&spy.target, spy.spy, from, to);
        }
        let mut spans = Vec::new();
        let Some(party) = self.parties.get(channel) else {
            return spans;
        };
        if matches!(direction, Direction::In | Direction::Both) {
            spans.extend(party.talk.iter().copied());
        }
        if matches!(direction, Direction::Out | Direction::Both) {
            let end = |to: Option<Duration>| to.map_or(Instant::now(), |to| self.started + to);
            for heard in &party.heard {
                let (start, end) = (self.started + heard.from, end(heard.to));
                match &heard.what {
                    super::log::Sound::Bridge(others) => {
                        for other in others {
                            let talk = self.parties.get(other).map(|p| p.talk.clone());
                            for (a, b) in talk.unwrap_or_default() {
                                spans.push((a.max(start), b.min(end)));
                            }
                        }
                    }
                    _ => spans.push((start, end)),
                }
            }
        }
        spans
            .into_iter()
            .map(|(a, b)| (a.max(from), b.min(to)))
            .filter(|(a, b)| a < b)
            .collect()
    }
}
