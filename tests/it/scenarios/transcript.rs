//! What happened, in a form that can be compared: the events of each object.

use std::collections::BTreeMap;

use serde_json::Value;

use super::script::{Line, Scenario};

/// The objects of one scenario and their events so far.
pub(super) struct Transcript {
    /// Stands before every id of ours in this scenario.
    prefix: String,
    /// Phones by the ids of their channels.
    names: BTreeMap<String, String>,
    objects: BTreeMap<String, Vec<String>>,
    /// Whether the scenario subscribes to its bridges.
    bridge_events: bool,
}

impl Transcript {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let subscribes = |line: &Line| line.text.contains("eventSource=bridge:$b");
        Self {
            prefix: format!("{}-", scenario.slug),
            bridge_events: scenario.steps.iter().any(subscribes),
            names: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }

    pub(super) fn name(&mut self, channel: &str, phone: &str) {
        self.names.insert(channel.to_owned(), phone.to_owned());
    }

    pub(super) fn is_known(&self, channel: &str) -> bool {
        self.names.contains_key(channel) || channel.starts_with(&self.prefix)
    }

    /// The channel that was put into the place of another, which `$heir` stands for.
    pub(super) fn heir(&self) -> Option<&str> {
        let heir = self.names.iter().find(|(_, name)| *name == "heir");
        heir.map(|(id, _)| id.as_str())
    }

    pub(super) fn events(&self, object: &str) -> &[String] {
        self.objects.get(object).map_or(&[], Vec::as_slice)
    }

    pub(super) fn result(&self) -> BTreeMap<String, String> {
        self.objects
            .iter()
            .map(|(object, events)| (object.clone(), events.join(", ")))
            .collect()
    }

    /// `a` for phone a's channel, `$leg` for an id of ours.
    fn short(&self, id: &str) -> String {
        match (self.names.get(id), id.strip_prefix(&self.prefix)) {
            (Some(phone), _) => phone.clone(),
            (None, Some(ours)) => format!("${ours}"),
            (None, None) => "?".into(),
        }
    }

    /// Notes an event under the objects that it is about. Events that depend on
    /// the modules and the dialplan of the moment are left out.
    pub(super) fn add(&mut self, event: &Value) {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let cause = match event["cause"].as_i64() {
            Some(cause) => cause.to_string(),
            None => "none".into(),
        };
        if event.get("replace_channel").is_some() && event["type"] == "StasisStart" {
            self.name(text("/channel/id"), "heir");
        }
        let channel = self.short(text("/channel/id"));
        let bridge = self.short(text("/bridge/id"));
        let kind = text("/type");
        match kind {
            "StasisStart"
            | "StasisEnd"
            | "ChannelHold"
            | "ChannelUnhold"
            | "ChannelTalkingStarted"
            | "ChannelTalkingFinished"
            | "ApplicationMoveFailed" => self.note(&channel, kind.into()),
            "ChannelStateChange" => {
                let line = format!("State {}", text("/channel/state"));
                self.note(&channel, line);
            }
            "ChannelDtmfReceived" => {
                let line = format!("Digit {}", text("/digit"));
                self.note(&channel, line);
            }
            "ChannelHangupRequest" => {
                let line = format!("HangupRequest {}", cause);
                self.note(&channel, line);
            }
            "ChannelDestroyed" => {
                let tech = event["tech_cause"].as_i64();
                let tech = tech.map_or(String::new(), |tech| format!("/{tech}"));
                let line = format!("Destroyed {}{tech}", cause);
                self.note(&channel, line);
            }
            "ChannelEnteredBridge" | "ChannelLeftBridge" => {
                let what = if kind == "ChannelLeftBridge" {
                    "Left"
                } else {
                    "Entered"
                };
                self.note(&channel, format!("{what} {bridge}"));
                self.note(&bridge, format!("{what} {channel}"));
            }
            // Only who subscribed to the bridge can count on it: the end of the
            // members' own subscriptions races against it.
            "BridgeDestroyed" if self.bridge_events => self.note(&bridge, kind.into()),
            "PlaybackStarted" | "PlaybackContinuing" | "PlaybackFinished" => {
                let target = self.target(text("/playback/target_uri"));
                let id = self.short(text("/playback/id"));
                let state = if kind == "PlaybackFinished" {
                    format!(" {}", text("/playback/state"))
                } else {
                    String::new()
                };
                self.note(&target, format!("{kind} {id}{state}"));
            }
            "RecordingStarted" | "RecordingFinished" | "RecordingFailed" => {
                let target = self.target(text("/recording/target_uri"));
                let id = self.short(text("/recording/name"));
                self.note(&target, format!("{kind} {id}"));
            }
            "Dial" => {
                let object = format!("{}.dial", self.short(text("/peer/id")));
                let status = match text("/dialstatus") {
                    "" => "sent",
                    status => status,
                };
                self.note(&object, status.into());
                // The dialling thread and the channel's own tell of it; which
                // is first is chance.
                let rank = |status: &String| match status.as_str() {
                    "sent" => 0,
                    "PROGRESS" => 1,
                    "RINGING" => 2,
                    _ => 3,
                };
                if let Some(events) = self.objects.get_mut(&object) {
                    events.sort_by_key(rank);
                }
            }
            "ChannelUserevent" => {
                let line = format!("Userevent {}", text("/eventname"));
                self.note(&channel, line);
            }
            "ApplicationReplaced" => self.note("app", kind.into()),
            _ => {}
        }
    }

    fn target(&self, uri: &str) -> String {
        match uri.split_once(':') {
            // Other threads than those of its members.
            Some(("bridge", id)) => format!("{}.media", self.short(id)),
            Some((_, id)) => self.short(id),
            None => "?".into(),
        }
    }

    fn note(&mut self, object: &str, line: String) {
        // What the dialplan makes has a name of chance.
        if object.starts_with('?') {
            return;
        }
        self.objects
            .entry(object.to_owned())
            .or_default()
            .push(line);
    }
}
