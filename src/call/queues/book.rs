//! Who waits in which queue, and who has taken whom: the state alone, which can
//! be written down at any moment.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::clock::{self, Time};
use crate::id::{self, CallId};
use crate::news::{Offer, QueueNews, Taken};
use crate::program::Request;

use agents::{Called, Wait};
pub use agents::{Choice, Stat, Stay};
pub(super) use types::Told;
pub use types::{Join, Key, Place, Take, View, Which};

/// Queues that are kept although nobody is in them; above that the one that was
/// left first is forgotten.
const EMPTY: usize = 10_000;
/// The size of a queue that nobody has given one.
pub const MOST: u32 = 1000;

/// A queue with those who wait at both of its ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Queue {
    key: Key,
    /// `QU` and 32 hex digits.
    sid: String,
    max: u32,
    /// The oldest first.
    members: VecDeque<Member>,
    /// Agents who found it empty, in the order in which they came.
    agents: VecDeque<Agent>,
    /// When anybody came or left.
    used: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Member {
    call: CallId,
    stay: u64,
    place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Agent {
    call: CallId,
    greeting: Option<Request>,
}

/// A caller who was taken, and by whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pair {
    offer: Offer,
    taken: Taken,
}

/// All of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Book {
    queues: HashMap<Key, Queue>,
    pairs: Vec<Pair>,
    stays: u64,
    agents: Vec<Called>,
    waits: Vec<Wait>,
}

/// JSON has no keys but strings.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    queues: Vec<Queue>,
    pairs: Vec<Pair>,
    stays: u64,
    #[serde(default)]
    agents: Vec<Called>,
    #[serde(default)]
    waits: Vec<Wait>,
}

impl From<Written> for Book {
    fn from(written: Written) -> Self {
        let queues = written.queues.into_iter();
        Self {
            queues: queues.map(|queue| (queue.key.clone(), queue)).collect(),
            pairs: written.pairs,
            stays: written.stays,
            agents: written.agents,
            waits: written.waits,
        }
    }
}

impl From<Book> for Written {
    fn from(book: Book) -> Self {
        Self {
            queues: book.queues.into_values().collect(),
            pairs: book.pairs,
            stays: book.stays,
            agents: book.agents,
            waits: book.waits,
        }
    }
}

impl Book {
    /// A caller comes, or one who is here already asks for the place. `place` puts
    /// one who comes back where that one stood; without a `max` there is room for
    /// that one in any case.
    pub fn join(
        &mut self,
        key: Key,
        call: &CallId,
        place: Place,
        max: Option<u32>,
        told: &mut Vec<Told>,
    ) -> Join {
        if let Some(pair) = self.pairs.iter().find(|pair| pair.offer.caller == *call) {
            let Offer { stay, queue, .. } = pair.offer.clone();
            return Join::Taken {
                stay,
                queue,
                taken: pair.taken.clone(),
            };
        }
        if !self.queues.contains_key(&key) {
            self.make_room();
        }
        let queue = self
            .queues
            .entry(key.clone())
            .or_insert_with(|| Queue::new(key, max.unwrap_or(MOST)));
        let sid = queue.sid.clone();
        if let Some(member) = queue.members.iter().find(|member| member.call == *call) {
            return Join::Waits {
                stay: member.stay,
                queue: sid,
            };
        }
        let full = queue.members.len() >= usize::try_from(queue.max).unwrap_or(usize::MAX);
        if full && max.is_some() {
            return Join::Full { queue: sid };
        }
        self.stays += 1;
        let member = Member {
            call: call.clone(),
            stay: self.stays,
            place,
        };
        let stay = member.stay;
        queue.used = clock::now();
        if let Some(agent) = queue.agents.pop_front() {
            let pair = queue.pair(member, agent);
            let taken = pair.taken.clone();
            told.push((taken.by.clone(), QueueNews::Offered(pair.offer.clone())));
            self.pairs.push(pair);
            return Join::Taken {
                stay,
                queue: sid,
                taken,
            };
        }
        let before = |other: &Member| other.place.is_not_after(place);
        let index = queue.members.partition_point(before);
        queue.members.insert(index, member);
        Join::Waits { stay, queue: sid }
    }

    /// What one who waits is told about the queue.
    pub fn view(&self, key: &Key, call: &CallId) -> Option<View> {
        let queue = self.queues.get(key)?;
        let place = queue
            .members
            .iter()
            .position(|member| member.call == *call)?;
        let now = clock::now();
        let waited = |member: &Member| now.since(member.place.since);
        let size = queue.members.len();
        let all: std::time::Duration = queue.members.iter().map(waited).sum();
        Some(View {
            sid: queue.sid.clone(),
            position: place + 1,
            size,
            max: queue.max,
            waited: queue.members.get(place).map(waited)?,
            average: all / u32::try_from(size).unwrap_or(1).max(1),
        })
    }

    /// An agent wants the oldest caller.
    pub fn take(
        &mut self,
        key: &Key,
        call: &CallId,
        greeting: Option<Request>,
        told: &mut Vec<Told>,
    ) -> Take {
        if let Some(pair) = self.pairs.iter().find(|pair| pair.taken.by == *call) {
            return Take::Caller(pair.offer.clone());
        }
        let Some(queue) = self.queues.get_mut(key) else {
            return Take::Unknown;
        };
        queue.used = clock::now();
        if queue.agents.iter().any(|agent| agent.call == *call) {
            return Take::Waits;
        }
        let agent = Agent {
            call: call.clone(),
            greeting,
        };
        let Some(member) = queue.members.pop_front() else {
            queue.agents.push_back(agent);
            return Take::Waits;
        };
        let pair = queue.pair(member, agent);
        let Offer { stay, caller, .. } = pair.offer.clone();
        told.push((
            caller,
            QueueNews::Taken {
                stay,
                taken: pair.taken.clone(),
            },
        ));
        self.pairs.push(pair.clone());
        Take::Caller(pair.offer)
    }

    /// Whoever waits leaves, and whoever has somebody at the other end lets go.
    pub fn leave(&mut self, call: &CallId, told: &mut Vec<Told>) {
        self.give_up(call);
        self.release(call);
        for queue in self.queues.values_mut() {
            if let Some(place) = queue.members.iter().position(|member| member.call == *call) {
                if let Some(member) = queue.members.remove(place) {
                    agents::remember(&mut self.waits, &queue.key, &member, None);
                }
                queue.used = clock::now();
            }
        }
        self.pairs.retain(|pair| {
            let (caller, agent) = (&pair.offer.caller, &pair.taken.by);
            let other = match call {
                call if call == caller => agent,
                call if call == agent => caller,
                _ => return true,
            };
            told.push((
                other.clone(),
                QueueNews::Ended {
                    stay: pair.offer.stay,
                },
            ));
            false
        });
    }

    /// An agent waits no longer; `false` when a caller was offered before.
    pub fn give_up(&mut self, call: &CallId) -> bool {
        let mut waited = false;
        for queue in self.queues.values_mut() {
            queue.agents.retain(|agent| {
                let is = agent.call == *call;
                waited |= is;
                !is
            });
        }
        waited
    }

    /// Takes one who waits out of the queue, for the answer to a request.
    pub fn redirect(
        &mut self,
        key: &Key,
        which: &Which,
        request: Request,
        told: &mut Vec<Told>,
    ) -> Option<CallId> {
        let queue = self.queues.get_mut(key)?;
        let place = match which {
            Which::Front => 0,
            Which::Call(call) => queue
                .members
                .iter()
                .position(|member| member.call == *call)?,
        };
        let member = queue.members.remove(place)?;
        queue.used = clock::now();
        let news = QueueNews::Redirected {
            stay: member.stay,
            request,
        };
        told.push((member.call.clone(), news));
        Some(member.call)
    }

    /// Whether the two of this stay have each other still.
    pub fn are_paired(&self, stay: u64) -> bool {
        self.pairs.iter().any(|pair| pair.offer.stay == stay)
    }

    /// Nobody makes queues without end by naming each after its call.
    fn make_room(&mut self) {
        let empty = |queue: &&Queue| queue.members.is_empty() && queue.agents.is_empty();
        if self.queues.len() < EMPTY {
            return;
        }
        let oldest = self
            .queues
            .values()
            .filter(empty)
            .min_by_key(|queue| queue.used);
        if let Some(key) = oldest.map(|queue| queue.key.clone()) {
            self.queues.remove(&key);
        }
    }
}

impl Queue {
    fn new(key: Key, max: u32) -> Self {
        Self {
            key,
            sid: id::sid("QU"),
            max,
            members: VecDeque::new(),
            agents: VecDeque::new(),
            used: clock::now(),
        }
    }

    fn pair(&self, member: Member, agent: Agent) -> Pair {
        let at = clock::now();
        Pair {
            offer: Offer {
                stay: member.stay,
                caller: member.call,
                queue: self.sid.clone(),
                since: member.place.since,
                at,
            },
            taken: Taken {
                by: agent.call,
                greeting: agent.greeting,
                at,
            },
        }
    }
}

mod agents;
mod pick;
#[cfg(test)]
mod tests;
mod types;
