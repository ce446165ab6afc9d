//! Asterisk's wire, and nothing about our languages.
//!
//! ```text
//! Asterisk ──events──► socket ──frames──► router ──by object id──► mailbox of a call
//!     ▲                                     ▲ register(id), before the request is sent
//!     └──────requests──── Client ◄──────────┴─────────────────────── the call
//! ```
//!
//! The rules of the wire that shape this layer, and where each is honoured:
//!
//! * events do not wait for responses, so ids are ours and registered first
//!   ([`Objects::register`]);
//! * `answer`, `variable`, `addChannel` and `removeChannel` wait behind what the
//!   channel plays or records ([`Request::joins`]); they never travel through the
//!   event socket, where they would stop every other call, and a call settles
//!   its channel before it sends one (`call::Call::settle`);
//! * `StasisEnd` unsubscribes, so inbound channels are subscribed to explicitly
//!   ([`Request::subscribe`]);
//! * a request that timed out may have been carried out ([`AriError::Unknown`]
//!   is not [`AriError::NotSent`]);
//! * Asterisk pings nobody and replays nothing: the socket pings, and after a
//!   reconnect every call looks up what it missed ([`Delivery::Resync`]).

mod client;
mod error;
mod event;
mod model;
mod request;
mod router;
mod socket;

pub use client::{Client, Reply};
pub use error::AriError;
pub use event::Event;
pub use model::{BridgeList, Channel, Party};
pub use request::Request;
pub use router::{Arrival, Delivery, Objects, Router, Snapshot};
pub use socket::{Connection, SocketState, connect};
