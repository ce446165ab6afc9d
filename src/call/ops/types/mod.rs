//! What operations are told and what they return, in no language's terms.

mod dialling;
mod recording;
mod sound;

use serde::{Deserialize, Serialize};

pub use dialling::*;
pub use recording::*;
pub use sound::*;

/// A request that is made when the caller hangs up during a verb. The caller's
/// status and the result known so far are added when it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub request: crate::program::Request,
    /// What the request reports on.
    pub about: OwedAbout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwedAbout {
    Record,
    Dial,
    /// The caller's stay in a queue.
    Enqueue,
    /// A Dial that takes somebody from a queue.
    Dequeue,
    /// A REFER to the caller's phone.
    Refer,
    /// A Dial with a conference, which was answered by definition.
    Conference,
}
