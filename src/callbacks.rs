//! What web servers are told beside the calls: status callbacks of calls, legs,
//! recordings, conferences.
//!
//! Nobody waits for them and their answers are not looked at. They go through one
//! bounded queue of their own; those about the same thing are sent one after the
//! other, so that a server that is slow for one call keeps none of the others
//! waiting. A failed one is told to the log and not sent again, unless its URL
//! says so (`#rc=2&rp=5xx`).

use std::collections::{HashMap, VecDeque};

use http::Method;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::trace::{Kind, Trace};
use crate::web::{self, Body, Outgoing, Policy, Sign, Web};

/// So many may wait; more are dropped with a warning.
const WAITING: usize = 10_000;

/// So many are on their way at once.
const AT_ONCE: usize = 64;

/// One notification.
#[derive(Debug)]
pub struct Callback {
    /// The sid of what it is about: those with the same one are sent in order.
    pub about: String,
    /// For the trace: `Number statusCallback`.
    pub what: &'static str,
    /// Absolute.
    pub url: String,
    /// `GET` or `POST`.
    pub method: Method,
    pub params: Vec<(String, String)>,
    pub trace: Trace,
    /// Hears whether the server took it.
    pub taken: Option<oneshot::Sender<bool>>,
    /// Keeps pivot from ending before it is sent.
    pub held: TaskTrackerToken,
}

/// The queue's end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Callbacks {
    queue: mpsc::Sender<Callback>,
}

impl Callbacks {
    /// Starts sending; the future ends when nobody holds the queue and all is sent.
    pub fn start(web: Web, sign: Option<Sign>) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, waiting) = mpsc::channel(WAITING);
        let sender = Sender {
            web,
            sign,
            behind: HashMap::new(),
            ready: VecDeque::new(),
        };
        (Self { queue }, sender.run(waiting))
    }

    /// Never waits.
    pub fn send(&self, callback: Callback) {
        if let Err(error) = self.queue.try_send(callback) {
            metrics::counter!("pivot_callbacks_dropped_total").increment(1);
            let callback = error.into_inner();
            callback.trace.write(
                Kind::Warning,
                format!(
                    "{} to {} is not sent: {WAITING} callbacks wait already",
                    callback.what,
                    web::shown(&callback.url)
                ),
            );
        }
    }
}

struct Sender {
    web: Web,
    sign: Option<Sign>,
    /// About each thing that one is on its way for, those that come after it.
    behind: HashMap<String, VecDeque<Callback>>,
    ready: VecDeque<Callback>,
}

impl Sender {
    async fn run(mut self, mut waiting: mpsc::Receiver<Callback>) {
        let mut sending: JoinSet<String> = JoinSet::new();
        let mut open = true;
        while open || !sending.is_empty() {
            tokio::select! {
                callback = waiting.recv(), if open => match callback {
                    Some(callback) => self.line_up(callback),
                    None => open = false,
                },
                Some(about) = sending.join_next(), if !sending.is_empty() => {
                    // A send that panicked cannot say what it was about; the others go on.
                    if let Ok(about) = about {
                        self.next_about(about);
                    }
                }
            }
            while sending.len() < AT_ONCE
                && let Some(callback) = self.ready.pop_front()
            {
                sending.spawn(send(self.web.clone(), self.sign.clone(), callback));
            }
        }
    }

    fn line_up(&mut self, callback: Callback) {
        match self.behind.get_mut(&callback.about) {
            Some(behind) => behind.push_back(callback),
            None => {
                self.behind.insert(callback.about.clone(), VecDeque::new());
                self.ready.push_back(callback);
            }
        }
    }

    fn next_about(&mut self, about: String) {
        match self.behind.get_mut(&about).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => {
                self.behind.remove(&about);
            }
        }
    }
}

/// Gives back what it was about.
async fn send(web: Web, sign: Option<Sign>, callback: Callback) -> String {
    let shown = web::shown(&callback.url);
    let began = tokio::time::Instant::now();
    // One token for all tries, so that a server knows a repetition.
    let token = uuid::Uuid::new_v4().to_string();
    let mut out = Outgoing::new(callback.method, callback.url, Policy::twiml())
        .header("I-Twilio-Idempotency-Token", token)
        .body(Body::Form(callback.params));
    if let Some(sign) = sign {
        out = out.sign(sign);
    }
    let what = callback.what;
    let answered = web.send(out, None).await;
    if let Some(taken) = callback.taken {
        let fine = answered.as_ref().is_ok_and(|answer| answer.status < 400);
        taken.send(fine).ok();
    }
    match answered {
        Ok(answer) if answer.status < 400 => callback.trace.took(
            Kind::Http,
            format!("{shown} ({what}) → {}", answer.status),
            began,
        ),
        // 15003 is Twilio's code for it.
        Ok(answer) => callback.trace.write(
            Kind::Warning,
            format!("15003: {shown} ({what}) → {}", answer.status),
        ),
        Err(error) => callback
            .trace
            .write(Kind::Warning, format!("15003: {what} {error}")),
    }
    callback.about
}
