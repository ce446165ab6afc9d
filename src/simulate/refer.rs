//! SIP REFER both ways: callers whom the dialplan refers, and called parties who
//! refer the caller. Contexts are those of `asterisk-conf/extensions.conf`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use super::apps::App;
use super::channels::{Channel, State};
use super::hangup::{By, Hangup};
use super::legs::other_half;
use super::options::Version;
use super::script::{Continued, OnRefer};
use super::world::World;

/// Runs `Transfer()`.
pub(super) const REFERRING: &str = "pivot-refer";
/// Takes whatever number a called party names, and ends after a moment.
const REFERRED: &str = "pivot-referred";
const MOMENT: Duration = Duration::from_millis(300);

/// The contexts of an Asterisk with our dialplan.
pub(super) fn contexts() -> BTreeSet<String> {
    include_str!("../../asterisk-conf/extensions.conf")
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.split(']').next())
        .map(str::to_owned)
        .collect()
}

impl World {
    /// `DIALPLAN_EXISTS(context,extension,priority)`, as far as the fake knows.
    pub(super) fn dialplan_exists(&self, place: &str) -> bool {
        let context = place.split(',').next().unwrap_or_default();
        self.dialplan.contains(context)
    }

    /// The dialplan asks the phone to call somebody else. The channel goes on when
    /// the phone has told what came of it.
    pub(super) fn transfer(&mut self, channel: &str) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        ch.dialplan.app = "Transfer".into();
        ch.refer_open = true;
        let to = ch.vars.get("PIVOT_REFER_TO").cloned();
        let Some(party) = self.parties.get_mut(channel) else {
            return;
        };
        party.referred = to;
        let OnRefer {
            answer,
            told,
            leaves,
        } = party.on_refer;
        let (code, after) = match told {
            _ if answer >= 300 => (answer, Duration::ZERO),
            Some(code) if code >= 200 => (code, Duration::from_millis(400)),
            // It says nothing that would be the last.
            _ => return,
        };
        let id = channel.to_owned();
        self.after(after, move |world| {
            world.transfer_ends(&id, code);
            if leaves {
                world.phone_hangs_up(&id);
            }
        });
    }

    fn transfer_ends(&mut self, channel: &str, code: u16) {
        let Some(ch) = self.channels.get_mut(channel).filter(|ch| !ch.is_ending()) else {
            return;
        };
        ch.refer_open = false;
        let (status, code) = if code < 300 {
            ("SUCCESS", 0)
        } else {
            ("FAILURE", code)
        };
        ch.vars.insert("TRANSFERSTATUS".into(), status.into());
        ch.vars
            .insert("TRANSFERSTATUSPROTOCOL".into(), code.to_string());
        ch.dialplan.priority = 2;
        let app = ch.vars.get("PIVOT_REFER_APP").cloned().unwrap_or_default();
        if self.app_is_active(&app) {
            let args = ["referred".to_owned(), status.to_owned(), code.to_string()];
            self.enter_stasis(channel, &app, &args);
        } else {
            self.leave_to_dialplan(channel, None);
        }
    }

    /// Where a channel that was referred goes on: `Goto(${PIVOT_REFER_BACK})`.
    pub(super) fn place_before(channel: &Channel) -> Option<Continued> {
        if channel.dialplan.context != REFERRING {
            return None;
        }
        let back = channel.vars.get("PIVOT_REFER_BACK")?;
        let mut parts = back.split(',');
        Some(Continued {
            context: parts.next()?.to_owned(),
            extension: parts.next()?.to_owned(),
            priority: parts.next()?.parse().ok()?,
            label: None,
            variables: BTreeMap::new(),
        })
    }

    /// The `h` extension of the context that refers.
    pub(super) fn tell_referred(&mut self, channel: &str) {
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        if ch.dialplan.context != REFERRING {
            return;
        }
        let var = |name: &str, default: &str| {
            let value = ch.vars.get(name).filter(|_| !ch.refer_open);
            value.map_or(default, String::as_str).to_owned()
        };
        let (status, code) = (
            var("TRANSFERSTATUS", "FAILURE"),
            var("TRANSFERSTATUSPROTOCOL", "0"),
        );
        let told = json!({ "eventname": "PivotReferred", "Status": status, "Code": code });
        let event = json!({ "eventname": "PivotReferred", "userevent": told });
        self.channel_event("ChannelUserevent", channel, event);
    }

    /// The phone sends a REFER with this Refer-To.
    pub(super) fn phone_refers(&mut self, channel: &str, to: &str) {
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        let variable = ["__TRANSFER_CONTEXT", "TRANSFER_CONTEXT"]
            .iter()
            .find_map(|name| ch.vars.get(*name));
        // Its endpoint's own context has every number.
        let context = variable.cloned().unwrap_or_else(|| "pivot".into());
        let local = ch.name.starts_with("Local/");
        let followed = self.dialplan.contains(&context) && ch.bridge.is_some();
        self.tell_refer(channel, 100);
        if !followed {
            self.tell_refer(channel, 404);
            return;
        }
        if local {
            self.far_half_is_referred(channel, &context, to);
        } else {
            self.heir_comes(channel, &context, to);
        }
        self.tell_refer(channel, 200);
    }

    fn tell_refer(&mut self, channel: &str, code: u16) {
        if let Some(party) = self.parties.get_mut(channel) {
            party.refer_told.push(code);
        }
    }

    /// The half that the phone talks with goes to the context, which ends it at last.
    fn far_half_is_referred(&mut self, channel: &str, context: &str, to: &str) {
        if context != REFERRED {
            let (id, stays) = (channel.to_owned(), self.dialplan_time);
            self.after(stays, move |world| world.hang_up(&id, ENDS));
            return;
        }
        let told = json!({ "eventname": "PivotReferredTo", "To": to });
        let event = json!({ "eventname": "PivotReferredTo", "userevent": told });
        self.channel_event("ChannelUserevent", &other_half(channel), event);
        let id = channel.to_owned();
        self.after(MOMENT, move |world| world.hang_up(&id, ENDS));
    }

    /// A new channel takes the leg's place in the bridge.
    fn heir_comes(&mut self, channel: &str, context: &str, to: &str) {
        let exten = to.split_once(':').map_or(to, |(_, rest)| rest);
        let exten = exten.split('@').next().unwrap_or_default();
        let name = self.channel_name(&format!("Local/{exten}@{context}"));
        let id = self.unique_id();
        let mut heir = Channel::new(&id, format!("{name};1"), State::Down);
        heir.dialplan.context = context.to_owned();
        heir.dialplan.exten = exten.to_owned();
        heir.dialplan.priority = 1;
        heir.vars.insert("SIPREFERTOHDR".into(), to.to_owned());
        let Some(leg) = self.channels.get_mut(channel) else {
            return;
        };
        leg.replaced = true;
        let (old, app, bridge) = (leg.to_json(), leg.app.clone(), leg.bridge.clone());
        heir.app.clone_from(&app);
        self.channel_event("ChannelUnhold", channel, json!({}));
        self.channels.insert(id.clone(), heir);
        if let Some(name) = &app {
            if let Some(app) = self.apps.get_mut(name) {
                App::add(&mut app.channels, &id);
                App::remove(&mut app.channels, channel);
            }
            let start = json!({ "args": [], "replace_channel": old });
            self.stasis_event(name, "StasisStart", &id, start);
        }
        self.leave_bridge(channel);
        if let Some(bridge) = bridge {
            self.enter_bridge(&id, &bridge, false);
        }
        let stays = if context == REFERRED {
            MOMENT
        } else {
            self.dialplan_time
        };
        self.after(Duration::ZERO, move |world| {
            world.set_state(&id, State::Up);
            world.dial_event(&id, "ANSWER", "");
            world.after(stays, move |world| world.hang_up(&id, ENDS));
        });
    }

    /// How a phone that was replaced by its REFER leaves.
    pub(super) fn replaced_hangs_up(&self) -> Hangup {
        Hangup {
            cause: 16,
            tech: None,
            by: if self.version() >= Version::V22 {
                By::Phone
            } else {
                By::Unknown
            },
        }
    }
}

/// `Hangup(16)` at the other end of a `Local` channel.
const ENDS: Hangup = Hangup {
    cause: 16,
    tech: None,
    by: By::Phone,
};
