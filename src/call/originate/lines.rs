//! Who waits for what: one line for each thing that is waited for, and in each the
//! oldest is carried out.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinSet};

use super::{Attempt, Origination, When};
use crate::call::Services;
use crate::clock;

/// How often Asterisk is asked whether a phone is free.
const ASKS: Duration = Duration::from_secs(3);
/// Calls that may wait to be made; more are a fault of somebody's, and are dropped.
const MOST: usize = 10_000;

/// The task that has the lines.
pub struct Lines {
    asked: mpsc::UnboundedReceiver<Origination>,
    /// The first of each is being carried out.
    waiting: HashMap<String, VecDeque<Origination>>,
    working: JoinSet<()>,
    /// Which line each of those works for, which a task that failed cannot say any more.
    lines: HashMap<Id, String>,
}

impl Lines {
    pub(super) fn new(asked: mpsc::UnboundedReceiver<Origination>) -> Self {
        Self {
            asked,
            waiting: HashMap::new(),
            working: JoinSet::new(),
            lines: HashMap::new(),
        }
    }

    /// Until the process ends; attempts go to the desk.
    pub async fn run(mut self, services: Arc<Services>, desk: mpsc::UnboundedSender<Attempt>) {
        loop {
            let next = tokio::select! {
                asked = self.asked.recv() => match asked {
                    None => return,
                    Some(origination) => self.join(origination),
                },
                Some(done) = self.working.join_next_with_id(), if !self.working.is_empty() => {
                    let task = done.map_or_else(|failed| failed.id(), |(task, ())| task);
                    self.lines.remove(&task).and_then(|line| self.leave(line))
                }
            };
            if let Some(origination) = next {
                let (services, desk) = (services.clone(), desk.clone());
                let line = origination.line.clone();
                let task = self.working.spawn(async move {
                    carry_out(&origination, &services, &desk).await;
                });
                self.lines.insert(task.id(), line);
            }
        }
    }

    /// One who is the first in line is carried out at once.
    fn join(&mut self, origination: Origination) -> Option<Origination> {
        let all: usize = self.waiting.values().map(VecDeque::len).sum();
        if all >= MOST {
            tracing::warn!(
                why = origination.why,
                "{MOST} calls wait to be made; this one is not"
            );
            return None;
        }
        let line = self.waiting.entry(origination.line.clone()).or_default();
        if line.iter().any(|other| other.party == origination.party) {
            return None;
        }
        line.push_back(origination);
        (line.len() == 1).then(|| line.front().cloned()).flatten()
    }

    /// The first of this line is done; gives the next one.
    fn leave(&mut self, line: String) -> Option<Origination> {
        let waiting = self.waiting.get_mut(&line)?;
        waiting.pop_front();
        let next = waiting.front().cloned();
        if next.is_none() {
            self.waiting.remove(&line);
        }
        next
    }
}

/// Makes the attempts, until one has reached enough.
async fn carry_out(
    origination: &Origination,
    services: &Arc<Services>,
    desk: &mpsc::UnboundedSender<Attempt>,
) {
    for pause in &origination.pauses {
        tokio::time::sleep(*pause).await;
        if is_too_late(origination) || !is_time(origination, services).await {
            return;
        }
        let (over, reached) = oneshot::channel();
        let attempt = Attempt {
            origination: origination.clone(),
            over,
        };
        if desk.send(attempt).is_err() {
            return;
        }
        match reached.await {
            Ok(reached) if reached < origination.enough => {}
            // An attempt that failed inside pivot would fail again.
            _ => return,
        }
    }
}

fn is_too_late(origination: &Origination) -> bool {
    origination.until.is_some_and(|until| clock::now() > until)
}

/// Waits for what is waited for; `false` when nobody is to be called any more.
async fn is_time(origination: &Origination, services: &Services) -> bool {
    match &origination.when {
        When::Always => true,
        When::Unheard(mailbox) => has_unheard(origination, services, mailbox).await,
        When::Free(endpoints) => loop {
            if services.are_free(endpoints).await {
                return true;
            }
            tokio::time::sleep(ASKS).await;
            if is_too_late(origination) {
                return false;
            }
        },
    }
}

async fn has_unheard(origination: &Origination, services: &Services, mailbox: &str) -> bool {
    let account = origination.account.as_ref().unwrap_or(&services.account);
    match services.waiting(account, mailbox).await {
        Ok(waiting) => waiting.new > 0,
        Err(error) => {
            tracing::warn!(mailbox, %error, "whether there are new messages is not known; nobody is called");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Originations, Reached, Ring};
    use super::*;
    use crate::call::ops::CallerId;
    use crate::news::Destination;

    fn origination(line: &str, party: &str) -> Origination {
        Origination {
            line: line.into(),
            party: party.into(),
            account: None,
            internal: true,
            ring: Ring::Device(party.into()),
            rings_for: Duration::from_secs(30),
            auto_answer: false,
            shown: CallerId::default(),
            caller: CallerId::default(),
            then: Destination::Number("100".into()),
            when: When::Always,
            pauses: vec![Duration::ZERO],
            until: None,
            enough: Reached::Party,
            why: String::new(),
        }
    }

    #[tokio::test]
    async fn each_line_is_served_in_order_and_nobody_stands_twice_in_one() {
        let (_asks, mut lines) = Originations::new();
        let party = |next: Option<Origination>| next.map(|next| next.party);
        assert_eq!(party(lines.join(origination("a", "1"))), Some("1".into()));
        assert_eq!(party(lines.join(origination("a", "2"))), None);
        assert_eq!(party(lines.join(origination("a", "1"))), None);
        assert_eq!(party(lines.join(origination("a", "2"))), None);
        assert_eq!(party(lines.join(origination("b", "2"))), Some("2".into()));
        assert_eq!(party(lines.leave("a".into())), Some("2".into()));
        assert_eq!(party(lines.leave("a".into())), None);
        assert_eq!(party(lines.join(origination("a", "1"))), Some("1".into()));
        assert_eq!(lines.waiting.len(), 2);
    }

    #[test]
    fn who_has_talked_has_answered_too() {
        assert!(Reached::Nobody < Reached::Party && Reached::Party < Reached::Other);
    }
}
