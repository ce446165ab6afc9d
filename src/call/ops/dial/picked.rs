//! Somebody else takes the caller away from a Dial, whether it rings or talks.

use super::Dialling;
use crate::call::ops::{Connected, DialOutcome, Dialled, QueueResult, Queued};
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::id::OpId;
use crate::news::{News, QueueNews};

impl Call {
    /// Whether there is anything that somebody else could take the caller out of.
    pub(in crate::call) fn can_be_taken(&self) -> bool {
        let state = &self.state;
        let rings_or_talks = state.legs.iter().any(|leg| !leg.is_over());
        let ends = self.closing || state.gone.is_some();
        !ends && (rings_or_talks || state.queued.is_some())
    }

    /// It came too late: whoever wants to take the caller need not wait.
    pub(in crate::call) fn refuse_pickup(&self) {
        self.note("whoever wants to take the caller comes too late");
        self.services.queues.leave(&self.state.id);
    }

    /// The Dial is over, and what follows is not to be taken for it.
    pub(super) fn refuse_pickups(&mut self) {
        let told = self.state.news.len();
        let is = |news: &News| matches!(news, News::Queue(QueueNews::Taken { .. }));
        self.state.news.retain(|news| !is(news));
        if self.state.news.len() < told {
            self.refuse_pickup();
        }
    }

    /// Looks whether somebody has taken the caller; the Dial is over then.
    pub(super) fn is_picked_up(&mut self, op: &OpId, at: &mut Dialling) -> bool {
        if at.picked.is_some() {
            return true;
        }
        let is = |news: &QueueNews| matches!(news, QueueNews::Taken { .. });
        let Some(QueueNews::Taken { stay, taken }) = self.queue_news(is) else {
            return false;
        };
        self.note(format!("{} takes the caller", taken.by));
        at.waited = self.state.queued.replace(Queued {
            name: String::new(),
            since: clock::now(),
            priority: 0,
            sid: None,
            stay,
            taken: Some(taken.at),
            bridged: false,
        });
        at.picked = Some(taken);
        self.write_down(op, at);
        true
    }

    /// The conversation with the one who has taken the caller.
    pub(super) async fn follow_picked(
        &mut self,
        at: &Dialling,
        mut dialled: Dialled,
    ) -> Result<Dialled, Interrupt> {
        let Some(taken) = &at.picked else {
            return Ok(dialled);
        };
        self.answer().await?;
        let began = clock::now();
        let connected = self.connect_with_agent(taken).await?;
        self.end_queued(QueueResult::Bridged);
        if connected != Connected::Talked {
            // Whoever waited in a queue comes back to the same place.
            self.state.queued.clone_from(&at.waited);
        } else {
            dialled.outcome = DialOutcome::Completed;
            dialled.bridged = true;
            dialled.talked = clock::now().since(began);
        }
        Ok(dialled)
    }
}
