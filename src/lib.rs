//! Pivot for Asterisk: programmable call flows over ARI.

pub mod api;
pub mod app;
pub mod ari;
pub mod call;
pub mod callflow;
pub mod calls;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod doctor;
pub mod flow;
pub mod id;
pub mod media;
pub mod patterns;
pub mod program;
pub mod recordings;
pub mod report;
pub mod simulate;
pub mod speech;
pub mod telemetry;
pub mod trace;
pub mod twiml;
pub mod web;
