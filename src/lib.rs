//! Pivot for Asterisk: programmable call flows over ARI.

pub mod ari;
pub mod call;
pub mod callflow;
pub mod clock;
pub mod config;
pub mod flow;
pub mod id;
pub mod program;
pub mod report;
pub mod simulate;
pub mod twiml;
pub mod web;
