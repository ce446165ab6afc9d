//! Channels: what they are, how they enter and leave Stasis, how they end.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::apps::App;
use super::clock::timestamp;
use super::legs::Leg;
use super::log::Sound;
use super::options::Version;
use super::playbacks::Playback;
use super::queue::{Queue, Running};
use super::script::{Continued, Ended};
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
    ending: Option<Hangup>,
}

/// Why a channel ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hangup {
    /// Q.850.
    pub(super) cause: u16,
    /// The SIP code, where there is one.
    pub(super) tech: Option<u16>,
    pub(super) by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The person or machine at the other end, before an answer, or with a
    /// reason.
    Phone,
    /// A BYE without a reason.
    Bye,
    /// It was sent elsewhere.
    Redirect,
    /// `DELETE`, or the dialplan.
    Asterisk,
    /// A time limit of Asterisk's own: nothing is requested first.
    Limit,
}

/// The answer to an unanswered SIP caller for each cause.
pub(super) fn sip_code(cause: u16) -> u16 {
    match cause {
        1 | 3 => 404,
        17 => 486,
        18 => 408,
        19 | 20 => 480,
        21 => 403,
        22 => 410,
        27 => 502,
        28 => 484,
        29 => 501,
        34 => 503,
        38 | 127 => 500,
        58 => 488,
        _ => 603,
    }
}

/// The SIP code that a local hang-up is reported with; only some causes have
/// one.
fn derived_code(cause: u16) -> Option<u16> {
    let code = sip_code(cause);
    (code != 603).then_some(code)
}

fn cause_text(cause: u16) -> &'static str {
    match cause {
        1 => "Unallocated (unassigned) number",
        3 => "No route to destination",
        16 => "Normal Clearing",
        17 => "User busy",
        18 => "No user responding",
        19 => "User alerting, no answer",
        20 => "Subscriber absent",
        21 => "Call Rejected",
        22 => "Number changed",
        23 => "Redirected to new destination",
        26 => "Answered elsewhere",
        27 => "Destination out of order",
        28 => "Invalid number format",
        34 => "Circuit/channel congestion",
        38 => "Network out of order",
        41 => "Temporary failure",
        58 => "Bearer capability not available",
        102 => "Recover on timer expiry",
        127 => "Interworking, unspecified",
        _ => "Unknown",
    }
}

impl Channel {
    pub(super) fn new(id: &str, name: String, state: State) -> Self {
        Self {
            id: id.to_owned(),
            name,
            state,
            protocol_id: String::new(),
            caller: Identity::default(),
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
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
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
        })
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

    /// Somebody wants the channel to end. A channel that downloads a sound
    /// notices only when the download is over.
    pub(super) fn hang_up(&mut self, channel: &str, hangup: Hangup) {
        let v22 = self.options.version >= Version::V22;
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        if ch.is_ending() {
            return;
        }
        ch.ending = Some(hangup);
        let downloading = match ch.queue.running() {
            Some(Running::Play(key)) => self
                .playbacks
                .get(key)
                .is_some_and(Playback::is_downloading),
            _ => false,
        };
        match hangup.by {
            By::Limit => {}
            By::Asterisk => {
                let request = json!({ "cause": 32, "soft": true });
                self.channel_event("ChannelHangupRequest", channel, request);
            }
            By::Redirect => {
                let request = json!({ "cause": if v22 { 23 } else { 16 } });
                self.channel_event("ChannelHangupRequest", channel, request);
            }
            By::Bye if v22 => self.channel_event("ChannelHangupRequest", channel, json!({})),
            By::Phone | By::Bye => {
                let mut request = json!({ "cause": hangup.cause });
                if let (true, Some(tech)) = (v22, hangup.tech) {
                    request["tech_cause"] = tech.into();
                }
                self.channel_event("ChannelHangupRequest", channel, request);
            }
        }
        if !downloading {
            self.end_channel(channel);
        }
    }

    /// The phone follows a redirection to another place: a 302 to a call that
    /// was not answered, a REFER otherwise.
    pub(super) fn redirected(&mut self, channel: &str) {
        let v22 = self.options.version >= Version::V22;
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        let answered = ch.state == State::Up;
        let hangup = Hangup {
            cause: if v22 { 23 } else { 0 },
            tech: (!answered).then_some(302),
            by: By::Redirect,
        };
        self.hang_up(channel, hangup);
    }

    /// The channel ends: its media, its bridge, its application, itself.
    pub(super) fn end_channel(&mut self, channel: &str) {
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        let Some(hangup) = ch.ending else { return };
        let (up, sip, inbound) = (ch.state == State::Up, ch.is_sip(), ch.leg.is_none());
        let undialled = ch.leg.as_ref().is_some_and(|l| !l.dialled);
        let v22 = self.options.version >= Version::V22;
        self.leave_stasis(channel);
        // What a channel's own thread says when it leaves the dialplan.
        if undialled && !v22 {
            let request = json!({ "soft": true });
            self.channel_event("ChannelHangupRequest", channel, request);
        } else if undialled || inbound && sip {
            let request = json!({ "cause": 16, "soft": true });
            self.channel_event("ChannelHangupRequest", channel, request);
        }
        let tech = hangup.tech.or(match hangup.by {
            By::Asterisk if undialled => Some(sip_code(hangup.cause)),
            By::Asterisk => derived_code(hangup.cause),
            _ => None,
        });
        let mut destroyed = json!({
            "cause": hangup.cause,
            "cause_txt": cause_text(hangup.cause),
        });
        if let (true, Some(tech)) = (v22 && sip, tech) {
            destroyed["tech_cause"] = tech.into();
        }
        self.channel_event("ChannelDestroyed", channel, destroyed);
        let ended = Ended {
            at: self.elapsed(),
            by_phone: matches!(hangup.by, By::Phone | By::Bye),
            cause: hangup.cause,
            sip: if up || !inbound {
                None
            } else {
                tech.or_else(|| Some(sip_code(hangup.cause)))
            },
        };
        if let Some(party) = self.parties.get_mut(channel) {
            if let Some(code) = ended.sip {
                party.responses.push(code);
            }
            party.ended = Some(ended);
        }
        self.cancel_leg(channel);
        self.channels.remove(channel);
        for app in self.apps.values_mut() {
            app.channels.remove(channel);
        }
        self.end_snoops(channel);
        self.drop_idle_apps();
    }

    fn drop_idle_apps(&mut self) {
        self.apps.retain(|_, app| {
            app.socket.is_some() || !app.channels.is_empty() || !app.bridges.is_empty()
        });
    }

    /// Back to the dialplan, which hangs up a call after `Stasis()` as the
    /// sample of asterisk-conf does.
    pub(super) fn leave_to_dialplan(&mut self, channel: &str, place: Option<Continued>) {
        self.leave_stasis(channel);
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        let has_pbx = place.is_some() || ch.leg.is_none() && ch.spies.is_none();
        ch.vars.insert("STASISSTATUS".into(), "SUCCESS".into());
        let place = place.unwrap_or_else(|| Continued {
            context: ch.dialplan.context.clone(),
            extension: ch.dialplan.exten.clone(),
            priority: ch.dialplan.priority + 1,
            label: None,
            variables: BTreeMap::new(),
        });
        ch.dialplan.context.clone_from(&place.context);
        ch.dialplan.exten.clone_from(&place.extension);
        ch.dialplan.priority = place.priority;
        ch.dialplan.app = "Hangup".into();
        ch.dialplan.data = String::new();
        let variables = ch.vars.clone();
        if let Some(party) = self.parties.get_mut(channel) {
            party.continued = Some(Continued { variables, ..place });
        }
        let id = channel.to_owned();
        let rest = if has_pbx {
            self.dialplan_time
        } else {
            std::time::Duration::ZERO
        };
        self.after(rest, move |world| {
            let still = world.channels.get(&id).is_some_and(|c| c.app.is_none());
            if still {
                let hangup = Hangup {
                    cause: 16,
                    tech: None,
                    by: By::Asterisk,
                };
                world.hang_up(&id, hangup);
            }
        });
    }
}
