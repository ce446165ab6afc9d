//! Channels: what they are, how they enter and leave Stasis.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::apps::App;
use super::clock::timestamp;
use super::hangup::Hangup;
use super::legs::Leg;
use super::log::Sound;
use super::queue::Queue;
use super::world::World;
use crate::clock::Time;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Down,
    /// Inbound, not answered.
    Ring,
    /// Outbound, the far end rings.
    Ringing,
    Up,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Down => "Down",
            Self::Ring => "Ring",
            Self::Ringing => "Ringing",
            Self::Up => "Up",
        }
    }
}

/// A name and a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) number: String,
}

impl Identity {
    fn to_json(&self) -> Value {
        json!({ "name": self.name, "number": self.number })
    }
}

/// Where in the dialplan a channel is.
#[derive(Debug, Clone, Default)]
pub(super) struct Dialplan {
    pub(super) context: String,
    pub(super) exten: String,
    pub(super) priority: i64,
    pub(super) app: String,
    pub(super) data: String,
}

/// Sounds without an end that any media operation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Background {
    Music(String),
    Silence,
    Ringback,
}

pub(super) struct Channel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) state: State,
    pub(super) protocol_id: String,
    pub(super) caller: Identity,
    /// The number that was called first, of a call that was forwarded.
    pub(super) rdnis: String,
    pub(super) connected: Identity,
    pub(super) dialplan: Dialplan,
    pub(super) created: Time,
    pub(super) language: String,
    pub(super) vars: BTreeMap<String, String>,
    /// The application it is in.
    pub(super) app: Option<String>,
    pub(super) queue: Queue,
    pub(super) bridge: Option<String>,
    /// How it came to be, for a leg that this Asterisk called.
    pub(super) leg: Option<Leg>,
    /// The channel that a snoop listens to.
    pub(super) spies: Option<super::snoop::Spy>,
    pub(super) background: Option<(Background, Option<usize>)>,
    pub(super) ending: Option<Hangup>,
    /// How often it was muted: nobody hears it until each is taken back.
    pub(super) mutes: u32,
    /// When its last recording ended.
    pub(super) recorded: Option<Instant>,
    /// Its phone may still tell what comes of a REFER.
    pub(super) refer_open: bool,
    /// Another channel has taken its place, since its phone sent a REFER.
    pub(super) replaced: bool,
}

impl Channel {
    pub(super) fn new(id: &str, name: String, state: State) -> Self {
        Self {
            id: id.to_owned(),
            name,
            state,
            protocol_id: String::new(),
            caller: Identity::default(),
            rdnis: String::new(),
            connected: Identity::default(),
            dialplan: Dialplan::default(),
            created: crate::clock::now(),
            language: "en".into(),
            vars: BTreeMap::new(),
            app: None,
            queue: Queue::default(),
            bridge: None,
            leg: None,
            spies: None,
            background: None,
            ending: None,
            mutes: 0,
            recorded: None,
            refer_open: false,
            replaced: false,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut object = json!({
            "id": self.id,
            "name": self.name,
            "state": self.state.name(),
            "protocol_id": self.protocol_id,
            "caller": self.caller.to_json(),
            "connected": self.connected.to_json(),
            "accountcode": "",
            "dialplan": {
                "context": self.dialplan.context,
                "exten": self.dialplan.exten,
                "priority": self.dialplan.priority,
                "app_name": self.dialplan.app,
                "app_data": self.dialplan.data,
            },
            "creationtime": timestamp(self.created),
            "language": self.language,
        });
        if !self.rdnis.is_empty() {
            object["caller_rdnis"] = self.rdnis.clone().into();
        }
        object
    }

    /// Hung up, but its thread still waits for a download.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    pub(super) fn is_sip(&self) -> bool {
        self.name.starts_with("PJSIP/")
    }
}

impl World {
    /// `PJSIP/sipp-00000003`: the name of a new channel.
    pub(super) fn channel_name(&mut self, resource: &str) -> String {
        format!("{resource}-{:08x}", self.count())
    }

    pub(super) fn set_state(&mut self, channel: &str, state: State) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        if ch.state != state {
            ch.state = state;
            self.channel_event("ChannelStateChange", channel, json!({}));
        }
    }

    /// The channel comes under the control of `app`.
    pub(super) fn enter_stasis(&mut self, channel: &str, app: &str, args: &[String]) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        ch.app = Some(app.to_owned());
        ch.dialplan.app = "Stasis".into();
        ch.dialplan.data = std::iter::once(app)
            .chain(args.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(",");
        if let Some(app) = self.apps.get_mut(app) {
            App::add(&mut app.channels, channel);
        }
        self.stasis_event(app, "StasisStart", channel, json!({ "args": args }));
    }

    /// The channel leaves its application, which loses its subscription unless
    /// it asked for one of its own.
    pub(super) fn leave_stasis(&mut self, channel: &str) {
        self.flush_queue(channel);
        self.stop_background(channel);
        self.leave_bridge(channel);
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        ch.queue = Queue::default();
        let Some(app) = ch.app.take() else { return };
        self.stasis_event(&app, "StasisEnd", channel, json!({}));
        if let Some(app) = self.apps.get_mut(&app) {
            App::remove(&mut app.channels, channel);
        }
    }

    /// An unanswered caller hears something: a 183 goes out first.
    pub(super) fn early_media(&mut self, channel: &str) {
        let early = self
            .channels
            .get(channel)
            .is_some_and(|c| c.state == State::Ring);
        if early {
            self.respond(channel, 183);
        }
    }

    /// A SIP response to the caller.
    pub(super) fn respond(&mut self, channel: &str, code: u16) {
        if let Some(party) = self.parties.get_mut(channel) {
            party.responses.push(code);
        }
    }

    pub(super) fn answer_channel(&mut self, channel: &str) {
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        if ch.state != State::Up {
            self.stop_background(channel);
            self.respond(channel, 200);
            self.set_state(channel, State::Up);
        }
    }

    pub(super) fn start_background(&mut self, channel: &str, background: Background) {
        self.stop_background(channel);
        let place = match &background {
            Background::Music(class) => self.hear(channel, Sound::Music(class.clone())),
            Background::Ringback => self.hear(channel, Sound::Ringback),
            Background::Silence => None,
        };
        if let Some(ch) = self.channels.get_mut(channel) {
            ch.background = Some((background, place));
        }
    }

    pub(super) fn stop_background(&mut self, channel: &str) {
        let background = self
            .channels
            .get_mut(channel)
            .and_then(|c| c.background.take());
        if let Some((_, Some(place))) = background {
            self.hush(channel, place, false);
        }
    }
}
