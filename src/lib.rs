//! Pivot for Asterisk: programmable call flows over ARI.
//!
//! A call enters `Stasis(pivot)`, a web server says over HTTP what to do with it,
//! and it is carried out. From the wire inwards:
//!
//! - [`ari`]: requests as data, the event socket, and the router that brings each
//!   event to the call that owns the object it speaks of
//! - [`calls`]: takes calls in, one task each, and clears up after one that failed
//! - [`call`]: a call as serialisable state, and the operations on it (`call::ops`)
//! - [`twiml`], [`callflow`]: the two languages, in terms of those operations;
//!   [`program`] is what they decide
//! - [`flow`]: which instructions, fetching them, the failure ladder, the end
//! - [`news`]: what other tasks tell a call; [`callbacks`]: what web servers are told beside it
//! - [`objects`]: the stored things that flows refer to by id; [`store`]: where they are kept
//! - [`web`], [`speech`], [`media`], [`recordings`]: what calls use; [`schedule`]: when rules hold
//! - [`api`], [`control`], [`cli`], [`doctor`]: how people and programs get in
//! - [`app`]: builds all of it from the [`config`]; [`simulate`]: a fake Asterisk
//!
//! What always holds:
//!
//! - A `Call` belongs to one task, and no lock is held across calls.
//! - Ids are ours and registered before the request that uses them is sent.
//! - A call's event is taken in one place (`call/mailbox.rs`) and is part of the
//!   state before anybody acts on it, so none is lost to whoever did not wait for it.
//! - An operation is written down before its request is sent, so that another
//!   task can go on with it (`call/journal.rs`).
//! - `Interrupt` is the only error of an operation: the call changed under it.
//! - What comes from a document never becomes a path, a header line or a part of
//!   an endpoint unchecked, and `web` is the only way out to URLs of documents.
//!
//! Deliberately absent: mocks of ARI (tests talk to a fake at the wire), a common
//! instruction set below the two languages, Asterisk's own media cache.

pub mod api;
pub mod app;
pub mod ari;
pub mod call;
pub mod callbacks;
pub mod callflow;
pub mod calls;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod doctor;
pub mod flow;
pub mod id;
pub mod import;
pub mod media;
pub mod news;
pub mod objects;
pub mod patterns;
pub mod program;
pub mod recordings;
pub mod report;
pub mod schedule;
pub mod simulate;
pub mod speech;
pub mod store;
pub mod telemetry;
pub mod trace;
pub mod twiml;
pub mod web;
