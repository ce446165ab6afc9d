//! How documents are read, and what their schema says.

use serde_json::{Value, json};

use crate::schedule::{Cycle, Ordinal, Rule, RuleSet, Weekday, time_zone};

#[test]
fn what_a_rule_leaves_out_has_its_default() {
    let rule: Rule = serde_json::from_value(json!({"name": "n", "cycle": "yearly"})).unwrap();
    assert_eq!(
        (
            rule.interval.get(),
            rule.start_date,
            rule.month,
            rule.ordinal
        ),
        (1, 62_586_115_200, 1, Ordinal::First)
    );
    assert_eq!((rule.time_window_start, rule.time_window_stop), (0, 86_400));
    assert_eq!(
        (rule.days, rule.wdays, rule.enabled),
        (vec![], vec![], None)
    );
}

#[test]
fn every_field_of_a_rule_is_read_and_written() {
    let document = json!({
        "name": "n", "cycle": "monthly", "interval": 2, "start_date": 63_870_000_000_i64,
        "time_window_start": 1, "time_window_stop": 2, "days": [1, 31], "wdays": ["wensday"],
        "ordinal": "last", "month": 12, "enabled": false, "flags": ["f"]
    });
    let rule: Rule = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(
        (rule.cycle, rule.wdays[0]),
        (Some(Cycle::Monthly), Weekday::Wensday)
    );
    assert_eq!(serde_json::to_value(&rule).unwrap(), document);
    let set = json!({"name": "s", "temporal_rules": ["a", "b"], "pvt_type": "temporal_rule_set"});
    let set: RuleSet = serde_json::from_value(set).unwrap();
    assert_eq!(set.temporal_rules, ["a", "b"]);
}

#[test]
fn what_is_no_rule_is_not_read() {
    for document in [
        json!({"name": "n", "cycle": "hourly"}),
        json!({"name": "n", "cycle": ""}),
        json!({"name": "n", "cycle": "daily", "interval": 0}),
        json!({"name": "n", "cycle": "weekly", "wdays": ["mon"]}),
    ] {
        assert!(
            serde_json::from_value::<Rule>(document.clone()).is_err(),
            "{document}"
        );
    }
}

#[test]
fn the_schema_has_kazoos_ranges() {
    let schema = Value::from(schemars::schema_for!(Rule));
    let of = |field: &str| &schema["properties"][field];
    assert_eq!(schema["required"], json!(["name", "cycle"]));
    assert_eq!(
        (&of("interval")["minimum"], &of("interval")["default"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(of("time_window_stop")["maximum"], 86_400);
    assert_eq!(of("days")["items"]["maximum"], 31);
    assert_eq!(
        (&of("month")["minimum"], &of("month")["maximum"]),
        (&json!(1), &json!(12))
    );
    assert_eq!(of("start_date")["default"], 62_586_115_200_i64);
    for (name, field) in schema["properties"].as_object().unwrap() {
        assert!(field["description"].is_string(), "{name}");
    }
}

#[test]
fn zones_have_the_names_of_the_database_and_are_no_paths() {
    assert!(time_zone("America/Argentina/Buenos_Aires").is_ok());
    assert!(time_zone("Etc/GMT+3").is_ok());
    for name in [
        "",
        "Europe/Nowhere",
        "../../etc/localtime",
        "/etc/localtime",
        "Europe/Berlin\0",
    ] {
        assert!(time_zone(name).is_err(), "{name:?}");
    }
}
