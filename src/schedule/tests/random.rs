//! Rules at random, at instants at random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::holds;
use super::oracle::ZONES;
use crate::schedule::{Rule, time_zone};

/// A field, which may be absent.
fn maybe(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 2 => value].boxed()
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(words)
}

const WEEK: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "wensday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Seconds of a day, often a whole hour.
fn seconds() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0i64..=86_400).boxed(),
        (0i64..=24).prop_map(|hour| hour * 3600).boxed()
    ]
    .prop_map(Value::from)
}

/// 2013 to 2025, in Gregorian seconds. The oracle knows one law for each zone, and
/// Cuba's was another in 2011 and 2012.
const STARTS: std::ops::Range<i64> = 63_525_000_000..63_900_000_000;

fn rule() -> impl Strategy<Value = Value> {
    let cycles = word(&["date", "daily", "weekly", "monthly", "yearly"]);
    let ordinals = word(&[
        "every", "first", "second", "third", "fourth", "fifth", "last",
    ]);
    let one = prop::collection::vec(word(WEEK), 1).boxed();
    let some = prop::collection::vec(word(WEEK), 0..4).boxed();
    (
        cycles,
        STARTS,
        maybe((1i64..5).prop_map(Value::from)),
        maybe(seconds()),
        maybe(seconds()),
        maybe(prop::collection::vec(1i64..=31, 0..6).prop_map(Value::from)),
        maybe(prop_oneof![2 => one, 1 => some].prop_map(Value::from)),
        maybe(ordinals.prop_map(Value::from)),
        maybe((1i64..=12).prop_map(Value::from)),
    )
        .prop_map(
            |(cycle, start, interval, from, to, days, wdays, ordinal, month)| {
                let fields = [
                    ("interval", interval),
                    ("time_window_start", from),
                    ("time_window_stop", to),
                    ("days", days),
                    ("wdays", wdays),
                    ("ordinal", ordinal),
                    ("month", month),
                ];
                let mut rule = Map::new();
                rule.extend(fields.map(|(key, value)| (key.to_owned(), value)));
                rule.retain(|_, value| !value.is_null());
                rule.insert("name".into(), json!("rule"));
                rule.insert("cycle".into(), json!(cycle));
                rule.insert("start_date".into(), json!(start));
                rule.into()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    /// From shortly before the start to years later.
    #[test]
    fn a_rule_holds_when_the_oracle_says_so(
        rule in rule(),
        zone in prop::sample::select(&ZONES[..]),
        days in prop_oneof![-2i64..3, -2i64..100, -2i64..2500],
        second in 0i64..86_400,
    ) {
        let start = rule["start_date"].as_i64().unwrap() - 62_167_219_200;
        holds(&rule, zone, start + days * 86_400 + second);
    }

    /// Whatever stands in a document, at any time there is.
    #[test]
    fn no_rule_is_too_much(
        mut rule in rule(),
        start in any::<i64>(),
        near in any::<bool>(),
        interval in 1..=u32::MAX,
        window in any::<[u32; 2]>(),
        days in any::<Vec<i8>>(),
        month in any::<i8>(),
        second in jiff::Timestamp::MIN.as_second()..=jiff::Timestamp::MAX.as_second(),
        zone in prop::sample::select(&ZONES[..]),
    ) {
        rule["start_date"] = if near { second + 62_167_219_200 } else { start }.into();
        rule["interval"] = interval.into();
        rule["time_window_start"] = window[0].into();
        rule["time_window_stop"] = window[1].into();
        rule["days"] = days.into();
        rule["month"] = month.into();
        let rule: Rule = serde_json::from_value(rule).unwrap();
        let at = jiff::Timestamp::from_second(second).unwrap();
        rule.holds(at, &time_zone(zone.name).unwrap()).ok();
    }
}
