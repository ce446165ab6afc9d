//! The lab: everything that tests and demonstrates pivot from outside.
//!
//! - [`asterisk`]: a private Asterisk, started for one test and gone after it.
//! - [`phone`]: softphones that call it and are called by it, over SIP and RTP.
//! - [`ears`]: what a caller heard: length, silence, tones, words.
//! - [`webapp`]: a scripted web application that remembers each request.
//! - [`pivot`]: the `pivot` binary with a generated configuration.
//! - [`sample`]: the sample flows, one table for the demo and the tests.
//! - [`stage`]: an Asterisk, a web application and a pivot for one live test.
//!
//! The lab does not depend on the `pivot` library: it sees what a shop sees.

pub mod asterisk;
pub mod ears;
pub mod error;
pub mod house;
pub mod paths;
pub mod phone;
pub mod pivot;
pub mod ports;
pub mod sample;
pub mod stage;
pub mod webapp;

pub use asterisk::Asterisk;
pub use error::{LabError, Result};
pub use pivot::Pivot;
pub use webapp::WebApp;
