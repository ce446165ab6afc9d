//! Queues of callers. One task owns them all; calls reach it by messages, and
//! are told what concerns them through the router.
//!
//! It knows who waits and who has taken whom, and nothing of Asterisk: each
//! call's own task moves its own channel.

mod book;

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::ari::Router;
use crate::id::{AccountId, CallId};
use crate::news::{News, Offer};
use crate::program::Request;

pub use book::{Book, Choice, Join, Key, MOST, Place, Stat, Stay, Take, View, Which};

type Job = Box<dyn FnOnce(&mut Book, &Router) + Send>;

/// The end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Queues {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Queues {
    /// Starts the task that owns the queues, with what a pivot before this one has
    /// written down, or an empty book.
    pub fn start(mut book: Book, router: Router) -> (Self, impl Future<Output = ()> + Send) {
        let (jobs, mut waiting) = mpsc::unbounded_channel::<Job>();
        let run = async move {
            while let Some(job) = waiting.recv().await {
                job(&mut book, &router);
            }
        };
        (Self { jobs }, run)
    }

    /// A caller comes, or one who is here already asks for the place. A queue that
    /// is not there is made for at most `max`; without one there is room in any case.
    /// `None` while pivot ends.
    pub async fn join(
        &self,
        key: Key,
        call: &CallId,
        place: Place,
        max: Option<u32>,
    ) -> Option<Join> {
        let call = call.clone();
        self.ask(move |book, told| book.join(key, &call, place, max, told))
            .await
    }

    /// What one who waits is told about the queue; `None` for one who does not.
    pub async fn view(&self, key: Key, call: &CallId) -> Option<View> {
        let call = call.clone();
        self.ask(move |book, _| book.view(&key, &call)).await?
    }

    /// An agent wants the oldest caller, who hears the answer to `greeting` first.
    pub async fn take(&self, key: Key, call: &CallId, greeting: Option<Request>) -> Option<Take> {
        let call = call.clone();
        self.ask(move |book, told| book.take(&key, &call, greeting, told))
            .await
    }

    /// An agent waits no longer; `false` when a caller was offered before.
    pub async fn give_up(&self, call: &CallId) -> bool {
        let call = call.clone();
        self.ask(move |book, _| book.give_up(&call))
            .await
            .unwrap_or(true)
    }

    /// The call is in no queue any more, and whoever is at its other end is told.
    pub fn leave(&self, call: &CallId) {
        let call = call.clone();
        self.tell(Box::new(move |book, router| {
            let mut told = Vec::new();
            book.leave(&call, &mut told);
            spread(told, router);
        }));
    }

    /// Takes one who waits out of the queue, to go on with the answer to a request;
    /// `None` when nobody such waits there.
    pub async fn redirect(&self, key: Key, which: Which, request: Request) -> Option<CallId> {
        self.ask(move |book, told| book.redirect(&key, &which, request, told))
            .await?
    }

    /// Takes up to `most` of these agents for a caller.
    pub async fn reserve(
        &self,
        account: String,
        users: Vec<String>,
        choice: Choice,
        rest: Duration,
        most: usize,
        call: &CallId,
    ) -> Vec<String> {
        let call = call.clone();
        let reserved =
            self.ask(move |book, _| book.reserve(&account, &users, choice, rest, most, &call));
        reserved.await.unwrap_or_default()
    }

    /// Whether it is this caller's turn to have an agent called.
    pub async fn is_next(&self, key: Key, call: &CallId) -> bool {
        let call = call.clone();
        let next = self.ask(move |book, _| book.is_next(&key, &call)).await;
        next.unwrap_or(false)
    }

    /// A caller talks with one of the agents who were called.
    pub fn connected(&self, call: &CallId, agent: &str) {
        let (call, agent) = (call.clone(), agent.to_owned());
        self.tell(Box::new(move |book, _| book.connected(&call, &agent)));
    }

    /// With which agent a caller talks, and for how long so far.
    pub async fn talks_with(&self, call: &CallId) -> Option<(String, Duration)> {
        let call = call.clone();
        self.ask(move |book, _| book.talks_with(&call)).await?
    }

    /// The agents of a call are free again.
    pub fn release(&self, call: &CallId) {
        let call = call.clone();
        self.tell(Box::new(move |book, _| book.release(&call)));
    }

    /// How long callers have waited on average.
    pub async fn average_wait(&self, key: Key, window: Option<Duration>) -> Option<Duration> {
        self.ask(move |book, _| book.average_wait(&key, window))
            .await?
    }

    /// Who waits in the account's queues of agents, and who has waited there.
    pub async fn stats(&self, asterisk: &str, account: &AccountId) -> Vec<Stat> {
        let (asterisk, account) = (asterisk.to_owned(), account.to_string());
        let stats = self.ask(move |book, _| book.stats(&asterisk, &account));
        stats.await.unwrap_or_default()
    }

    /// The account's agents who are being called or talk (`true`), with the caller.
    pub async fn busy(&self, account: &AccountId) -> Vec<(String, CallId, bool)> {
        let account = account.to_string();
        let busy = self.ask(move |book, _| book.busy(&account));
        busy.await.unwrap_or_default()
    }

    /// How many wait in a queue.
    pub async fn waiting(&self, key: Key) -> usize {
        let waiting = self.ask(move |book, _| book.waiting(&key)).await;
        waiting.unwrap_or(0)
    }

    /// An agent takes a caller out of whatever that one does. `None` when another
    /// has that caller.
    pub async fn pick(&self, caller: &CallId, agent: &CallId) -> Option<Offer> {
        let (caller, agent) = (caller.clone(), agent.clone());
        self.ask(move |book, told| book.pick(&caller, &agent, told))
            .await?
    }

    /// Whether caller and agent of this stay have each other still.
    pub async fn are_paired(&self, stay: u64) -> bool {
        self.ask(move |book, _| book.are_paired(stay))
            .await
            .unwrap_or(false)
    }

    /// All of it, to be written down.
    pub async fn book(&self) -> Option<Book> {
        self.ask(|book, _| book.clone()).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Book, &mut Vec<book::Told>) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, answer) = oneshot::channel();
        self.tell(Box::new(move |book, router| {
            let mut told = Vec::new();
            sender.send(what(book, &mut told)).ok();
            spread(told, router);
        }));
        answer.await.ok()
    }

    fn tell(&self, job: Job) {
        // Only fails while the process ends.
        self.jobs.send(job).ok();
    }
}

fn spread(told: Vec<book::Told>, router: &Router) {
    for (call, news) in told {
        router.tell_call(&call, News::Queue(news));
    }
}
