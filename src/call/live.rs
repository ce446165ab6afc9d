//! The calls that are going on: who talks with whom, for the API and for webhooks.
//!
//! One task knows them. Calls tell it what becomes of them and never wait for it.

mod attempts;
mod hooks;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{Cause, Leg, Services, State};
use crate::clock::{self, Time};
use crate::id::{AccountId, CallId};
pub use attempts::Attempt;
use attempts::Attempts;
use hooks::{Event, Hooks};

/// A call that is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveCall {
    pub id: CallId,
    /// Whose call it is.
    pub account: AccountId,
    /// The caller's channel, by its id and its name in Asterisk.
    pub channel: String,
    pub name: String,
    /// SIP Call-ID; the channel's id for other technologies.
    pub call_id: String,
    pub from: String,
    pub from_name: String,
    pub to: String,
    pub began: Time,
    pub answered: Option<Time>,
    /// Whom pivot has connected the caller with.
    pub other: Option<Other>,
}

/// The leg at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub channel: String,
    /// As Asterisk names it.
    pub name: String,
    pub call_id: String,
    pub number: String,
    pub since: Time,
}

/// What becomes of a caller in a parking slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParkEvent {
    Parked,
    /// Somebody has taken the caller out, or the phone that parked has answered.
    Retrieved,
    /// The caller has hung up.
    Abandoned,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub at: Time,
    pub cause: Option<Cause>,
}

impl LiveCall {
    /// A call as it stands; `own` is the configuration's account.
    pub fn of(state: &State, own: &AccountId) -> Self {
        let facts = &state.facts;
        Self {
            id: state.id.clone(),
            account: facts.account.clone().unwrap_or_else(|| own.clone()),
            channel: state.channel.clone(),
            name: facts.channel_name.clone(),
            call_id: facts.call_id.clone(),
            from: facts.caller_number.clone(),
            from_name: facts.caller_name.clone(),
            to: facts.dialled.clone(),
            began: state.began,
            answered: state.answered,
            other: None,
        }
    }

    /// Whether `id` is one of its names: its sid, its channel's, or its Call-ID.
    pub fn is(&self, id: &str) -> bool {
        [self.id.as_str(), &self.channel, &self.call_id].contains(&id)
    }
}

impl Other {
    pub(super) fn of(leg: &Leg) -> Self {
        Self {
            channel: leg.channel.clone(),
            name: leg.name.clone(),
            call_id: if leg.call_id.is_empty() {
                leg.channel.clone()
            } else {
                leg.call_id.clone()
            },
            number: leg.to.clone(),
            since: clock::now(),
        }
    }

    /// Whether `id` is its channel's id or its Call-ID.
    pub fn is(&self, id: &str) -> bool {
        self.channel == id || self.call_id == id
    }
}

/// The end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Live {
    queue: mpsc::UnboundedSender<Message>,
}

enum Message {
    Began(LiveCall),
    GoesOn(LiveCall),
    Answered(CallId, Time),
    /// Another channel is in the place of the caller's, with this name.
    Replaced(CallId, String, String),
    Connected(CallId, Other),
    /// The leg of this channel is gone.
    Parted(CallId, String),
    /// In this slot.
    Parking(CallId, ParkEvent, String),
    Ended(CallId, End),
    List(oneshot::Sender<Vec<LiveCall>>),
    Attempt(AccountId, Attempt),
    Attempts(AccountId, oneshot::Sender<Vec<Attempt>>),
}

/// What the task reads.
pub struct Told(mpsc::UnboundedReceiver<Message>);

impl Live {
    pub fn new() -> (Self, Told) {
        let (queue, messages) = mpsc::unbounded_channel();
        (Self { queue }, Told(messages))
    }

    /// A call has come in.
    pub fn began(&self, call: LiveCall) {
        self.tell(Message::Began(call));
    }

    /// A call was picked up, whose beginning was told before.
    pub fn goes_on(&self, call: LiveCall) {
        self.tell(Message::GoesOn(call));
    }

    pub fn answered(&self, call: &CallId) {
        self.tell(Message::Answered(call.clone(), clock::now()));
    }

    /// An attended transfer has put another channel into the caller's place.
    pub fn replaced(&self, call: &CallId, channel: &str, name: &str) {
        let (channel, name) = (channel.to_owned(), name.to_owned());
        self.tell(Message::Replaced(call.clone(), channel, name));
    }

    pub fn connected(&self, call: &CallId, other: Other) {
        self.tell(Message::Connected(call.clone(), other));
    }

    pub fn parted(&self, call: &CallId, channel: &str) {
        self.tell(Message::Parted(call.clone(), channel.to_owned()));
    }

    pub fn parking(&self, call: &CallId, event: ParkEvent, slot: &str) {
        self.tell(Message::Parking(call.clone(), event, slot.to_owned()));
    }

    /// Only the first end of a call counts.
    pub fn ended(&self, call: &CallId, cause: Option<Cause>) {
        let at = clock::now();
        self.tell(Message::Ended(call.clone(), End { at, cause }));
    }

    /// Those of an account, the oldest first.
    pub async fn of_account(&self, account: &AccountId) -> Vec<LiveCall> {
        let (sender, answer) = oneshot::channel();
        self.tell(Message::List(sender));
        let mut calls = answer.await.unwrap_or_default();
        calls.retain(|call| call.account == *account);
        calls.sort_by(|a, b| (a.began, &a.id).cmp(&(b.began, &b.id)));
        calls
    }

    /// What webhooks of an account were last told, and how that went; the newest first.
    pub async fn attempts(&self, account: &AccountId) -> Vec<Attempt> {
        let (sender, answer) = oneshot::channel();
        self.tell(Message::Attempts(account.clone(), sender));
        answer.await.unwrap_or_default()
    }

    fn attempted(&self, account: &AccountId, attempt: Attempt) {
        self.tell(Message::Attempt(account.clone(), attempt));
    }

    fn tell(&self, message: Message) {
        // Only fails while the process ends.
        self.queue.send(message).ok();
    }
}

impl Told {
    /// Keeps the list.
    pub async fn run(mut self, services: Arc<Services>) {
        let mut calls: HashMap<CallId, LiveCall> = HashMap::new();
        let mut hooks = Hooks::new(services);
        let mut attempts = Attempts::default();
        while let Some(message) = self.0.recv().await {
            let (id, event) = match message {
                Message::Began(call) => {
                    let id = call.id.clone();
                    hooks.begin(&call);
                    calls.insert(id.clone(), call);
                    (id, Event::Create)
                }
                Message::GoesOn(call) => {
                    hooks.begin(&call);
                    calls.insert(call.id.clone(), call);
                    continue;
                }
                Message::Answered(id, at) => {
                    let call = calls.get_mut(&id).filter(|call| call.answered.is_none());
                    let Some(call) = call else { continue };
                    call.answered = Some(at);
                    (id, Event::Answer)
                }
                Message::Connected(id, other) => {
                    let call = calls.get_mut(&id);
                    // Asterisk tells an answer in two ways.
                    let is_new = |call: &&mut LiveCall| {
                        let known = call.other.as_ref();
                        known.is_none_or(|known| known.channel != other.channel)
                    };
                    let Some(call) = call.filter(is_new) else {
                        continue;
                    };
                    call.other = Some(other);
                    (id, Event::Bridge)
                }
                Message::Replaced(id, channel, name) => {
                    if let Some(call) = calls.get_mut(&id) {
                        call.channel = channel;
                        call.name = name;
                    }
                    continue;
                }
                Message::Parted(id, channel) => {
                    if let Some(call) = calls.get_mut(&id)
                        && call.other.as_ref().is_some_and(|o| o.channel == channel)
                    {
                        call.other = None;
                    }
                    continue;
                }
                Message::Parking(id, event, slot) => (id, Event::Parking(event, slot)),
                Message::Ended(id, end) => {
                    if let Some(call) = calls.remove(&id) {
                        hooks.tell(Event::Destroy(end), &call);
                    }
                    continue;
                }
                Message::Attempt(account, attempt) => {
                    attempts.add(account, attempt);
                    continue;
                }
                Message::Attempts(account, answer) => {
                    answer.send(attempts.of(&account)).ok();
                    continue;
                }
                Message::List(answer) => {
                    answer.send(calls.values().cloned().collect()).ok();
                    continue;
                }
            };
            if let Some(call) = calls.get(&id) {
                hooks.tell(event, call);
            }
        }
    }
}
