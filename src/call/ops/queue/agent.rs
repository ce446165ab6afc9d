//! The agent who takes a caller out of a queue, and owns the bridge.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Dequeue, Dequeued, Dequeuing};
use crate::ari::{AriError, Request};
use crate::call::journal::Begun;
use crate::call::ops::{DialOutcome, RecordingStart};
use crate::call::queues::Take;
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};
use crate::id::OpId;
use crate::news::{Offer, QueueNews};

/// An offer that the queue has made is on its way for milliseconds.
const OFFER: Duration = Duration::from_secs(5);

/// What taking a caller must remember.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Taking {
    began: Time,
    /// The caller who was offered, and whether that one is ready.
    offer: Option<Offer>,
    ready: bool,
    /// Callers who were offered and left.
    tries: u32,
    ringback: Option<String>,
    bridge: Option<String>,
    joined: bool,
    bridged: Option<Time>,
    /// Keys since here may be a `*`.
    mark: u64,
}

impl Taking {
    /// The same when the caller who was offered has gone.
    fn without_caller(self) -> Self {
        Self {
            offer: None,
            ready: false,
            // Where the agent was in a bridge, nothing rings any more.
            ringback: self.ringback.filter(|_| !self.joined),
            bridge: None,
            joined: false,
            tries: self.tries + 1,
            ..self
        }
    }
}

/// How an agent and the caller who was offered came together.
enum Met {
    Talk,
    /// The caller left before.
    Gone,
    /// Asterisk did not put the agent into the bridge.
    Failed,
}

/// Who is next in the queue.
enum Next {
    Caller(Offer),
    Nobody,
    Unknown,
}

impl Call {
    /// Takes the oldest caller of a queue, or waits for one, and returns when the
    /// conversation is over.
    pub async fn dequeue(&mut self, dequeue: Dequeue) -> Result<Dequeued, Interrupt> {
        let (op, mut at, again) = match self.begin::<Dequeued, Taking>() {
            Begun::Done(dequeued) => return Ok(dequeued),
            Begun::Again(op, at) => (op, at, true),
            Begun::New(op) => {
                let at = Taking {
                    began: clock::now(),
                    offer: None,
                    ready: false,
                    tries: 0,
                    ringback: None,
                    bridge: None,
                    joined: false,
                    bridged: None,
                    mark: self.state.keys.mark(),
                };
                (op, at, false)
            }
        };
        if !again {
            self.state.dequeuing = Some(Dequeuing::default());
        }
        self.write_down(&op, &at);
        let mut gone = false;
        if again && let Some(offer) = &at.offer {
            gone = !self.services.queues.are_paired(offer.stay).await;
        }
        let outcome = loop {
            if at.offer.is_none() {
                match self.next_in_queue(&dequeue, &op, &mut at).await? {
                    Next::Caller(offer) => self.accept(offer, &op, &mut at),
                    Next::Nobody => break DialOutcome::NoAnswer,
                    Next::Unknown => {
                        self.warn(format!("there is no queue {:?}", dequeue.queue));
                        break DialOutcome::Failed;
                    }
                }
            }
            let Some(offer) = at.offer.clone() else {
                continue;
            };
            let greets = dequeue.greeting.is_some();
            let met = match gone {
                true if at.bridged.is_some() => break DialOutcome::Completed,
                true => Met::Gone,
                false => {
                    let patience = dequeue.call.as_ref().map(|_| dequeue.timeout);
                    self.meet(&offer, greets, patience, &op, &mut at).await?
                }
            };
            match met {
                Met::Talk => {
                    self.talk_with_caller(&dequeue, &offer, &op, &mut at)
                        .await?;
                    break DialOutcome::Completed;
                }
                Met::Failed => break DialOutcome::Failed,
                Met::Gone => {}
            }
            // That one left before they met: the next, if there is time.
            self.note("the caller from the queue has gone");
            self.close_queue_bridge(&at).await;
            at = at.without_caller();
            gone = false;
            self.state.dequeuing = Some(Dequeuing::default());
            self.write_down(&op, &at);
        };
        let dequeued = self.end_dequeue(&dequeue, &at, outcome).await?;
        Ok(self.done(&op, dequeued))
    }

    /// The oldest caller, or the first who comes before the time is over.
    async fn next_in_queue(
        &mut self,
        dequeue: &Dequeue,
        op: &OpId,
        at: &mut Taking,
    ) -> Result<Next, Interrupt> {
        let give_up = at.began.after(dequeue.timeout);
        let queues = self.services.queues.clone();
        if let Some(call) = &dequeue.call {
            // It is not tried again when it was taken by somebody else meanwhile.
            let offer = match at.tries {
                0 => queues.pick(call, &self.state.id).await,
                _ => None,
            };
            return Ok(offer.map_or(Next::Nobody, Next::Caller));
        }
        let key = self.queue_key(&dequeue.queue);
        let greeting = dequeue.greeting.clone();
        match queues.take(key, &self.state.id, greeting).await {
            Some(Take::Caller(offer)) => return Ok(Next::Caller(offer)),
            Some(Take::Waits) => {}
            Some(Take::Unknown) | None => return Ok(Next::Unknown),
        }
        self.ring_for_agent(op, at).await?;
        let mut deadline = give_up;
        let mut waits = true;
        loop {
            let is = |news: &QueueNews| matches!(news, QueueNews::Offered(_));
            if let Some(QueueNews::Offered(offer)) = self.queue_news(is) {
                return Ok(Next::Caller(offer));
            }
            if self.next(Some(deadline)).await?.is_none() {
                if !waits || queues.give_up(&self.state.id).await {
                    return Ok(Next::Nobody);
                }
                // Somebody came in this very moment.
                waits = false;
                deadline = clock::now().after(OFFER);
            }
        }
    }

    fn accept(&mut self, offer: Offer, op: &OpId, at: &mut Taking) {
        self.note(format!(
            "takes {} from the queue {}",
            offer.caller, offer.queue
        ));
        self.state.dequeuing = Some(Dequeuing {
            caller: Some(offer.caller.clone()),
            queue: Some(offer.queue.clone()),
            waited: offer.at.since(offer.since),
            bridged: None,
        });
        at.offer = Some(offer);
        self.write_down(op, at);
    }

    /// Until the caller is in the bridge.
    async fn meet(
        &mut self,
        offer: &Offer,
        greets: bool,
        patience: Option<Duration>,
        op: &OpId,
        at: &mut Taking,
    ) -> Result<Met, Interrupt> {
        let stay = offer.stay;
        let deadline = patience.map(|patience| at.began.after(patience));
        loop {
            if at.bridged.is_some() {
                return Ok(Met::Talk);
            }
            let is = |news: &QueueNews| news.stay() == stay;
            match self.queue_news(is) {
                Some(QueueNews::Ready { .. }) => {
                    at.ready = true;
                    self.write_down(op, at);
                }
                Some(QueueNews::Joined { .. }) => {
                    at.bridged = Some(clock::now());
                    at.mark = self.state.keys.mark();
                    if let Some(dequeuing) = &mut self.state.dequeuing {
                        dequeuing.bridged = at.bridged;
                    }
                    self.write_down(op, at);
                    continue;
                }
                Some(QueueNews::Ended { .. }) => return Ok(Met::Gone),
                Some(_) => continue,
                None => {}
            }
            if at.ready && !at.joined {
                let Some(bridge) = self.open_queue_bridge(op, at).await? else {
                    return Ok(Met::Failed);
                };
                let news = QueueNews::Join { stay, bridge };
                self.tell_call(&offer.caller, news);
                continue;
            }
            if !at.ready && greets {
                self.ring_for_agent(op, at).await?;
            }
            let deadline = deadline.filter(|_| !at.ready);
            if self.next(deadline).await?.is_none() {
                // It does nothing that it could be taken out of.
                self.services.queues.leave(&self.state.id);
                return Ok(Met::Gone);
            }
        }
    }

    /// Makes the bridge, and puts the agent in; `None` when Asterisk refuses.
    async fn open_queue_bridge(
        &mut self,
        op: &OpId,
        at: &mut Taking,
    ) -> Result<Option<String>, Interrupt> {
        self.answer().await?;
        self.settle().await?;
        let bridge = op.object(&format!("b{}", at.tries));
        if at.bridge.is_none() {
            self.objects.register(&bridge);
            self.state.bridges.push(bridge.clone());
            at.bridge = Some(bridge.clone());
            self.write_down(op, at);
        }
        if let Err(error) = self.insist(Request::create_bridge(&bridge)).await
            && error.status() != Some(409)
        {
            self.warn(format!("no bridge: {error}"));
        }
        let request = Request::add_to_bridge(&bridge, &self.state.channel);
        match self.caller_request(request).await? {
            // One whose answer was lost may have been carried out.
            Ok(_) | Err(AriError::Unknown { .. }) => {}
            Err(error) => {
                self.warn(format!("the agent did not join the bridge: {error}"));
                return Ok(None);
            }
        }
        at.joined = true;
        self.write_down(op, at);
        Ok(Some(bridge))
    }

    async fn close_queue_bridge(&mut self, at: &Taking) {
        if let Some(bridge) = &at.bridge {
            self.insist(Request::destroy_bridge(bridge)).await.ok();
            self.state.bridges.retain(|b| b != bridge);
            self.objects.forget(bridge);
        }
    }

    /// Until the caller leaves, the time is over, or the agent presses `*`.
    async fn talk_with_caller(
        &mut self,
        dequeue: &Dequeue,
        offer: &Offer,
        op: &OpId,
        at: &mut Taking,
    ) -> Result<(), Interrupt> {
        self.note(format!("connected with {}", offer.caller));
        Box::pin(self.start_waiting_recordings(RecordingStart::OnBridge)).await?;
        if let Some(record) = dequeue.record.clone()
            && !self.records_dial()
        {
            self.start_dial_recording(record).await?;
        }
        let began = at.bridged.unwrap_or(at.began);
        let limit = dequeue.time_limit.map(|limit| began.after(limit));
        loop {
            let is =
                |news: &QueueNews| matches!(news, QueueNews::Ended { stay } if *stay == offer.stay);
            if self.queue_news(is).is_some() {
                return Ok(());
            }
            let starred = self.state.keys.since(at.mark).any(|key| key == '*');
            let over = limit.is_some_and(|limit| clock::now() >= limit);
            if over || starred && dequeue.hangup_on_star {
                self.note(if over {
                    "the time limit is over"
                } else {
                    "the agent pressed *"
                });
                self.write_down(op, at);
                return Ok(());
            }
            self.next(limit).await?;
        }
    }

    async fn end_dequeue(
        &mut self,
        dequeue: &Dequeue,
        at: &Taking,
        outcome: DialOutcome,
    ) -> Result<Dequeued, Interrupt> {
        let talked = at
            .bridged
            .map_or(Duration::ZERO, |bridged| clock::now().since(bridged));
        // The caller first, who is not to listen to silence while files are closed.
        self.close_queue_bridge(at).await;
        let dequeuing = self.state.dequeuing.clone();
        self.leave_queues();
        self.settle().await?;
        let recording = if dequeue.record.is_some() && at.bridged.is_some() {
            self.end_dial_recording().await
        } else {
            None
        };
        self.state.last_recording.clone_from(&recording);
        self.pay_upload();
        Ok(Dequeued {
            outcome,
            queue: dequeuing.as_ref().and_then(|d| d.queue.clone()),
            caller: dequeuing.as_ref().and_then(|d| d.caller.clone()),
            waited: dequeuing.map_or(Duration::ZERO, |d| d.waited),
            talked,
            recording,
        })
    }

    /// What a request owed says about taking a caller, when the agent has gone.
    pub fn dequeued_so_far(&self) -> Dequeued {
        let dequeuing = self.state.dequeuing.as_ref();
        let bridged = dequeuing.and_then(|d| d.bridged);
        let end = self.state.gone.map_or_else(clock::now, |gone| gone.at);
        Dequeued {
            outcome: if bridged.is_some() {
                DialOutcome::Completed
            } else {
                DialOutcome::Canceled
            },
            queue: dequeuing.and_then(|d| d.queue.clone()),
            caller: dequeuing.and_then(|d| d.caller.clone()),
            waited: dequeuing.map_or(Duration::ZERO, |d| d.waited),
            talked: bridged.map_or(Duration::ZERO, |bridged| end.since(bridged)),
            recording: None,
        }
    }

    /// What the agent hears until there is a caller.
    async fn ring_for_agent(&mut self, op: &OpId, at: &mut Taking) -> Result<(), Interrupt> {
        if !self.is_answered() {
            return self.ring().await;
        }
        if at.ringback.is_some() {
            return Ok(());
        }
        let playback = op.object(&format!("ring{}", at.tries));
        at.ringback = Some(playback.clone());
        self.objects.register(&playback);
        self.state.playing.push(playback.clone());
        self.write_down(op, at);
        let request = Request::play(&self.state.channel, &playback, "tone:ring", None);
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("no ringback tone: {error}"));
            self.state.playing.retain(|p| *p != playback);
        }
        Ok(())
    }
}
