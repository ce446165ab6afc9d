//! One call: a task that owns its legs, keys, recordings and timers, and the
//! operations that can be done to it.

mod cause;
pub mod ops;

pub use cause::Cause;
