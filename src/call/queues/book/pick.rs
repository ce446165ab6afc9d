//! Taking a call that waits in no queue: a pickup, of one that rings or talks.

use super::{Book, Key, Pair, Told};
use crate::clock;
use crate::id::CallId;
use crate::news::{Offer, QueueNews, Taken};

impl Book {
    /// How many wait in a queue.
    pub fn waiting(&self, key: &Key) -> usize {
        self.queues.get(key).map_or(0, |queue| queue.members.len())
    }

    /// An agent takes a caller out of whatever that one does, who is told as if an
    /// agent had come. One who waited in a queue does so no more, and the agents who are
    /// being called for that one are free again. `None` when another has that caller already.
    pub fn pick(&mut self, caller: &CallId, agent: &CallId, told: &mut Vec<Told>) -> Option<Offer> {
        let paired = |pair: &&Pair| pair.offer.caller == *caller;
        if let Some(pair) = self.pairs.iter().find(paired) {
            return (pair.taken.by == *agent).then(|| pair.offer.clone());
        }
        self.stays += 1;
        let at = clock::now();
        for queue in self.queues.values_mut() {
            if queue.members.iter().any(|member| member.call == *caller) {
                queue.members.retain(|member| member.call != *caller);
                queue.used = at;
            }
        }
        self.release(caller);
        let pair = Pair {
            offer: Offer {
                stay: self.stays,
                caller: caller.clone(),
                queue: String::new(),
                since: at,
                at,
            },
            taken: Taken {
                by: agent.clone(),
                greeting: None,
                at,
            },
        };
        let news = QueueNews::Taken {
            stay: self.stays,
            taken: pair.taken.clone(),
        };
        told.push((caller.clone(), news));
        let offer = pair.offer.clone();
        self.pairs.push(pair);
        Some(offer)
    }
}
