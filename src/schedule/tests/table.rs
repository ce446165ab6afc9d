//! Many rules on many days: month ends, leap years, fifth and last weekdays, and
//! the hours around the changes of clocks.

use serde_json::{Value, json};

use super::oracle::{self, ZONES};
use super::{gregorian, holds};

/// The rules, each with a start of its own.
fn rules() -> Vec<Value> {
    let mut rules = Vec::new();
    let mut add = |cycle: &str, start: (i64, i64, i64), more: Value| {
        let start = gregorian(start.0, start.1, start.2);
        let mut rule = json!({"name": "rule", "cycle": cycle, "start_date": start});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        rules.push(rule);
    };
    let office = json!({"time_window_start": 32_400, "time_window_stop": 61_200});
    let night = json!({"time_window_start": 79_200, "time_window_stop": 21_600});
    add("date", (2024, 2, 29), json!({}));
    add("date", (2024, 12, 31), night.clone());
    add("daily", (2023, 12, 30), office.clone());
    add("daily", (2024, 2, 27), json!({"interval": 2}));
    add(
        "daily",
        (2024, 3, 1),
        json!({"interval": 7, "time_window_stop": 0}),
    );
    add("daily", (2023, 6, 15), json!({"interval": 365}));
    add("daily", (2024, 3, 9), night.clone());
    add(
        "weekly",
        (2024, 1, 3),
        json!({"wdays": ["monday", "tuesday", "wednesday", "thursday", "friday"], "time_window_start": 32_400, "time_window_stop": 61_200}),
    );
    add(
        "weekly",
        (2024, 1, 7),
        json!({"wdays": ["sunday"], "interval": 2}),
    );
    add(
        "weekly",
        (2024, 1, 6),
        json!({"wdays": ["saturday", "monday"], "interval": 3}),
    );
    add(
        "weekly",
        (2020, 12, 20),
        json!({"wdays": ["wensday"], "interval": 4}),
    );
    add("weekly", (2024, 2, 29), json!({"interval": 2}));
    add(
        "weekly",
        (2024, 10, 28),
        json!({"wdays": ["friday", "saturday"], "time_window_start": 72_000, "time_window_stop": 10_800}),
    );
    for days in [
        json!([1]),
        json!([31]),
        json!([30]),
        json!([29]),
        json!([15, 1]),
        json!([31, 29, 30, 2]),
    ] {
        add("monthly", (2023, 1, 31), json!({"days": days}));
    }
    add(
        "monthly",
        (2023, 11, 30),
        json!({"days": [30], "interval": 3}),
    );
    add(
        "monthly",
        (2024, 1, 15),
        json!({"days": [10, 20], "interval": 13}),
    );
    add(
        "monthly",
        (2024, 1, 31),
        json!({"days": [31], "time_window_start": 82_800, "time_window_stop": 3600}),
    );
    for (ordinal, day) in [
        "every", "first", "second", "third", "fourth", "fifth", "last",
    ]
    .into_iter()
    .zip([
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ]) {
        add(
            "monthly",
            (2023, 12, 1),
            json!({"ordinal": ordinal, "wdays": [day]}),
        );
        add(
            "monthly",
            (2024, 1, 31),
            json!({"ordinal": ordinal, "wdays": ["thursday"], "interval": 2}),
        );
    }
    add("yearly", (2023, 2, 1), json!({"month": 2, "days": [29]}));
    add(
        "yearly",
        (2023, 2, 1),
        json!({"month": 2, "days": [30, 28]}),
    );
    add(
        "yearly",
        (2022, 12, 26),
        json!({"month": 12, "days": [26, 24, 25]}),
    );
    add("yearly", (2023, 9, 1), json!({"days": [1], "interval": 2}));
    add(
        "yearly",
        (2023, 1, 1),
        json!({"month": 11, "ordinal": "fourth", "wdays": ["thursday"]}),
    );
    add(
        "yearly",
        (2023, 1, 1),
        json!({"month": 5, "ordinal": "last", "wdays": ["monday"]}),
    );
    add(
        "yearly",
        (2023, 1, 1),
        json!({"month": 2, "ordinal": "fifth", "wdays": ["thursday"]}),
    );
    add(
        "yearly",
        (2023, 1, 1),
        json!({"month": 3, "ordinal": "every", "wdays": ["sunday"], "time_window_start": 3600, "time_window_stop": 10_800}),
    );
    add(
        "yearly",
        (2021, 1, 1),
        json!({"month": 10, "ordinal": "last", "wdays": ["sunday"], "interval": 3}),
    );
    rules
}

/// Seconds of the day at which something may change.
fn edges(rule: &Value) -> Vec<i64> {
    let mut edges = vec![0, 43_200, 86_399];
    for key in ["time_window_start", "time_window_stop"] {
        let edge = rule[key].as_i64().unwrap_or(0);
        edges.extend([edge - 1, edge, edge + 1]);
    }
    edges.retain(|second| (0..86_400).contains(second));
    edges.sort_unstable();
    edges.dedup();
    edges
}

#[test]
fn every_row_is_as_the_oracle_has_it() {
    let (mut yes, mut no) = (0, 0);
    for (number, rule) in rules().iter().enumerate() {
        let edges = edges(rule);
        let (first, last) = (oracle::index(2023, 12, 1), oracle::index(2025, 1, 10));
        let zone = ZONES[number % ZONES.len()];
        let mut held = 0;
        for day in first..last {
            for second in &edges {
                match holds(rule, zone, zone.instant(day, *second)) {
                    Some(true) => held += 1,
                    Some(false) => no += 1,
                    None => panic!("{rule}"),
                }
            }
        }
        // Within 13 months each of them happens.
        assert!(held > 0, "{rule}");
        yes += held;
    }
    assert!(yes >= 700 && no >= 700, "{yes} {no}");
}

/// Every ten minutes of the days on which clocks are changed, and beside them.
#[test]
fn changes_of_clocks_are_as_the_oracle_has_them() {
    let mut rules = vec![json!({"name": "sunday", "cycle": "weekly", "wdays": ["sunday"]})];
    for (from, to) in [
        (0, 3599),
        (3600, 7199),
        (7200, 10_799),
        (5400, 9000),
        (84_600, 5400),
        (79_200, 9000),
    ] {
        let rule = json!({"name": "night", "cycle": "daily", "time_window_start": from, "time_window_stop": to});
        rules.push(rule);
    }
    let mut rows = 0;
    for (month, day) in [(3, 10), (3, 31), (4, 7), (10, 6), (10, 27), (11, 3)] {
        let day = oracle::index(2024, month, day);
        for zone in ZONES {
            let begin = zone.instant(day, 0) - 7200;
            for rule in &rules {
                for step in 0..48 {
                    holds(rule, zone, begin + step * 600);
                    rows += 1;
                }
            }
        }
    }
    assert!(rows > 700);
}

#[test]
fn rules_without_sense_are_so_for_the_oracle_too() {
    let zone = oracle::Zone::named("Europe/Berlin");
    let noon = zone.instant(oracle::index(2024, 6, 5), 43_200);
    for (cycle, wdays) in [
        ("monthly", json!([])),
        ("yearly", json!(["monday", "friday"])),
    ] {
        let rule = json!({"name": "rule", "cycle": cycle, "wdays": wdays});
        assert_eq!(holds(&rule, zone, noon), None);
    }
}
