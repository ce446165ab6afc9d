//! Making what Asterisk says part of a call's state.

use std::time::Duration;

use super::live::Other;
use super::ops::{NOT_BACK, REFERRED};
use super::state::{Gone, SnoopState};
use super::{Call, Cause, LegState};
use crate::ari::Event;
use crate::clock;
use crate::news::Destination;
use crate::trace::Kind;

impl Call {
    /// A leg that has answered may be in the caller's bridge already, for what is heard
    /// before; only both together is a conversation.
    fn tell_connected(&self, channel: &str) {
        if let Some(leg) = self.state.leg(channel)
            && leg.bridged
            && leg.state == LegState::Up
        {
            let other = Other::of(leg);
            self.services.live.connected(&self.state.id, other);
        }
    }

    /// A call whose channel is elsewhere for a while stays with what it does.
    pub(super) fn absorb_sent(&mut self, destination: Destination) {
        let state = &self.state;
        let elsewhere = state.away || state.borrowed || state.lent.is_some();
        if state.steerable && !elsewhere && state.refer.is_none() {
            self.state.sent = Some(destination);
        } else {
            self.warn("the call cannot be sent elsewhere now");
        }
    }

    /// The caller is gone; the first sign counts.
    pub(super) fn lose(&mut self, why: &str) {
        if self.state.gone.is_none() {
            self.trace.write(Kind::Event, format!("caller gone: {why}"));
            self.state.gone = Some(Gone {
                at: clock::now(),
                cause: None,
                sip: None,
                left: self
                    .state
                    .refer
                    .as_ref()
                    .is_some_and(|refer| refer.left && !refer.back),
            });
        }
    }

    /// Makes an event part of the state.
    pub(super) fn absorb(&mut self, event: &Event) {
        let now = clock::now();
        match event {
            Event::Dtmf { channel, digit } => {
                if *channel == self.state.channel {
                    self.state.keys.press(*digit);
                    self.checkpoint();
                }
                self.tell(event, &format!("key {digit}"), channel);
            }
            Event::StateChange { channel, state } => {
                self.tell(event, state, channel);
                if *channel == self.state.channel {
                    if state == "Up" {
                        self.state.answered.get_or_insert(now);
                        self.services.live.answered(&self.state.id);
                    }
                } else if let Some(leg) = self.state.leg_mut(channel) {
                    match (state.as_str(), leg.state) {
                        ("Ringing", LegState::Created | LegState::Ready | LegState::Dialling) => {
                            leg.state = LegState::Ringing
                        }
                        ("Up", LegState::Ended) => {}
                        ("Up", _) => {
                            leg.state = LegState::Up;
                            leg.answered.get_or_insert(now);
                            self.tell_connected(channel);
                        }
                        _ => {}
                    }
                }
            }
            Event::StasisStart {
                channel,
                replaces,
                args,
            } => {
                self.tell(event, "", &channel.id);
                if channel.id == self.state.channel {
                    self.state.away = false;
                    self.absorb_return(args);
                    self.checkpoint();
                } else if replaces.as_deref() == Some(self.state.channel.as_str()) {
                    channel.id.clone_into(&mut self.state.channel);
                    let name =
                        std::mem::replace(&mut self.state.facts.channel_name, channel.name.clone());
                    self.state.transferred_by = Some(name);
                    self.state.replaced = true;
                    let live = &self.services.live;
                    live.replaced(&self.state.id, &channel.id, &channel.name);
                    // What sounded did so on the channel that is gone.
                    self.state.behind = None;
                    self.state.playing.clear();
                    self.checkpoint();
                } else if let Some(leg) = self.state.leg_mut(&channel.id) {
                    leg.entered(channel);
                } else if let Some(snoop) = self.snoop_mut(|s| s.channel == channel.id) {
                    snoop.entered = true;
                } else if let Some(leg) = replaces {
                    self.absorb_heir(leg, &channel.id);
                }
            }
            Event::StasisEnd { channel } => {
                self.tell(event, "", channel);
                self.absorb_listening(channel);
                if *channel == self.state.channel && !self.state.away && !self.absorb_leaving() {
                    self.lose("left Stasis");
                    if let Some(gone) = &mut self.state.gone {
                        gone.left = true;
                    }
                } else {
                    self.absorb_left(channel);
                }
            }
            Event::HangupRequest { channel, cause } => {
                self.tell(event, "", channel);
                if *channel == self.state.channel {
                    self.lose("hung up");
                } else if let Some(leg) = self.state.leg_mut(channel) {
                    leg.requested = leg.requested.or(cause.map(Cause));
                }
            }
            Event::ChannelDestroyed {
                channel,
                cause,
                sip,
            } => {
                // Asterisk 22 names no cause for the BYE of a caller who was answered.
                let bye = *cause == 0 && *channel == self.state.channel && self.is_answered();
                let cause = if bye { Cause::NORMAL } else { Cause(*cause) };
                self.tell(
                    event,
                    &format!("cause {} {}", cause.0, cause.kazoo()),
                    channel,
                );
                self.absorb_listening(channel);
                if *channel == self.state.channel {
                    self.lose("hung up");
                    self.state.gone = self.state.gone.map(|gone| Gone {
                        cause: Some(cause),
                        sip: *sip,
                        left: true,
                        ..gone
                    });
                } else if self.state.leg(channel).is_some() {
                    self.services.live.parted(&self.state.id, channel);
                    self.conclude(channel, "unknown");
                    if let Some(leg) = self.state.leg_mut(channel) {
                        leg.destroyed(now, cause, *sip);
                    }
                }
            }
            Event::PlaybackStarted { .. } => {}
            Event::PlaybackFinished { playback, failed } => {
                self.tell(event, if *failed { "failed" } else { "done" }, playback);
                self.state.playing.retain(|p| p != playback);
                self.objects.forget(playback);
            }
            Event::RecordingStarted { recording } => self.tell(event, "", recording),
            Event::RecordingFinished { recording } => {
                self.tell(event, "", recording);
                self.recording_ended(recording, SnoopState::Finished);
            }
            Event::RecordingFailed { recording, cause } => {
                self.tell(event, cause, recording);
                self.recording_ended(recording, SnoopState::Failed);
            }
            Event::Dial { peer, status } => {
                self.tell(event, status, peer);
                if let Some(leg) = self.state.leg_mut(peer)
                    && leg.state != LegState::Ended
                {
                    match status.as_str() {
                        "ANSWER" => {
                            leg.state = LegState::Up;
                            leg.answered.get_or_insert(now);
                            self.tell_connected(peer);
                        }
                        "RINGING" if leg.state != LegState::Up => leg.state = LegState::Ringing,
                        "PROGRESS" => leg.progressed = true,
                        // A Local leg signals these and stays; the rest of the truth
                        // comes with its end, so it is asked to end.
                        "BUSY" => leg.cause = Some(Cause::BUSY),
                        "CONGESTION" => leg.cause = Some(Cause::CONGESTION),
                        _ => {}
                    }
                }
            }
            Event::EnteredBridge { channel, .. } => {
                self.tell(event, "", channel);
                if let Some(leg) = self.state.leg_mut(channel) {
                    leg.bridged = true;
                    self.tell_connected(channel);
                }
            }
            Event::TalkingStarted { channel } => {
                self.tell(event, "", channel);
                self.talking_started(channel);
            }
            Event::TalkingFinished { channel, length_ms } => {
                self.tell(event, &format!("after {length_ms} ms"), channel);
                self.talking_finished(channel, Duration::from_millis(*length_ms));
            }
            Event::LeftBridge { channel, .. } => self.tell(event, "", channel),
            Event::BridgeDestroyed { bridge } => {
                self.tell(event, "", bridge);
                self.state.bridges.retain(|b| b != bridge);
                self.objects.forget(bridge);
            }
            Event::User {
                channel,
                name,
                fields,
            } => {
                self.tell(event, name, channel);
                if *channel == self.state.channel && name == NOT_BACK {
                    self.absorb_not_back(fields);
                } else if name == REFERRED {
                    self.absorb_referred(channel, fields);
                }
            }
            Event::ApplicationReplaced | Event::RestResponse { .. } | Event::Other { .. } => {}
        }
        self.tell_legs();
    }

    fn recording_ended(&mut self, recording: &str, state: SnoopState) {
        if let Some(snoop) = self.snoop_mut(|s| s.recording == recording) {
            snoop.state = state;
        }
        self.objects.forget(recording);
    }

    pub(super) fn snoop_mut(
        &mut self,
        is: impl Fn(&super::state::Snoop) -> bool,
    ) -> Option<&mut super::state::Snoop> {
        self.state
            .tracks
            .iter_mut()
            .flat_map(|track| &mut track.snoops)
            .find(|snoop| is(snoop))
    }

    fn tell(&self, event: &Event, text: &str, object: &str) {
        let who = if object == self.state.channel {
            "caller"
        } else {
            object
        };
        let space = if text.is_empty() { "" } else { " " };
        self.trace
            .write(Kind::Event, format!("{} {who}{space}{text}", event.kind()));
    }
}
