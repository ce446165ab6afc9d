//! Schedules: does a rule such as "Monday to Friday, nine to five" hold now?
//!
//! The documents are Kazoo's `temporal_rules` and `temporal_rules_sets`, and the
//! decision is a pure function of a rule, an instant and a time zone. A rule
//! speaks of the clock on the wall: office hours are office hours on the days
//! on which that clock is changed, an hour that is skipped never comes, and one
//! that is repeated comes twice.
//!
//! Where Kazoo's own arithmetic goes astray, this follows what its documentation
//! says:
//!
//! | rule | Kazoo | here |
//! |---|---|---|
//! | day 31 in a month of 30 days, 29 February | the day after | does not happen |
//! | `days` that are not sorted | some are missed | all count |
//! | `fifth` in a month that has four | the first of the next month | does not happen |
//! | `daily` with an `interval` over 1 | not on the start day | on the start day too |
//! | the default window of a `date` | also 00:00:00 of the next day | that day only |
//! | no `start_date` | the present, shifted by the zone | [`ALWAYS`] |
//! | window that stops before it starts | never | past midnight, as part of the day it starts on |
//! | a rule that makes no sense | no further rule is looked at | [`Broken`] |

mod days;
mod rule;
mod window;
mod zone;

pub use days::Broken;
pub use rule::{ALWAYS, Cycle, Ordinal, Rule, RuleSet, Weekday};
pub use zone::{NoSuchZone, time_zone};

#[cfg(test)]
mod tests;
