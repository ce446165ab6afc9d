//! The worked examples of Kazoo's behaviour, with the answers written by hand.
//! Where Kazoo's differ, `Kazoo:` says so.

// Callflow check 92.

use serde_json::{Value, json};

use super::oracle::{self, Zone};
use super::{gregorian, holds};
use crate::schedule::{Broken, Rule, time_zone};

/// The days from the first of one month to the end of another on which the rule
/// holds at noon, as `2024-1: 5 8 | 2024-2: 1`.
fn days(rule: &Value, (from_year, from): (i64, i64), (to_year, to): (i64, i64)) -> String {
    let zone = Zone::named("America/Los_Angeles");
    let mut months: Vec<String> = Vec::new();
    let mut at = oracle::index(from_year, from, 1);
    let mut last = (0, 0);
    loop {
        let day = oracle::day(at);
        if (day.year, day.month) > (to_year, to) {
            return months.join(" | ");
        }
        if holds(rule, zone, zone.instant(at, 12 * 3600)).unwrap() {
            if last != (day.year, day.month) {
                months.push(format!("{}-{}:", day.year, day.month));
            }
            last = (day.year, day.month);
            months
                .last_mut()
                .unwrap()
                .push_str(&format!(" {}", day.day));
        }
        at += 1;
    }
}

/// A rule that starts on this day, and what else it has.
fn rule(cycle: &str, start: (i64, i64, i64), more: Value) -> Value {
    let mut rule =
        json!({"name": "rule", "cycle": cycle, "start_date": gregorian(start.0, start.1, start.2)});
    rule.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    rule
}

macro_rules! examples {
    ($($rule:expr, $from:expr, $to:expr => $days:expr;)*) => {
        $(assert_eq!(days(&$rule, $from, $to), $days, "{}", $rule);)*
    };
}

#[test]
fn days_and_weeks_recur_from_the_start_on() {
    let march = (2024, 3, 10);
    let wednesday = (2024, 1, 3);
    examples! {
        rule("daily", march, json!({})), (2024, 3), (2024, 3)
            => "2024-3: 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31";
        // Kazoo: not on the 10th.
        rule("daily", march, json!({"interval": 2})), (2024, 3), (2024, 3)
            => "2024-3: 10 12 14 16 18 20 22 24 26 28 30";
        // Kazoo: not on the 10th.
        rule("daily", march, json!({"interval": 3})), (2024, 3), (2024, 4)
            => "2024-3: 10 13 16 19 22 25 28 31 | 2024-4: 3 6 9 12 15 18 21 24 27 30";
        rule("weekly", wednesday, json!({"wdays": ["monday", "friday"]})), (2024, 1), (2024, 1)
            => "2024-1: 5 8 12 15 19 22 26 29";
        rule("weekly", wednesday, json!({"wdays": ["monday"], "interval": 2})), (2024, 1), (2024, 2)
            => "2024-1: 15 29 | 2024-2: 12 26";
        rule("weekly", wednesday, json!({"wdays": ["monday", "wensday", "friday"], "interval": 2})), (2024, 1), (2024, 2)
            => "2024-1: 3 5 15 17 19 29 31 | 2024-2: 2 12 14 16 26 28";
        // The year has a week 53.
        rule("weekly", (2020, 12, 14), json!({"wdays": ["monday"], "interval": 2})), (2020, 12), (2021, 1)
            => "2020-12: 14 28 | 2021-1: 11 25";
        rule("weekly", (2024, 1, 6), json!({"wdays": ["sunday"], "interval": 3})), (2024, 1), (2024, 3)
            => "2024-1: 7 28 | 2024-2: 18 | 2024-3: 10 31";
        rule("weekly", (2024, 2, 25), json!({})), (2024, 2), (2024, 3)
            => "2024-2: 25 26 27 28 29 | 2024-3: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31";
        rule("date", (2024, 12, 25), json!({})), (2024, 11), (2025, 12)
            => "2024-12: 25";
    }
}

#[test]
fn days_of_the_month_are_those_and_no_others() {
    let always = |days: Value| rule("monthly", (2023, 1, 1), json!({"days": days}));
    examples! {
        always(json!([1, 15])), (2024, 1), (2024, 3)
            => "2024-1: 1 15 | 2024-2: 1 15 | 2024-3: 1 15";
        // Kazoo: only the 15th.
        always(json!([15, 1])), (2024, 1), (2024, 3)
            => "2024-1: 1 15 | 2024-2: 1 15 | 2024-3: 1 15";
        // Kazoo: also 1 May, 1 July, 1 October, 1 December.
        always(json!([31])), (2024, 1), (2024, 12)
            => "2024-1: 31 | 2024-3: 31 | 2024-5: 31 | 2024-7: 31 | 2024-8: 31 | 2024-10: 31 | 2024-12: 31";
        // Kazoo: also 1 March and 1 May.
        always(json!([29, 30, 31])), (2023, 1), (2023, 5)
            => "2023-1: 29 30 31 | 2023-3: 29 30 31 | 2023-4: 29 30 | 2023-5: 29 30 31";
        rule("monthly", (2023, 1, 1), json!({"days": [10], "interval": 2})), (2023, 1), (2023, 6)
            => "2023-1: 10 | 2023-3: 10 | 2023-5: 10";
        // Days win over an ordinal.
        rule("monthly", (2023, 1, 1), json!({"days": [10], "ordinal": "first", "wdays": ["monday"]})), (2023, 1), (2023, 2)
            => "2023-1: 10 | 2023-2: 10";
    }
}

#[test]
fn ordinals_count_the_weekdays_of_a_month() {
    let nth = |ordinal: &str, day: &str| {
        rule(
            "monthly",
            (2024, 1, 1),
            json!({"ordinal": ordinal, "wdays": [day]}),
        )
    };
    examples! {
        nth("first", "monday"), (2024, 1), (2024, 3) => "2024-1: 1 | 2024-2: 5 | 2024-3: 4";
        nth("second", "tuesday"), (2024, 1), (2024, 3) => "2024-1: 9 | 2024-2: 13 | 2024-3: 12";
        nth("third", "wednesday"), (2024, 1), (2024, 3) => "2024-1: 17 | 2024-2: 21 | 2024-3: 20";
        nth("fourth", "thursday"), (2024, 1), (2024, 3) => "2024-1: 25 | 2024-2: 22 | 2024-3: 28";
        nth("last", "friday"), (2024, 1), (2024, 3) => "2024-1: 26 | 2024-2: 23 | 2024-3: 29";
        // Kazoo: also 1 February and the like, of months with four.
        nth("fifth", "thursday"), (2024, 1), (2024, 6) => "2024-2: 29 | 2024-5: 30";
        nth("fifth", "monday"), (2024, 1), (2024, 12)
            => "2024-1: 29 | 2024-4: 29 | 2024-7: 29 | 2024-9: 30 | 2024-12: 30";
        rule("monthly", (2024, 1, 1), json!({"ordinal": "every", "wdays": ["friday"], "interval": 2})), (2024, 1), (2024, 6)
            => "2024-1: 5 12 19 26 | 2024-3: 1 8 15 22 29 | 2024-5: 3 10 17 24 31";
        // Without an ordinal it is the first.
        rule("monthly", (2024, 1, 1), json!({"wdays": ["friday"]})), (2024, 1), (2024, 2)
            => "2024-1: 5 | 2024-2: 2";
    }
}

#[test]
fn years_recur_in_their_month() {
    let yearly = |more: Value| rule("yearly", (2010, 1, 1), more);
    examples! {
        yearly(json!({"month": 12, "days": [25]})), (2023, 1), (2024, 12) => "2023-12: 25 | 2024-12: 25";
        yearly(json!({"month": 12, "days": [24, 25, 26]})), (2024, 11), (2025, 1) => "2024-12: 24 25 26";
        // Kazoo: only the 26th.
        yearly(json!({"month": 12, "days": [26, 25, 24]})), (2024, 11), (2025, 1) => "2024-12: 24 25 26";
        yearly(json!({"month": 1, "days": [1]})), (2023, 12), (2024, 12) => "2024-1: 1";
        // Without a month it is January.
        yearly(json!({"days": [1]})), (2023, 12), (2024, 12) => "2024-1: 1";
        // Kazoo: also 1 March in other years.
        yearly(json!({"month": 2, "days": [29]})), (2023, 1), (2028, 12) => "2024-2: 29 | 2028-2: 29";
        yearly(json!({"month": 2, "days": [29]})), (2095, 1), (2100, 11) => "2096-2: 29";
        // Kazoo: 1 March in leap years.
        yearly(json!({"month": 2, "days": [30]})), (2023, 1), (2025, 12) => "";
        // Kazoo: 1 May.
        yearly(json!({"month": 4, "days": [31]})), (2023, 1), (2025, 12) => "";
        yearly(json!({"month": 7, "days": [4], "interval": 2})), (2010, 1), (2014, 12)
            => "2010-7: 4 | 2012-7: 4 | 2014-7: 4";
        rule("yearly", (2010, 9, 1), json!({"month": 7, "days": [4], "interval": 2})), (2010, 1), (2014, 12)
            => "2012-7: 4 | 2014-7: 4";
        yearly(json!({"month": 11, "ordinal": "fourth", "wdays": ["thursday"]})), (2023, 1), (2024, 12)
            => "2023-11: 23 | 2024-11: 28";
        yearly(json!({"month": 5, "ordinal": "last", "wdays": ["monday"]})), (2023, 1), (2024, 12)
            => "2023-5: 29 | 2024-5: 27";
        yearly(json!({"month": 1, "ordinal": "first", "wdays": ["monday"]})), (2023, 1), (2024, 12)
            => "2023-1: 2 | 2024-1: 1";
        // Kazoo: fails on the day after a 30th or 31st.
        yearly(json!({"month": 2, "ordinal": "every", "wdays": ["monday"]})), (2023, 1), (2025, 12)
            => "2023-2: 6 13 20 27 | 2024-2: 5 12 19 26 | 2025-2: 3 10 17 24";
        yearly(json!({"month": 2, "ordinal": "fifth", "wdays": ["saturday"]})), (2016, 1), (2024, 12)
            => "2020-2: 29";
    }
}

/// Whether it holds at this instant (UTC).
fn at(rule: &Value, zone: &str, instant: &str) -> bool {
    let instant: jiff::Timestamp = instant.parse().unwrap();
    holds(rule, Zone::named(zone), instant.as_second()).unwrap()
}

fn window(start: u32, stop: u32) -> Value {
    let window = json!({"time_window_start": start, "time_window_stop": stop});
    rule("daily", (2024, 1, 1), window)
}

#[test]
fn a_window_has_both_its_ends() {
    let office = window(9 * 3600, 17 * 3600);
    for (clock, expected) in [
        ("08:59:59", false),
        ("09:00:00", true),
        ("12:00:00", true),
        ("17:00:00", true),
        ("17:00:01", false),
    ] {
        let instant = format!("2024-06-05T{clock}Z");
        assert_eq!(at(&office, "UTC", &instant), expected, "{clock}");
    }
}

#[test]
fn the_last_second_is_a_whole_one() {
    let rule: Rule = serde_json::from_value(window(9 * 3600, 17 * 3600)).unwrap();
    let holds = |instant: &str| rule.holds(instant.parse().unwrap(), &time_zone("UTC").unwrap());
    assert_eq!(holds("2024-06-05T17:00:00.999Z"), Ok(true));
    assert_eq!(holds("2024-06-05T08:59:59.999Z"), Ok(false));
    // Before 1970 too.
    assert_eq!(holds("1969-06-05T12:00:00.5Z"), Ok(false));
}

/// Kazoo: never.
#[test]
fn a_window_that_stops_before_it_starts_goes_on_past_midnight() {
    let night =
        json!({"time_window_start": 79_200, "time_window_stop": 21_600, "wdays": ["friday"]});
    let night = rule("weekly", (2024, 1, 1), night);
    for (instant, expected) in [
        ("2024-06-06T23:00:00Z", false),
        ("2024-06-07T05:00:00Z", false),
        ("2024-06-07T21:59:59Z", false),
        ("2024-06-07T22:00:00Z", true),
        ("2024-06-08T00:00:00Z", true),
        ("2024-06-08T06:00:00Z", true),
        ("2024-06-08T06:00:01Z", false),
        ("2024-06-08T22:30:00Z", false),
    ] {
        assert_eq!(at(&night, "UTC", instant), expected, "{instant}");
    }
    // It begins on its first day, not in the night before.
    let first = window(79_200, 21_600);
    assert!(!at(&first, "UTC", "2024-01-01T05:00:00Z"));
    assert!(at(&first, "UTC", "2024-01-02T05:00:00Z"));
}

#[test]
fn a_date_is_one_day_from_midnight_to_midnight() {
    let christmas = rule("date", (2024, 12, 25), json!({}));
    for (instant, expected) in [
        ("2024-12-24T23:59:59Z", false),
        ("2024-12-25T00:00:00Z", true),
        ("2024-12-25T23:59:59Z", true),
        // Kazoo: true.
        ("2024-12-26T00:00:00Z", false),
    ] {
        assert_eq!(at(&christmas, "UTC", instant), expected, "{instant}");
    }
}

#[test]
fn windows_go_by_the_clock_on_the_wall() {
    let zone = "America/New_York";
    let skipped = window(2 * 3600, 3 * 3600 - 1);
    let minutes = |day: &str, rule: &Value| {
        let minute = |m: i64| format!("2024-{day}T{:02}:{:02}:00Z", m / 60, m % 60);
        (0..1440).filter(|m| at(rule, zone, &minute(*m))).count()
    };
    assert_eq!(minutes("03-09", &skipped), 60);
    assert_eq!(minutes("03-10", &skipped), 0);
    let repeated = window(3600, 2 * 3600 - 1);
    assert_eq!(minutes("11-02", &repeated), 60);
    assert_eq!(minutes("11-03", &repeated), 120);
    let office = window(9 * 3600, 17 * 3600);
    for (instant, expected) in [
        // The day on which clocks go forward.
        ("2024-03-10T12:59:59Z", false),
        ("2024-03-10T13:00:00Z", true),
        ("2024-03-10T21:00:00Z", true),
        ("2024-03-10T21:00:01Z", false),
        // And back.
        ("2024-11-03T13:59:59Z", false),
        ("2024-11-03T14:00:00Z", true),
        ("2024-11-03T22:00:00Z", true),
        ("2024-11-03T22:00:01Z", false),
    ] {
        assert_eq!(at(&office, zone, instant), expected, "{instant}");
    }
}

#[test]
fn days_begin_after_a_midnight_that_is_skipped() {
    // 00:00 to 00:59 do not exist on this Sunday in Havana.
    let sundays = rule("weekly", (2024, 1, 1), json!({"wdays": ["sunday"]}));
    let first_hour = window(0, 3599);
    for (instant, sunday, hour) in [
        ("2024-03-10T04:59:59Z", false, false),
        ("2024-03-10T05:00:00Z", true, false),
        ("2024-03-11T03:59:59Z", true, false),
        ("2024-03-11T04:00:00Z", false, true),
    ] {
        assert_eq!(at(&sundays, "America/Havana", instant), sunday, "{instant}");
        assert_eq!(
            at(&first_hour, "America/Havana", instant),
            hour,
            "{instant}"
        );
    }
}

#[test]
fn the_start_is_the_local_date_of_its_instant() {
    // Midnight in Greenwich is still the day before in America.
    let mut rule = rule("date", (2024, 12, 25), json!({}));
    rule["start_date"] = (gregorian(2024, 12, 25) - 12 * 3600).into();
    assert!(at(&rule, "UTC", "2024-12-25T12:00:00Z"));
    assert!(at(&rule, "America/Los_Angeles", "2024-12-24T20:00:00Z"));
    assert!(!at(&rule, "America/Los_Angeles", "2024-12-25T20:00:00Z"));
}

/// Kazoo: depends on the hour and the zone.
#[test]
fn a_rule_without_a_start_has_always_begun() {
    let rule = json!({"name": "always", "cycle": "daily"});
    for zone in oracle::ZONES {
        for hour in 0..24 {
            let instant = format!("2026-11-29T{hour:02}:30:00Z");
            assert!(at(&rule, zone.name, &instant), "{} {instant}", zone.name);
        }
    }
}

#[test]
fn enabled_decides_before_the_time_does() {
    let mut rule = window(0, 0);
    assert!(!at(&rule, "UTC", "2024-06-05T12:00:00Z"));
    rule["enabled"] = true.into();
    assert!(at(&rule, "UTC", "2024-06-05T12:00:00Z"));
    let mut rule = window(0, 86_400);
    rule["enabled"] = false.into();
    assert!(!at(&rule, "UTC", "2024-06-05T12:00:00Z"));
    rule["enabled"] = Value::Null;
    assert!(at(&rule, "UTC", "2024-06-05T12:00:00Z"));
}

/// Kazoo: no further rule of the node is looked at.
#[test]
fn rules_that_make_no_sense_say_why() {
    let broken = |cycle: &str, more: Value| -> Broken {
        let rule: Rule = serde_json::from_value(rule(cycle, (2024, 1, 1), more)).unwrap();
        let noon = "2024-06-05T12:00:00Z".parse().unwrap();
        rule.holds(noon, &time_zone("UTC").unwrap()).unwrap_err()
    };
    let two = json!({"ordinal": "first", "wdays": ["monday", "friday"]});
    for (found, expected) in [
        (
            broken("monthly", json!({})),
            "a monthly rule needs `days`, or a weekday in `wdays`",
        ),
        (
            broken("yearly", json!({"ordinal": "last"})),
            "a yearly rule needs `days`, or a weekday in `wdays`",
        ),
        (
            broken("monthly", two),
            "`wdays` has 2 weekdays; only one goes with `ordinal`",
        ),
        (
            broken("daily", json!({"start_date": 1_700_000_000_000_i64})),
            "`start_date` is 1700000000000, which is no time in seconds since the year 0",
        ),
    ] {
        assert_eq!(found.to_string(), expected);
    }
    let nothing: Rule = serde_json::from_value(json!({})).unwrap();
    let noon = "2024-06-05T12:00:00Z".parse().unwrap();
    assert_eq!(
        nothing.holds(noon, &time_zone("UTC").unwrap()),
        Err(Broken::NoCycle)
    );
    // What is forced needs no sense.
    let forced = rule("monthly", (2024, 1, 1), json!({"enabled": true}));
    assert!(at(&forced, "UTC", "2024-06-05T12:00:00Z"));
}
