//! What other tasks of pivot tell a call: another call, a conference, a queue.
//!
//! News travel through the router's one queue like events, so that whoever tells
//! something after an object changed hands is heard after it.

use serde::{Deserialize, Serialize};

use crate::id::CallId;

/// Told to a call by [`crate::ari::Router::tell_call`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// A leg of ours ran a document of its own, and that has ended. The leg is ours again.
    Screened(Screened),
    /// A conference that the call is in.
    Room(RoomNews),
    /// A queue that the call waits in, or the party at its other end.
    Queue(QueueNews),
}

/// How a leg's own document ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screened {
    pub channel: String,
    /// The leg is there and wants to be connected.
    pub accepted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomNews {
    /// Enough have come: whoever waits joins this bridge now.
    Started { bridge: String },
    /// It is over, for the reason in Twilio's words.
    Ended { reason: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueNews {
    /// An agent takes the caller who waits.
    Taken { by: CallId },
}
