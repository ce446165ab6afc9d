//! Running programs: where a call's instructions come from, how they are
//! fetched, and what happens when they end.
//!
//! ```text
//! route ──► fetch ──► Program ──► run (twiml or callflow) ──► Flow ──┐
//!              ▲                                                     │
//!              └────────── Fetch / Pivot, or the failure ladder ◄────┘──► finish
//! ```

mod aside;
mod begin;
mod classify;
mod debug;
mod fetch;
mod finish;
mod ladder;
pub mod leg;
pub mod originated;
mod params;
mod route;
mod run;
mod sent;
mod session;
pub mod signature;
mod take_up;

pub use finish::{Outcome, Status, finish, hand_back};
pub use route::{Plan, RouteError, Source, plan};
pub use run::{resume, run};
pub use session::Session;
