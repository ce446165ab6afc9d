//! Conferences: rooms in which calls meet.
//!
//! A room is a task with a mailbox of its own, and so is the directory that knows
//! by name which are open. Calls send both messages and share nothing with them;
//! a room tells its participants things as [`crate::news`].
//!
//! ```text
//! call ──Enter(name)──► directory ──► room ──Entered──► call
//! call ◄──Started{bridge}, Ended, Muted, Held──────────room ──► its bridge: beep, recording
//! call ──Leave────────► directory ──► room                 └──► status callbacks
//! ```
//!
//! The room makes the bridge, plays into it and records it, but each call puts its
//! own channel in and takes it out, since that waits for what the channel plays.
//! The bridge's id begins with what is derived from the room's key and ends with
//! the ConferenceSid: whoever looks for a room finds it, and no id is used twice.

mod orders;
mod recording;
mod room;
mod state;
mod told;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use super::Services;
use crate::id::{self, AccountId, CallId, PREFIX};
use crate::trace::Trace;
use room::Room;
use types::Enter;
pub use types::{
    Beep, Coaching, Entered, Entrance, Hold, InRoom, Order, Refusal, Rules, Seen, Sounds, View,
};

/// Which room: names of different accounts are different rooms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    asterisk: String,
    account: String,
    name: String,
}

impl Key {
    /// What the id of its bridge begins with.
    fn bridge_prefix(&self) -> String {
        let key = format!("{}\0{}\0{}", self.asterisk, self.account, self.name);
        let digest = Sha256::digest(key.as_bytes());
        let hex: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        format!("{PREFIX}room-{hex}")
    }
}

/// The conference that an order was for is not running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such conference, or it has ended")]
pub struct NoSuchRoom;

/// The directory's end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Rooms {
    queue: mpsc::UnboundedSender<Message>,
}

enum Message {
    Enter(Box<Enter>),
    Leave {
        call: CallId,
        /// `CallStatus` of the participant as it leaves.
        status: String,
        done: oneshot::Sender<()>,
    },
    Order {
        room: String,
        order: Order,
        known: oneshot::Sender<()>,
    },
    Look {
        key: Key,
        answer: oneshot::Sender<View>,
    },
    /// A room takes no further participants.
    Closing(String),
    Closed(String),
}

/// What the directory reads.
pub struct Waiting(mpsc::UnboundedReceiver<Message>);

impl Rooms {
    /// The directory is there once `run` is; before, whoever asks waits.
    pub fn new() -> (Self, Waiting) {
        let (queue, messages) = mpsc::unbounded_channel();
        (Self { queue }, Waiting(messages))
    }

    /// Enters a room, or asks how it stands there (`again`, a ConferenceSid).
    pub(super) async fn enter(
        &self,
        (call, account): (CallId, AccountId),
        channel: String,
        again: Option<String>,
        entrance: Entrance,
        trace: Trace,
    ) -> Entered {
        let (answer, answered) = oneshot::channel();
        self.tell(Message::Enter(Box::new(Enter {
            call,
            account,
            channel,
            again,
            entrance,
            trace,
            answer,
        })));
        // A room that is gone has ended.
        answered.await.unwrap_or(Entered::Over)
    }

    /// Returns when the room knows; when this was the last participant, when
    /// nothing of it is in Asterisk any more.
    pub async fn leave(&self, call: &CallId, status: &str) {
        let (done, left) = oneshot::channel();
        self.tell(Message::Leave {
            call: call.clone(),
            status: status.to_owned(),
            done,
        });
        left.await.ok();
    }

    /// Has something done in a running conference, by its sid.
    pub async fn order(&self, room: &str, order: Order) -> Result<(), NoSuchRoom> {
        let (known, told) = oneshot::channel();
        self.tell(Message::Order {
            room: room.to_owned(),
            order,
            known,
        });
        told.await.map_err(|_| NoSuchRoom)
    }

    /// The conference of this name that goes on now; none when nobody is in it.
    pub async fn look(&self, asterisk: &str, account: &AccountId, name: &str) -> Option<View> {
        let (answer, view) = oneshot::channel();
        let key = Key {
            asterisk: asterisk.to_owned(),
            account: account.to_string(),
            name: name.to_owned(),
        };
        self.tell(Message::Look { key, answer });
        view.await.ok()
    }

    fn tell(&self, message: Message) {
        // Only fails while the process ends.
        self.queue.send(message).ok();
    }
}

struct Directory {
    services: Arc<Services>,
    rooms: Rooms,
    /// Those that can be entered.
    open: HashMap<Key, String>,
    running: HashMap<String, mpsc::UnboundedSender<room::Message>>,
    calls: HashMap<CallId, String>,
}

impl Waiting {
    /// Runs the directory.
    pub async fn run(mut self, services: Arc<Services>) {
        let mut directory = Directory {
            rooms: services.rooms.clone(),
            services,
            open: HashMap::new(),
            running: HashMap::new(),
            calls: HashMap::new(),
        };
        while let Some(message) = self.0.recv().await {
            directory.handle(message);
        }
    }
}

impl Directory {
    fn handle(&mut self, message: Message) {
        match message {
            Message::Enter(enter) => self.enter(enter),
            Message::Leave { call, status, done } => {
                if let Some(room) = self.calls.remove(&call) {
                    self.forward(&room, room::Message::Leave { call, status, done });
                }
            }
            Message::Order { room, order, known } => {
                self.forward(&room, room::Message::Order { order, known });
            }
            Message::Look { key, answer } => {
                if let Some(room) = self.open.get(&key) {
                    self.forward(room, room::Message::Look(answer));
                }
            }
            Message::Closing(room) => self.open.retain(|_, open| *open != room),
            Message::Closed(room) => {
                self.open.retain(|_, open| *open != room);
                self.running.remove(&room);
            }
        }
    }

    fn enter(&mut self, enter: Box<Enter>) {
        let room = match &enter.again {
            Some(room) => room.clone(),
            None => {
                let key = Key {
                    asterisk: self.services.config.ari.name.clone(),
                    account: enter.account.to_string(),
                    name: enter.entrance.name.clone(),
                };
                match self.open.get(&key) {
                    Some(room) => room.clone(),
                    None => self.open(key),
                }
            }
        };
        self.calls.insert(enter.call.clone(), room.clone());
        self.forward(&room, room::Message::Enter(enter));
    }

    fn open(&mut self, key: Key) -> String {
        let sid = id::sid("CF");
        let (messages, mailbox) = mpsc::unbounded_channel();
        let bridge = format!("{}-{}", key.bridge_prefix(), &sid[2..]);
        let room = Room::new(
            &sid,
            &key.name,
            &bridge,
            self.services.clone(),
            self.rooms.clone(),
        );
        let (rooms, ari, ended) = (self.rooms.clone(), self.services.ari.clone(), sid.clone());
        let running = self.services.background.spawn(room.run(mailbox));
        self.services.background.spawn(async move {
            // A room that failed leaves nothing behind; its participants find out
            // when their channels leave the bridge.
            if running.await.is_err_and(|error| error.is_panic()) {
                tracing::error!(conference = %ended, "this conference's task failed. This is a bug in pivot.");
                ari.send(crate::ari::Request::destroy_bridge(&bridge)).await.ok();
            }
            rooms.tell(Message::Closed(ended));
        });
        self.running.insert(sid.clone(), messages);
        self.open.insert(key, sid.clone());
        sid
    }

    /// Whoever waits for an answer of a room that is gone gets none.
    fn forward(&self, room: &str, message: room::Message) {
        if let Some(messages) = self.running.get(room) {
            messages.send(message).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn rooms_of_the_same_name_differ_by_account_and_asterisk() {
        let key = |asterisk: &str, account: &str, name: &str| Key {
            asterisk: asterisk.into(),
            account: account.into(),
            name: name.into(),
        };
        let room = key("a1", "AC1", "Support").bridge_prefix();
        assert_eq!(room, key("a1", "AC1", "Support").bridge_prefix());
        assert!(room.starts_with("pv-room-"), "{room}");
        for other in [
            key("a2", "AC1", "Support"),
            key("a1", "AC2", "Support"),
            key("a1", "AC1", "support"),
        ] {
            assert_ne!(room, other.bridge_prefix());
        }
    }
}
