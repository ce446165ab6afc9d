//! Pivot for Asterisk: programmable call flows over ARI.

pub mod ari;
pub mod call;
pub mod callflow;
pub mod cli;
pub mod clock;
pub mod config;
pub mod flow;
pub mod id;
pub mod media;
pub mod patterns;
pub mod program;
pub mod recordings;
pub mod report;
pub mod simulate;
pub mod speech;
pub mod trace;
pub mod twiml;
pub mod web;
