//! How channels end, and how they go back to the dialplan.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::channels::State;
use super::options::Version;
use super::playbacks::Playback;
use super::queue::Running;
use super::script::{Context, Continued, Ended};
use super::world::World;

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

impl World {
    /// Somebody wants the channel to end. A channel that downloads a sound
    /// notices only when the download is over.
    pub(super) fn hang_up(&mut self, channel: &str, hangup: Hangup) {
        // The halves of a Local channel end together, each from the other's side.
        if let Some(half) = channel.strip_suffix(";2")
            && self.channels.contains_key(half)
        {
            let hangup = Hangup {
                by: By::Phone,
                ..hangup
            };
            self.hang_up(half, hangup);
            return;
        }
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
        self.channels.remove(&super::legs::other_half(channel));
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
        let context = place.context.clone();
        if let Some(party) = self.parties.get_mut(channel) {
            party.continued = Some(Continued { variables, ..place });
        }
        let id = channel.to_owned();
        if let Some(context) = self.contexts.get(&context).cloned() {
            return self.after_context(id, context);
        }
        let rest = if has_pbx {
            self.dialplan_time
        } else {
            Duration::ZERO
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

    /// A context that brings its calls back.
    fn after_context(&mut self, channel: String, context: Context) {
        self.after(context.takes, move |world| {
            let Some(ch) = world.channels.get_mut(&channel) else {
                return;
            };
            ch.vars.extend(context.sets);
            let app = world.options.app.clone();
            if world.app_is_active(&app) {
                world.enter_stasis(&channel, &app, &[]);
            }
        });
    }
}
