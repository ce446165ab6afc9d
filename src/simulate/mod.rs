//! A fake Asterisk that speaks ARI on real sockets, in virtual time.
//!
//! It is the other end of the wire for our tests and for `pivot simulate`:
//! REST and the event socket on a loopback port, with the status codes, event
//! kinds and orders of a real Asterisk, and a scripted world around it — people
//! who call in, press keys, talk and hang up, and endpoints that ring, answer or
//! refuse. One actor task owns that world (`world`); HTTP handlers, sockets and
//! scripts send it jobs. Everything that happens later is a tokio timer, so a
//! call of ten minutes takes milliseconds under `tokio::time::pause`, provided
//! that client and fake share one `current_thread` runtime and that nothing
//! outside it is awaited.
//!
//! The scenarios of `tests/it/scenarios` hold it to account: the same steps run
//! against real Asterisks, and any difference in statuses, event kinds or their
//! order is a failure.

mod apps;
mod audio;
mod bridges;
mod channels;
mod clock;
mod events;
mod faults;
mod hangup;
mod http;
mod legs;
mod log;
mod media;
mod options;
mod page;
mod playbacks;
mod queue;
mod recordings;
mod rest;
mod script;
mod snoop;
mod socket;
mod talk;
mod timers;
mod world;

pub use apps::Filter;
pub use faults::{Fault, Matching};
pub use log::{Entry, Heard, Leftovers, Request, Sound};
pub use options::{Dials, Options, Version};
pub use page::Page;
pub use script::{Behaviour, Caller, Context, Continued, Ended, FakeAsterisk, Outcome, Phone};

#[cfg(test)]
mod tests;
