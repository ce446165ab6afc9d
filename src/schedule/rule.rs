//! The documents.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The start of rules that name none: 11 April 1983, 08:00 UTC.
pub const ALWAYS: i64 = 62_586_115_200;

/// A span of days and, on each, of seconds.
///
/// Fields that it does not know, as Kazoo's private ones, are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name", "cycle"]))]
pub struct Rule {
    /// What people call it.
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// What it recurs with; `date` happens once.
    pub cycle: Option<Cycle>,
    /// It happens in every n-th day, week, month or year, counted from that of
    /// `start_date`. Weeks begin on Monday.
    pub interval: NonZeroU32,
    /// Its first possible day, on which it can happen from midnight on: seconds
    /// since the year 0 (Unix time + 62167219200), of which the local date counts.
    pub start_date: i64,
    /// When it begins, in seconds after local midnight.
    #[schemars(range(max = 86_400))]
    pub time_window_start: u32,
    /// Its last second. Before `time_window_start` it is one of the next day.
    #[schemars(range(max = 86_400))]
    pub time_window_stop: u32,
    /// Days of the month, for `monthly` and `yearly`. They win over `ordinal`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(range(min = 1, max = 31)))]
    pub days: Vec<i8>,
    /// Days of the week: for `weekly`, where none are all of them, and the one
    /// that goes with `ordinal`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wdays: Vec<Weekday>,
    /// Which of these weekdays in its month, for `monthly` and `yearly`.
    pub ordinal: Ordinal,
    /// The month of `yearly`, from 1 to 12.
    #[schemars(range(min = 1, max = 12))]
    pub month: i8,
    /// `true`: it holds, whatever the time is; `false`: it never does. Without it
    /// the time decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Marks of the people who made it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: String::new(),
            cycle: None,
            interval: NonZeroU32::MIN,
            start_date: ALWAYS,
            time_window_start: 0,
            time_window_stop: 86_400,
            days: Vec::new(),
            wdays: Vec::new(),
            ordinal: Ordinal::default(),
            month: 1,
            enabled: None,
            flags: Vec::new(),
        }
    }
}

/// Several rules under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name", "temporal_rules"]))]
pub struct RuleSet {
    /// What people call it.
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// The ids of its rules. The first that holds decides.
    #[schemars(length(min = 1))]
    pub temporal_rules: Vec<String>,
    /// Marks of the people who made it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

/// What a rule recurs with.
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

/// Which of the same weekdays of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Ordinal {
    Every,
    #[default]
    First,
    Second,
    Third,
    Fourth,
    Fifth,
    Last,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    /// Wednesday, as Kazoo's first schemas spelled it.
    Wensday,
}

impl From<Weekday> for jiff::civil::Weekday {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday | Weekday::Wensday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

impl std::fmt::Display for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Date => "date",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        })
    }
}
