//! The legs of a Dial: made, dialled once they are in Stasis, ended.

use std::time::Duration;

use super::Dialling;
use super::endpoint::{clean, clean_header_name};
use crate::ari::{AriError, Request};
use crate::call::ops::DialOutcome;
use crate::call::ops::{Dial, OnRefer, Target};
use crate::call::{Call, Cause, Interrupt, Leg, LegState};
use crate::clock::{self, Time};
use crate::id::OpId;

/// How long a leg that signalled why it failed may take to end by itself.
const SIGNALLED: Duration = Duration::from_millis(300);

impl Call {
    /// A Local leg that signals busy or congestion stays until it is ended. Others
    /// end by themselves, and their end tells the SIP code. `true` when there were any.
    pub(super) async fn end_signalled_legs(&mut self, at: &Dialling) -> Result<bool, Interrupt> {
        let signalled: Vec<_> = self
            .legs_of(at)
            .filter(|leg| leg.cause.is_some() && !leg.is_over() && leg.state != LegState::Up)
            .map(|leg| (leg.channel.clone(), leg.cause.unwrap_or(Cause::NORMAL)))
            .collect();
        let any = !signalled.is_empty();
        for (channel, cause) in signalled {
            let deadline = clock::now().after(SIGNALLED);
            while self.state.leg(&channel).is_some_and(|leg| !leg.is_over())
                && self.next(Some(deadline)).await?.is_some()
            {}
            if self.state.leg(&channel).is_none_or(Leg::is_over) {
                continue;
            }
            // Keeps the cause it signalled, since the end we ask for has another.
            if let Some(leg) = self.state.leg_mut(&channel) {
                leg.end(clock::now());
            }
            self.tell_legs();
            self.insist(self.ari.hangup(&channel, cause.0)).await.ok();
        }
        Ok(any)
    }

    /// Ends a leg, and says why if it was not answered.
    pub(in crate::call) async fn give_up_leg(
        &mut self,
        channel: &str,
        outcome: DialOutcome,
        cause: Cause,
    ) {
        if let Some(leg) = self.state.leg_mut(channel)
            && leg.answered.is_none()
        {
            leg.outcome.get_or_insert(outcome);
        }
        self.insist(self.ari.hangup(channel, cause.0)).await.ok();
    }

    /// Nobody tells the end of these any more.
    pub(in crate::call) fn end_all_legs(&mut self) {
        let now = clock::now();
        for leg in &mut self.state.legs {
            leg.end(now);
        }
        self.tell_legs();
    }

    /// Makes the legs whose time has come. Says when the next one's comes, if there is
    /// one that does not wait for another to end.
    pub(super) async fn create_due_legs(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &mut Dialling,
    ) -> Option<Time> {
        let mut next = None;
        for (index, target) in dial.targets.iter().enumerate() {
            if at.legs.get(index).is_none_or(Option::is_some) {
                continue;
            }
            if dial.sequential {
                if !self.legs_of(at).all(Leg::is_over) {
                    break;
                }
                if at.turn != Some(index) {
                    at.turn = Some(index);
                    at.began = clock::now();
                }
            }
            let now = clock::now();
            let due = at.began.after(target.delay);
            let over = at.began.after(dial.timeout);
            if now >= over || due >= over {
                continue;
            }
            if due <= now {
                self.create_leg(dial, target, index, op, at).await;
            } else {
                next = Some(next.map_or(due, |next: Time| next.min(due)));
                if dial.sequential {
                    break;
                }
            }
        }
        next
    }

    /// They have rung for longer than they may, and Asterisk does not end them.
    pub(super) async fn give_up_ringing_legs(&mut self, at: &Dialling) {
        for channel in self.open_legs(at) {
            if self.state.leg(&channel).is_some_and(Leg::rings) {
                self.give_up_leg(&channel, DialOutcome::NoAnswer, Cause::NO_ANSWER)
                    .await;
                if let Some(leg) = self.state.leg_mut(&channel) {
                    leg.end(clock::now());
                }
            }
        }
        self.tell_legs();
    }

    /// Those of whom nothing is heard for longer than they have. Says when the next
    /// one's time is over.
    pub(super) async fn give_up_silent_legs(&mut self, dial: &Dial, at: &Dialling) -> Option<Time> {
        let mut next: Option<Time> = None;
        for (slot, target) in at.legs.iter().zip(&dial.targets) {
            let Some((channel, limit)) = slot.as_ref().zip(target.progress) else {
                continue;
            };
            let silent = |leg: &&Leg| leg.state == LegState::Dialling && !leg.progressed;
            let Some(since) = self
                .state
                .leg(channel)
                .filter(silent)
                .and_then(|leg| leg.dialled)
            else {
                continue;
            };
            let due = since.after(limit);
            if due > clock::now() {
                next = Some(next.map_or(due, |next| next.min(due)));
                continue;
            }
            self.insist(self.ari.hangup(channel, Cause::TIMER.0))
                .await
                .ok();
            if let Some(leg) = self.state.leg_mut(channel) {
                leg.cause = Some(Cause::TIMER);
                leg.end(clock::now());
            }
            self.tell_legs();
        }
        next
    }

    /// One has refused, and that is to end the ringing of all.
    pub(super) fn refusing_leg<'a>(&'a self, dial: &Dial, at: &'a Dialling) -> Option<&'a Leg> {
        let refused = |leg: &&Leg| {
            leg.is_over() && leg.answered.is_none() && leg.outcome() == DialOutcome::Busy
        };
        self.legs_of(at)
            .find(refused)
            .filter(|_| dial.fail_on_single_reject)
    }

    pub(super) async fn create_leg(
        &mut self,
        dial: &Dial,
        target: &Target,
        index: usize,
        op: &OpId,
        at: &mut Dialling,
    ) {
        let target = &self.in_full(target);
        // Who is rung for nobody is no leg of anybody's, once it has answered.
        let alone = self.state.channel.is_empty();
        let channel = op.object(&format!("{}{index}", if alone { 'o' } else { 'l' }));
        let facts = &self.state.facts;
        let (number, name) = match target.caller_id.as_ref().or(dial.caller_id.as_ref()) {
            Some(id) => (clean(&id.number), clean(&id.name)),
            None => (clean(&facts.caller_number), clean(&facts.caller_name)),
        };
        let mut leg = Leg::new(channel.clone(), number.clone(), target.endpoint.told());
        leg.from_name.clone_from(&name);
        leg.notify.clone_from(&target.notify);
        leg.on_refer = dial.on_refer;
        if let Some(slot) = at.legs.get_mut(index) {
            *slot = Some(channel.clone());
        }
        let endpoint = match self.endpoint(target) {
            Ok(endpoint) => endpoint,
            Err(why) => {
                self.warn(why);
                leg.cause = Some(Cause::UNALLOCATED);
                leg.end(clock::now());
                self.state.legs.push(leg);
                self.tell_legs();
                return;
            }
        };
        leg.endpoint.clone_from(&endpoint);
        if target.only_if_free
            && !self
                .services
                .are_free(std::slice::from_ref(&endpoint))
                .await
        {
            self.note(format!(
                "{endpoint} has another call and takes no second one"
            ));
            leg.cause = Some(Cause::BUSY);
            leg.end(clock::now());
            self.state.legs.push(leg);
            self.tell_legs();
            return;
        }
        // `CALLERID()` has no effect on a created leg.
        let mut variables = vec![("CONNECTEDLINE(num)".to_owned(), number)];
        if !name.is_empty() {
            variables.push(("CONNECTEDLINE(name)".to_owned(), name));
        }
        for (name, value) in &self.state.kept.exported {
            // With `__` it goes on to the legs of the leg, as behind `Local/`.
            variables.push((format!("__{name}"), clean(value)));
        }
        for (name, value) in &target.variables {
            variables.push((name.clone(), clean(value)));
        }
        for (name, value) in &target.headers {
            variables.push((
                format!("PJSIP_HEADER(add,{})", clean_header_name(name)),
                clean(value),
            ));
        }
        variables.extend(dial.on_refer.variable());
        self.objects.register(&channel);
        self.state.legs.push(leg);
        self.write_down(op, at);
        let app = self.ari.app().to_owned();
        let args = format!("leg,{}", self.state.id);
        let request = Request::create(
            &channel,
            &endpoint,
            &app,
            &args,
            &variables,
            (!alone).then_some(self.state.channel.as_str()),
        );
        match self.request(request).await {
            Ok(_) | Err(AriError::Unknown { .. }) => self.note(format!("calls {endpoint}")),
            // Asterisk says 409 also where nothing is taken (rule 15).
            Err(error) if error.status() == Some(409) && self.is_there(&channel).await => {
                self.note(format!("calls {endpoint}"));
            }
            Err(error) => {
                // It says "Allocation failed", which nobody would take for that.
                let likely = match error.status() {
                    Some(500) => "it is not registered, or Asterisk has no such endpoint; ",
                    _ => "",
                };
                self.warn(format!("{endpoint} cannot be called: {likely}{error}"));
                self.end_unmade_leg(&channel);
            }
        }
        self.tell_legs();
        if dial.on_refer == OnRefer::Told
            && self.state.leg(&channel).is_some_and(|leg| !leg.is_over())
        {
            self.listen_for_refer(&channel, &endpoint).await;
        }
    }

    pub(super) async fn is_there(&self, channel: &str) -> bool {
        self.request(Request::get_channel(channel)).await.is_ok()
    }

    /// Asterisk refuses to create what it cannot reach: an unregistered endpoint, an unknown technology.
    pub(super) fn end_unmade_leg(&mut self, channel: &str) {
        self.objects.forget(channel);
        if let Some(leg) = self.state.leg_mut(channel) {
            leg.end(clock::now());
            leg.cause = Some(Cause(20));
        }
    }

    /// In 16 a leg that joins the caller takes up the caller's own id.
    async fn show_caller_again(&mut self, channel: &str) -> Result<(), Interrupt> {
        if self.ari.keeps_caller_ids() {
            return Ok(());
        }
        let Some(leg) = self.state.leg(channel) else {
            return Ok(());
        };
        for (part, value) in [("num", leg.from.clone()), ("name", leg.from_name.clone())] {
            // `i`: without telling the other side, which is not called yet.
            let name = format!("CONNECTEDLINE({part},i)");
            let set = Request::set_variable(channel, &name, &value);
            if let Err(error) = self.join(set).await? {
                self.warn(format!("the leg may show the caller's own id: {error}"));
            }
        }
        Ok(())
    }

    pub(super) async fn dial_ready_legs(
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
                let add = Request::add_leg_to_bridge(&bridge, &channel);
                // What comes before the answer is not heard then; the rest goes on.
                self.join(add).await?.ok();
                self.show_caller_again(&channel).await?;
            }
            if let Some(leg) = self.state.leg_mut(&channel) {
                leg.state = LegState::Dialling;
                leg.dialled = Some(clock::now());
                leg.rings_until = Some(clock::now().after(timeout));
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
}
