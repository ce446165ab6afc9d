//! Ringing other parties and connecting the caller with the first who answers.
//!
//! Each leg is created, enters Stasis, and is dialled only then (a dial right
//! after the create fails in half of the tries, rule 14). A single leg joins the
//! caller's bridge before it is dialled, so that its early media and its ringing
//! are heard; several legs ring behind a ringback tone, and the first who
//! answers joins.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Dial, DialOutcome, Dialled, Endpoint, RecordingStart, Target};
use crate::ari::{AriError, Request};
use crate::call::journal::Begun;
use crate::call::{Call, Cause, Interrupt, Leg, LegState};
use crate::clock::{self, Time};
use crate::id::{self, OpId};

/// Answers `answered_elsewhere` to the legs that lost.
const ELSEWHERE: u16 = 26;
/// How much longer than Asterisk's own ring timeout we wait for it.
const GRACE: Duration = Duration::from_secs(2);
/// How long a leg that signalled why it failed may take to end by itself.
const SIGNALLED: Duration = Duration::from_millis(300);
/// How long the end of a leg may take to be told.
const END: Duration = Duration::from_secs(5);

/// What a Dial must remember. Its legs are in the call's state.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Dialling {
    began: Time,
    bridge: Option<String>,
    /// The caller is in the bridge.
    joined: bool,
    /// The channels of its legs, in the order of the targets; none yet for those that wait.
    legs: Vec<Option<String>>,
    winner: Option<String>,
    bridged_at: Option<Time>,
    ringback: Option<String>,
    timed_out: bool,
    /// Keys since here may be a `*`.
    mark: u64,
}

/// What is known of a Dial whose caller has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialSoFar {
    pub outcome: DialOutcome,
    pub leg: Option<String>,
    pub talked: Duration,
    pub bridged: bool,
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
                let at = Dialling {
                    began: clock::now(),
                    bridge: None,
                    joined: false,
                    legs: vec![None; dial.targets.len()],
                    winner: None,
                    bridged_at: None,
                    ringback: None,
                    timed_out: false,
                    mark: self.state.keys.mark(),
                };
                self.state.dialling_from = self.state.legs.len();
                (op, at)
            }
        };
        self.write_down(&op, &at);
        if at.winner.is_none() {
            self.ring_legs(&dial, &op, &mut at).await?;
        }
        if let Some(winner) = at.winner.clone() {
            self.connect(&dial, &op, &mut at, &winner).await?;
            self.talk(&dial, &at, &winner).await?;
        }
        let dialled = self.end_dial(&dial, &at).await?;
        Ok(self.done(&op, dialled))
    }

    /// Rings until one answers, all have ended, or the time is over.
    async fn ring_legs(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        let early_media = dial.targets.len() == 1 && !dial.ignore_early_media;
        // After the call was picked up, the caller may hear the ringback still.
        let rings = at
            .ringback
            .as_ref()
            .is_some_and(|playback| self.state.playing.contains(playback));
        if !rings {
            self.settle().await?;
            if early_media {
                self.join_caller(op, at).await?;
            } else {
                self.start_ringback(op, at).await?;
            }
        }
        if let Some(record) = dial.record.filter(|record| record.from_ringing)
            && self.state.tracks.is_empty()
        {
            self.start_dial_recording(record).await?;
        }
        let give_up = at.began.after(dial.timeout);
        loop {
            let mut wake = give_up.after(GRACE);
            for (index, target) in dial.targets.iter().enumerate() {
                let due = at.began.after(target.delay);
                if at.legs.get(index).is_some_and(Option::is_none) && clock::now() < give_up {
                    if due <= clock::now() {
                        self.create_leg(dial, target, index, op, at).await;
                    } else {
                        wake = wake.min(due);
                    }
                }
            }
            self.dial_ready_legs(dial, at, early_media, give_up).await?;
            if let Some(winner) = self.answered_leg(at) {
                at.winner = Some(winner);
                self.write_down(op, at);
                return Ok(());
            }
            let waiting = at.legs.iter().any(Option::is_none) && clock::now() < give_up;
            if !waiting && self.legs_of(at).all(|leg| leg.state == LegState::Ended) {
                return Ok(());
            }
            if self.end_signalled_legs(at).await? {
                continue;
            }
            if self.next(Some(wake)).await?.is_none() && clock::now() >= give_up.after(GRACE) {
                at.timed_out = true;
                return Ok(());
            }
        }
    }

    /// A Local leg that signals busy or congestion stays until it is ended. Others
    /// end by themselves, and their end tells the SIP code. `true` when there were any.
    async fn end_signalled_legs(&mut self, at: &Dialling) -> Result<bool, Interrupt> {
        let signalled: Vec<_> = self
            .legs_of(at)
            .filter(|leg| {
                leg.cause.is_some() && leg.state != LegState::Ended && leg.state != LegState::Up
            })
            .map(|leg| (leg.channel.clone(), leg.cause.unwrap_or(Cause::NORMAL)))
            .collect();
        let any = !signalled.is_empty();
        for (channel, cause) in signalled {
            let deadline = clock::now().after(SIGNALLED);
            while self
                .state
                .leg(&channel)
                .is_some_and(|leg| leg.state != LegState::Ended)
                && self.next(Some(deadline)).await?.is_some()
            {}
            if self
                .state
                .leg(&channel)
                .is_some_and(|leg| leg.state == LegState::Ended)
            {
                continue;
            }
            // Keeps the cause it signalled, since the end we ask for has another.
            if let Some(leg) = self.state.leg_mut(&channel) {
                leg.state = LegState::Ended;
                leg.ended.get_or_insert_with(clock::now);
            }
            self.insist(self.ari.hangup(&channel, cause.0)).await.ok();
        }
        Ok(any)
    }

    async fn create_leg(
        &mut self,
        dial: &Dial,
        target: &Target,
        index: usize,
        op: &OpId,
        at: &mut Dialling,
    ) {
        let channel = op.object(&format!("l{index}"));
        let endpoint = match self.endpoint(&target.endpoint) {
            Ok(endpoint) => endpoint,
            Err(why) => {
                self.warn(why);
                self.unreachable_leg(&channel, "", index, at);
                return;
            }
        };
        let facts = &self.state.facts;
        let (number, name) = match &dial.caller_id {
            Some(id) => (id.number.as_str(), id.name.as_str()),
            None => (facts.caller_number.as_str(), facts.caller_name.as_str()),
        };
        // `CALLERID()` has no effect on a created leg.
        let mut variables = vec![("CONNECTEDLINE(num)".to_owned(), clean(number))];
        if !name.is_empty() {
            variables.push(("CONNECTEDLINE(name)".to_owned(), clean(name)));
        }
        for (name, value) in &target.headers {
            variables.push((
                format!("PJSIP_HEADER(add,{})", clean_header_name(name)),
                clean(value),
            ));
        }
        self.objects.register(&channel);
        self.state.legs.push(Leg {
            channel: channel.clone(),
            sid: id::sid("CA"),
            endpoint: endpoint.clone(),
            state: LegState::Created,
            answered: None,
            ended: None,
            cause: None,
            sip: None,
            bridged: false,
        });
        if let Some(slot) = at.legs.get_mut(index) {
            *slot = Some(channel.clone());
        }
        self.write_down(op, at);
        let app = self.ari.app().to_owned();
        let args = format!("leg,{}", self.state.id);
        let request = Request::create(
            &channel,
            &endpoint,
            &app,
            &args,
            &variables,
            Some(&self.state.channel),
        );
        match self.request(request).await {
            Ok(_) | Err(AriError::Unknown { .. }) => self.note(format!("calls {endpoint}")),
            // Asterisk says 409 also where nothing is taken (rule 15).
            Err(error) if error.status() == Some(409) && self.is_there(&channel).await => {
                self.note(format!("calls {endpoint}"));
            }
            Err(error) => {
                self.warn(format!("{endpoint} cannot be called: {error}"));
                self.end_unmade_leg(&channel);
            }
        }
    }

    async fn is_there(&self, channel: &str) -> bool {
        self.request(Request::get_channel(channel)).await.is_ok()
    }

    fn unreachable_leg(&mut self, channel: &str, endpoint: &str, index: usize, at: &mut Dialling) {
        self.state.legs.push(Leg {
            channel: channel.to_owned(),
            sid: id::sid("CA"),
            endpoint: endpoint.to_owned(),
            state: LegState::Ended,
            answered: None,
            ended: Some(clock::now()),
            cause: Some(Cause::UNALLOCATED),
            sip: None,
            bridged: false,
        });
        if let Some(slot) = at.legs.get_mut(index) {
            *slot = Some(channel.to_owned());
        }
    }

    /// Asterisk refuses to create what it cannot reach: an unregistered endpoint, an unknown technology.
    fn end_unmade_leg(&mut self, channel: &str) {
        self.objects.forget(channel);
        if let Some(leg) = self.state.leg_mut(channel) {
            leg.state = LegState::Ended;
            leg.ended = Some(clock::now());
            leg.cause = Some(Cause(20));
        }
    }

    async fn dial_ready_legs(
        &mut self,
        dial: &Dial,
        at: &mut Dialling,
        early_media: bool,
        give_up: Time,
    ) -> Result<(), Interrupt> {
        let ready: Vec<_> = self
            .legs_of(at)
            .filter(|leg| leg.state == LegState::Ready)
            .map(|leg| leg.channel.clone())
            .collect();
        for channel in ready {
            let index = at
                .legs
                .iter()
                .position(|leg| leg.as_deref() == Some(channel.as_str()));
            let own = index
                .and_then(|index| dial.targets.get(index))
                .and_then(|target| target.timeout);
            let left = give_up.since(clock::now()).max(Duration::from_secs(1));
            let timeout = own.map_or(left, |own| own.min(left));
            if early_media && let Some(bridge) = at.bridge.clone() {
                let add = Request::add_to_bridge(&bridge, &channel);
                self.leg_request(add).await?;
            }
            if let Some(leg) = self.state.leg_mut(&channel) {
                leg.state = LegState::Dialling;
            }
            self.checkpoint();
            // One whose answer was lost may ring; if not, the timeout ends it.
            if let Err(error) = self.request(Request::dial(&channel, timeout)).await
                && !matches!(error, AriError::Unknown { .. })
            {
                self.warn(format!("leg not dialled: {error}"));
                self.insist(self.ari.hangup(&channel, 16)).await.ok();
            }
        }
        Ok(())
    }

    /// A joining request on a leg: it may wait in Asterisk, so the call goes on meanwhile.
    async fn leg_request(&mut self, request: Request) -> Result<bool, Interrupt> {
        let (ari, trace) = (self.ari.clone(), self.trace.clone());
        let text = request.to_string();
        let began = tokio::time::Instant::now();
        let result = self.during(async move { ari.send(request).await }).await?;
        let ok = result.is_ok();
        let line = result
            .err()
            .map_or_else(|| text.clone(), |error| format!("{text} → {error}"));
        trace.took(crate::trace::Kind::Ari, line, began);
        Ok(ok)
    }

    fn legs_of<'a>(&'a self, at: &'a Dialling) -> impl Iterator<Item = &'a Leg> {
        at.legs
            .iter()
            .flatten()
            .filter_map(|channel| self.state.leg(channel))
    }

    fn answered_leg(&self, at: &Dialling) -> Option<String> {
        self.legs_of(at)
            .find(|leg| leg.state == LegState::Up)
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

    async fn start_ringback(&mut self, op: &OpId, at: &mut Dialling) -> Result<(), Interrupt> {
        if !self.is_answered() {
            return self.ring().await;
        }
        let playback = op.object("ring");
        self.objects.register(&playback);
        self.state.playing.push(playback.clone());
        at.ringback = Some(playback.clone());
        self.write_down(op, at);
        let request = Request::play(&self.state.channel, &playback, "tone:ring", None);
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("no ringback tone: {error}"));
            self.state.playing.retain(|p| *p != playback);
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
        let losers: Vec<_> = self
            .legs_of(at)
            .filter(|leg| leg.channel != winner && leg.state != LegState::Ended)
            .map(|leg| leg.channel.clone())
            .collect();
        for channel in losers {
            self.insist(self.ari.hangup(&channel, ELSEWHERE)).await.ok();
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
            self.leg_request(Request::add_to_bridge(&bridge, winner))
                .await?;
        }
        at.bridged_at = Some(clock::now());
        at.mark = self.state.keys.mark();
        if let Some(leg) = self.state.leg_mut(winner) {
            leg.bridged = true;
        }
        self.write_down(op, at);
        self.note(format!(
            "connected with {}",
            self.state
                .leg(winner)
                .map_or("", |leg| leg.endpoint.as_str())
        ));
        if let Some(record) = dial.record.filter(|record| !record.from_ringing) {
            self.start_dial_recording(record).await?;
        }
        self.start_waiting_recordings(RecordingStart::OnBridge)
            .await
    }

    /// Until the callee hangs up, the time is over, or the caller presses `*`.
    async fn talk(&mut self, dial: &Dial, at: &Dialling, winner: &str) -> Result<(), Interrupt> {
        let limit = dial
            .time_limit
            .map(|limit| at.bridged_at.unwrap_or(at.began).after(limit));
        loop {
            let ended = self
                .state
                .leg(winner)
                .is_none_or(|leg| leg.state == LegState::Ended);
            if ended {
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
                self.insist(self.ari.hangup(winner, 16)).await.ok();
                let deadline = clock::now().after(END);
                while self
                    .state
                    .leg(winner)
                    .is_some_and(|leg| leg.state != LegState::Ended)
                {
                    if self.next(Some(deadline)).await?.is_none() {
                        break;
                    }
                }
                return Ok(());
            }
            self.next(limit).await?;
        }
    }

    /// Ends what is left, takes the caller out, and says what happened.
    async fn end_dial(&mut self, dial: &Dial, at: &Dialling) -> Result<Dialled, Interrupt> {
        let open: Vec<_> = self
            .legs_of(at)
            .filter(|leg| leg.state != LegState::Ended)
            .map(|leg| leg.channel.clone())
            .collect();
        for channel in &open {
            self.insist(self.ari.hangup(channel, Cause::NO_ANSWER.0))
                .await
                .ok();
        }
        self.settle().await?;
        let recording = if dial.record.is_some() {
            self.end_dial_recording().await
        } else {
            None
        };
        if let Some(bridge) = &at.bridge {
            self.insist(Request::destroy_bridge(bridge)).await.ok();
            self.state.bridges.retain(|b| b != bridge);
            self.objects.forget(bridge);
        }
        self.state.last_recording.clone_from(&recording);
        self.pay_upload();
        let last = self
            .legs_of(at)
            .filter(|leg| leg.ended.is_some())
            .max_by_key(|leg| leg.ended)
            .or_else(|| self.legs_of(at).last())
            .cloned();
        let winner = at
            .winner
            .as_ref()
            .and_then(|winner| self.state.leg(winner))
            .cloned();
        let told = winner.as_ref().or(last.as_ref());
        let cause = match told.and_then(|leg| leg.cause) {
            _ if at.timed_out => Cause::NO_ANSWER,
            Some(cause) => cause,
            None => Cause::NO_ANSWER,
        };
        let sip_code = told.and_then(|leg| leg.sip);
        let outcome = if winner.is_some() {
            DialOutcome::Completed
        } else if self.legs_of(at).any(|leg| leg.cause == Some(Cause::BUSY)) && !at.timed_out {
            DialOutcome::Busy
        } else {
            outcome(cause, sip_code)
        };
        let talked =
            winner
                .as_ref()
                .and_then(|leg| leg.answered)
                .map_or(Duration::ZERO, |answered| {
                    winner
                        .as_ref()
                        .and_then(|leg| leg.ended)
                        .unwrap_or_else(clock::now)
                        .since(answered)
                });
        for channel in at.legs.iter().flatten() {
            self.objects.forget(channel);
        }
        self.state.legs.retain(|leg| {
            !at.legs
                .iter()
                .flatten()
                .any(|channel| *channel == leg.channel)
        });
        self.note(format!(
            "dial ended: {outcome:?}, cause {} {}, {} s",
            cause.0,
            cause.kazoo(),
            talked.as_secs()
        ));
        Ok(Dialled {
            outcome,
            cause,
            sip_code,
            leg: told.map(|leg| leg.sid.clone()),
            talked,
            recording,
        })
    }

    /// What a request owed says about the Dial in which the caller has gone.
    pub fn dial_so_far(&self) -> DialSoFar {
        let legs = self
            .state
            .legs
            .get(self.state.dialling_from..)
            .unwrap_or_default();
        let answered = legs.iter().find(|leg| leg.answered.is_some());
        let talked = answered
            .and_then(|leg| leg.answered)
            .map_or(Duration::ZERO, |answered_at| {
                let end = answered
                    .and_then(|leg| leg.ended)
                    .or(self.state.gone.map(|gone| gone.at));
                end.unwrap_or_else(clock::now).since(answered_at)
            });
        DialSoFar {
            outcome: if answered.is_some() {
                DialOutcome::Completed
            } else {
                DialOutcome::Canceled
            },
            leg: answered.or_else(|| legs.last()).map(|leg| leg.sid.clone()),
            talked,
            bridged: answered.is_some_and(|leg| leg.bridged),
        }
    }

    /// A noun in Asterisk's words, by the templates of `[dial]`. What comes from
    /// a document may not bring a `/`, `&` or `,` of its own into them.
    fn endpoint(&self, endpoint: &Endpoint) -> Result<String, String> {
        let config = &self.services.config.dial;
        let allowed = |text: &str, more: &str| {
            let ok = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            !text.is_empty() && text.len() <= 255 && text.chars().all(ok)
        };
        let fill = |template: &str, name: &str, value: &str, more: &str| {
            if allowed(value, more) {
                Ok(template.replace(name, value))
            } else {
                Err(format!(
                    "{value:?} cannot be dialled: letters, digits and {more} only"
                ))
            }
        };
        match endpoint {
            Endpoint::Number(number) => fill(&config.number, "{number}", number, "+*#"),
            Endpoint::User(user) => fill(&config.user, "{id}", user, "._-+@"),
            Endpoint::Device(device) => fill(&config.device, "{id}", device, "._-+@"),
            Endpoint::Client(client) => fill(&config.client, "{id}", client, "._-+@"),
            Endpoint::Sip(uri) => {
                let uri = if uri.starts_with("sip:") || uri.starts_with("sips:") {
                    uri.clone()
                } else {
                    format!("sip:{uri}")
                };
                let template = config.sip.replace("{endpoint}", &config.sip_endpoint);
                fill(&template, "{uri}", &uri, ":@.-_+;=%[]~!$*'()?")
            }
        }
    }
}

/// Twilio's word for why nobody was reached.
fn outcome(cause: Cause, sip: Option<u16>) -> DialOutcome {
    match (cause.0, sip) {
        (_, Some(486 | 600 | 603)) | (17 | 21, _) => DialOutcome::Busy,
        (18..=20, _) | (_, Some(408 | 480 | 487)) => DialOutcome::NoAnswer,
        _ => DialOutcome::Failed,
    }
}

/// A header or caller id may not bring a line of its own.
fn clean(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

fn clean_header_name(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_become_twilios_words() {
        for (cause, sip, expected) in [
            (17, Some(486), DialOutcome::Busy),
            (21, Some(603), DialOutcome::Busy),
            (21, Some(403), DialOutcome::Busy),
            (19, None, DialOutcome::NoAnswer),
            (19, Some(480), DialOutcome::NoAnswer),
            (18, Some(408), DialOutcome::NoAnswer),
            (1, Some(404), DialOutcome::Failed),
            (34, Some(503), DialOutcome::Failed),
            (38, Some(500), DialOutcome::Failed),
        ] {
            assert_eq!(outcome(Cause(cause), sip), expected, "{cause} {sip:?}");
        }
    }
}
