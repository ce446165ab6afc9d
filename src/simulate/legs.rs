//! Legs: channels that this Asterisk creates and dials.

use std::time::Duration;

use super::apps::App;
use super::channels::{Channel, Identity, State};
use super::hangup::{By, Hangup};
use super::log::Sound;
use super::options::Version;
use super::script::{Behaviour, Continued, Outcome, Party};
use super::timers::TimerId;
use super::world::World;

/// The calling side of a leg.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) endpoint: String,
    pub(super) args: Vec<String>,
    pub(super) app: String,
    /// Where in the dialplan it goes when answered, instead of `app`.
    pub(super) place: Option<Continued>,
    pub(super) behaviour: Behaviour,
    /// Set for `POST /channels`: enters Stasis only when answered.
    pub(super) originated: bool,
    pub(super) dialled: bool,
    pub(super) was_bridged: bool,
    /// Sound comes from it before its answer.
    pub(super) early_media: bool,
    timers: Vec<TimerId>,
}

impl Leg {
    /// After create and dial a leg sits in an invisible bridge of the dialling
    /// code, until it was in and out of a real one. It cannot be recorded there.
    pub(super) fn in_dial_bridge(&self) -> bool {
        !self.originated && self.dialled && !self.was_bridged
    }
}

/// What `POST /channels` and `/channels/create` say about a leg to be.
#[derive(Debug, Clone)]
pub(super) struct NewLeg {
    pub(super) id: String,
    pub(super) endpoint: String,
    pub(super) app: String,
    pub(super) args: Vec<String>,
    pub(super) place: Option<Continued>,
    pub(super) originated: bool,
    pub(super) caller: Identity,
    pub(super) variables: Vec<(String, String)>,
}

/// The id of the second half of a Local channel.
pub(super) fn other_half(id: &str) -> String {
    format!("{id};2")
}

/// Whether a pattern with `*` for anything matches.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| matches(tail, &rest[at..]))
        }),
    }
}

/// The cause that a SIP answer of the called party becomes.
fn cause_of(sip: u16) -> u16 {
    match sip {
        401 | 403 | 407 | 603 => 21,
        404 | 485 | 604 => 1,
        408 => 18,
        409 => 41,
        410 => 22,
        420 => 3,
        480 | 483 => 19,
        484 => 28,
        486 | 600 => 17,
        488 | 606 => 58,
        500 => 38,
        501 => 29,
        502 => 27,
        503 => 34,
        504 => 102,
        300..=399 => 23,
        _ => 127,
    }
}

fn dial_status(sip: u16) -> &'static str {
    match sip {
        486 | 600 => "BUSY",
        503 => "CONGESTION",
        300..=399 => "CANCEL",
        _ => "NOANSWER",
    }
}

impl World {
    fn behaviour(&self, endpoint: &str) -> Behaviour {
        self.callees
            .iter()
            .rev()
            .find(|callee| matches(&callee.pattern, endpoint))
            .map_or_else(
                || Behaviour::answers(Duration::from_secs(1)),
                |callee| callee.behaviour.clone(),
            )
    }

    /// Makes a leg. `None`: there is no such technology or endpoint.
    pub(super) fn create_leg(&mut self, new: NewLeg) -> Option<()> {
        let (tech, resource) = new.endpoint.split_once('/')?;
        if !["PJSIP", "Local"].contains(&tech) || resource.is_empty() {
            return None;
        }
        let behaviour = self.behaviour(&new.endpoint);
        if behaviour.outcome == Outcome::Unregistered {
            return None;
        }
        let base = resource.split('/').next().unwrap_or(resource);
        let base = match (tech, base.split_once('@')) {
            ("PJSIP", Some((_, trunk))) => trunk,
            _ => base,
        };
        let mut name = self.channel_name(&format!("{tech}/{base}"));
        if tech == "Local" {
            name.push_str(";1");
        }
        let mut channel = Channel::new(&new.id, name, State::Down);
        if tech == "Local" {
            self.create_other_half(&channel);
        }
        if tech == "PJSIP" {
            channel.protocol_id = format!("{}@127.0.0.1", new.id);
        }
        channel.caller = new.caller;
        channel.dialplan.context = "default".into();
        channel.dialplan.exten = "s".into();
        channel.dialplan.priority = 1;
        channel.vars = new.variables.into_iter().collect();
        channel.leg = Some(Leg {
            endpoint: new.endpoint.clone(),
            args: new.args,
            app: new.app.clone(),
            place: new.place,
            behaviour,
            originated: new.originated,
            dialled: false,
            was_bridged: false,
            early_media: false,
            timers: Vec::new(),
        });
        self.channels.insert(new.id.clone(), channel);
        let party = Party::new(&new.endpoint, self.count(), true);
        self.parties.insert(new.id.clone(), party);
        if let Some(app) = self.apps.get_mut(&new.app) {
            App::add(&mut app.channels, &new.id);
        }
        Some(())
    }

    /// The half of a Local channel that runs the dialplan.
    fn create_other_half(&mut self, half: &Channel) {
        let name = half.name.replace(";1", ";2");
        let id = other_half(&half.id);
        let other = Channel::new(&id, name, State::Down);
        self.channels.insert(id, other);
    }

    /// A created leg gets into its application, some time after the response.
    pub(super) fn created_leg_enters(&mut self, channel: &str) {
        let id = channel.to_owned();
        let delay = self.options.dials.create_delay;
        self.after(delay, move |world| world.leg_enters(&id));
    }

    fn leg_enters(&mut self, channel: &str) {
        let Some(leg) = self.channels.get(channel).and_then(|c| c.leg.as_ref()) else {
            return;
        };
        let (app, args) = (leg.app.clone(), leg.args.clone());
        if self.app_is_active(&app) {
            self.enter_stasis(channel, &app, &args);
        } else {
            self.hang_up(
                channel,
                Hangup {
                    cause: 16,
                    tech: None,
                    by: By::Limit,
                },
            );
        }
    }

    /// Calls the endpoint. `timeout` in seconds; 0 is none.
    pub(super) fn dial_leg(&mut self, channel: &str, timeout: u64) {
        let Some(leg) = self.channels.get_mut(channel).and_then(|c| c.leg.as_mut()) else {
            return;
        };
        leg.dialled = true;
        if let Some(party) = self.parties.get_mut(channel) {
            party.shown = self.channels.get(channel).map(|c| c.connected.clone());
        }
        let Some(leg) = self.channels.get(channel).and_then(|c| c.leg.as_ref()) else {
            return;
        };
        let originated = leg.originated;
        let behaviour = leg.behaviour.clone();
        if behaviour.outcome == Outcome::NoExtension {
            let hangup = Hangup {
                cause: 16,
                tech: None,
                by: By::Limit,
            };
            self.hang_up(channel, hangup);
            return;
        }
        let dialstring = leg
            .endpoint
            .split_once('/')
            .map_or_else(String::new, |(_, rest)| rest.to_owned());
        self.set_state(&other_half(channel), State::Ring);
        self.dial_event(channel, "", &dialstring);
        if let Some(after) = behaviour.ring_after {
            self.leg_after(channel, after, |world, id| {
                world.set_state(id, State::Ringing);
                world.dial_event(id, "RINGING", "");
                world.far_end(id, Some(Sound::Ringback));
            });
        }
        if let Some(after) = behaviour.early_media_after {
            self.leg_after(channel, after, |world, id| {
                world.dial_event(id, "PROGRESS", "");
                if let Some(leg) = world.channels.get_mut(id).and_then(|c| c.leg.as_mut()) {
                    leg.early_media = true;
                }
                world.far_end(id, None);
                world.meet_again(id);
            });
        }
        match behaviour.outcome {
            Outcome::AnswerAfter(after) => self.leg_after(channel, after, World::leg_answers),
            Outcome::RejectAfter(code, after) => {
                self.leg_after(channel, after, move |world, id| {
                    // The dialling of a created leg does not say how it failed.
                    if originated {
                        world.dial_event(id, dial_status(code), "");
                    }
                    let hangup = Hangup {
                        cause: cause_of(code),
                        tech: Some(code),
                        by: By::Phone,
                    };
                    world.hang_up(id, hangup);
                });
            }
            Outcome::NoAnswer | Outcome::Unregistered | Outcome::NoExtension => {}
        }
        if timeout > 0 {
            let v22 = self.version() >= Version::V22;
            let hangup = match (originated, v22) {
                (false, true) => Hangup {
                    cause: 19,
                    tech: None,
                    by: By::Asterisk,
                },
                (false, false) => Hangup {
                    cause: 16,
                    tech: None,
                    by: By::Asterisk,
                },
                (true, true) => Hangup {
                    cause: 19,
                    tech: Some(480),
                    by: By::Limit,
                },
                (true, false) => Hangup {
                    cause: 0,
                    tech: None,
                    by: By::Limit,
                },
            };
            self.leg_after(channel, Duration::from_secs(timeout), move |world, id| {
                world.hang_up(id, hangup);
            });
        }
    }

    fn leg_after(
        &mut self,
        channel: &str,
        after: Duration,
        act: impl FnOnce(&mut World, &str) + Send + 'static,
    ) {
        let id = channel.to_owned();
        let timer = self.after(after, move |world| act(world, &id));
        if let Some(leg) = self.channels.get_mut(channel).and_then(|c| c.leg.as_mut()) {
            leg.timers.push(timer);
        }
    }

    /// Nothing more will happen by itself to this leg.
    pub(super) fn cancel_leg(&mut self, channel: &str) {
        let timers = self
            .channels
            .get_mut(channel)
            .and_then(|c| c.leg.as_mut())
            .map(|leg| std::mem::take(&mut leg.timers))
            .unwrap_or_default();
        for timer in timers {
            self.cancel(timer);
        }
    }

    fn leg_answers(&mut self, channel: &str) {
        self.cancel_leg(channel);
        let Some(leg) = self.channels.get(channel).and_then(|c| c.leg.as_ref()) else {
            return;
        };
        let (originated, behaviour) = (leg.originated, leg.behaviour.clone());
        self.far_end(channel, None);
        self.set_state(&other_half(channel), State::Up);
        self.set_state(channel, State::Up);
        self.dial_event(channel, "ANSWER", "");
        self.meet_again(channel);
        if originated {
            self.originated_leg_answers(channel);
        }
        for (after, length) in behaviour.talks {
            self.party_talks(channel, after, length);
        }
        for (after, keys) in behaviour.presses {
            for (place, key) in (0..).zip(keys.chars()) {
                let gap = Duration::from_millis(200) * place;
                self.leg_after(channel, after + gap, move |world, id| world.key(id, key));
            }
        }
        if let Some(after) = behaviour.hangup_after {
            self.leg_after(channel, after, World::phone_hangs_up);
        }
    }

    /// An originated leg goes where `POST /channels` said.
    fn originated_leg_answers(&mut self, channel: &str) {
        let place = self
            .channels
            .get(channel)
            .and_then(|c| c.leg.as_ref())
            .and_then(|leg| leg.place.clone());
        match place {
            Some(place) => self.leave_to_dialplan(channel, Some(place)),
            None => self.leg_enters(channel),
        }
    }

    /// What the far end of a ringing leg sounds like to those in its bridge.
    fn far_end(&mut self, channel: &str, sound: Option<Sound>) {
        let bridge = self.channels.get(channel).and_then(|c| c.bridge.clone());
        let Some(bridge) = bridge else { return };
        let others: Vec<_> = self
            .bridges
            .get(&bridge)
            .map(|b| b.members())
            .unwrap_or_default();
        for other in others.iter().filter(|other| *other != channel) {
            match &sound {
                Some(_) => {
                    let background = super::channels::Background::Ringback;
                    self.start_background(other, background);
                }
                None => self.stop_background(other),
            }
        }
    }
}
