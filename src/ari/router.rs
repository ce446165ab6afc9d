//! Who owns what: events find the call that owns the object they speak of.
//!
//! Registrations, events and answers travel through one queue. A call registers
//! an id before it sends the request that makes the object, so whatever Asterisk
//! says about it stands behind the registration in that queue, and no event can
//! overtake its owner.
//!
//! The router never waits for a call: a mailbox that is full belongs to a call
//! that is stuck, and that call alone is cut off.

use std::collections::{HashMap, HashSet};

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{Channel, Event};
use crate::id::{CallId, is_our_channel};
use crate::news::News;

/// Events one call may have waiting; more means that it is stuck.
const MAILBOX: usize = 256;

/// What a call finds in its mailbox.
#[derive(Debug)]
pub enum Delivery {
    Event(Event),
    /// Another task of pivot has something to tell.
    News(Box<News>),
    /// The event socket was lost and is back; what happened meanwhile was not told.
    Resync,
}

impl Delivery {
    pub fn news(&self) -> Option<&News> {
        match self {
            Self::News(news) => Some(news),
            Self::Event(_) | Self::Resync => None,
        }
    }
}

/// A channel that entered `Stasis` from the dialplan, with its mailbox open already.
#[derive(Debug)]
pub enum Arrival {
    Call {
        id: CallId,
        channel: Box<Channel>,
        args: Vec<String>,
        mailbox: mpsc::Receiver<Delivery>,
        /// When its `StasisStart` was read.
        read: Instant,
    },
    /// A leg of ours whose call is over.
    Stray { channel: String },
    /// The event socket is connected (again).
    Connected,
    /// Another program has taken the application's name; it keeps it.
    Replaced,
}

pub(super) type Answer = Result<(u16, String), String>;

/// What travels through the queue.
#[derive(Debug)]
pub(super) enum Message {
    Own {
        call: CallId,
        mailbox: mpsc::Sender<Delivery>,
    },
    Disown {
        call: CallId,
    },
    Register {
        object: String,
        call: CallId,
    },
    Forget {
        object: String,
        call: CallId,
    },
    News {
        call: CallId,
        news: Box<News>,
    },
    Await {
        request_id: String,
        answer: oneshot::Sender<Answer>,
    },
    Event {
        event: Event,
        read: Instant,
    },
    Connected,
    Lost,
    Owner {
        object: String,
        answer: oneshot::Sender<Option<CallId>>,
    },
    Snapshot(oneshot::Sender<Snapshot>),
}

/// What is owned at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub calls: usize,
    /// Whose each is.
    pub objects: HashMap<String, CallId>,
}

/// The queue's end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Router {
    queue: mpsc::UnboundedSender<Message>,
}

/// One call's right to own objects.
#[derive(Debug, Clone)]
pub struct Objects {
    router: Router,
    call: CallId,
}

impl Objects {
    /// Before the request that makes the object is sent.
    pub fn register(&self, object: &str) {
        self.router.tell(Message::Register {
            object: object.to_owned(),
            call: self.call.clone(),
        });
    }

    /// Nothing more is expected of the object. One that was handed over is not ours to forget.
    pub fn forget(&self, object: &str) {
        self.router.tell(Message::Forget {
            object: object.to_owned(),
            call: self.call.clone(),
        });
    }

    /// From here on the object's events go to another call.
    pub fn hand_over(&self, object: &str, to: &CallId) {
        self.forget(object);
        self.router.tell(Message::Register {
            object: object.to_owned(),
            call: to.clone(),
        });
    }

    /// The call is over: all of its objects are forgotten.
    pub fn release(&self) {
        self.router.tell(Message::Disown {
            call: self.call.clone(),
        });
    }
}

impl Router {
    /// Starts routing; what comes in goes to `arrivals`.
    pub fn start(
        arrivals: mpsc::UnboundedSender<Arrival>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, messages) = mpsc::unbounded_channel();
        (
            Self { queue },
            Table {
                arrivals,
                ..Table::new()
            }
            .run(messages),
        )
    }

    pub fn objects(&self, call: &CallId) -> Objects {
        Objects {
            router: self.clone(),
            call: call.clone(),
        }
    }

    /// A mailbox for a call that did not come through `StasisStart`: one that is
    /// picked up again from its checkpoint.
    pub fn adopt(&self, call: &CallId) -> mpsc::Receiver<Delivery> {
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        self.tell(Message::Own {
            call: call.clone(),
            mailbox: sender,
        });
        mailbox
    }

    /// Tells a call something; one that is over does not hear it.
    pub fn tell_call(&self, call: &CallId, news: News) {
        self.tell(Message::News {
            call: call.clone(),
            news: Box::new(news),
        });
    }

    /// The call that an object belongs to; `None` for what is nobody's.
    pub async fn owner(&self, object: &str) -> Option<CallId> {
        let (sender, answer) = oneshot::channel();
        self.tell(Message::Owner {
            object: object.to_owned(),
            answer: sender,
        });
        answer.await.ok()?
    }

    /// What is owned now; `None` when routing has ended.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        let (sender, answer) = oneshot::channel();
        self.tell(Message::Snapshot(sender));
        answer.await.ok()
    }

    pub(super) fn tell(&self, message: Message) {
        // Only fails while the process ends.
        self.queue.send(message).ok();
    }
}

struct Owner {
    mailbox: mpsc::Sender<Delivery>,
    objects: HashSet<String>,
}

struct Table {
    arrivals: mpsc::UnboundedSender<Arrival>,
    owners: HashMap<CallId, Owner>,
    objects: HashMap<String, CallId>,
    awaited: HashMap<String, oneshot::Sender<Answer>>,
}

impl Table {
    fn new() -> Self {
        Self {
            arrivals: mpsc::unbounded_channel().0,
            owners: HashMap::new(),
            objects: HashMap::new(),
            awaited: HashMap::new(),
        }
    }

    async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = messages.recv().await {
            self.handle(message);
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Own { call, mailbox } => {
                self.owners.insert(
                    call,
                    Owner {
                        mailbox,
                        objects: HashSet::new(),
                    },
                );
            }
            Message::Disown { call } => {
                for object in self
                    .owners
                    .remove(&call)
                    .into_iter()
                    .flat_map(|owner| owner.objects)
                {
                    self.objects.remove(&object);
                }
            }
            Message::Register { object, call } => {
                if let Some(owner) = self.owners.get_mut(&call) {
                    owner.objects.insert(object.clone());
                    self.objects.insert(object, call);
                }
            }
            Message::Forget { object, call } => {
                if self.objects.get(&object) == Some(&call) {
                    self.objects.remove(&object);
                    if let Some(owner) = self.owners.get_mut(&call) {
                        owner.objects.remove(&object);
                    }
                }
            }
            Message::News { call, news } => self.deliver(&call, Delivery::News(news)),
            Message::Await { request_id, answer } => {
                self.awaited.insert(request_id, answer);
            }
            Message::Event { event, read } => self.event(event, read),
            Message::Connected => {
                let calls: Vec<_> = self.owners.keys().cloned().collect();
                for call in calls {
                    self.deliver(&call, Delivery::Resync);
                }
                self.arrivals.send(Arrival::Connected).ok();
            }
            Message::Owner { object, answer } => {
                answer.send(self.objects.get(&object).cloned()).ok();
            }
            // Their senders go, so whoever waits learns that no answer will come.
            Message::Lost => self.awaited.clear(),
            Message::Snapshot(answer) => {
                let objects = self.objects.clone();
                answer
                    .send(Snapshot {
                        calls: self.owners.len(),
                        objects,
                    })
                    .ok();
            }
        }
    }

    fn event(&mut self, event: Event, read: Instant) {
        match event {
            Event::RestResponse {
                request_id,
                status,
                reason,
                body,
            } => {
                if let Some(answer) = self.awaited.remove(&request_id) {
                    let body = if body.is_empty() && status >= 400 {
                        reason
                    } else {
                        body
                    };
                    answer.send(Ok((status, body))).ok();
                }
            }
            Event::ApplicationReplaced => {
                self.arrivals.send(Arrival::Replaced).ok();
            }
            Event::StasisStart {
                ref channel,
                ref replaces,
                ..
            } if !self.objects.contains_key(&channel.id) => {
                // A transfer put this channel in the place of one that a call owns.
                if let Some(call) = replaces
                    .as_ref()
                    .and_then(|old| self.objects.get(old))
                    .cloned()
                {
                    self.handle(Message::Register {
                        object: channel.id.clone(),
                        call: call.clone(),
                    });
                    self.deliver(&call, Delivery::Event(event));
                } else if let Event::StasisStart { channel, args, .. } = event {
                    self.arrive(channel, args, read);
                }
            }
            Event::Other { .. } => {}
            event => {
                let mut owners: Vec<CallId> = Vec::new();
                for call in event.objects().filter_map(|id| self.objects.get(id)) {
                    if !owners.contains(call) {
                        owners.push(call.clone());
                    }
                }
                if let Some(last) = owners.pop() {
                    for call in owners {
                        self.deliver(&call, Delivery::Event(event.clone()));
                    }
                    self.deliver(&last, Delivery::Event(event));
                } else {
                    tracing::trace!(kind = event.kind(), "event about nothing of ours");
                }
            }
        }
    }

    fn arrive(&mut self, channel: Box<Channel>, args: Vec<String>, read: Instant) {
        if is_our_channel(&channel.id) {
            self.arrivals
                .send(Arrival::Stray {
                    channel: channel.id,
                })
                .ok();
            return;
        }
        let id = CallId::new();
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        self.handle(Message::Own {
            call: id.clone(),
            mailbox: sender,
        });
        self.handle(Message::Register {
            object: channel.id.clone(),
            call: id.clone(),
        });
        self.arrivals
            .send(Arrival::Call {
                id,
                channel,
                args,
                mailbox,
                read,
            })
            .ok();
    }

    fn deliver(&mut self, call: &CallId, delivery: Delivery) {
        let Some(owner) = self.owners.get(call) else {
            return self.stray(&delivery);
        };
        match owner.mailbox.try_send(delivery) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(delivery)) => self.stray(&delivery),
            Err(mpsc::error::TrySendError::Full(delivery)) => {
                tracing::error!(%call, waiting = MAILBOX, "call does not read its events and is cut off");
                metrics::counter!("pivot_calls_stuck_total").increment(1);
                self.stray(&delivery);
                self.handle(Message::Disown { call: call.clone() });
            }
        }
    }

    /// What cannot be delivered is lost, but a leg that was given away is nobody's now.
    fn stray(&self, delivery: &Delivery) {
        if let Some(leg) = delivery.news().and_then(News::given_leg) {
            let channel = leg.channel.clone();
            self.arrivals.send(Arrival::Stray { channel }).ok();
        }
    }
}

#[cfg(test)]
mod tests;
