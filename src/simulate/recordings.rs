//! Live and stored recordings.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::audio;
use super::channels::State as ChannelState;
use super::queue::Running;
use super::snoop::Direction;
use super::timers::TimerId;
use super::world::World;

/// What a request to record asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) format: String,
    /// Seconds; 0 is no limit.
    pub(super) max_duration: u64,
    /// Seconds; 0 is no limit.
    pub(super) max_silence: u64,
    pub(super) append: bool,
    /// `none`, `any`, `*` or `#`.
    pub(super) terminate_on: String,
}

/// A recording that waits in a queue or runs.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) name: String,
    /// `channel:ID` or `bridge:ID`.
    pub(super) target: String,
    wish: Wish,
    started: Option<Instant>,
    /// Since when it is paused, and for how long it was before.
    paused: Option<Instant>,
    pauses: Duration,
    muted: bool,
    discard: bool,
    timers: Vec<TimerId>,
}

/// A file of the recording folder.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) format: String,
    pub(super) length: Duration,
    /// When there was sound.
    pub(super) sound: Vec<(Duration, Duration)>,
}

impl Stored {
    pub(super) fn to_json(&self, name: &str) -> Value {
        json!({ "name": name, "format": self.format })
    }

    /// Always a WAV, whatever the format is called.
    pub(super) fn file(&self) -> Vec<u8> {
        audio::wav(self.length, &self.sound)
    }
}

impl Live {
    pub(super) fn new(target: String, wish: Wish) -> Self {
        Self {
            name: wish.name.clone(),
            target,
            wish,
            started: None,
            paused: None,
            pauses: Duration::ZERO,
            muted: false,
            discard: false,
            timers: Vec::new(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let state = match (self.started, self.paused) {
            (None, _) => "queued",
            (_, Some(_)) => "paused",
            _ => "recording",
        };
        self.json_as(state)
    }

    fn json_as(&self, state: &str) -> Value {
        json!({
            "name": self.name,
            "format": self.wish.format,
            "state": state,
            "target_uri": self.target,
        })
    }

    fn length(&self, now: Instant) -> Duration {
        let Some(started) = self.started else {
            return Duration::ZERO;
        };
        let pausing = self.paused.map_or(Duration::ZERO, |since| now - since);
        (now - started).saturating_sub(self.pauses + pausing)
    }
}

/// Until RTP flows after the answer that a recording brings about.
const WAIT_FOR_MEDIA: Duration = Duration::from_millis(500);

impl World {
    /// A recording's turn has come.
    pub(super) fn start_recording(&mut self, name: &str) {
        let Some(live) = self.live.get(name) else {
            return;
        };
        let target = live.target.clone();
        let Some(channel) = target.strip_prefix("channel:") else {
            self.recording_runs(name);
            return;
        };
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        let dial_bridge = ch.leg.as_ref().is_some_and(|leg| leg.in_dial_bridge());
        if ch.bridge.is_some() || dial_bridge {
            let mut failed = live.json_as("failed");
            failed["cause"] = "Cannot record channel while in bridge".into();
            self.target_event("RecordingFailed", &target, "recording", failed);
            self.drop_recording(name);
            return;
        }
        if ch.state == ChannelState::Up {
            self.recording_runs(name);
        } else {
            self.answer_channel(channel);
            let name = name.to_owned();
            let timer = {
                let name = name.clone();
                self.after(WAIT_FOR_MEDIA, move |world| world.recording_runs(&name))
            };
            if let Some(live) = self.live.get_mut(&name) {
                live.timers.push(timer);
            }
        }
    }

    pub(super) fn recording_runs(&mut self, name: &str) {
        let Some(live) = self.live.get_mut(name) else {
            return;
        };
        live.started = Some(Instant::now());
        let started = live.json_as("recording");
        let target = live.target.clone();
        let wish = live.wish.clone();
        self.target_event("RecordingStarted", &target, "recording", started);
        // Limits are looked at when a frame arrives, and only then.
        let frames = target
            .strip_prefix("channel:")
            .and_then(|id| self.parties.get(id))
            .is_none_or(|party| party.sends_audio);
        if !frames {
            return;
        }
        if wish.max_duration > 0 {
            self.check_length(name);
        }
        if wish.max_silence > 0 {
            self.check_silence(name);
        }
    }

    fn recording_after(
        &mut self,
        name: &str,
        after: Duration,
        check: impl FnOnce(&mut World, &str) + Send + 'static,
    ) {
        let owned = name.to_owned();
        let timer = self.after(after, move |world| check(world, &owned));
        if let Some(live) = self.live.get_mut(name) {
            live.timers.push(timer);
        }
    }

    fn check_length(&mut self, name: &str) {
        let Some(live) = self.live.get(name) else {
            return;
        };
        let limit = Duration::from_secs(live.wish.max_duration);
        let rest = limit.saturating_sub(live.length(Instant::now()));
        if rest.is_zero() {
            self.finish_recording(name);
        } else {
            self.recording_after(name, rest, World::check_length);
        }
    }

    /// Ends the recording when nothing was heard for as long as is allowed, or
    /// looks again at the earliest moment at which that can be so.
    fn check_silence(&mut self, name: &str) {
        let Some(live) = self.live.get(name) else {
            return;
        };
        let Some(started) = live.started else { return };
        let now = Instant::now();
        let limit = Duration::from_secs(live.wish.max_silence);
        let last = self
            .recorded(&live.target, started, now)
            .into_iter()
            .map(|(_, to)| to)
            .max()
            .unwrap_or(started);
        let rest = (last + limit).saturating_duration_since(now);
        if rest.is_zero() {
            self.finish_recording(name);
        } else {
            self.recording_after(name, rest, World::check_silence);
        }
    }

    /// When there was sound on what is recorded.
    fn recorded(&self, target: &str, from: Instant, to: Instant) -> Vec<(Instant, Instant)> {
        match target.split_once(':') {
            Some(("bridge", id)) => self
                .bridges
                .get(id)
                .map(|bridge| bridge.members())
                .unwrap_or_default()
                .iter()
                .filter(|member| !self.muted_in_bridge(member, id))
                .flat_map(|member| self.sound_on(member, Direction::In, from, to))
                .collect(),
            Some((_, id)) => self.sound_on(id, Direction::In, from, to),
            None => Vec::new(),
        }
    }

    /// A key was released; it may end a recording.
    pub(super) fn recording_key(&mut self, channel: &str, digit: char) {
        let running = self.channels.get(channel).and_then(|c| c.queue.running());
        let Some(Running::Record(name)) = running.cloned() else {
            return;
        };
        let ends = self.live.get(&name).is_some_and(|live| {
            live.started.is_some()
                && match live.wish.terminate_on.as_str() {
                    "any" => true,
                    "*" => digit == '*',
                    "#" => digit == '#',
                    _ => false,
                }
        });
        if ends {
            self.finish_recording(&name);
        }
    }

    /// Ends a running recording. One that still waits in a queue is not
    /// touched by this, as in Asterisk. `false`: it cannot be stopped yet.
    pub(super) fn stop_recording(&mut self, name: &str, discard: bool) -> bool {
        let lag = self.options.dials.lag;
        let Some(live) = self.live.get_mut(name) else {
            return true;
        };
        let Some(started) = live.started else {
            return true;
        };
        if started.elapsed() < lag {
            return false;
        }
        live.discard = discard;
        let name = name.to_owned();
        self.soon(move |world| world.finish_recording(&name));
        true
    }

    pub(super) fn pause_recording(&mut self, name: &str, pause: bool) {
        let Some(live) = self.live.get_mut(name) else {
            return;
        };
        let now = Instant::now();
        match (pause, live.paused) {
            (true, None) => live.paused = Some(now),
            (false, Some(since)) => {
                live.pauses += now - since;
                live.paused = None;
            }
            _ => {}
        }
    }

    pub(super) fn mute_recording(&mut self, name: &str, mute: bool) {
        if let Some(live) = self.live.get_mut(name) {
            live.muted = mute;
        }
    }

    /// The recording ends and its file is there.
    pub(super) fn finish_recording(&mut self, name: &str) {
        let Some(live) = self.live.get(name) else {
            return;
        };
        let now = Instant::now();
        let started = live.started.unwrap_or(now);
        let mut length = live.length(now);
        let mut sound: Vec<_> = if live.muted {
            Vec::new()
        } else {
            self.recorded(&live.target, started, now)
                .into_iter()
                .map(|(from, to)| (from - started, to - started))
                .collect()
        };
        sound.sort();
        let talking = talking(&sound);
        let silence = Duration::from_secs(live.wish.max_silence);
        let mut finished = live.json_as("done");
        if live.wish.append
            && let Some(old) = self.stored.get(name)
        {
            let before = old.length;
            sound = old
                .sound
                .iter()
                .copied()
                .chain(sound.iter().map(|(a, b)| (before + *a, before + *b)))
                .collect();
            length += before;
        }
        finished["duration"] = length.as_secs().into();
        if !silence.is_zero() {
            finished["talking_duration"] = talking.as_secs().into();
            finished["silence_duration"] = length.saturating_sub(talking).as_secs().into();
        }
        let target = live.target.clone();
        if live.discard {
            self.stored.remove(name);
        } else {
            self.stored.insert(
                name.to_owned(),
                Stored {
                    format: live.wish.format.clone(),
                    length,
                    sound,
                },
            );
        }
        self.target_event("RecordingFinished", &target, "recording", finished);
        self.drop_recording(name);
    }

    /// The recording is gone, without a word.
    pub(super) fn drop_recording(&mut self, name: &str) {
        let Some(live) = self.live.remove(name) else {
            return;
        };
        for timer in live.timers {
            self.cancel(timer);
        }
        if let Some(channel) = live.target.strip_prefix("channel:") {
            if let Some(ch) = self.channels.get_mut(channel) {
                ch.recorded = Some(Instant::now());
            }
            self.command_over(channel, &Running::Record(name.to_owned()));
        }
    }
}

/// The time covered by spans that are sorted by their beginning.
fn talking(spans: &[(Duration, Duration)]) -> Duration {
    let mut covered = Duration::ZERO;
    let mut until = Duration::ZERO;
    for (from, to) in spans {
        covered += to.saturating_sub((*from).max(until));
        until = until.max(*to);
    }
    covered
}
