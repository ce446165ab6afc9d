//! The expected values: a calendar that is written out day by day, zones whose
//! clocks are changed by the rule in words, and rules that are decided by
//! walking from their first day and counting what goes by.
//!
//! It reads the JSON documents itself and shares nothing with what it judges:
//! neither the types nor the library for dates.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

const DAY: i64 = 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    /// From Monday.
    weekday: usize,
}

const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Every day from 1 January 1900, a Monday, to the end of 2100.
static CALENDAR: LazyLock<Vec<Day>> = LazyLock::new(|| {
    let mut days = Vec::new();
    for year in 1900..=2100 {
        let leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        let february = if leap { 29 } else { 28 };
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, length) in (1..).zip(lengths) {
            for day in 1..=length {
                let weekday = days.len() % 7;
                days.push(Day {
                    year,
                    month,
                    day,
                    weekday,
                });
            }
        }
    }
    days
});

/// The place of a date in the calendar.
pub(super) fn index(year: i64, month: i64, day: i64) -> usize {
    let index = CALENDAR.partition_point(|d| (d.year, d.month, d.day) < (year, month, day));
    let found = CALENDAR[index];
    assert_eq!((found.year, found.month, found.day), (year, month, day));
    index
}

pub(super) fn day(index: usize) -> Day {
    CALENDAR[index]
}

/// The days of the month of this day that have its weekday.
fn same_weekdays(of: Day) -> Vec<Day> {
    let first = index(of.year, of.month, 1);
    CALENDAR[first..]
        .iter()
        .take_while(|d| d.month == of.month)
        .filter(|d| d.weekday == of.weekday)
        .copied()
        .collect()
}

/// When clocks are changed, as laws have it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Law {
    Never,
    /// Everywhere at 01:00 UTC, on the last Sundays of March and October.
    Europe,
    /// At 02:00 by the clock, on the second Sunday of March and the first of November.
    America,
    /// At midnight standard time, on the same Sundays.
    Cuba,
    /// At 02:00 standard time, on the first Sundays of October and April.
    Australia,
    /// The same by half an hour, at 02:00 by the clock.
    LordHowe,
}

/// The summer of one year: two instants, and how far clocks are put forward.
#[derive(Debug, Clone, Copy)]
struct Saving {
    from: i64,
    to: i64,
    by: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Zone {
    pub(super) name: &'static str,
    /// Seconds east of Greenwich in winter.
    standard: i64,
    law: Law,
}

pub(super) const ZONES: [Zone; 12] = [
    Zone {
        name: "UTC",
        standard: 0,
        law: Law::Never,
    },
    Zone {
        name: "Europe/London",
        standard: 0,
        law: Law::Europe,
    },
    Zone {
        name: "Europe/Berlin",
        standard: 3600,
        law: Law::Europe,
    },
    Zone {
        name: "America/New_York",
        standard: -5 * 3600,
        law: Law::America,
    },
    Zone {
        name: "America/Los_Angeles",
        standard: -8 * 3600,
        law: Law::America,
    },
    Zone {
        name: "America/St_Johns",
        standard: -12_600,
        law: Law::America,
    },
    Zone {
        name: "America/Havana",
        standard: -5 * 3600,
        law: Law::Cuba,
    },
    Zone {
        name: "Australia/Sydney",
        standard: 10 * 3600,
        law: Law::Australia,
    },
    Zone {
        name: "Australia/Lord_Howe",
        standard: 37_800,
        law: Law::LordHowe,
    },
    Zone {
        name: "Asia/Kolkata",
        standard: 19_800,
        law: Law::Never,
    },
    Zone {
        name: "Asia/Kathmandu",
        standard: 20_700,
        law: Law::Never,
    },
    Zone {
        name: "Pacific/Kiritimati",
        standard: 14 * 3600,
        law: Law::Never,
    },
];

impl Zone {
    pub(super) fn named(name: &str) -> Self {
        *ZONES.iter().find(|zone| zone.name == name).unwrap()
    }

    /// How far the clock is put forward.
    fn saving(self, unix: i64) -> i64 {
        let year = day(split(unix + self.standard).0).year;
        let Some(Saving { from, to, by }) = self.saving_of(year) else {
            return 0;
        };
        let summer = if from < to {
            from <= unix && unix < to
        } else {
            unix >= from || unix < to
        };
        if summer { by } else { 0 }
    }

    fn saving_of(self, year: i64) -> Option<Saving> {
        thread_local! {
            static KNOWN: RefCell<HashMap<(&'static str, i64), Option<Saving>>> = RefCell::default();
        }
        let find = || self.find_saving(year);
        KNOWN.with_borrow_mut(|known| *known.entry((self.name, year)).or_insert_with(find))
    }

    fn find_saving(self, year: i64) -> Option<Saving> {
        // Sundays as Unix time of their midnight in standard time.
        let sunday = |month, nth: Option<usize>| {
            let first = index(year, month, 1);
            let sunday = (first..first + 7).find(|i| day(*i).weekday == 6).unwrap();
            let all = same_weekdays(day(sunday));
            let d = nth.map_or(all[all.len() - 1], |nth| all[nth - 1]);
            join(index(d.year, d.month, d.day), 0) - self.standard
        };
        let (from, to, by) = match self.law {
            Law::Never => return None,
            Law::Europe => (
                sunday(3, None) + self.standard + 3600,
                sunday(10, None) + self.standard + 3600,
                3600,
            ),
            Law::America => (
                sunday(3, Some(2)) + 2 * 3600,
                sunday(11, Some(1)) + 3600,
                3600,
            ),
            Law::Cuba => (sunday(3, Some(2)), sunday(11, Some(1)), 3600),
            Law::Australia => (
                sunday(10, Some(1)) + 2 * 3600,
                sunday(4, Some(1)) + 2 * 3600,
                3600,
            ),
            Law::LordHowe => (
                sunday(10, Some(1)) + 2 * 3600,
                sunday(4, Some(1)) + 3600 + 1800,
                1800,
            ),
        };
        Some(Saving { from, to, by })
    }

    /// The day, and the seconds on the clock.
    pub(super) fn local(self, unix: i64) -> (usize, i64) {
        split(unix + self.standard + self.saving(unix))
    }

    /// An instant at which the clock shows this; the earlier if it does twice, the
    /// one after as much time if it never does.
    pub(super) fn instant(self, day: usize, second: i64) -> i64 {
        let winter = join(day, second) - self.standard;
        let summer = winter - self.saving(winter - 3600).max(self.saving(winter));
        if self.local(summer) == (day, second) {
            summer
        } else {
            winter
        }
    }
}

/// 1 January 1970.
static EPOCH: LazyLock<i64> = LazyLock::new(|| i64::try_from(index(1970, 1, 1)).unwrap());

fn split(seconds: i64) -> (usize, i64) {
    let day = usize::try_from(*EPOCH + seconds.div_euclid(DAY)).unwrap();
    (day, seconds.rem_euclid(DAY))
}

fn join(day: usize, second: i64) -> i64 {
    (i64::try_from(day).unwrap() - *EPOCH) * DAY + second
}

/// Whether the rule holds; nothing when it makes no sense.
pub(super) fn holds(rule: &Value, zone: Zone, unix: i64) -> Option<bool> {
    if let Some(forced) = rule["enabled"].as_bool() {
        return Some(forced);
    }
    let wdays = words(rule);
    let by_weekday = ["monthly", "yearly"].contains(&rule["cycle"].as_str().unwrap())
        && rule["days"].as_array().is_none_or(Vec::is_empty);
    if by_weekday && wdays.len() != 1 {
        return None;
    }
    let start = rule["start_date"].as_i64().unwrap_or(62_586_115_200) - 62_167_219_200;
    let (start, _) = zone.local(start);
    let (today, now) = zone.local(unix);
    let from = rule["time_window_start"].as_i64().unwrap_or(0);
    let to = rule["time_window_stop"].as_i64().unwrap_or(DAY);
    // Up to the end of the day, or into the next one.
    let to = if to < from { to + DAY } else { to.min(DAY - 1) };
    let within = [(today, now), (today - 1, now + DAY)]
        .into_iter()
        .any(|(day, second)| from <= second && second <= to && happens(rule, start, day));
    Some(within)
}

fn words(rule: &Value) -> Vec<String> {
    let word = |word: &Value| word.as_str().unwrap().replace("wensday", "wednesday");
    rule["wdays"]
        .as_array()
        .into_iter()
        .flatten()
        .map(word)
        .collect()
}

/// Walks from the first day to the one in question.
fn happens(rule: &Value, start: usize, wanted: usize) -> bool {
    let interval = rule["interval"].as_i64().unwrap_or(1);
    let cycle = rule["cycle"].as_str().unwrap();
    // Cycles that are left until one takes part; that of the start does.
    let mut left = 0;
    for at in start..=wanted {
        let today = day(at);
        let begins = match cycle {
            "daily" => true,
            "weekly" => today.weekday == 0,
            "monthly" => today.day == 1,
            "yearly" => today.day == 1 && today.month == 1,
            _ => false,
        };
        if begins && at > start {
            left = if left == 0 { interval - 1 } else { left - 1 };
        }
        if at == wanted {
            return left == 0 && fits(rule, cycle, today, at == start);
        }
    }
    false
}

/// Whether a day of a cycle that takes part is one of the rule's.
fn fits(rule: &Value, cycle: &str, today: Day, is_start: bool) -> bool {
    let wdays = words(rule);
    let listed = wdays.iter().any(|word| word == WEEK[today.weekday]);
    match cycle {
        "date" => is_start,
        "daily" => true,
        "weekly" => wdays.is_empty() || listed,
        "monthly" => in_month(rule, today, listed),
        "yearly" => {
            today.month == rule["month"].as_i64().unwrap_or(1) && in_month(rule, today, listed)
        }
        other => unreachable!("{other}"),
    }
}

fn in_month(rule: &Value, today: Day, listed: bool) -> bool {
    if let Some(days) = rule["days"].as_array().filter(|days| !days.is_empty()) {
        return days.iter().any(|day| day.as_i64() == Some(today.day));
    }
    let all = same_weekdays(today);
    let chosen = match rule["ordinal"].as_str().unwrap_or("first") {
        "every" => return listed,
        "first" => all.first(),
        "second" => all.get(1),
        "third" => all.get(2),
        "fourth" => all.get(3),
        "fifth" => all.get(4),
        "last" => all.last(),
        other => unreachable!("{other}"),
    };
    listed && chosen == Some(&today)
}
