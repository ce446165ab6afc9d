//! What other tasks of pivot tell a call: another call, a conference, a queue.
//!
//! News travel through the router's one queue like events, so that whoever tells
//! something after an object changed hands is heard after it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Leg;
use crate::call::rooms::Hold;
use crate::clock::Time;
use crate::id::CallId;
use crate::program::Request;

/// Told to a call by [`crate::ari::Router::tell_call`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// A leg of ours ran a document of its own, and that has ended. The leg is ours again.
    Screened(Screened),
    /// A conference that the call is in.
    Room(RoomNews),
    /// A queue that the call waits in, or the party at its other end.
    Queue(QueueNews),
    /// A leg goes from one call to another.
    Leg(LegNews),
    /// Somebody outside sends the call elsewhere.
    Sent(Destination),
}

impl News {
    /// The leg that another call gives away.
    pub fn given_leg(&self) -> Option<&Leg> {
        match self {
            Self::Leg(LegNews::Given(leg)) => Some(leg),
            _ => None,
        }
    }
}

/// A conversation is taken over at another phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LegNews {
    /// To the call that talks: this one wants its leg.
    Wanted { by: CallId },
    /// To the call that wants it: here it is. Its events come there already.
    Given(Box<Leg>),
    /// It has none.
    Refused,
}

/// Where a call is sent. Whatever it is in the middle of is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Destination {
    /// The stored callflow that takes this number.
    Number(String),
    /// A stored callflow, by its id.
    Callflow(String),
    /// A node with its children.
    Flow(Value),
}

/// How a leg's own document ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screened {
    pub channel: String,
    /// The leg is there and wants to be connected; else it is hung up.
    pub accepted: bool,
    /// The document could not be fetched or run.
    pub failed: bool,
}

/// What a conference tells one of its participants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomNews {
    /// The ConferenceSid.
    pub room: String,
    pub told: RoomTold,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomTold {
    /// It has begun: whoever waits joins this bridge now.
    Started { bridge: String },
    /// It is over for this participant, for the reason in Twilio's words.
    Ended { reason: String },
    /// Hears and is not heard from now on, or is heard again.
    Muted(bool),
    /// Hears nothing of the others from now on, or hears them again.
    Deafened(bool),
    /// Hears this alone, or is back.
    Held(Option<Hold>),
}

/// Each is about one stay of a caller in a queue; what comes late, about a stay
/// that is over, is told by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueNews {
    /// To the caller who waits: an agent takes the call.
    Taken { stay: u64, taken: Taken },
    /// To the caller who waits: go on with the answer to this request instead.
    Redirected { stay: u64, request: Request },
    /// To the agent who waits: this caller is next.
    Offered(Offer),
    /// To the agent: the caller has heard the greeting and can be connected.
    Ready { stay: u64 },
    /// To the caller: the agent is in this bridge.
    Join { stay: u64, bridge: String },
    /// To the agent: the caller is in the bridge too.
    Joined { stay: u64 },
    /// To either: the other one is gone.
    Ended { stay: u64 },
}

impl QueueNews {
    pub fn stay(&self) -> u64 {
        match self {
            Self::Offered(offer) => offer.stay,
            Self::Taken { stay, .. }
            | Self::Redirected { stay, .. }
            | Self::Ready { stay }
            | Self::Join { stay, .. }
            | Self::Joined { stay }
            | Self::Ended { stay } => *stay,
        }
    }
}

/// By whom a caller is taken out of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub by: CallId,
    /// The document that the caller hears first.
    pub greeting: Option<Request>,
    pub at: Time,
}

/// A caller who has been taken out of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub stay: u64,
    pub caller: CallId,
    /// The queue's sid.
    pub queue: String,
    /// Since when the caller has waited, and until when.
    pub since: Time,
    pub at: Time,
}
