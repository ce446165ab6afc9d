//! Callflow JSON: a tree of modules, each of which decides which of its
//! children comes next.

mod admission;
mod agents;
mod announce;
mod caller;
mod caller_id;
mod check;
mod conform;
mod endpoint;
mod feature;
mod fields;
mod hold;
pub(crate) mod json;
mod library;
mod listen;
mod members;
mod merged;
mod modules;
mod node;
mod numbers;
mod own;
mod phones;
mod pickup;
mod prompts;
mod read;
mod recorder;
mod ring;
mod rules;
mod shape;
mod sounds;
mod stored;
pub mod table;
mod told;
mod tones;
mod trunks;
mod variables;
mod walk;

pub use admission::admit;
pub use check::check;
pub use json::{Malformed, STACK, parse_json};
pub use modules::{names, run, schema};
pub use node::{DEFAULT_CHILD, Node};
pub use read::{read, read_stored};
pub use stored::{after_preflow, flow as stored_flow};
pub use walk::{Step, Walk};
