//! Bridges: who is in them, and their own playbacks.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::apps::App;
use super::channels::State;
use super::clock::timestamp;
use super::log::Sound;
use super::world::World;
use crate::clock::Time;

pub(super) struct Bridge {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) holding: bool,
    pub(super) created: Time,
    members: Vec<Member>,
    /// The playbacks of its announcer; the first one runs.
    pub(super) playbacks: VecDeque<u64>,
    pub(super) music: Option<String>,
}

struct Member {
    channel: String,
    hearing: Vec<usize>,
    muted: bool,
}

impl Bridge {
    pub(super) fn new(id: &str, name: &str, holding: bool) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            holding,
            created: crate::clock::now(),
            members: Vec::new(),
            playbacks: VecDeque::new(),
            music: None,
        }
    }

    pub(super) fn members(&self) -> Vec<String> {
        self.members.iter().map(|m| m.channel.clone()).collect()
    }

    pub(super) fn to_json(&self) -> Value {
        let technology = if self.holding {
            "holding_bridge"
        } else if self.members.len() > 2 || !self.playbacks.is_empty() || self.music.is_some() {
            "softmix"
        } else {
            "simple_bridge"
        };
        json!({
            "id": self.id,
            "technology": technology,
            "bridge_type": if self.holding { "holding" } else { "mixing" },
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": self.name,
            "channels": self.members(),
            "creationtime": timestamp(self.created),
            "video_mode": "talker",
        })
    }
}

impl World {
    /// The channel leaves whatever bridge it is in and enters this one. Its
    /// application is subscribed to the bridge while it stays.
    pub(super) fn enter_bridge(&mut self, channel: &str, bridge: &str, muted: bool) {
        self.leave_bridge(channel);
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        let Some(to) = self.bridges.get_mut(bridge) else {
            return;
        };
        ch.bridge = Some(bridge.to_owned());
        if let Some(leg) = ch.leg.as_mut() {
            leg.was_bridged = true;
        }
        to.members.push(Member {
            channel: channel.to_owned(),
            hearing: Vec::new(),
            muted,
        });
        let app = ch.app.as_ref().and_then(|app| self.apps.get_mut(app));
        if let Some(app) = app {
            App::add(&mut app.bridges, bridge);
        }
        self.stop_background(channel);
        self.mix(bridge);
        self.bridge_event("ChannelEnteredBridge", bridge, Some(channel));
    }

    /// Two in a bridge are told who the other is: that becomes their connected line.
    pub(super) fn tell_each_other(&mut self, bridge: &str) {
        let members = self.bridges.get(bridge).map(Bridge::members);
        let Some([a, b]) = members.as_deref() else {
            return;
        };
        for (told, other) in [(a, b), (b, a)] {
            let Some(caller) = self.channels.get(other).map(|c| c.caller.clone()) else {
                continue;
            };
            // A caller id that is not known tells nothing.
            if !caller.number.is_empty()
                && let Some(channel) = self.channels.get_mut(told)
            {
                channel.connected = caller;
            }
        }
    }

    pub(super) fn leave_bridge(&mut self, channel: &str) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        let Some(bridge) = ch.bridge.take() else {
            return;
        };
        let app = ch.app.clone();
        self.unmix(&bridge);
        if let Some(from) = self.bridges.get_mut(&bridge) {
            from.members.retain(|member| member.channel != channel);
        }
        self.mix(&bridge);
        self.stop_background(channel);
        self.bridge_event("ChannelLeftBridge", &bridge, Some(channel));
        if let Some(app) = app.and_then(|app| self.apps.get_mut(&app)) {
            App::remove(&mut app.bridges, &bridge);
        }
        let empty = |b: &Bridge| b.members.is_empty();
        if self.bridges.get(&bridge).is_some_and(empty) {
            self.finish_bridge_media(&bridge);
        }
    }

    pub(super) fn destroy_bridge(&mut self, bridge: &str) {
        let Some(found) = self.bridges.get(bridge) else {
            return;
        };
        for member in found.members() {
            self.leave_bridge(&member);
        }
        self.finish_bridge_media(bridge);
        // The members' leaving has taken their applications' subscriptions away;
        // in a real Asterisk that races against this event.
        self.bridge_event("BridgeDestroyed", bridge, None);
        self.bridges.remove(bridge);
        for app in self.apps.values_mut() {
            app.bridges.remove(bridge);
        }
    }

    /// Nobody is left to hear prompts or to be recorded.
    fn finish_bridge_media(&mut self, bridge: &str) {
        let playbacks = self
            .bridges
            .get_mut(bridge)
            .map(|b| std::mem::take(&mut b.playbacks))
            .unwrap_or_default();
        for key in playbacks {
            self.finish_playback(key, "failed");
        }
        let target = format!("bridge:{bridge}");
        let recordings: Vec<_> = self
            .live
            .values()
            .filter(|live| live.target == target)
            .map(|live| live.name.clone())
            .collect();
        for name in recordings {
            self.finish_recording(&name);
        }
    }

    /// What a phone says reaches nobody any more, or again. Mutes count.
    pub(super) fn mute(&mut self, channel: &str, on: bool) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        ch.mutes = if on {
            ch.mutes + 1
        } else {
            ch.mutes.saturating_sub(1)
        };
        self.meet_again(channel);
    }

    /// What a channel hears changes when it is answered in a bridge.
    pub(super) fn meet_again(&mut self, channel: &str) {
        let bridge = self.channels.get(channel).and_then(|c| c.bridge.clone());
        if let Some(bridge) = bridge {
            self.mix(&bridge);
        }
    }

    /// Music for all members begins, or ends.
    pub(super) fn bridge_music(&mut self, bridge: &str, class: Option<String>) {
        if let Some(found) = self.bridges.get_mut(bridge) {
            found.music = class;
        }
        self.mix(bridge);
    }

    /// Each member hears the others from now on, and the bridge's music. In a
    /// holding bridge they hear music alone.
    fn mix(&mut self, bridge: &str) {
        self.unmix(bridge);
        let Some(found) = self.bridges.get(bridge) else {
            return;
        };
        let ids = found.members();
        let holding = found.holding;
        let music = found
            .music
            .clone()
            .or_else(|| holding.then(|| "default".to_owned()));
        for (place, id) in ids.iter().enumerate() {
            // A leg that nobody has answered says nothing yet, unless it has
            // early media.
            let speaks = |other: &&String| {
                *other != id
                    && !self.muted_in_bridge(other, bridge)
                    && self.channels.get(*other).is_some_and(|c| {
                        matches!(c.state, State::Up | State::Ring)
                            || c.leg.as_ref().is_some_and(|leg| leg.early_media)
                    })
            };
            let others: Vec<_> = ids.iter().filter(speaks).cloned().collect();
            let mut hearing = Vec::new();
            if let Some(class) = &music {
                hearing.extend(self.hear(id, Sound::Music(class.clone())));
            }
            if !others.is_empty() && !holding {
                hearing.extend(self.hear(id, Sound::Bridge(others)));
            }
            let member = self
                .bridges
                .get_mut(bridge)
                .and_then(|b| b.members.get_mut(place));
            if let Some(member) = member {
                member.hearing = hearing;
            }
        }
    }

    fn unmix(&mut self, bridge: &str) {
        let Some(found) = self.bridges.get_mut(bridge) else {
            return;
        };
        let hearing: Vec<_> = found
            .members
            .iter_mut()
            .flat_map(|m| {
                let places = std::mem::take(&mut m.hearing);
                places.into_iter().map(|place| (m.channel.clone(), place))
            })
            .collect();
        for (channel, place) in hearing {
            self.hush(&channel, place, true);
        }
    }

    /// Puts a playback into the announcer's queue.
    pub(super) fn bridge_plays(&mut self, bridge: &str, key: u64) {
        let Some(found) = self.bridges.get_mut(bridge) else {
            return;
        };
        found.playbacks.push_back(key);
        if found.playbacks.len() == 1 {
            self.soon(move |world| world.start_playback(key));
        }
    }

    pub(super) fn bridge_playback_over(&mut self, bridge: &str, key: u64) {
        let Some(found) = self.bridges.get_mut(bridge) else {
            return;
        };
        let running = found.playbacks.front() == Some(&key);
        found.playbacks.retain(|other| *other != key);
        if let (true, Some(next)) = (running, found.playbacks.front().copied()) {
            self.soon(move |world| world.start_playback(next));
        }
    }

    /// Whether a member of a bridge is muted, or was added so.
    pub(super) fn muted_in_bridge(&self, channel: &str, bridge: &str) -> bool {
        let mutes = self.channels.get(channel).map_or(0, |c| c.mutes);
        mutes > 0
            || self
                .bridges
                .get(bridge)
                .and_then(|b| b.members.iter().find(|m| m.channel == channel))
                .is_some_and(|m| m.muted)
    }
}
