//! What can be done to a call: one file an operation, none of which knows a
//! language. Each takes plain data, and answers with what happened.

mod types;

pub use types::*;
