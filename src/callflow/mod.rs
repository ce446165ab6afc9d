//! Callflow JSON: a tree of modules, each of which decides which of its
//! children comes next.

mod caller;
mod conform;
mod fields;
mod json;
mod library;
mod listen;
mod modules;
mod node;
mod prompts;
mod read;
mod recorder;
mod ring;
mod shape;
mod sounds;
mod stored;
mod tones;
mod walk;

pub use modules::{names, run, schema};
pub use node::{DEFAULT_CHILD, Node};
pub use read::{read, read_stored};
pub use stored::{after_preflow, flow as stored_flow};
pub use walk::{Step, Walk};
