//! Timestamps as Asterisk writes them.

use crate::clock::Time;

/// `2026-11-24T21:53:44.941+0000`: the offset has no colon.
pub(super) fn timestamp(time: Time) -> String {
    jiff::Timestamp::from_millisecond(time.0)
        .map(|t| t.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string())
        .unwrap_or_default()
}
