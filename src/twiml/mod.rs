//! TwiML: the list.
//!
//! `document` reads bytes to verbs by way of `encoding` and `element`; each verb
//! is a file of `verbs`, which reads its attributes with `attr`. `run` carries a
//! document out. `later` lists what Twilio has and pivot does not do yet; `table` tells what
//! there is, for docs/twiml.md.

pub mod attr;
mod document;
pub mod element;
mod encoding;
pub mod error;
mod later;
pub mod nouns;
mod parameter;
mod print;
mod ring_tones;
mod run;
pub mod table;
pub mod verbs;

pub use document::{Document, Options};
pub use encoding::decode;
pub use run::run;
pub use verbs::AnyVerb;
