//! Playbacks: a list of media on a channel or a bridge.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::log::Sound;
use super::media::{self, Length};
use super::queue::Running;
use super::timers::TimerId;
use super::world::World;

/// One playback. The world keeps them under keys of its own, since Asterisk
/// accepts the same id twice and then has two objects of that name.
#[derive(Debug)]
pub(super) struct Playback {
    pub(super) id: String,
    /// `channel:ID` or `bridge:ID`.
    pub(super) target: String,
    pub(super) media: Vec<String>,
    pub(super) language: String,
    pub(super) skip: Duration,
    offset: Duration,
    item: usize,
    state: State,
    /// Stopped before its turn came, or during its download.
    stopped: bool,
    /// When the present item ends; the rest of it while paused.
    timer: Option<TimerId>,
    ends: Option<Instant>,
    length: Duration,
    rest: Duration,
    hearing: Vec<(String, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Queued,
    Downloading,
    Playing,
    Paused,
}

/// What a control request came to.
pub(super) enum Controlled {
    Done,
    WrongState,
    Uncontrollable,
}

impl Playback {
    pub(super) fn new(id: String, target: String, media: Vec<String>, language: String) -> Self {
        Self {
            id,
            target,
            media,
            language,
            skip: Duration::from_secs(3),
            offset: Duration::ZERO,
            item: 0,
            state: State::Queued,
            stopped: false,
            timer: None,
            ends: None,
            length: Duration::ZERO,
            rest: Duration::ZERO,
            hearing: Vec::new(),
        }
    }

    pub(super) fn starting_at(mut self, offset: Duration, skip: Duration) -> Self {
        self.offset = offset;
        self.skip = skip;
        self
    }

    fn uri(&self) -> &str {
        self.media.get(self.item).map_or("", String::as_str)
    }

    fn next_uri(&self) -> Option<&str> {
        self.media.get(self.item + 1).map(String::as_str)
    }

    pub(super) fn to_json(&self) -> Value {
        let state = match self.state {
            State::Queued => "queued",
            State::Downloading | State::Playing => "playing",
            State::Paused => "paused",
        };
        self.json_as(state)
    }

    fn json_as(&self, state: &str) -> Value {
        let mut json = json!({
            "id": self.id,
            "media_uri": self.uri(),
            "target_uri": self.target,
            "language": self.language,
            "state": state,
        });
        if let (Some(next), Some(object)) = (self.next_uri(), json.as_object_mut()) {
            object.insert("next_media_uri".into(), next.into());
        }
        json
    }

    pub(super) fn is_downloading(&self) -> bool {
        self.state == State::Downloading
    }
}

impl World {
    /// The oldest playback of that id.
    pub(super) fn playback_key(&self, id: &str) -> Option<u64> {
        self.playbacks
            .iter()
            .find(|(_, playback)| playback.id == id)
            .map(|(key, _)| *key)
    }

    /// A playback's turn has come.
    pub(super) fn start_playback(&mut self, key: u64) {
        let Some(playback) = self.playbacks.get(&key) else {
            return;
        };
        if playback.stopped {
            self.finish_playback(key, "done");
        } else {
            self.start_item(key);
        }
    }

    /// Its turn has come on a channel that is gone.
    pub(super) fn fail_playback(&mut self, key: u64) {
        let Some(playback) = self.playbacks.get(&key) else {
            return;
        };
        if playback.stopped {
            self.finish_playback(key, "done");
            return;
        }
        let started = playback.json_as("playing");
        let target = playback.target.clone();
        self.target_event("PlaybackStarted", &target, "playback", started);
        self.finish_playback(key, "failed");
    }

    fn start_item(&mut self, key: u64) {
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return;
        };
        playback.state = State::Playing;
        let uri = playback.uri().to_owned();
        let target = playback.target.clone();
        let started = playback.json_as("playing");
        self.target_event("PlaybackStarted", &target, "playback", started);
        match self.length(&uri) {
            Length::Lasts(length) => self.play_item(key, length),
            Length::Endless => {
                self.hear_playback(key, &uri);
            }
            Length::Missing => self.item_over(key, false),
            Length::Unfinished => self.drop_playback(key),
            Length::Fetch(url) => {
                if let Some(playback) = self.playbacks.get_mut(&key) {
                    playback.state = State::Downloading;
                }
                let handle = self.handle.clone();
                tokio::spawn(async move {
                    let length = media::fetch(&url).await;
                    handle.tell(move |world| world.downloaded(key, length));
                });
            }
        }
    }

    fn play_item(&mut self, key: u64, length: Duration) {
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return;
        };
        let offset = std::mem::take(&mut playback.offset).min(length);
        playback.length = length;
        let uri = playback.uri().to_owned();
        self.hear_playback(key, &uri);
        self.play_rest(key, length - offset);
    }

    /// Plays what remains of the present item.
    fn play_rest(&mut self, key: u64, rest: Duration) {
        let timer = self.after(rest, move |world| world.item_over(key, true));
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return;
        };
        playback.state = State::Playing;
        playback.ends = Some(Instant::now() + rest);
        if let Some(old) = playback.timer.replace(timer) {
            self.cancel(old);
        }
    }

    fn downloaded(&mut self, key: u64, length: Option<Duration>) {
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return;
        };
        playback.state = State::Playing;
        let stopped = playback.stopped;
        let channel = playback
            .target
            .strip_prefix("channel:")
            .unwrap_or_default()
            .to_owned();
        if self.channels.get(&channel).is_some_and(|c| c.is_ending()) {
            self.end_channel(&channel);
        } else if stopped {
            self.finish_playback(key, "done");
        } else {
            match length {
                Some(length) => self.play_item(key, length),
                None => self.item_over(key, false),
            }
        }
    }

    /// The present item has been played, or could not be.
    fn item_over(&mut self, key: u64, played: bool) {
        self.hush_playback(key, played);
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return;
        };
        if playback.next_uri().is_none() {
            self.finish_playback(key, if played { "done" } else { "failed" });
            return;
        }
        let continuing = playback.json_as("continuing");
        let target = playback.target.clone();
        playback.item += 1;
        self.target_event("PlaybackContinuing", &target, "playback", continuing);
        self.start_item(key);
    }

    /// The playback ends, `done` or `failed`, and the next command may run.
    pub(super) fn finish_playback(&mut self, key: u64, state: &str) {
        self.hush_playback(key, false);
        let Some(playback) = self.playbacks.get(&key) else {
            return;
        };
        let finished = playback.json_as(state);
        let target = playback.target.clone();
        self.target_event("PlaybackFinished", &target, "playback", finished);
        self.drop_playback(key);
    }

    /// The playback is gone, without a word.
    pub(super) fn drop_playback(&mut self, key: u64) {
        let Some(playback) = self.playbacks.remove(&key) else {
            return;
        };
        let lag = self.options.dials.lag;
        if !lag.is_zero() {
            let id = playback.id.clone();
            self.finished.insert(id.clone(), playback.json_as("done"));
            self.after(lag, move |world| {
                world.finished.remove(&id);
            });
        }
        if let Some(timer) = playback.timer {
            self.cancel(timer);
        }
        match playback.target.split_once(':') {
            Some(("bridge", id)) => self.bridge_playback_over(id, key),
            Some((_, id)) => self.command_over(id, &Running::Play(key)),
            None => {}
        }
    }

    /// Stops it, now or when its turn comes.
    pub(super) fn stop_playback(&mut self, key: u64) -> Controlled {
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return Controlled::WrongState;
        };
        match playback.state {
            State::Queued | State::Downloading => playback.stopped = true,
            _ if !media::stoppable(playback.uri()) => return Controlled::Uncontrollable,
            State::Playing | State::Paused => {
                self.soon(move |world| world.finish_playback(key, "done"));
            }
        }
        Controlled::Done
    }

    /// Carries a control operation out; `None` for one that does not exist.
    pub(super) fn control_playback(&mut self, key: u64, operation: &str) -> Option<Controlled> {
        if !["restart", "pause", "unpause", "reverse", "forward"].contains(&operation) {
            return None;
        }
        let Some(playback) = self.playbacks.get_mut(&key) else {
            return Some(Controlled::WrongState);
        };
        if !media::stoppable(playback.uri()) {
            return Some(Controlled::Uncontrollable);
        }
        let now = Instant::now();
        let rest = match (playback.state, playback.ends) {
            (State::Playing, Some(ends)) => ends.saturating_duration_since(now),
            _ => playback.rest,
        };
        let (length, skip) = (playback.length, playback.skip);
        match (operation, playback.state) {
            ("unpause", State::Paused) => {
                let uri = playback.uri().to_owned();
                let target = playback.target.clone();
                let started = playback.json_as("playing");
                self.target_event("PlaybackStarted", &target, "playback", started);
                self.hear_playback(key, &uri);
                self.play_rest(key, rest);
            }
            ("pause", State::Playing) => {
                playback.state = State::Paused;
                playback.rest = rest;
                if let Some(timer) = playback.timer.take() {
                    self.cancel(timer);
                }
                self.hush_playback(key, false);
            }
            ("restart", State::Playing) => self.play_rest(key, length),
            ("forward", State::Playing) => self.play_rest(key, rest.saturating_sub(skip)),
            ("reverse", State::Playing) => self.play_rest(key, (rest + skip).min(length)),
            _ => return Some(Controlled::WrongState),
        }
        Some(Controlled::Done)
    }

    /// Those on the other end begin to hear it.
    fn hear_playback(&mut self, key: u64, uri: &str) {
        let Some(playback) = self.playbacks.get(&key) else {
            return;
        };
        let listeners: Vec<String> = match playback.target.split_once(':') {
            Some(("bridge", id)) => self
                .bridges
                .get(id)
                .map(|bridge| bridge.members())
                .unwrap_or_default(),
            Some((_, id)) => vec![id.to_owned()],
            None => Vec::new(),
        };
        let sound = Sound::Media(uri.to_owned());
        let hearing = listeners
            .into_iter()
            .filter_map(|id| self.hear(&id, sound.clone()).map(|place| (id, place)))
            .collect();
        if let Some(playback) = self.playbacks.get_mut(&key) {
            playback.hearing = hearing;
        }
    }

    fn hush_playback(&mut self, key: u64, complete: bool) {
        let hearing = self
            .playbacks
            .get_mut(&key)
            .map(|playback| std::mem::take(&mut playback.hearing))
            .unwrap_or_default();
        for (channel, place) in hearing {
            self.hush(&channel, place, complete);
        }
    }
}
