//! A TwiML application as the other party. It runs as a call of its own on the
//! channel that the caller lends it, so that the caller hears it as if the two were
//! connected; the caller's own call waits until it has the channel back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DialOutcome, LegCall};
use crate::call::journal::Begun;
use crate::call::mailbox::Pumped;
use crate::call::state::Gone;
use crate::call::{Call, Cause, Interrupt, Leg, LegState, Notify, State};
use crate::clock;
use crate::id::CallId;
use crate::news::Screened;
use crate::program::Request;

/// Runs an application on the caller's channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunApplication {
    pub request: Request,
    /// Whom the application is told to be.
    pub to: String,
    pub notify: Option<Notify>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationRan {
    pub outcome: DialOutcome,
    /// Its CallSid.
    pub sid: String,
    pub lasted: Duration,
}

impl Call {
    /// Returns when the application has ended and the channel is ours again.
    pub async fn run_application(
        &mut self,
        run: RunApplication,
    ) -> Result<ApplicationRan, Interrupt> {
        let (op, leg) = match self.begin::<ApplicationRan, String>() {
            Begun::Done(ran) => return Ok(ran),
            Begun::Again(op, leg) => (op, leg),
            Begun::New(op) => {
                self.answer().await?;
                self.settle().await?;
                let leg = op.object("a");
                self.write_down(&op, &leg);
                self.lend(&leg, run);
                self.write_down(&op, &leg);
                (op, leg)
            }
        };
        // Shutting down reaches the application, which gives the channel back first.
        self.closing = true;
        while self.state.lent.is_some() && !self.is_gone() {
            if matches!(self.pump(None).await, Pumped::Cut) {
                break;
            }
        }
        self.closing = false;
        self.check()?;
        let ended = self.state.leg(&leg).cloned();
        self.state.legs.retain(|l| l.channel != leg);
        let ran = ApplicationRan {
            outcome: ended.as_ref().map_or(DialOutcome::Failed, Leg::outcome),
            lasted: ended.as_ref().and_then(Leg::lasted).unwrap_or_default(),
            sid: ended.map(|leg| leg.sid).unwrap_or_default(),
        };
        Ok(self.done(&op, ran))
    }

    /// Makes a call of the application, and gives it the channel.
    fn lend(&mut self, leg: &str, run: RunApplication) {
        let mut facts = self.state.facts.clone();
        facts.dialled.clone_from(&run.to);
        facts.parent = Some(self.state.id.clone());
        let now = clock::now();
        let leg = Leg {
            endpoint: "an application".into(),
            state: LegState::Up,
            answered: Some(now),
            notify: run.notify,
            ..Leg::new(leg.to_owned(), facts.caller_number.clone(), run.to)
        };
        let id = CallId::of_leg(&leg.sid);
        let mut state = State::new(id.clone(), self.state.channel.clone(), facts, now);
        state.answered = self.state.answered;
        state.twilio_profile = self.state.twilio_profile;
        state.inherit = self.state.inherit.clone();
        state.borrowed = true;
        self.note(format!("lends the caller to an application, call {id}"));
        self.state.dialling_from = self.state.legs.len();
        self.state.lent = Some(leg.channel.clone());
        self.state.legs.push(leg);
        let mailbox = self.services.router.adopt(&id);
        self.objects.hand_over(&self.state.channel, &id);
        let call = LegCall {
            state: Box::new(state),
            mailbox,
            request: Some(run.request),
        };
        // Only fails while the process ends.
        self.services.legs.send(call).ok();
        self.tell_legs();
    }

    /// The application is over; the channel is ours again unless the caller has gone.
    pub(super) fn absorb_returned(&mut self, screened: &Screened) {
        let Some(lent) = self.state.lent.take() else {
            return;
        };
        let now = clock::now();
        if let Some(leg) = self.state.leg_mut(&lent) {
            if screened.failed {
                leg.outcome = Some(DialOutcome::Failed);
            }
            leg.end(now);
        }
        self.tell_legs();
        if !screened.accepted {
            self.state.gone.get_or_insert(Gone {
                at: now,
                cause: Some(Cause::NORMAL),
                sip: None,
                left: true,
            });
        }
    }
}
