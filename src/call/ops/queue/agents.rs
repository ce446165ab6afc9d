//! Agents who are called by those who wait.

use std::time::Duration;

use crate::call::Call;
use crate::call::queues::Choice;

impl Call {
    /// Takes up to `most` agents for this caller, so that no other calls them.
    pub async fn reserve_agents(
        &self,
        users: Vec<String>,
        choice: Choice,
        rest: Duration,
        most: usize,
    ) -> Vec<String> {
        let account = self.account().to_string();
        let queues = self.services.queues.clone();
        queues
            .reserve(account, users, choice, rest, most, &self.state.id)
            .await
    }

    /// Whether it is this caller's turn to have an agent called.
    pub async fn is_next_in_queue(&self) -> bool {
        let Some(queued) = &self.state.queued else {
            return false;
        };
        let key = self.queue_key(&queued.name);
        self.services.queues.is_next(key, &self.state.id).await
    }

    /// The agents whom this caller has taken are free again.
    pub fn release_agents(&self) {
        self.services.queues.release(&self.state.id);
    }

    /// How long callers of a queue have waited on average.
    pub async fn average_wait(&self, name: &str, window: Option<Duration>) -> Option<Duration> {
        let key = self.queue_key(name);
        self.services.queues.average_wait(key, window).await
    }
}
