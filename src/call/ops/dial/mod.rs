//! Ringing other parties and connecting the caller with the first who answers.
//!
//! Each leg is created, enters Stasis, and is dialled only then (a dial right
//! after the create fails in half of the tries, rule 14). A single leg joins the
//! caller's bridge before it is dialled, so that its early media and its ringing
//! are heard; several legs ring behind a ringback tone, and the first who
//! answers joins. So does one who is sent digits or runs a document first
//! (`prepare`).

mod alone;
mod end;
mod endpoint;
mod given;
mod legs;
mod page;
mod picked;
mod prepare;
mod ringback;
mod screen;
mod transfer;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Behind, Dial, DialOutcome, Dialled, Queued, RecordingStart, Target};
use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::{Call, Cause, Interrupt, Leg, LegState, Prepared};
use crate::clock::{self, Time};
use crate::id::OpId;
use crate::news::Taken;

pub use end::DialSoFar;
pub use given::Receiving;
pub use screen::LegCall;
pub(in crate::call) use transfer::REFERRED;

/// Answers `answered_elsewhere` to the legs that lost.
const ELSEWHERE: Cause = Cause(26);
/// How much longer than Asterisk's own ring timeout we wait for it.
const GRACE: Duration = Duration::from_secs(2);
/// How long the end of a leg may take to be told.
const END: Duration = Duration::from_secs(5);

/// What a Dial must remember. Its legs are in the call's state.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Dialling {
    /// The ringing; that of the present leg, when they ring one after the other.
    began: Time,
    bridge: Option<String>,
    /// The caller is in the bridge.
    joined: bool,
    /// The one whose turn it is, when they ring one after the other.
    #[serde(default)]
    turn: Option<usize>,
    /// The channels of its legs, in the order of the targets; none yet for those that wait.
    legs: Vec<Option<String>>,
    winner: Option<String>,
    bridged_at: Option<Time>,
    ringback: Option<String>,
    /// Sounds of the ringback that have begun so far, and when the last one did.
    #[serde(default)]
    rounds: usize,
    #[serde(default)]
    round_since: Option<Time>,
    /// Somebody else has taken the caller.
    #[serde(default)]
    picked: Option<Taken>,
    /// The queue that the caller waited in until then.
    #[serde(default)]
    waited: Option<Queued>,
    /// Keys since here may be a `*`.
    mark: u64,
}

impl Dialling {
    fn new(targets: usize, mark: u64) -> Self {
        Self {
            began: clock::now(),
            bridge: None,
            joined: false,
            turn: None,
            legs: vec![None; targets],
            winner: None,
            bridged_at: None,
            ringback: None,
            rounds: 0,
            round_since: None,
            picked: None,
            waited: None,
            mark,
        }
    }
}

impl Call {
    /// Returns when the conversation is over, or when nobody could be reached.
    pub async fn dial(&mut self, dial: Dial) -> Result<Dialled, Interrupt> {
        let (op, mut at) = match self.begin::<Dialled, Dialling>() {
            Begun::Done(dialled) => {
                self.state.recording_upload = None;
                return Ok(dialled);
            }
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => {
                let at = Dialling::new(dial.targets.len(), self.state.keys.mark());
                self.state.dialling_from = self.state.legs.len();
                (op, at)
            }
        };
        self.write_down(&op, &at);
        if at.winner.is_none() && at.picked.is_none() {
            match &dial.take_from {
                Some(owner) => self.take_leg(owner, &op, &mut at).await?,
                None => self.ring_legs(&dial, &op, &mut at).await?,
            }
        }
        if let Some(winner) = at.winner.clone()
            && at.picked.is_none()
        {
            self.connect(&dial, &op, &mut at, &winner).await?;
            self.talk(&dial, &op, &mut at, &winner).await?;
            self.leave_when_given(&winner).await?;
        }
        let dialled = self.end_dial(&dial, &at).await?;
        let dialled = self.follow_picked(&at, dialled).await?;
        Ok(self.done(&op, dialled))
    }

    /// Rings until one answers, all have ended, or the time is over.
    async fn ring_legs(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        let early_media = hears_callee(dial);
        // After the call was picked up, the caller may hear the ringback still.
        let rings = at
            .ringback
            .as_ref()
            .is_some_and(|playback| self.state.playing.contains(playback));
        let music = dial.music && self.state.behind == Some(Behind::Music);
        if !rings && !music {
            self.settle().await?;
            if early_media {
                self.join_caller(op, at).await?;
            } else {
                self.start_ringback(dial, op, at).await?;
            }
        }
        if let Some(record) = dial.record.as_ref().filter(|record| record.from_ringing)
            && !self.records_dial()
        {
            self.start_dial_recording(record.clone()).await?;
        }
        self.ring_until_answered(dial, op, at, early_media).await
    }

    async fn ring_until_answered(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
        early_media: bool,
    ) -> Result<(), Interrupt> {
        loop {
            if self.is_picked_up(op, at) {
                return Ok(());
            }
            self.go_on_with_ringback(dial, op, at).await?;
            let silent = self.give_up_silent_legs(dial, at).await;
            let next = self.create_due_legs(dial, op, at).await;
            let give_up = at.began.after(dial.timeout);
            self.dial_ready_legs(dial, at, early_media, give_up).await?;
            let prepared = self.prepare_legs(dial, op, at).await?;
            if let Some(winner) = self.winning_leg(at) {
                at.winner = Some(winner);
                self.write_down(op, at);
                return Ok(());
            }
            let gives_up = |key| dial.give_up_on.contains(key);
            if self.refusing_leg(dial, at).is_some() || self.state.keys.since(at.mark).any(gives_up)
            {
                return Ok(());
            }
            if next.is_none() && self.legs_of(at).all(Leg::is_over) {
                if waits_for_its_turn(dial, at) {
                    continue;
                }
                return Ok(());
            }
            if self.end_signalled_legs(at).await? {
                continue;
            }
            // One that has answered has all the time that it needs.
            let overdue = self
                .legs_of(at)
                .any(|leg| leg.rings())
                .then(|| give_up.after(GRACE));
            let wake = [next, prepared, silent, overdue]
                .into_iter()
                .flatten()
                .min();
            if self.next(wake).await?.is_none() && overdue.is_some_and(|at| clock::now() >= at) {
                self.give_up_ringing_legs(at).await;
            }
        }
    }

    fn legs_of<'a>(&'a self, at: &'a Dialling) -> impl Iterator<Item = &'a Leg> {
        at.legs
            .iter()
            .flatten()
            .filter_map(|channel| self.state.leg(channel))
    }

    fn open_legs(&self, at: &Dialling) -> Vec<String> {
        self.legs_of(at)
            .filter(|leg| !leg.is_over())
            .map(|leg| leg.channel.clone())
            .collect()
    }

    fn winning_leg(&self, at: &Dialling) -> Option<String> {
        self.legs_of(at)
            .find(|leg| leg.state == LegState::Up && leg.prepared == Prepared::Yes)
            .map(|leg| leg.channel.clone())
    }

    /// Creates the bridge and puts the caller in.
    async fn join_caller(&mut self, op: &OpId, at: &mut Dialling) -> Result<(), Interrupt> {
        let bridge = match &at.bridge {
            Some(bridge) => bridge.clone(),
            None => {
                let bridge = op.object("b");
                self.objects.register(&bridge);
                self.state.bridges.push(bridge.clone());
                at.bridge = Some(bridge.clone());
                self.write_down(op, at);
                if let Err(error) = self.insist(Request::create_bridge(&bridge)).await
                    && error.status() != Some(409)
                {
                    self.warn(format!("no bridge: {error}"));
                }
                bridge
            }
        };
        if !at.joined {
            let request = Request::add_to_bridge(&bridge, &self.state.channel);
            if let Err(error) = self.caller_request(request).await? {
                self.warn(format!("the caller did not join the bridge: {error}"));
            }
            at.joined = true;
            self.write_down(op, at);
        }
        Ok(())
    }

    /// Ends the other legs and puts the caller and the winner together.
    async fn connect(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
        winner: &str,
    ) -> Result<(), Interrupt> {
        for loser in self.open_legs(at) {
            if loser != winner {
                self.give_up_leg(&loser, DialOutcome::Canceled, ELSEWHERE)
                    .await;
            }
        }
        if at.bridged_at.is_some() {
            return Ok(());
        }
        self.answer().await?;
        let was_joined = at.joined;
        self.settle().await?;
        self.join_caller(op, at).await?;
        if !(was_joined && self.state.leg(winner).is_some_and(|leg| leg.bridged))
            && let Some(bridge) = at.bridge.clone()
        {
            let joined = self
                .join(Request::add_leg_to_bridge(&bridge, winner))
                .await?;
            if joined.is_err() {
                // Nobody is to sit in silence with somebody who is not there.
                self.warn("the one who answered did not join the bridge and is hung up");
                self.insist(self.ari.hangup(winner, 16)).await.ok();
            } else if let Some(leg) = self.state.leg_mut(winner) {
                leg.bridged = true;
            }
        }
        at.bridged_at = Some(clock::now());
        let place = at
            .legs
            .iter()
            .position(|leg| leg.as_deref() == Some(winner));
        let target = place.and_then(|place| dial.targets.get(place));
        if let Some(agent) = target.and_then(|target| target.agent.as_ref()) {
            self.services.queues.connected(&self.state.id, agent);
        }
        self.reached();
        at.mark = self.state.keys.mark();
        self.write_down(op, at);
        self.note(format!(
            "connected with {}",
            self.state
                .leg(winner)
                .map_or("", |leg| leg.endpoint.as_str())
        ));
        if let Some(record) = dial.record.as_ref().filter(|record| !record.from_ringing) {
            self.start_dial_recording(record.clone()).await?;
        }
        self.start_waiting_recordings(RecordingStart::OnBridge)
            .await
    }

    /// Until the callee hangs up or sends a REFER, the time is over, or the caller
    /// presses `*`.
    async fn talk(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
        winner: &str,
    ) -> Result<(), Interrupt> {
        let limit = dial
            .time_limit
            .map(|limit| at.bridged_at.unwrap_or(at.began).after(limit));
        loop {
            // Before its end is looked at, which the REFER brings about.
            if self.was_referred(winner).await? {
                return Ok(());
            }
            if self.is_picked_up(op, at) || self.state.leg(winner).is_none_or(Leg::is_over) {
                return Ok(());
            }
            let starred =
                dial.hangup_on_star && self.state.keys.since(at.mark).any(|key| key == '*');
            let over = limit.is_some_and(|limit| clock::now() >= limit);
            if starred || over {
                self.note(if starred {
                    "the caller pressed *"
                } else {
                    "the time limit is over"
                });
                let present = self.state.leg(winner).map_or(winner, Leg::present);
                self.insist(self.ari.hangup(present, 16)).await.ok();
                let deadline = clock::now().after(END);
                while self.state.leg(winner).is_some_and(|leg| !leg.is_over())
                    && self.next(Some(deadline)).await?.is_some()
                {}
                return Ok(());
            }
            self.next(limit).await?;
        }
    }
}

fn waits_for_its_turn(dial: &Dial, at: &Dialling) -> bool {
    let next = at.turn.map_or(0, |turn| turn + 1);
    dial.sequential && next < dial.targets.len()
}

/// A single leg joins the caller before it answers, unless something else is to be
/// heard, or something comes between its answer and the bridge.
fn hears_callee(dial: &Dial) -> bool {
    let at_once = |target: &Target| target.send_digits.is_none() && target.screen.is_none();
    (dial.targets.len() == 1 || dial.sequential)
        && !dial.ignore_early_media
        && dial.ring_tone.is_none()
        && dial.ringback.is_empty()
        && dial.targets.iter().all(at_once)
}
