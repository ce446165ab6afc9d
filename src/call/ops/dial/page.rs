//! Paging: the caller talks to several phones at once, which answer by themselves.

use super::Dialling;
use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::ops::Dial;
use crate::call::{Call, Interrupt, Leg, LegState};
use crate::clock;
use crate::id::OpId;

impl Call {
    /// Rings all targets of `dial`, and puts each that answers together with the
    /// caller, muted unless `both_ways`. Returns when all have left; `false` when
    /// none has come.
    pub async fn page(&mut self, dial: Dial, both_ways: bool) -> Result<bool, Interrupt> {
        let (op, mut at) = match self.begin::<bool, Dialling>() {
            Begun::Done(paged) => return Ok(paged),
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => {
                self.state.dialling_from = self.state.legs.len();
                let at = Dialling::new(dial.targets.len(), self.state.keys.mark());
                (op, at)
            }
        };
        self.write_down(&op, &at);
        self.answer().await?;
        self.settle().await?;
        self.join_caller(&op, &mut at).await?;
        self.call_out(&dial, both_ways, &op, &mut at).await?;
        let paged = self.legs_of(&at).any(|leg| leg.answered.is_some());
        self.end_dial(&dial, &at).await?;
        Ok(self.done(&op, paged))
    }

    async fn call_out(
        &mut self,
        dial: &Dial,
        both_ways: bool,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        loop {
            let next = self.create_due_legs(dial, op, at).await;
            let give_up = at.began.after(dial.timeout);
            self.dial_ready_legs(dial, at, false, give_up).await?;
            if self.let_in(both_ways, op, at).await? {
                // While they joined, others may have answered or come into Stasis.
                continue;
            }
            if next.is_none() && self.legs_of(at).all(Leg::is_over) {
                return Ok(());
            }
            if self.end_signalled_legs(at).await? {
                continue;
            }
            let overdue = self
                .legs_of(at)
                .any(Leg::rings)
                .then(|| give_up.after(super::GRACE));
            let wake = [next, overdue].into_iter().flatten().min();
            if self.next(wake).await?.is_none() && overdue.is_some_and(|at| clock::now() >= at) {
                self.give_up_ringing_legs(at).await;
            }
        }
    }

    /// Those who have answered join the caller; `false` when nobody was left to.
    async fn let_in(
        &mut self,
        both_ways: bool,
        op: &OpId,
        at: &Dialling,
    ) -> Result<bool, Interrupt> {
        let answered: Vec<String> = self
            .legs_of(at)
            .filter(|leg| leg.state == LegState::Up && !leg.bridged)
            .map(|leg| leg.channel.clone())
            .collect();
        let Some(bridge) = at.bridge.clone() else {
            return Ok(false);
        };
        let any = !answered.is_empty();
        for channel in answered {
            if !both_ways && let Err(error) = self.request(Request::mute(&channel)).await {
                self.warn(format!("{channel} is not muted: {error}"));
            }
            let joined = self.join(Request::add_to_bridge(&bridge, &channel)).await?;
            if let Err(error) = joined {
                self.warn(format!("{channel} does not hear the caller: {error}"));
                self.insist(self.ari.hangup(&channel, 16)).await.ok();
            }
            if let Some(leg) = self.state.leg_mut(&channel) {
                leg.bridged = true;
            }
            self.write_down(op, at);
        }
        Ok(any)
    }
}
