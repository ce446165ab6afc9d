//! Ringing without a caller: whoever answers first becomes the call's own party.

use super::{Dialling, ELSEWHERE};
use crate::call::journal::Begun;
use crate::call::ops::{Dial, DialOutcome};
use crate::call::{Call, Interrupt, Leg};

impl Call {
    /// Rings for a call that pivot makes of its own accord; `false` when nobody answers.
    /// The call has no channel before.
    pub async fn originate(&mut self, dial: Dial) -> Result<bool, Interrupt> {
        let (op, mut at) = match self.begin::<bool, Dialling>() {
            Begun::Done(reached) => return Ok(reached),
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => (
                op,
                Dialling::new(dial.targets.len(), self.state.keys.mark()),
            ),
        };
        self.write_down(&op, &at);
        if at.winner.is_none() {
            self.ring_until_answered(&dial, &op, &mut at, false).await?;
        }
        for channel in self.open_legs(&at) {
            if at.winner.as_ref() != Some(&channel) {
                self.give_up_leg(&channel, DialOutcome::Canceled, ELSEWHERE)
                    .await;
            }
        }
        if let Some(winner) = &at.winner {
            self.become_party(winner);
        }
        let reached = !self.state.channel.is_empty();
        Ok(self.done(&op, reached))
    }

    /// The leg's channel is the call's own from here on, unless it is gone already.
    fn become_party(&mut self, channel: &str) {
        let is_party = |leg: &Leg| leg.channel == channel && !leg.is_over();
        let Some(index) = self.state.legs.iter().position(is_party) else {
            return;
        };
        let leg = self.state.legs.remove(index);
        self.note(format!("{} has answered", leg.endpoint));
        let facts = &mut self.state.facts;
        if facts.caller_number.is_empty() {
            let name = leg.endpoint.rsplit('/').next();
            facts.caller_number = name.unwrap_or_default().to_owned();
        }
        facts.channel_name = leg.name;
        facts.call_id = if leg.call_id.is_empty() {
            leg.channel.clone()
        } else {
            leg.call_id
        };
        self.state.answered = leg.answered;
        self.state.channel = leg.channel;
        self.state.dialling_from = self.state.legs.len();
    }
}
