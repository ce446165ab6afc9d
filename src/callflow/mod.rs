//! Callflow JSON: a tree of modules, each of which decides which of its
//! children comes next.

mod conform;
#[expect(dead_code, reason = "what the modules read is used when they run")]
mod fields;
mod json;
#[expect(dead_code, reason = "what the modules read is used when they run")]
mod modules;
mod node;
mod prompts;
mod read;
mod shape;
mod sounds;
mod tones;
mod walk;

pub use modules::{names, schema};
pub use node::{DEFAULT_CHILD, Node};
pub use read::read;
pub use walk::{Step, Walk};
