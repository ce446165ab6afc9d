//! Rules under one name.

pub use crate::schedule::RuleSet as TemporalRuleSet;
