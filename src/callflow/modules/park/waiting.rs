//! The caller in the slot: waits with music, and goes back to the phone that parked when
//! nobody takes the caller out.

use std::time::Duration;

use super::told::freed;
use super::{Park, Progress, Step, endpoint_of, queue};
use crate::call::live::ParkEvent;
use crate::call::ops::{CallerId, Connected, Dial, DialOutcome, Endpoint, QueueResult, Target};
use crate::call::queues::Join;
use crate::call::{Call, Interrupt};
use crate::callflow::{DEFAULT_CHILD, Node, hold};
use crate::clock;
use crate::news::QueueNews;
use crate::program::Flow;

impl Park {
    /// The caller waits with music. `None` when the phone that parked is to ring.
    pub(super) async fn wait(
        &self,
        call: &mut Call,
        at: &mut Progress,
    ) -> Result<Option<Flow>, Interrupt> {
        call.answer().await?;
        loop {
            if let Some(phone) = call.take_transferred_by() {
                at.parker = endpoint_of(&phone);
                at.since = Some(clock::now());
                call.save(at);
            }
            if !at.joined {
                match call.join_queue(&queue(&at.slot), 1).await {
                    Some(Join::Taken { taken, .. }) => at.taken = Some(taken),
                    Some(Join::Waits { .. }) => {}
                    // Somebody else was parked there while the parker was rung.
                    Some(Join::Full { .. }) | None => {
                        call.end_queued(QueueResult::QueueFull);
                        return Ok(Some(Flow::Next));
                    }
                }
                at.joined = true;
                at.since = Some(clock::now());
                call.save(at);
            }
            if let Some(taken) = at.taken.take() {
                freed(call, at, Some(ParkEvent::Retrieved)).await;
                match call.connect_with_agent(&taken).await? {
                    Connected::Abandoned => {
                        at.joined = false;
                        call.save(at);
                        continue;
                    }
                    Connected::Talked | Connected::Failed => {
                        call.end_queued(QueueResult::Bridged);
                        return Ok(Some(Flow::Stop(None)));
                    }
                }
            }
            hold::start(call, at.parker.as_deref()).await?;
            self.parked(call, at).await;
            let times = self.slots.get(&at.slot).cloned().unwrap_or_default();
            let ringback = times
                .ringback_timeout
                .unwrap_or(self.default_ringback_timeout);
            let since = at.since.unwrap_or_else(clock::now);
            let until = at
                .parker
                .as_ref()
                .map(|_| since.after(Duration::from_millis(ringback)));
            match call.wait_for_transfer(until).await? {
                (Some(QueueNews::Taken { taken, .. }), _) => at.taken = Some(taken),
                (Some(_), _) | (None, true) => {}
                (None, false) => {
                    call.end_queued(QueueResult::Leave);
                    at.joined = false;
                    at.step = Some(Step::RingBack);
                    return Ok(None);
                }
            }
            call.save(at);
        }
    }

    /// The phone that parked the caller rings. `None` when nobody answers there and
    /// no child wants to know: the caller is parked again.
    pub(super) async fn ring_back(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Progress,
    ) -> Result<Option<Flow>, Interrupt> {
        if let Some(parker) = at.parker.clone()
            && let Some(flow) = self.call_parker(call, &parker, &at.slot).await?
        {
            freed(call, at, Some(ParkEvent::Retrieved)).await;
            return Ok(Some(flow));
        }
        let keys = [at.slot.clone(), DEFAULT_CHILD.to_owned()];
        if let Some(key) = keys.into_iter().find(|key| node.offers(key)) {
            freed(call, at, None).await;
            return Ok(Some(Flow::Child(key)));
        }
        call.note("nobody answered; the caller is parked again");
        at.step = Some(Step::Wait);
        Ok(None)
    }

    /// Rings the phone that parked; what comes next when it was answered.
    pub(super) async fn call_parker(
        &self,
        call: &mut Call,
        parker: &str,
        slot: &str,
    ) -> Result<Option<Flow>, Interrupt> {
        let times = self.slots.get(slot).cloned().unwrap_or_default();
        let rings = times
            .callback_timeout
            .unwrap_or(self.default_callback_timeout);
        let timeout = Duration::from_millis(rings);
        let caller = call.facts();
        // The phone shows which slot it is about.
        let shown = (!slot.is_empty()).then(|| CallerId {
            number: caller.caller_number.clone(),
            name: format!("Parking slot {slot} - {}", caller.caller_name),
        });
        let dialled = call
            .dial(Dial {
                targets: vec![Target::new(Endpoint::Device(parker.to_owned()))],
                caller_id: shown,
                timeout,
                ignore_early_media: true,
                ..Dial::default()
            })
            .await?;
        Ok((dialled.outcome == DialOutcome::Completed).then_some(Flow::Next))
    }
}
