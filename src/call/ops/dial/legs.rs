//! The legs of a Dial: made, dialled once they are in Stasis, ended.

use std::time::Duration;

use super::Dialling;
use super::endpoint::{clean, clean_header_name};
use crate::ari::{AriError, Request};
use crate::call::ops::{Dial, Target};
use crate::call::{Call, Cause, Interrupt, Leg, LegState};
use crate::clock::{self, Time};
use crate::id::{self, OpId};

/// How long a leg that signalled why it failed may take to end by itself.
const SIGNALLED: Duration = Duration::from_millis(300);

impl Call {
    /// A Local leg that signals busy or congestion stays until it is ended. Others
    /// end by themselves, and their end tells the SIP code. `true` when there were any.
    pub(super) async fn end_signalled_legs(&mut self, at: &Dialling) -> Result<bool, Interrupt> {
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

    pub(super) async fn create_leg(
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
            to: target.endpoint.told(),
            state: LegState::Created,
            answered: None,
            ended: None,
            requested: None,
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

    pub(super) async fn is_there(&self, channel: &str) -> bool {
        self.request(Request::get_channel(channel)).await.is_ok()
    }

    pub(super) fn unreachable_leg(
        &mut self,
        channel: &str,
        endpoint: &str,
        index: usize,
        at: &mut Dialling,
    ) {
        self.state.legs.push(Leg {
            channel: channel.to_owned(),
            sid: id::sid("CA"),
            endpoint: endpoint.to_owned(),
            to: String::new(),
            state: LegState::Ended,
            answered: None,
            ended: Some(clock::now()),
            requested: None,
            cause: Some(Cause::UNALLOCATED),
            sip: None,
            bridged: false,
        });
        if let Some(slot) = at.legs.get_mut(index) {
            *slot = Some(channel.to_owned());
        }
    }

    /// Asterisk refuses to create what it cannot reach: an unregistered endpoint, an unknown technology.
    pub(super) fn end_unmade_leg(&mut self, channel: &str) {
        self.objects.forget(channel);
        if let Some(leg) = self.state.leg_mut(channel) {
            leg.state = LegState::Ended;
            leg.ended = Some(clock::now());
            leg.cause = Some(Cause(20));
        }
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
                let add = Request::add_to_bridge(&bridge, &channel);
                // What comes before the answer is not heard then; the rest goes on.
                self.join(add).await?.ok();
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
}
