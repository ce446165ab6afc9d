//! When something holds: days and hours.

pub use crate::schedule::Rule as TemporalRule;
