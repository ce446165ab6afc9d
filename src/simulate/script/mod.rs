//! The scripted world: people who call, endpoints that are called.

mod callee;
mod caller;
mod fake;
mod party;
mod phone;

pub use callee::{Behaviour, Outcome};
pub use caller::Caller;
pub use fake::FakeAsterisk;
pub use party::{Context, Continued, Ended};
pub use phone::Phone;

pub(super) use callee::Callee;
pub(super) use party::Party;
