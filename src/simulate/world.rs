//! The actor: the whole state of the fake Asterisk, and the loop that owns it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::apps::App;
use super::bridges::Bridge;
use super::channels::Channel;
use super::faults::Faults;
use super::log::Log;
use super::media::Sounds;
use super::options::Options;
use super::playbacks::Playback;
use super::recordings::{Live, Stored};
use super::rest::Answer;
use super::script::{Callee, Context, Party};
use super::timers::{TimerId, Timers};

/// Something to do with the world, sent by a handler, a socket or a script.
pub(super) type Job = Box<dyn FnOnce(&mut World) + Send>;

/// Waits until something is so.
type Watcher = Box<dyn FnMut(&World) -> bool + Send>;

/// Names a request that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ticket(pub(super) usize);

pub(super) struct World {
    pub(super) options: Options,
    pub(super) started: Instant,
    pub(super) booted: crate::clock::Time,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) bridges: BTreeMap<String, Bridge>,
    pub(super) playbacks: BTreeMap<u64, Playback>,
    /// Playbacks that are over and can still be seen.
    pub(super) finished: BTreeMap<String, serde_json::Value>,
    pub(super) live: BTreeMap<String, Live>,
    pub(super) stored: BTreeMap<String, Stored>,
    pub(super) apps: BTreeMap<String, App>,
    pub(super) globals: BTreeMap<String, String>,
    /// Those of applications' own; Asterisk keeps them over a restart.
    pub(super) device_states: BTreeMap<String, String>,
    /// Contexts that bring calls back into Stasis.
    pub(super) contexts: BTreeMap<String, Context>,
    /// The contexts of our own dialplan.
    pub(super) dialplan: BTreeSet<String>,
    /// Loaded modules.
    pub(super) modules: BTreeSet<String>,
    pub(super) parties: BTreeMap<String, Party>,
    pub(super) callees: Vec<Callee>,
    /// Endpoints of which something was said, with the state of each.
    pub(super) endpoints: BTreeMap<String, String>,
    pub(super) sounds: Sounds,
    pub(super) faults: Faults,
    pub(super) log: Log,
    pub(super) handle: Handle,
    timers: Timers,
    soon: VecDeque<Job>,
    pending: HashMap<Ticket, oneshot::Sender<Answer>>,
    counter: u64,
    /// Asked after each turn of the actor; one that says `true` has what it
    /// waited for.
    watchers: Vec<Watcher>,
    /// How long a call stays in the dialplan after `continue`.
    pub(super) dialplan_time: Duration,
    /// Until when event sockets, and all connections, are refused.
    pub(super) refuse_sockets_until: Option<Instant>,
    pub(super) offline_until: Option<Instant>,
    /// Cancelled when Asterisk crashes.
    pub(super) connections: CancellationToken,
}

/// What an Asterisk with our configuration loads.
fn loaded_modules() -> BTreeSet<String> {
    include_str!("../../asterisk-conf/modules.conf")
        .lines()
        .filter_map(|line| line.strip_prefix("load = "))
        .map(|name| name.trim().to_owned())
        .collect()
}

/// Reaches the actor from anywhere.
#[derive(Clone)]
pub(super) struct Handle {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Handle {
    /// Has the actor do something; nothing is waited for.
    pub(super) fn tell(&self, job: impl FnOnce(&mut World) + Send + 'static) {
        // The actor is gone only when the fake was dropped: nothing left to do.
        let _ = self.jobs.send(Box::new(job));
    }

    /// Has the actor do something and gives its answer; `None` when the fake
    /// was dropped meanwhile.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(move |world| {
            let _ = reply.send(job(world));
        });
        answer.await.ok()
    }
}

impl Handle {
    /// Waits until `ask` has an answer; `None` when it has none within `limit`
    /// of virtual time.
    pub(super) async fn wait<T: Send + 'static>(
        &self,
        limit: Duration,
        mut ask: impl FnMut(&World) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let mut reply = Some(reply);
        self.tell(move |world| {
            world.watchers.push(Box::new(move |world| {
                if reply.as_ref().is_none_or(oneshot::Sender::is_closed) {
                    return true;
                }
                let Some(found) = ask(world) else {
                    return false;
                };
                if let Some(reply) = reply.take() {
                    let _ = reply.send(found);
                }
                true
            }));
        });
        tokio::time::timeout(limit, answer).await.ok()?.ok()
    }
}

impl World {
    /// Starts the actor task.
    pub(super) fn start(options: Options, stop: CancellationToken) -> Handle {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let handle = Handle { jobs };
        let world = Self {
            options,
            started: Instant::now(),
            booted: crate::clock::now(),
            channels: BTreeMap::new(),
            bridges: BTreeMap::new(),
            playbacks: BTreeMap::new(),
            finished: BTreeMap::new(),
            live: BTreeMap::new(),
            stored: BTreeMap::new(),
            apps: BTreeMap::new(),
            globals: BTreeMap::new(),
            device_states: BTreeMap::new(),
            contexts: BTreeMap::new(),
            dialplan: super::refer::contexts(),
            modules: loaded_modules(),
            parties: BTreeMap::new(),
            callees: Vec::new(),
            endpoints: BTreeMap::new(),
            sounds: Sounds::default(),
            faults: Faults::default(),
            log: Log::default(),
            handle: handle.clone(),
            timers: Timers::default(),
            soon: VecDeque::new(),
            pending: HashMap::new(),
            counter: 0,
            watchers: Vec::new(),
            dialplan_time: Duration::ZERO,
            refuse_sockets_until: None,
            offline_until: None,
            connections: CancellationToken::new(),
        };
        tokio::spawn(world.run(inbox, stop));
        handle
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Job>, stop: CancellationToken) {
        loop {
            let due = self.timers.next();
            let timer = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                job = inbox.recv() => match job {
                    Some(job) => job(&mut self),
                    None => return,
                },
                () = timer => if let Some(job) = self.timers.pop() {
                    job(&mut self);
                },
            }
            while let Some(job) = self.soon.pop_front() {
                job(&mut self);
            }
            let mut watchers = std::mem::take(&mut self.watchers);
            watchers.retain_mut(|watcher| !watcher(&self));
            self.watchers = watchers;
        }
    }

    /// Does `job` after `delay` of virtual time.
    pub(super) fn after(
        &mut self,
        delay: Duration,
        job: impl FnOnce(&mut World) + Send + 'static,
    ) -> TimerId {
        self.timers.set(delay, Box::new(job))
    }

    /// Does `job` as soon as the present one is done, so that the response to a
    /// request is written before what the request brings about.
    pub(super) fn soon(&mut self, job: impl FnOnce(&mut World) + Send + 'static) {
        self.soon.push_back(Box::new(job));
    }

    pub(super) fn cancel(&mut self, timer: TimerId) {
        self.timers.cancel(timer);
    }

    /// Since the fake was started.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// An id as Asterisk chooses them when the client does not.
    pub(super) fn unique_id(&mut self) -> String {
        let count = self.count();
        format!("{}.{count}", crate::clock::now().unix_seconds())
    }

    /// Takes a request in; its answer goes to `reply`, at once or when a
    /// channel's queue reaches it.
    pub(super) fn request(
        &mut self,
        request: super::rest::Request,
        reply: oneshot::Sender<Answer>,
    ) {
        let at = self.elapsed();
        let ticket = Ticket(self.log.request(at, &request));
        self.pending.insert(ticket, reply);
        match self.faults.take(&request) {
            Some(fault) => self.faulty(ticket, request, &fault),
            None => self.carry_out(ticket, &request),
        }
    }

    pub(super) fn carry_out(&mut self, ticket: Ticket, request: &super::rest::Request) {
        if let Some(answer) = super::rest::route(self, request, ticket) {
            self.answer(ticket, answer);
        }
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        let Some(reply) = self.pending.remove(&ticket) else {
            return;
        };
        self.log.answered(ticket, self.started.elapsed(), &answer);
        let delay = self.options.dials.response_delay + self.options.dials.chance();
        if delay.is_zero() {
            let _ = reply.send(answer);
        } else {
            self.after(delay, move |_| {
                let _ = reply.send(answer);
            });
        }
    }

    /// Leaves a request without an answer for as long as its client waits.
    pub(super) fn never_answer(&mut self, ticket: Ticket) {
        if let Some(reply) = self.pending.remove(&ticket) {
            self.after(Duration::from_secs(24 * 3600), move |_| drop(reply));
        }
    }

    /// Ends the connection of a request instead of answering it.
    pub(super) fn break_off(&mut self, ticket: Ticket) {
        self.pending.remove(&ticket);
    }

    pub(super) fn forget_pending(&mut self) {
        self.pending.clear();
    }
}
