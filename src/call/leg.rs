//! A channel that pivot has made for a call: how far it is, and how it ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ops::{DialOutcome, OnRefer};
use super::{Cause, Notify};
use crate::ari::Channel;
use crate::clock::Time;
use crate::id;

/// Asterisk may end a leg's ringing this much before our own clock does.
const EARLY: Duration = Duration::from_millis(500);

/// A channel that pivot has made for a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    pub channel: String,
    /// Its CallSid.
    pub sid: String,
    pub endpoint: String,
    /// Who calls and who is called, as web applications are told it.
    #[serde(default)]
    pub from: String,
    /// The name that goes with it.
    #[serde(default)]
    pub from_name: String,
    pub to: String,
    /// The channel's name in Asterisk, known when it is in Stasis.
    #[serde(default)]
    pub name: String,
    /// Its SIP Call-ID; empty for other technologies.
    #[serde(default)]
    pub call_id: String,
    pub state: LegState,
    #[serde(default)]
    pub dialled: Option<Time>,
    /// It rings until then.
    #[serde(default)]
    pub rings_until: Option<Time>,
    /// Something has been heard of it since.
    #[serde(default)]
    pub progressed: bool,
    pub answered: Option<Time>,
    pub ended: Option<Time>,
    /// The cause that its hang-up request named.
    pub requested: Option<Cause>,
    pub cause: Option<Cause>,
    pub sip: Option<u16>,
    /// `X-` headers of the SIP response that answered.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub prepared: Prepared,
    /// It has been in the caller's bridge.
    pub bridged: bool,
    /// It belongs to another call now.
    #[serde(default)]
    pub given: bool,
    /// What becomes of a REFER that its party sends.
    #[serde(default)]
    pub on_refer: OnRefer,
    /// The channel that took its place there, when its party sent a REFER.
    #[serde(default)]
    pub heir: Option<String>,
    /// The half of a `Local/` leg that tells of a REFER, when that is asked for.
    #[serde(default)]
    pub far_half: Option<String>,
    /// Refer-To of that REFER; empty when Asterisk does not tell it.
    #[serde(default)]
    pub referred: Option<String>,
    /// Decided by us, whatever Asterisk says about its end.
    #[serde(default)]
    pub outcome: Option<DialOutcome>,
    /// `human`, `machine_start` …, when somebody listened.
    #[serde(default)]
    pub answered_by: Option<String>,
    #[serde(default)]
    pub notify: Option<Notify>,
    /// The last event that is told.
    #[serde(default)]
    pub told: Option<Stage>,
    /// Callbacks sent so far.
    #[serde(default)]
    pub callbacks: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegState {
    /// The request that makes it has been sent.
    Created,
    /// It is in Stasis and can be dialled.
    Ready,
    Dialling,
    Ringing,
    Up,
    Ended,
}

/// What is done between a leg's answer and the bridge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prepared {
    #[default]
    No,
    /// Keys are sent to it until then.
    Digits(Time),
    /// It is a call of its own now, and its events are that call's.
    Screening,
    /// Its own document has ended and it wants to be connected.
    Accepted,
    Yes,
}

/// What a status callback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

impl Stage {
    /// As documents name it in `statusCallbackEvent`.
    pub fn event(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Completed => "completed",
        }
    }
}

impl Leg {
    /// A leg whose channel is about to be made.
    pub fn new(channel: String, from: String, to: String) -> Self {
        Self {
            channel,
            sid: id::sid("CA"),
            endpoint: String::new(),
            from,
            from_name: String::new(),
            to,
            name: String::new(),
            call_id: String::new(),
            state: LegState::Created,
            dialled: None,
            rings_until: None,
            progressed: false,
            answered: None,
            ended: None,
            requested: None,
            cause: None,
            sip: None,
            headers: Vec::new(),
            prepared: Prepared::No,
            bridged: false,
            given: false,
            on_refer: OnRefer::default(),
            heir: None,
            far_half: None,
            referred: None,
            outcome: None,
            answered_by: None,
            notify: None,
            told: None,
            callbacks: 0,
        }
    }

    pub(super) fn entered(&mut self, channel: &Channel) {
        channel.name.clone_into(&mut self.name);
        channel.protocol_id.clone_into(&mut self.call_id);
        if self.state == LegState::Created {
            self.state = LegState::Ready;
        }
    }

    /// It is over, as Asterisk says.
    pub(super) fn destroyed(&mut self, now: Time, cause: Cause, sip: Option<u16>) {
        self.state = LegState::Ended;
        self.ended.get_or_insert(now);
        self.sip = sip;
        let normal = matches!(cause.0, 0 | 16);
        self.cause = match self.requested {
            // Asterisk 16 forgets the cause of a Local leg; its hang-up request had it.
            Some(requested) if normal && self.answered.is_none() => Some(requested),
            // Before 22.4 it tells the end of its own ring timeout as a normal end.
            _ if normal && self.answered.is_none() && self.rang_out(now) => Some(Cause::NO_ANSWER),
            _ => Some(cause),
        };
    }

    /// It is over, as we decide.
    pub(super) fn end(&mut self, now: Time) {
        self.state = LegState::Ended;
        self.ended.get_or_insert(now);
    }

    fn rang_out(&self, now: Time) -> bool {
        self.rings_until
            .is_some_and(|until| now.after(EARLY) >= until)
    }

    /// The channel that the caller talks with. Where Asterisk carries a REFER out, the
    /// conversation goes on with what it puts into the party's place.
    pub(super) fn present(&self) -> &str {
        match (self.on_refer, &self.heir) {
            (OnRefer::Asterisk, Some(heir)) => heir,
            _ => &self.channel,
        }
    }

    /// Whether the leg ends when this channel leaves Stasis. That is all that is told of
    /// a channel in the place of another, and of one that was replaced.
    pub(super) fn ends_with(&self, channel: &str) -> bool {
        self.heir.is_some() && self.present() == channel
    }

    pub fn is_sip(&self) -> bool {
        self.endpoint.starts_with("PJSIP/")
    }

    /// Nobody has answered yet.
    pub fn rings(&self) -> bool {
        !self.is_over() && self.state != LegState::Up
    }

    pub fn is_over(&self) -> bool {
        self.state == LegState::Ended
    }

    /// The caller could talk with it. One whose ringing was heard in the bridge was in
    /// it before.
    pub fn was_connected(&self) -> bool {
        self.bridged && self.answered.is_some()
    }

    /// From answer to end; `None` when it was never answered, or is not over.
    pub fn lasted(&self) -> Option<Duration> {
        Some(self.ended?.since(self.answered?))
    }

    /// How it ended, or would if it ended now.
    pub fn outcome(&self) -> DialOutcome {
        match (self.outcome, self.answered) {
            (Some(outcome), _) => outcome,
            (None, Some(_)) => DialOutcome::Completed,
            (None, None) => reason(self.cause.unwrap_or(Cause::NO_ANSWER), self.sip),
        }
    }

    /// The code of its final SIP response, where it is known.
    pub fn sip_code(&self) -> Option<u16> {
        match (self.answered, self.outcome) {
            (Some(_), _) => Some(200),
            (None, Some(DialOutcome::Canceled)) => Some(487),
            (None, _) => self.sip,
        }
    }

    pub fn stage(&self) -> Stage {
        match self.state {
            LegState::Created | LegState::Ready | LegState::Dialling => Stage::Initiated,
            LegState::Ringing => Stage::Ringing,
            LegState::Up => Stage::Answered,
            LegState::Ended => Stage::Completed,
        }
    }

    /// The next event that is to be told. One that never rang is told no ringing.
    pub(super) fn untold(&self) -> Option<Stage> {
        let stage = self.stage();
        match self.told {
            None => Some(Stage::Initiated),
            Some(told) if told >= stage => None,
            Some(told) if self.answered.is_some() && told < Stage::Answered => {
                Some(Stage::Answered)
            }
            Some(_) => Some(stage),
        }
    }

    /// Twilio's word for how far it is at this event.
    pub(super) fn status_at(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Initiated => "initiated",
            Stage::Ringing => "ringing",
            Stage::Answered => "in-progress",
            Stage::Completed => self.outcome().twilio(),
        }
    }
}

/// Twilio's word for why somebody was not reached.
fn reason(cause: Cause, sip: Option<u16>) -> DialOutcome {
    match (cause.0, sip) {
        // Nobody has answered their challenge; Asterisk's cause would be a refusal.
        (_, Some(401 | 407)) => DialOutcome::Failed,
        (_, Some(486 | 600 | 603)) | (17 | 21, _) => DialOutcome::Busy,
        (18..=20, _) | (_, Some(408 | 480 | 487)) => DialOutcome::NoAnswer,
        _ => DialOutcome::Failed,
    }
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
            (21, Some(401), DialOutcome::Failed),
            (19, None, DialOutcome::NoAnswer),
            (19, Some(480), DialOutcome::NoAnswer),
            (18, Some(408), DialOutcome::NoAnswer),
            (1, Some(404), DialOutcome::Failed),
            (34, Some(503), DialOutcome::Failed),
            (38, Some(500), DialOutcome::Failed),
        ] {
            assert_eq!(reason(Cause(cause), sip), expected, "{cause} {sip:?}");
        }
    }

    fn leg(state: LegState) -> Leg {
        Leg {
            state,
            ..Leg::new("pv-1".into(), "100".into(), "200".into())
        }
    }

    fn told(mut leg: Leg, way: &[LegState]) -> Vec<&'static str> {
        let mut told = Vec::new();
        for state in way {
            leg.state = *state;
            if *state == LegState::Up {
                leg.answered = Some(Time(0));
            }
            while let Some(stage) = leg.untold() {
                told.push(stage.event());
                leg.told = Some(stage);
            }
        }
        told
    }

    #[test]
    fn each_event_is_told_once_and_ringing_only_of_one_that_rang() {
        use LegState::{Created, Dialling, Ended, Ready, Ringing, Up};
        let all = [Created, Ready, Dialling, Ringing, Up, Up, Ended, Ended];
        assert_eq!(
            told(leg(Created), &all),
            ["initiated", "ringing", "answered", "completed"]
        );
        assert_eq!(
            told(leg(Created), &[Created, Up, Ended]),
            ["initiated", "answered", "completed"]
        );
        assert_eq!(told(leg(Created), &[Ended]), ["initiated", "completed"]);
        assert_eq!(
            told(leg(Created), &[Created, Ringing, Ended]),
            ["initiated", "ringing", "completed"]
        );
        let mut missed = leg(Ended);
        missed.answered = Some(Time(0));
        assert_eq!(
            told(missed, &[Ended]),
            ["initiated", "answered", "completed"]
        );
    }

    #[test]
    fn what_we_decided_counts_more_than_what_asterisk_says() {
        let mut leg = leg(LegState::Ringing);
        leg.outcome = Some(DialOutcome::Canceled);
        leg.destroyed(Time(5), Cause(26), None);
        assert_eq!(
            (leg.outcome(), leg.sip_code()),
            (DialOutcome::Canceled, Some(487))
        );
    }

    #[test]
    fn a_normal_end_at_the_end_of_the_ringing_is_no_answer() {
        for (now, expected) in [(30_000, Cause::NO_ANSWER), (3_000, Cause::NORMAL)] {
            let mut leg = leg(LegState::Ringing);
            leg.rings_until = Some(Time(30_000));
            leg.destroyed(Time(now), Cause::NORMAL, None);
            assert_eq!(leg.cause, Some(expected), "{now}");
        }
    }
}
