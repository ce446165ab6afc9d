//! The end of a Dial: what is left is ended, and what happened is said.

use std::time::Duration;

use super::Dialling;
use crate::ari::Request;
use crate::call::ops::{Dial, DialOutcome, Dialled};
use crate::call::{Call, Cause, Interrupt, LegState};
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
            // Before 22.4 Asterisk tells the end of its own ring timeout as a normal end.
            Some(Cause(0 | 16)) if winner.is_none() && rang_out(dial, at) => Cause::NO_ANSWER,
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
}

/// The last leg has rung for as long as it may.
fn rang_out(dial: &Dial, at: &Dialling) -> bool {
    let longest = dial
        .targets
        .iter()
        .map(|target| target.delay + target.timeout.unwrap_or(dial.timeout))
        .max()
        .map_or(dial.timeout, |longest| longest.min(dial.timeout));
    clock::now() >= at.began.after(longest)
}

/// Twilio's word for why nobody was reached.
fn outcome(cause: Cause, sip: Option<u16>) -> DialOutcome {
    match (cause.0, sip) {
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
