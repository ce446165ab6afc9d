//! Agents who are called for those who wait: who is being called or talks, and
//! who has rested for how long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Book, Key, Member};
use crate::clock::{self, Time};
use crate::id::CallId;

/// Waits of a queue that are remembered, for their average.
const WAITS: usize = 1000;

/// Whom to choose among those who are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    /// The one who was called the longest ago.
    RoundRobin,
    /// The one whose last call ended the longest ago.
    MostIdle,
}

/// An agent who has been called at least once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Called {
    account: String,
    user: String,
    /// The call for which the agent is being called, or which the agent has.
    by: Option<CallId>,
    /// Since when the agent talks with that caller.
    #[serde(default)]
    talks: Option<Time>,
    called: Time,
    /// The end of the last conversation.
    ended: Option<Time>,
}

/// How long somebody waited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Wait {
    key: Key,
    entered: Time,
    at: Time,
    waited: Duration,
    #[serde(default)]
    call: Option<CallId>,
    /// Who took the call; none = the caller gave up.
    #[serde(default)]
    agent: Option<String>,
}

/// One who waits in a queue of agents, or has waited there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The stored queue.
    pub queue: String,
    pub call: Option<CallId>,
    pub entered: Time,
    pub waited: Duration,
    pub status: Stay,
}

/// How a stay in a queue stands, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    Waiting {
        /// The first has 1.
        position: usize,
    },
    /// By this agent.
    Handled(String),
    Abandoned,
}

/// Queues of this name have agents; what follows is the id of the stored one.
const OF_AGENTS: &str = "acdc/";

impl Book {
    /// Takes up to `most` of these agents for a caller, so that no other calls them.
    /// One whose last conversation ended within `rest` is left alone.
    pub fn reserve(
        &mut self,
        account: &str,
        users: &[String],
        choice: Choice,
        rest: Duration,
        most: usize,
        call: &CallId,
    ) -> Vec<String> {
        let now = clock::now();
        let find = |agents: &[Called], user: &str| {
            let is = |agent: &&Called| agent.account == account && agent.user == user;
            agents.iter().find(is).cloned()
        };
        let mut free: Vec<(Option<Time>, &String)> = users
            .iter()
            .filter_map(|user| match find(&self.agents, user) {
                None => Some((None, user)),
                Some(agent) => {
                    let rested = agent.ended.is_none_or(|ended| ended.after(rest) <= now);
                    let free = agent.by.is_none() && rested;
                    let last = match choice {
                        Choice::RoundRobin => Some(agent.called),
                        Choice::MostIdle => agent.ended,
                    };
                    free.then_some((last, user))
                }
            })
            .collect();
        free.sort();
        let chosen: Vec<String> = free
            .into_iter()
            .take(most)
            .map(|(_, u)| u.clone())
            .collect();
        for user in &chosen {
            let old = find(&self.agents, user);
            self.agents
                .retain(|a| a.account != account || a.user != *user);
            self.agents.push(Called {
                account: account.to_owned(),
                user: user.clone(),
                by: Some(call.clone()),
                talks: None,
                called: now,
                ended: old.and_then(|agent| agent.ended),
            });
        }
        chosen
    }

    /// Whether it is this caller's turn to have an agent called: everybody before has
    /// one who is being called.
    pub fn is_next(&self, key: &Key, call: &CallId) -> bool {
        let Some(queue) = self.queues.get(key) else {
            return false;
        };
        let served = |other: &CallId| self.agents.iter().any(|a| a.by.as_ref() == Some(other));
        let mut waiting = queue.members.iter().filter(|member| !served(&member.call));
        waiting.next().is_some_and(|member| member.call == *call)
    }

    /// A caller talks with one of the agents who were called, and waits no longer. The
    /// other agents are free again.
    pub fn connected(&mut self, call: &CallId, agent: &str) {
        for queue in self.queues.values_mut() {
            if let Some(place) = queue.members.iter().position(|member| member.call == *call)
                && let Some(member) = queue.members.remove(place)
            {
                remember(&mut self.waits, &queue.key, &member, Some(agent));
            }
        }
        for called in self
            .agents
            .iter_mut()
            .filter(|a| a.by.as_ref() == Some(call))
        {
            if called.user == agent {
                called.talks = Some(clock::now());
            } else {
                called.by = None;
            }
        }
    }

    /// With which agent a caller talks, and for how long so far.
    pub fn talks_with(&self, call: &CallId) -> Option<(String, Duration)> {
        self.agents
            .iter()
            .filter(|agent| agent.by.as_ref() == Some(call))
            .find_map(|agent| {
                let since = agent.talks?;
                Some((agent.user.clone(), clock::now().since(since)))
            })
    }

    /// The agents of a call are free again; one who has talked rests first.
    pub fn release(&mut self, call: &CallId) {
        for agent in &mut self.agents {
            if agent.by.as_ref() == Some(call) {
                agent.by = None;
                if agent.talks.take().is_some() {
                    agent.ended = Some(clock::now());
                }
            }
        }
    }

    /// Who waits in the account's queues of agents, and who has waited there: those who
    /// have come first first.
    pub fn stats(&self, asterisk: &str, account: &str) -> Vec<Stat> {
        let now = clock::now();
        let queue_of = |key: &Key| {
            let own = key.asterisk == asterisk && key.account == account;
            let name = own.then(|| key.name.strip_prefix(OF_AGENTS))?;
            name.map(str::to_owned)
        };
        let past = self.waits.iter().filter_map(|wait| {
            Some(Stat {
                queue: queue_of(&wait.key)?,
                call: wait.call.clone(),
                entered: wait.entered,
                waited: wait.waited,
                status: match &wait.agent {
                    Some(agent) => Stay::Handled(agent.clone()),
                    None => Stay::Abandoned,
                },
            })
        });
        let present = self.queues.values().flat_map(|queue| {
            let name = queue_of(&queue.key);
            let members = queue.members.iter().enumerate();
            members.filter_map(move |(place, member)| {
                Some(Stat {
                    queue: name.clone()?,
                    call: Some(member.call.clone()),
                    entered: member.place.since,
                    waited: now.since(member.place.since),
                    status: Stay::Waiting {
                        position: place + 1,
                    },
                })
            })
        });
        let mut stats: Vec<Stat> = past.chain(present).collect();
        stats.sort_by(|a, b| (a.entered, &a.call).cmp(&(b.entered, &b.call)));
        stats
    }

    /// The agents of an account who are being called or talk (`true`), with the caller.
    pub fn busy(&self, account: &str) -> Vec<(String, CallId, bool)> {
        let own = self.agents.iter().filter(|agent| agent.account == account);
        own.filter_map(|agent| Some((agent.user.clone(), agent.by.clone()?, agent.talks.is_some())))
            .collect()
    }

    /// How long callers of the queue have waited on average, of those who were
    /// connected within `window`; none when nobody was.
    pub fn average_wait(&self, key: &Key, window: Option<Duration>) -> Option<Duration> {
        let now = clock::now();
        let counts = |wait: &&Wait| {
            wait.key == *key
                && wait.agent.is_some()
                && window.is_none_or(|window| now.since(wait.at) <= window)
        };
        let waits: Vec<Duration> = self.waits.iter().filter(counts).map(|w| w.waited).collect();
        let number = u32::try_from(waits.len())
            .ok()
            .filter(|number| *number > 0)?;
        Some(waits.iter().sum::<Duration>() / number)
    }
}

/// Writes down how long a member of a queue of agents waited; `agent` took the call.
pub(super) fn remember(waits: &mut Vec<Wait>, key: &Key, member: &Member, agent: Option<&str>) {
    if !key.name.starts_with(OF_AGENTS) {
        return;
    }
    let of_queue = waits.iter().filter(|wait| wait.key == *key).count();
    if of_queue >= WAITS
        && let Some(oldest) = waits.iter().position(|wait| wait.key == *key)
    {
        waits.remove(oldest);
    }
    let at = clock::now();
    waits.push(Wait {
        key: key.clone(),
        entered: member.place.since,
        at,
        waited: at.since(member.place.since),
        call: Some(member.call.clone()),
        agent: agent.map(str::to_owned),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::queues::Place;

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_next_need_not_wait_for_the_one_whose_agent_is_being_called() {
        let mut book = Book::default();
        let key = Key {
            asterisk: "a1".into(),
            account: "a".into(),
            name: "acdc/q".into(),
        };
        let calls = [CallId::new(), CallId::new()];
        for call in &calls {
            let place = Place::new(clock::now());
            book.join(key.clone(), call, place, Some(9), &mut Vec::new());
        }
        let next = |book: &Book| calls.each_ref().map(|call| book.is_next(&key, call));
        assert_eq!(next(&book), [true, false]);
        let (rest, choice) = (Duration::ZERO, Choice::RoundRobin);
        book.reserve("a", &users(&["ann"]), choice, rest, 1, &calls[0]);
        assert_eq!(next(&book), [false, true]);
        book.release(&calls[0]);
        assert_eq!(next(&book), [true, false]);
    }

    fn users(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn reserve(book: &mut Book, names: &[&str], most: usize) -> (CallId, Vec<String>) {
        let call = CallId::new();
        let rest = Duration::ZERO;
        let chosen = book.reserve("a", &users(names), Choice::RoundRobin, rest, most, &call);
        (call, chosen)
    }

    #[tokio::test(start_paused = true)]
    async fn an_agent_is_called_for_one_caller_at_a_time() {
        let mut book = Book::default();
        let (first, chosen) = reserve(&mut book, &["ann", "bob"], 1);
        assert_eq!(chosen, ["ann"]);
        let (_, chosen) = reserve(&mut book, &["ann", "bob"], 2);
        assert_eq!(chosen, ["bob"]);
        assert!(reserve(&mut book, &["ann", "bob"], 2).1.is_empty());
        book.release(&first);
        assert_eq!(reserve(&mut book, &["ann", "bob"], 2).1, ["ann"]);
    }

    #[tokio::test(start_paused = true)]
    async fn turns_go_around_and_the_most_idle_is_the_one_who_talked_longest_ago() {
        let mut book = Book::default();
        for expected in ["ann", "bob", "ann"] {
            tokio::time::advance(Duration::from_secs(1)).await;
            let (call, chosen) = reserve(&mut book, &["ann", "bob"], 1);
            assert_eq!(chosen, [expected]);
            // Bob talks, Ann never answers.
            if expected == "bob" {
                book.connected(&call, "bob");
            }
            book.release(&call);
        }
        let call = CallId::new();
        let both = users(&["bob", "ann"]);
        let most_idle = book.reserve("a", &both, Choice::MostIdle, Duration::ZERO, 1, &call);
        assert_eq!(most_idle, ["ann"]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_conversation_an_agent_rests() {
        let mut book = Book::default();
        let (call, _) = reserve(&mut book, &["ann"], 1);
        book.connected(&call, "ann");
        book.release(&call);
        let rest = Duration::from_secs(30);
        let mut next = || {
            let call = CallId::new();
            book.reserve("a", &users(&["ann"]), Choice::RoundRobin, rest, 1, &call)
        };
        assert!(next().is_empty());
        tokio::time::advance(rest).await;
        assert_eq!(next(), ["ann"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_average_is_of_those_connected_within_the_window() {
        let mut book = Book::default();
        let key = Key {
            asterisk: "a1".into(),
            account: "a".into(),
            name: "acdc/q".into(),
        };
        assert_eq!(book.average_wait(&key, None), None);
        for waits in [100, 20] {
            let call = CallId::new();
            let place = Place::new(clock::now());
            book.join(key.clone(), &call, place, Some(9), &mut Vec::new());
            tokio::time::advance(Duration::from_secs(waits)).await;
            book.connected(&call, "ann");
        }
        assert_eq!(book.average_wait(&key, None), Some(Duration::from_secs(60)));
        let window = Some(Duration::from_secs(10));
        assert_eq!(
            book.average_wait(&key, window),
            Some(Duration::from_secs(20))
        );
    }
}
