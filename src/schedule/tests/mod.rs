//! Rules at instants: worked examples, a table of some ten thousand rows, and
//! rules at random, each against the oracle.

mod documents;
mod examples;
mod oracle;
mod random;
mod table;

use jiff::Timestamp;
use serde_json::Value;

use super::*;
use oracle::Zone;

/// What is decided, once oracle and implementation agree; `None` = broken.
fn holds(document: &Value, zone: Zone, unix: i64) -> Option<bool> {
    let rule: Rule = serde_json::from_value(document.clone()).unwrap();
    let at = Timestamp::from_second(unix).unwrap();
    let tz = time_zone(zone.name).unwrap();
    let found = rule.holds(at, &tz).ok();
    let expected = oracle::holds(document, zone, unix);
    assert_eq!(
        found,
        expected,
        "{} in {}: {document}",
        tz.to_datetime(at),
        zone.name
    );
    found
}

/// Noon in Greenwich on this day, as `start_date` has it.
fn gregorian(year: i64, month: i64, day: i64) -> i64 {
    Zone::named("UTC").instant(oracle::index(year, month, day), 12 * 3600) + 62_167_219_200
}
