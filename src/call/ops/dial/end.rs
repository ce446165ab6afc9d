//! The end of a Dial: what is left is ended, and what happened is said.

use std::time::Duration;

use super::{Dialling, ELSEWHERE};
use crate::ari::Request;
use crate::call::ops::{Dial, DialOutcome, Dialled};
use crate::call::{Call, Cause, Interrupt, Leg};
use crate::clock;

/// What is known of a Dial whose caller has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialSoFar {
    pub outcome: DialOutcome,
    pub leg: Option<String>,
    pub talked: Duration,
    pub bridged: bool,
}

impl Call {
    /// Ends what is left, takes the caller out, and says what happened.
    pub(super) async fn end_dial(
        &mut self,
        dial: &Dial,
        at: &Dialling,
    ) -> Result<Dialled, Interrupt> {
        if at.picked.is_none() && self.state.queued.is_none() {
            self.refuse_pickups();
        }
        let outcome = match at.winner {
            Some(_) => DialOutcome::Canceled,
            None => DialOutcome::NoAnswer,
        };
        for channel in self.open_legs(at) {
            let answered = self
                .state
                .leg(&channel)
                .is_some_and(|l| l.answered.is_some());
            let cause = match (answered, &at.picked) {
                (true, _) => Cause::NORMAL,
                // So that the phone lists no missed call.
                (false, Some(_)) => ELSEWHERE,
                (false, None) => Cause::NO_ANSWER,
            };
            self.give_up_leg(&channel, outcome, cause).await;
        }
        self.end_heirs().await;
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
        let now = clock::now();
        for channel in at.legs.iter().flatten() {
            if let Some(leg) = self.state.leg_mut(channel) {
                leg.end(now);
            }
        }
        self.tell_legs();
        let winner = at.winner.as_ref().and_then(|w| self.state.leg(w));
        let told = winner
            .or_else(|| self.refusing_leg(dial, at))
            .or_else(|| self.last_leg(at))
            .cloned();
        let outcome = told.as_ref().map_or(DialOutcome::NoAnswer, Leg::outcome);
        let cause = match told.as_ref().and_then(|leg| leg.cause) {
            Some(cause) if outcome != DialOutcome::NoAnswer => cause,
            Some(cause) if cause != Cause::NORMAL => cause,
            _ => Cause::NO_ANSWER,
        };
        let talked = told.as_ref().and_then(Leg::lasted).unwrap_or_default();
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
            sip_code: told.as_ref().and_then(Leg::sip_code),
            bridged: told.as_ref().is_some_and(Leg::was_connected),
            call_id: told
                .as_ref()
                .map(|leg| leg.call_id.clone())
                .filter(|id| !id.is_empty()),
            headers: told
                .as_ref()
                .map(|leg| leg.headers.clone())
                .unwrap_or_default(),
            referred: told.as_ref().and_then(|leg| leg.referred.clone()),
            leg: told.map(|leg| leg.sid),
            talked,
            recording,
        })
    }

    /// The one that ended last. Of those that ended together the most telling.
    fn last_leg<'a>(&'a self, at: &'a Dialling) -> Option<&'a Leg> {
        let telling = |leg: &Leg| match leg.outcome() {
            DialOutcome::Completed => 4,
            DialOutcome::Busy => 3,
            DialOutcome::NoAnswer => 2,
            DialOutcome::Failed => 1,
            DialOutcome::Canceled => 0,
        };
        self.legs_of(at).max_by_key(|leg| (leg.ended, telling(leg)))
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
            bridged: answered.is_some_and(Leg::was_connected),
        }
    }
}
