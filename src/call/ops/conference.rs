//! Being in a conference: entering its room, waiting, joining its bridge, leaving.
//!
//! The room says when, the call does it: what joins or leaves a bridge waits for
//! what the channel plays, and only the call knows that. All that must survive
//! stands in [`InRoom`], so that every step here may be begun again.

mod controls;

use std::time::Duration;

use super::{Behind, DialRecording, RecordingRef, coach};
use crate::ari::{Event, Request};
use crate::call::mailbox::Input;
use crate::call::rooms::{Entered, Entrance, Hold, InRoom, Refusal};
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};
use crate::news::{News, RoomNews, RoomTold};
use crate::program::End;

pub use controls::Controls;

/// A room that ends just now is asked for again so often.
const TRIES: usize = 3;

/// What ends a stay from the caller's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// From the moment at which the caller joins.
    pub time_limit: Duration,
    /// The caller's `*` ends it.
    pub hangup_on_star: bool,
    /// What the caller's other keys do.
    pub controls: Option<Controls>,
    /// The caller and what the caller hears of the conference, from joining on.
    pub record: Option<DialRecording>,
}

/// How a stay goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InRoomStep {
    /// The conference has not begun.
    Waits,
    /// The caller is to hear this, outside of the conference.
    Held {
        hold: Hold,
        /// The so-manieth time, from 1.
        number: u32,
    },
    /// The caller has left.
    Over(Option<RecordingRef>),
}

impl Call {
    /// Enters a room, or finds out how it stands there after the call was picked up.
    pub async fn enter_room(
        &mut self,
        entrance: &Entrance,
    ) -> Result<Result<(), Refusal>, Interrupt> {
        let again = self.state.room.as_ref().and_then(|room| room.room.clone());
        if self.state.room.is_none() {
            self.state.room = Some(InRoom {
                muted: entrance.muted,
                deaf: entrance.deaf,
                mark: self.state.keys.mark(),
                ..InRoom::default()
            });
            self.checkpoint();
        }
        let mut refusal = Refusal::Over;
        for _ in 0..TRIES {
            match self.ask_room(again.clone(), entrance).await? {
                Entered::In {
                    room,
                    bridge,
                    coached,
                } => {
                    self.note(format!("in conference {:?} as {room}", entrance.name));
                    if let Some(at) = &mut self.state.room {
                        at.room = Some(room);
                        at.bridge = bridge.or(at.bridge.take());
                        at.coached = coached;
                    }
                    self.checkpoint();
                    return Ok(Ok(()));
                }
                Entered::Refused(why) => {
                    refusal = why;
                    break;
                }
                Entered::Over if again.is_some() => break,
                Entered::Over => {}
            }
        }
        self.warn(refusal.to_string());
        self.step_out().await?;
        self.leave_room().await;
        Ok(Err(refusal))
    }

    async fn ask_room(
        &mut self,
        again: Option<String>,
        entrance: &Entrance,
    ) -> Result<Entered, Interrupt> {
        let rooms = self.services.rooms.clone();
        let call = (self.state.id.clone(), self.account().clone());
        let channel = self.state.channel.clone();
        let asked = rooms.enter(call, channel, again, entrance.clone(), self.trace.clone());
        self.during(asked).await
    }

    /// Is in the conference for as long as that goes on. Joins its bridge when it
    /// has begun, and is outside whenever this returns.
    pub async fn stay_in_room(&mut self, stay: &Stay) -> Result<InRoomStep, Interrupt> {
        loop {
            while self.take_news().is_some() {}
            if let Some(controls) = &stay.controls {
                self.obey_keys(controls).await?;
            }
            let Some(room) = self.state.room.clone() else {
                return Ok(InRoomStep::Over(None));
            };
            let limit = room.joined.map(|joined| joined.after(stay.time_limit));
            if room.over || self.wants_out(stay, &room, limit) {
                self.step_out().await?;
                self.leave_room().await;
                let recording = self.end_dial_recording().await;
                self.state.last_recording.clone_from(&recording);
                self.pay_upload();
                return Ok(InRoomStep::Over(recording));
            }
            if let Some(hold) = room.held.clone() {
                self.step_out().await?;
                let number = room.holds;
                return Ok(InRoomStep::Held { hold, number });
            }
            let Some(bridge) = room.bridge.clone() else {
                return Ok(InRoomStep::Waits);
            };
            if room.inside {
                self.apply_mute().await?;
                self.apply_deaf().await?;
                self.next_in_room(&bridge, limit).await?;
            } else if self.step_in(&bridge).await? {
                self.reached();
                self.record_stay(stay).await?;
            } else {
                self.say_over();
            }
        }
    }

    /// Waits outside of the conference until the room says something.
    pub async fn wait_for_room(&mut self, sound: Behind, stay: &Stay) -> Result<(), Interrupt> {
        let mark = self.state.keys.mark();
        if let Some(room) = &mut self.state.room {
            room.mark = mark;
        }
        let ends = match (stay.hangup_on_star, stay.controls.is_some()) {
            (true, _) => Some('*'),
            (false, true) => Some('#'),
            (false, false) => None,
        };
        self.wait_hearing(sound, None, |call| {
            let ended = |key| call.state.keys.since(mark).any(|pressed| pressed == key);
            !call.state.news.is_empty() || ends.is_some_and(ended)
        })
        .await
    }

    fn wants_out(&self, stay: &Stay, room: &InRoom, limit: Option<Time>) -> bool {
        let starred = stay.hangup_on_star && self.state.keys.since(room.mark).any(|key| key == '*');
        let over = limit.is_some_and(|limit| clock::now() >= limit);
        if starred {
            self.note("the caller pressed *");
        } else if over {
            self.note("the time limit is over");
        }
        starred || over
    }

    async fn next_in_room(&mut self, bridge: &str, limit: Option<Time>) -> Result<(), Interrupt> {
        let Some(Input::Ari(event)) = self.next(limit).await? else {
            return Ok(());
        };
        let ours = self.state.channel.clone();
        match event {
            // Taken out by somebody else, or the bridge is gone: the room knows more.
            Event::LeftBridge {
                bridge: left,
                channel,
            } if left == bridge && channel == ours => {
                if let Some(room) = &mut self.state.room {
                    room.inside = false;
                }
                let there = self.request(Request::get_bridge(bridge)).await;
                if there.is_err_and(|error| error.is_gone()) {
                    self.say_over();
                }
            }
            Event::StasisEnd { channel } => self.coached_left(&channel).await?,
            _ => {}
        }
        Ok(())
    }

    async fn record_stay(&mut self, stay: &Stay) -> Result<(), Interrupt> {
        match &stay.record {
            Some(record) if !self.records_dial() => self.start_dial_recording(record.clone()).await,
            _ => Ok(()),
        }
    }

    /// The ConferenceSid of the conference that the caller is in.
    pub fn conference_sid(&self) -> Option<&str> {
        self.state.room.as_ref()?.room.as_deref()
    }

    fn say_over(&mut self) {
        if let Some(room) = &mut self.state.room {
            room.over = true;
        }
    }

    /// Joins the bridge; `false` when that cannot be done.
    async fn step_in(&mut self, bridge: &str) -> Result<bool, Interrupt> {
        self.settle().await?;
        self.apply_mute().await?;
        self.apply_deaf().await?;
        let coached = self
            .state
            .room
            .as_ref()
            .and_then(|room| room.coached.clone());
        let joined = match coached {
            Some(coached) => self.coach(&coached).await?,
            None => {
                let request = Request::add_to_bridge(bridge, &self.state.channel);
                self.caller_request(request).await?.map(|_| ())
            }
        };
        if let Err(error) = joined {
            self.warn(format!("the caller did not join the conference: {error}"));
            return Ok(false);
        }
        let mark = self.state.keys.mark();
        if let Some(room) = &mut self.state.room {
            room.inside = true;
            if room.joined.is_none() {
                room.joined = Some(clock::now());
                room.mark = mark;
            }
        }
        self.checkpoint();
        Ok(true)
    }

    /// Leaves the bridge and is heard again by whatever comes next.
    async fn step_out(&mut self) -> Result<(), Interrupt> {
        let Some(room) = self.state.room.clone() else {
            return Ok(());
        };
        if room.coaching.is_some() {
            self.end_coaching().await;
        } else if room.inside
            && let Some(bridge) = &room.bridge
        {
            let request = Request::remove_from_bridge(bridge, &self.state.channel);
            self.caller_request(request).await?.ok();
        }
        if room.silenced {
            let request = Request::unmute(&self.state.channel);
            self.caller_request(request).await?.ok();
        }
        if room.deafened {
            let request = Request::undeafen(&self.state.channel);
            self.caller_request(request).await?.ok();
        }
        if let Some(room) = &mut self.state.room {
            room.inside = false;
            room.silenced = false;
            room.deafened = false;
        }
        self.checkpoint();
        Ok(())
    }

    /// Mutes count, so each is asked for once.
    async fn apply_mute(&mut self) -> Result<(), Interrupt> {
        let Some(room) = self.state.room.clone().filter(|r| r.muted != r.silenced) else {
            return Ok(());
        };
        let channel = &self.state.channel;
        let request = if room.muted {
            Request::mute(channel)
        } else {
            Request::unmute(channel)
        };
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("the caller could not be muted or unmuted: {error}"));
        }
        if let Some(at) = &mut self.state.room {
            at.silenced = room.muted;
        }
        self.checkpoint();
        Ok(())
    }

    /// Who is not to hear the others hears nothing from here on, or hears them again.
    async fn apply_deaf(&mut self) -> Result<(), Interrupt> {
        let Some(room) = self.state.room.clone().filter(|r| r.deaf != r.deafened) else {
            return Ok(());
        };
        let channel = &self.state.channel;
        let request = if room.deaf {
            Request::deafen(channel)
        } else {
            Request::undeafen(channel)
        };
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!(
                "what the caller hears of the conference stays as it is: {error}"
            ));
        }
        if let Some(at) = &mut self.state.room {
            at.deafened = room.deaf;
        }
        self.checkpoint();
        Ok(())
    }

    /// The coached participant has gone: the coach becomes one who hears all and
    /// whom nobody hears.
    async fn coached_left(&mut self, channel: &str) -> Result<(), Interrupt> {
        let coaching = self.state.room.as_ref().and_then(|r| r.coaching.as_ref());
        if coaching.is_none_or(|coaching| coaching.snoop != channel) {
            return Ok(());
        }
        self.note("whom the caller coached has left the conference");
        self.end_coaching().await;
        if let Some(room) = &mut self.state.room {
            room.coached = None;
            room.inside = false;
            room.muted = true;
        }
        self.checkpoint();
        Ok(())
    }

    /// Tells the room that the caller is out of it. Of use after a hang-up as well.
    pub async fn leave_room(&mut self) {
        let Some(room) = self.state.room.take() else {
            return;
        };
        if let Some(coaching) = &room.coaching {
            coach::clear(self, coaching).await;
        }
        self.services
            .rooms
            .leave(&self.state.id, self.status())
            .await;
        self.state
            .news
            .retain(|news| !matches!(news, News::Room(_)));
        self.checkpoint();
    }

    /// The call has ended in the given way: it is out of its conference, and hears
    /// nothing of what it waited with where it goes now.
    pub async fn end_stay(&mut self, end: &End) {
        if matches!(end, End::Dialplan { .. }) && !self.is_gone() {
            self.step_out().await.ok();
            self.settle().await.ok();
        }
        self.leave_room().await;
    }

    /// Makes what a room tells part of the state; `false` for news of another one.
    pub(in crate::call) fn absorb_room_news(&mut self, news: &RoomNews) -> bool {
        let Some(room) = &mut self.state.room else {
            return false;
        };
        if room.room.as_ref().is_some_and(|room| *room != news.room) {
            return false;
        }
        match &news.told {
            RoomTold::Started { bridge } => room.bridge = Some(bridge.clone()),
            RoomTold::Ended { .. } => room.over = true,
            RoomTold::Muted(on) => room.muted = *on,
            RoomTold::Deafened(on) => room.deaf = *on,
            RoomTold::Held(hold) => {
                room.held.clone_from(hold);
                room.holds += u32::from(hold.is_some());
            }
        }
        true
    }
}
