//! Stasis applications: who is subscribed to what, and where events go.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::world::World;

/// What is written to an event socket.
#[derive(Debug)]
pub(super) enum Frame {
    Text(String),
    /// The connection breaks without a closing handshake.
    Drop,
}

/// The writing end of one event socket.
#[derive(Debug, Clone)]
pub(super) struct Socket {
    pub(super) id: u64,
    pub(super) frames: mpsc::UnboundedSender<Frame>,
}

/// An application object. It outlives its socket while anything is subscribed.
#[derive(Debug, Default)]
pub(super) struct App {
    pub(super) socket: Option<Socket>,
    pub(super) subscribe_all: bool,
    /// Counted: each subscription needs its own end.
    pub(super) channels: BTreeMap<String, u32>,
    pub(super) bridges: BTreeMap<String, u32>,
    pub(super) endpoints: BTreeSet<String>,
    pub(super) filter: Filter,
    /// No event may be written before this, or delays would reorder them.
    not_before: Option<Instant>,
}

/// The event filter of an application; `disallowed` wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub allowed: Vec<String>,
    pub disallowed: Vec<String>,
}

impl Filter {
    fn passes(&self, kind: &str) -> bool {
        !self.disallowed.iter().any(|k| k == kind)
            && (self.allowed.is_empty() || self.allowed.iter().any(|k| k == kind))
    }
}

/// What an event is about, for finding its subscribers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Topic<'a> {
    Channel(&'a str),
    Bridge(&'a str),
}

impl App {
    fn hears(&self, topic: Topic<'_>) -> bool {
        self.subscribe_all
            || match topic {
                Topic::Channel(id) => self.channels.contains_key(id),
                Topic::Bridge(id) => self.bridges.contains_key(id),
            }
    }

    pub(super) fn to_json(&self, name: &str) -> Value {
        let kinds = |kinds: &[String]| -> Value {
            kinds.iter().map(|kind| json!({ "type": kind })).collect()
        };
        json!({
            "name": name,
            "channel_ids": self.channels.keys().collect::<Vec<_>>(),
            "bridge_ids": self.bridges.keys().collect::<Vec<_>>(),
            "endpoint_ids": self.endpoints,
            "device_names": [],
            "events_allowed": kinds(&self.filter.allowed),
            "events_disallowed": kinds(&self.filter.disallowed),
        })
    }

    pub(super) fn add(map: &mut BTreeMap<String, u32>, id: &str) {
        *map.entry(id.to_owned()).or_default() += 1;
    }

    /// Takes one subscription back; `false` when there was none.
    pub(super) fn remove(map: &mut BTreeMap<String, u32>, id: &str) -> bool {
        let Some(count) = map.get_mut(id) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            map.remove(id);
        }
        true
    }
}

impl World {
    /// A socket asks for events of `names`. Applications come into existence
    /// here; a socket that had one of them before is told that it was replaced.
    pub(super) fn connect(&mut self, names: &[String], subscribe_all: bool, socket: &Socket) {
        for name in names {
            let old = self.apps.get_mut(name).and_then(|app| app.socket.take());
            if let Some(old) = old {
                let replaced = self.stamp("ApplicationReplaced", name, Map::new());
                self.log
                    .event(self.started.elapsed(), name, &replaced, true);
                let _ = old.frames.send(Frame::Text(replaced.to_string()));
            }
            let new = !self.apps.contains_key(name);
            let app = self.apps.entry(name.clone()).or_default();
            if new {
                app.subscribe_all = subscribe_all;
            }
            app.socket = Some(socket.clone());
        }
    }

    /// A socket is gone: its applications become inactive, and vanish when
    /// nothing is subscribed.
    pub(super) fn disconnect(&mut self, socket: u64) {
        for app in self.apps.values_mut() {
            if app.socket.as_ref().is_some_and(|s| s.id == socket) {
                app.socket = None;
                app.subscribe_all = false;
            }
        }
        self.apps.retain(|_, app| {
            app.socket.is_some() || !app.channels.is_empty() || !app.bridges.is_empty()
        });
    }

    pub(super) fn app_is_active(&self, name: &str) -> bool {
        self.apps.get(name).is_some_and(|app| app.socket.is_some())
    }

    /// Sends an event to every application that is subscribed to one of `topics`.
    pub(super) fn publish(
        &mut self,
        topics: &[Topic<'_>],
        kind: &str,
        fields: &Map<String, Value>,
    ) {
        let hearing: Vec<String> = self
            .apps
            .iter()
            .filter(|(_, app)| topics.iter().any(|topic| app.hears(*topic)))
            .map(|(name, _)| name.clone())
            .collect();
        for name in hearing {
            self.send(&name, kind, fields.clone());
        }
    }

    /// Sends an event to one application; lost when its socket is down.
    pub(super) fn send(&mut self, name: &str, kind: &str, fields: Map<String, Value>) {
        if self.apps.get(name).is_none_or(|a| !a.filter.passes(kind)) {
            return;
        }
        let event = self.stamp(kind, name, fields);
        let delay = self.options.dials.event_delay + self.options.dials.chance();
        let now = Instant::now();
        let Some(app) = self.apps.get_mut(name) else {
            return;
        };
        let socket = app.socket.clone();
        let at = app.not_before.map_or(now + delay, |t| t.max(now + delay));
        app.not_before = Some(at);
        self.log
            .event(self.started.elapsed(), name, &event, socket.is_some());
        let Some(socket) = socket else { return };
        let frame = Frame::Text(event.to_string());
        if at <= now {
            let _ = socket.frames.send(frame);
        } else {
            self.after(at - now, move |_| {
                let _ = socket.frames.send(frame);
            });
        }
    }

    fn stamp(&self, kind: &str, app: &str, fields: Map<String, Value>) -> Value {
        let mut event = Map::new();
        event.insert("type".into(), kind.into());
        event.insert(
            "timestamp".into(),
            super::clock::timestamp(crate::clock::now()).into(),
        );
        event.extend(fields);
        event.insert("asterisk_id".into(), "02:fc:00:00:00:01".into());
        event.insert("application".into(), app.into());
        Value::Object(event)
    }
}
