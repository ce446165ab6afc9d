//! Whether a rule holds: its day, and its window within the day.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::days::{Broken, Days};
use super::rule::Rule;

impl Rule {
    /// Whether the rule holds at this instant on the clocks of this zone. Both
    /// ends of the window belong to it, to the whole second.
    pub fn holds(&self, at: Timestamp, zone: &TimeZone) -> Result<bool, Broken> {
        if let Some(forced) = self.enabled {
            return Ok(forced);
        }
        let days = Days::new(self, zone)?;
        let now = zone.to_datetime(at);
        let today = now.date();
        let (hour, minute, second) = (now.hour(), now.minute(), now.second());
        let second = i32::from(hour) * 3600 + i32::from(minute) * 60 + i32::from(second);
        let second = second.unsigned_abs();
        let begun = second >= self.time_window_start;
        let over = second > self.time_window_stop;
        if self.time_window_start <= self.time_window_stop {
            return Ok(begun && !over && days.has(today));
        }
        let yesterday = today.yesterday().ok();
        Ok(begun && days.has(today) || !over && yesterday.is_some_and(|day| days.has(day)))
    }
}
