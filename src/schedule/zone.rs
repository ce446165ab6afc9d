//! Time zones by their names.

use jiff::tz::TimeZone;

/// A name that no time zone has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {0:?}; write a name such as `Europe/Berlin` or `America/New_York`")]
pub struct NoSuchZone(String);

/// The zone with this name in the tz database.
pub fn time_zone(name: &str) -> Result<TimeZone, NoSuchZone> {
    // Names come from documents, and the database is a folder of files.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/');
    let found = name.chars().all(plain).then(|| TimeZone::get(name).ok());
    found.flatten().ok_or_else(|| NoSuchZone(name.to_owned()))
}
