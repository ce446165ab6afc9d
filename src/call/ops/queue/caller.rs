//! The caller who waits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Enqueued, QueueResult, Queued};
use crate::ari::{AriError, Event, Request};
use crate::call::journal::Begun;
use crate::call::mailbox::Input;
use crate::call::ops::RecordingStart;
use crate::call::queues::{Join, Place, View};
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};
use crate::id::{CallId, OpId};
use crate::news::{News, QueueNews, Taken};

/// How long the bridge of an agent who has left may take to let go.
const PART: Duration = Duration::from_secs(2);

/// How being connected with an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connected {
    /// The two have talked.
    Talked,
    /// The agent left before; the caller waits again.
    Abandoned,
    /// Asterisk did not put them together.
    Failed,
}

/// What being connected must remember.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Connecting {
    ready: bool,
    bridge: Option<String>,
    joined: bool,
}

impl Call {
    /// Puts the caller into a queue, or asks for the place that the caller has
    /// there. `None` when there is no queue to be had.
    pub async fn join_queue(&mut self, name: &str, max: u32) -> Option<Join> {
        self.join_queue_at(name, max, 0).await
    }

    /// The same, before those of lower priority.
    pub async fn join_queue_at(&mut self, name: &str, max: u32, priority: u32) -> Option<Join> {
        // Written down first: whoever hangs up now must be taken out again.
        let back = self.state.queued.is_some();
        let queued = self.state.queued.get_or_insert_with(|| Queued {
            name: name.to_owned(),
            since: clock::now(),
            priority,
            sid: None,
            stay: 0,
            taken: None,
            bridged: false,
        });
        let place = Place {
            since: queued.since,
            priority: queued.priority,
        };
        queued.taken = None;
        self.checkpoint();
        let queues = self.services.queues.clone();
        let max = (!back).then_some(max);
        let join = queues
            .join(self.queue_key(name), &self.state.id, place, max)
            .await?;
        let queued = self.state.queued.as_mut()?;
        match &join {
            Join::Waits { stay, queue } => (queued.stay, queued.sid) = (*stay, Some(queue.clone())),
            Join::Taken { stay, queue, taken } => {
                (queued.stay, queued.sid) = (*stay, Some(queue.clone()));
                queued.taken = Some(taken.at);
            }
            Join::Full { queue } => queued.sid = Some(queue.clone()),
        }
        self.checkpoint();
        Some(join)
    }

    /// What the caller is told about the queue.
    pub async fn view_queue(&self) -> Option<View> {
        let name = &self.state.queued.as_ref()?.name;
        let key = self.queue_key(name);
        self.services.queues.view(key, &self.state.id).await
    }

    /// With which of the agents who were called the caller talks, and for how long so
    /// far. Of use after a hang-up as well.
    pub async fn talks_with_agent(&self) -> Option<(String, Duration)> {
        self.services.queues.talks_with(&self.state.id).await
    }

    /// Waits until an agent takes the caller or somebody calls the caller out, or
    /// until the given time.
    pub async fn wait_in_queue(
        &mut self,
        until: Option<Time>,
    ) -> Result<Option<QueueNews>, Interrupt> {
        loop {
            if let Some(news) = self.news_of_stay() {
                return Ok(Some(news));
            }
            self.go_on_with_round().await?;
            if self.next(until).await?.is_none() {
                return Ok(None);
            }
        }
    }

    /// The same, or until somebody else takes the caller's place by an attended
    /// transfer; says whether that was so.
    pub async fn wait_for_transfer(
        &mut self,
        until: Option<Time>,
    ) -> Result<(Option<QueueNews>, bool), Interrupt> {
        loop {
            let (news, transferred) = (self.news_of_stay(), self.state.transferred_by.is_some());
            if news.is_some() || transferred {
                return Ok((news, transferred));
            }
            self.go_on_with_round().await?;
            if self.next(until).await?.is_none() {
                return Ok((None, false));
            }
        }
    }

    /// The name of the channel whose place somebody has taken by an attended transfer;
    /// once.
    pub fn take_transferred_by(&mut self) -> Option<String> {
        self.state.transferred_by.take()
    }

    fn news_of_stay(&mut self) -> Option<QueueNews> {
        let stay = self.state.queued.as_ref().map_or(0, |queued| queued.stay);
        let is = |news: &QueueNews| {
            let about = matches!(news, QueueNews::Taken { .. } | QueueNews::Redirected { .. });
            about && news.stay() == stay
        };
        let news = self.queue_news(is)?;
        if let (QueueNews::Taken { taken, .. }, Some(queued)) = (&news, &mut self.state.queued) {
            queued.taken = Some(taken.at);
        }
        Some(news)
    }

    /// Tells the agent that the caller is ready, joins, and returns when the
    /// conversation is over.
    pub async fn connect_with_agent(&mut self, taken: &Taken) -> Result<Connected, Interrupt> {
        let (op, mut at, again) = match self.begin::<Connected, Connecting>() {
            Begun::Done(connected) => return Ok(connected),
            Begun::Again(op, at) => (op, at, true),
            Begun::New(op) => (op, Connecting::default(), false),
        };
        let stay = self.state.queued.as_ref().map_or(0, |queued| queued.stay);
        let ended = again && !self.services.queues.are_paired(stay).await;
        let connected = self
            .talk_with_agent(taken, stay, &op, &mut at, ended)
            .await?;
        Ok(self.done(&op, connected))
    }

    async fn talk_with_agent(
        &mut self,
        taken: &Taken,
        stay: u64,
        op: &OpId,
        at: &mut Connecting,
        mut ended: bool,
    ) -> Result<Connected, Interrupt> {
        let mut left = false;
        if !at.ready && !ended {
            at.ready = true;
            self.write_down(op, at);
            self.tell_call(&taken.by, QueueNews::Ready { stay });
        }
        loop {
            let is = |news: &QueueNews| {
                let about = matches!(news, QueueNews::Join { .. } | QueueNews::Ended { .. });
                about && news.stay() == stay
            };
            match self.queue_news(is) {
                Some(QueueNews::Join { bridge, .. }) => at.bridge = Some(bridge),
                Some(_) => ended = true,
                None => {}
            }
            if ended {
                break;
            }
            if !at.joined
                && let Some(bridge) = at.bridge.clone()
            {
                self.settle().await?;
                let request = Request::add_to_bridge(&bridge, &self.state.channel);
                match self.caller_request(request).await? {
                    // One whose answer was lost may have been carried out.
                    Ok(_) | Err(AriError::Unknown { .. }) => {}
                    Err(error) => {
                        self.warn(format!("the caller did not join the agent: {error}"));
                        return Ok(Connected::Failed);
                    }
                }
                at.joined = true;
                if let Some(queued) = &mut self.state.queued {
                    queued.bridged = true;
                }
                self.write_down(op, at);
                self.reached();
                self.note(format!("connected with {}", taken.by));
                self.tell_call(&taken.by, QueueNews::Joined { stay });
                Box::pin(self.start_waiting_recordings(RecordingStart::OnBridge)).await?;
            }
            let own = self.state.channel.clone();
            match self.next(None).await? {
                Some(Input::Ari(Event::LeftBridge { channel, .. })) if channel == own => {
                    left = true
                }
                _ => {}
            }
        }
        if !at.joined {
            return Ok(Connected::Abandoned);
        }
        // What is played before would be played into the bridge.
        let deadline = clock::now().after(PART);
        while !left {
            match self.next(Some(deadline)).await? {
                Some(Input::Ari(Event::LeftBridge { channel, .. })) => {
                    left = channel == self.state.channel
                }
                Some(_) => {}
                None => break,
            }
        }
        Ok(Connected::Talked)
    }

    /// The stay is over; says how it was. Whoever is at the other end is told.
    pub fn end_queued(&mut self, result: QueueResult) -> Enqueued {
        let mut enqueued = self.queued_so_far();
        enqueued.result = result;
        self.leave_queues();
        self.checkpoint();
        enqueued
    }

    /// What a request owed says about a stay in which the caller has gone.
    pub fn queued_so_far(&self) -> Enqueued {
        let Some(queued) = &self.state.queued else {
            return Enqueued {
                result: QueueResult::Error,
                queue: None,
                waited: Duration::ZERO,
            };
        };
        let end = queued.taken.or(self.state.gone.map(|gone| gone.at));
        Enqueued {
            result: match queued.taken {
                _ if queued.bridged => QueueResult::Bridged,
                Some(_) => QueueResult::BridgingInProcess,
                None => QueueResult::Hangup,
            },
            queue: queued.sid.clone(),
            waited: end.unwrap_or_else(clock::now).since(queued.since),
        }
    }

    pub(super) fn tell_call(&self, call: &CallId, news: QueueNews) {
        self.services.router.tell_call(call, News::Queue(news));
    }
}
