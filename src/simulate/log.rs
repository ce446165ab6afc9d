//! Everything that happened, in order, and what each phone heard.

use std::time::Duration;

use serde_json::Value;

use super::rest::{self, Answer, Body};
use super::world::{Ticket, World};

/// A line of the fake's log. Times count from the fake's start.
#[derive(Debug, Clone)]
pub enum Entry {
    Request(Request),
    Event {
        at: Duration,
        app: String,
        event: Value,
        /// `false`: the application's socket was down, the event is lost.
        delivered: bool,
    },
}

/// A REST request and what became of it.
#[derive(Debug, Clone)]
pub struct Request {
    pub at: Duration,
    pub method: String,
    /// Below `/ari`, as in `channels/c1/play`.
    pub path: String,
    /// Query and body as one object.
    pub params: Value,
    /// `None` while it is not answered.
    pub status: Option<u16>,
    pub answered: Option<Duration>,
    /// The answer's JSON body.
    pub answer: Value,
}

impl Entry {
    /// An event's type; empty for requests.
    pub fn kind(&self) -> &str {
        match self {
            Self::Request(_) => "",
            Self::Event { event, .. } => event["type"].as_str().unwrap_or_default(),
        }
    }
}

/// Something a phone heard, from when to when since the fake's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub what: Sound,
    pub from: Duration,
    /// `None` while it goes on.
    pub to: Option<Duration>,
    /// Whether it ended by itself and not by a stop or hang-up.
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// A media URI, as in `sound:hello-world`.
    Media(String),
    /// 180 Ringing.
    Ringback,
    /// Music on hold of this class.
    Music(String),
    /// The other channels of its bridge, by their ids.
    Bridge(Vec<String>),
}

/// What is still there; all empty after a well-mannered program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    pub channels: Vec<String>,
    pub bridges: Vec<String>,
    pub playbacks: Vec<String>,
    pub live_recordings: Vec<String>,
    pub stored_recordings: Vec<String>,
    /// `channel:ID` and `bridge:ID` that applications are subscribed to.
    pub subscriptions: Vec<String>,
}

impl Leftovers {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Default)]
pub(super) struct Log {
    pub(super) entries: Vec<Entry>,
}

impl Log {
    pub(super) fn request(&mut self, at: Duration, request: &rest::Request) -> usize {
        self.entries.push(Entry::Request(Request {
            at,
            method: request.method.clone(),
            path: request.path.join("/"),
            params: request.params.to_json(),
            status: None,
            answered: None,
            answer: Value::Null,
        }));
        self.entries.len() - 1
    }

    pub(super) fn answered(&mut self, ticket: Ticket, at: Duration, answer: &Answer) {
        if let Some(Entry::Request(request)) = self.entries.get_mut(ticket.0) {
            request.status = Some(answer.status);
            request.answered = Some(at);
            if let Body::Json(body) = &answer.body {
                request.answer = body.clone();
            }
        }
    }

    pub(super) fn event(&mut self, at: Duration, app: &str, event: &Value, delivered: bool) {
        self.entries.push(Entry::Event {
            at,
            app: app.to_owned(),
            event: event.clone(),
            delivered,
        });
    }
}

impl World {
    /// A phone begins to hear something; gives the place in its list.
    pub(super) fn hear(&mut self, channel: &str, what: Sound) -> Option<usize> {
        let from = self.elapsed();
        let party = self.parties.get_mut(channel)?;
        party.heard.push(Heard {
            what,
            from,
            to: None,
            complete: false,
        });
        Some(party.heard.len() - 1)
    }

    /// It ends.
    pub(super) fn hush(&mut self, channel: &str, place: usize, complete: bool) {
        let to = self.elapsed();
        let heard = self
            .parties
            .get_mut(channel)
            .and_then(|party| party.heard.get_mut(place));
        if let Some(heard) = heard {
            heard.to.get_or_insert(to);
            heard.complete = complete;
        }
    }

    pub(super) fn leftovers(&self) -> Leftovers {
        let mut subscriptions = Vec::new();
        for app in self.apps.values() {
            subscriptions.extend(app.channels.keys().map(|id| format!("channel:{id}")));
            subscriptions.extend(app.bridges.keys().map(|id| format!("bridge:{id}")));
        }
        Leftovers {
            channels: self.channels.keys().cloned().collect(),
            bridges: self.bridges.keys().cloned().collect(),
            playbacks: self.playbacks.values().map(|p| p.id.clone()).collect(),
            live_recordings: self.live.keys().cloned().collect(),
            stored_recordings: self.stored.keys().cloned().collect(),
            subscriptions,
        }
    }
}
