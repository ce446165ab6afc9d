//! When something holds: days and hours.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule, as Kazoo's documents have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name", "cycle"]))]
pub struct TemporalRule {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// `date`, `daily`, `weekly`, `monthly` or `yearly`.
    pub cycle: Option<Cycle>,
    /// Every so-manieth day, week, month or year.
    #[schemars(range(min = 1))]
    pub interval: u32,
    /// Gregorian seconds; the first day on which it can hold.
    pub start_date: Option<i64>,
    /// Seconds after local midnight, inclusive; 0 when absent.
    #[schemars(range(min = 0, max = 86_400))]
    pub time_window_start: Option<i64>,
    /// Inclusive; 86400 when absent. Before the start: it ends on the next day.
    #[schemars(range(min = 0, max = 86_400))]
    pub time_window_stop: Option<i64>,
    #[schemars(inner(range(min = 1, max = 31)))]
    pub days: Vec<u32>,
    /// `monday` to `sunday`.
    pub wdays: Vec<Weekday>,
    pub ordinal: Option<Ordinal>,
    #[schemars(range(min = 1, max = 12))]
    pub month: Option<u32>,
    /// `true` = always, `false` = never, absent = by its days and hours.
    pub enabled: Option<bool>,
    pub flags: Vec<String>,
}

impl Default for TemporalRule {
    fn default() -> Self {
        Self {
            name: String::new(),
            cycle: None,
            interval: 1,
            start_date: None,
            time_window_start: None,
            time_window_stop: None,
            days: Vec::new(),
            wdays: Vec::new(),
            ordinal: None,
            month: None,
            enabled: None,
            flags: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Cycle {
    Date,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Weekday {
    Monday,
    Tuesday,
    #[serde(alias = "wensday")]
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Ordinal {
    Every,
    First,
    Second,
    Third,
    Fourth,
    Fifth,
    Last,
}
