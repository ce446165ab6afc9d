//! On which days a rule happens.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::{Cycle, Ordinal, Rule};

/// The year 0 in Unix time, from which Kazoo counts its seconds.
const YEAR_ZERO: i64 = -62_167_219_200;

/// Why a rule can never be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("it has no `cycle`")]
    NoCycle,
    #[error("a {0} rule needs `days`, or a weekday in `wdays`")]
    NoDays(Cycle),
    #[error("`wdays` has {0} weekdays; only one goes with `ordinal`")]
    SeveralWeekdays(usize),
    #[error("`start_date` is {0}, which is no time in seconds since the year 0")]
    StartDate(i64),
}

/// The days of a rule in one time zone.
pub(super) struct Days<'r> {
    rule: &'r Rule,
    cycle: Cycle,
    /// The first on which it can happen.
    start: Date,
    within_month: WithinMonth<'r>,
}

/// What decides within a month that takes part.
enum WithinMonth<'r> {
    /// The cycle is shorter than a month, or happens once.
    Nothing,
    Days(&'r [i8]),
    Weekday(Ordinal, Weekday),
}

impl<'r> Days<'r> {
    pub(super) fn new(rule: &'r Rule, zone: &TimeZone) -> Result<Self, Broken> {
        let cycle = rule.cycle.ok_or(Broken::NoCycle)?;
        let unix = rule.start_date.saturating_add(YEAR_ZERO);
        let start = Timestamp::from_second(unix).map_err(|_| Broken::StartDate(rule.start_date))?;
        Ok(Self {
            rule,
            cycle,
            start: zone.to_datetime(start).date(),
            within_month: WithinMonth::of(rule, cycle)?,
        })
    }

    /// Whether the rule happens on this day.
    pub(super) fn has(&self, date: Date) -> bool {
        date >= self.start
            && match self.cycle {
                Cycle::Date => date == self.start,
                Cycle::Daily => self.takes_part(self.days_to(date)),
                Cycle::Weekly => self.takes_part(self.weeks_to(date)) && self.is_listed(date),
                Cycle::Monthly => {
                    self.takes_part(self.months_to(date)) && self.within_month.has(date)
                }
                Cycle::Yearly => {
                    date.month() == self.rule.month
                        && self.takes_part(self.years_to(date))
                        && self.within_month.has(date)
                }
            }
    }

    /// Whether the cycle with this number, 0 for that of the start, counts.
    fn takes_part(&self, number: i64) -> bool {
        number % i64::from(self.rule.interval.get()) == 0
    }

    fn days_to(&self, date: Date) -> i64 {
        date.duration_since(self.start).as_hours() / 24
    }

    fn weeks_to(&self, date: Date) -> i64 {
        let since_monday = i64::from(self.start.weekday().to_monday_zero_offset());
        (since_monday + self.days_to(date)) / 7
    }

    fn months_to(&self, date: Date) -> i64 {
        self.years_to(date) * 12 + i64::from(date.month() - self.start.month())
    }

    fn years_to(&self, date: Date) -> i64 {
        i64::from(date.year() - self.start.year())
    }

    fn is_listed(&self, date: Date) -> bool {
        let wdays = &self.rule.wdays;
        wdays.is_empty() || wdays.iter().any(|day| date.weekday() == (*day).into())
    }
}

impl<'r> WithinMonth<'r> {
    fn of(rule: &'r Rule, cycle: Cycle) -> Result<Self, Broken> {
        match cycle {
            Cycle::Date | Cycle::Daily | Cycle::Weekly => Ok(Self::Nothing),
            Cycle::Monthly | Cycle::Yearly if !rule.days.is_empty() => Ok(Self::Days(&rule.days)),
            Cycle::Monthly | Cycle::Yearly => match rule.wdays.as_slice() {
                [] => Err(Broken::NoDays(cycle)),
                [day] => Ok(Self::Weekday(rule.ordinal, (*day).into())),
                several => Err(Broken::SeveralWeekdays(several.len())),
            },
        }
    }

    fn has(&self, date: Date) -> bool {
        match self {
            Self::Nothing => true,
            Self::Days(days) => days.contains(&date.day()),
            Self::Weekday(ordinal, weekday) => date.weekday() == *weekday && is_nth(*ordinal, date),
        }
    }
}

/// Whether this is the first, second, … of its weekday in its month.
fn is_nth(ordinal: Ordinal, date: Date) -> bool {
    let nth = |n: i8| (date.day() - 1) / 7 + 1 == n;
    match ordinal {
        Ordinal::Every => true,
        Ordinal::First => nth(1),
        Ordinal::Second => nth(2),
        Ordinal::Third => nth(3),
        Ordinal::Fourth => nth(4),
        Ordinal::Fifth => nth(5),
        Ordinal::Last => date.day() + 7 > date.days_in_month(),
    }
}
