//! What will happen later: jobs in the order of their time.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::world::Job;

/// Names a job that has not run yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimerId(Instant, u64);

/// Jobs due at the same instant run in the order in which they were set.
#[derive(Default)]
pub(super) struct Timers {
    due: BTreeMap<TimerId, Job>,
    count: u64,
}

impl Timers {
    pub(super) fn set(&mut self, after: Duration, job: Job) -> TimerId {
        self.count += 1;
        let id = TimerId(Instant::now() + after, self.count);
        self.due.insert(id, job);
        id
    }

    pub(super) fn cancel(&mut self, id: TimerId) {
        self.due.remove(&id);
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.due.keys().next().map(|id| id.0)
    }

    /// The first job that is due.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let first = self.due.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove())
    }
}
