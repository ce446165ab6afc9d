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

    /// The agents whom this caller has taken are free again.
    pub fn release_agents(&self, talked: bool) {
        self.services.queues.release(&self.state.id, talked);
    }

    /// The caller has been connected with an agent.
    pub fn tell_waited(&self, waited: Duration) {
        if let Some(queued) = &self.state.queued {
            let key = self.queue_key(&queued.name);
            self.services.queues.waited(key, waited);
        }
    }

    /// How long callers of a queue have waited on average.
    pub async fn average_wait(&self, name: &str, window: Option<Duration>) -> Option<Duration> {
        let key = self.queue_key(name);
        self.services.queues.average_wait(key, window).await
    }
}
