//! Calls that `temporal_route` sends on by the time of day.

use serde_json::{Map, Value, json};

use crate::callflow_flows::{in_virtual_time, node, play};
use crate::support::Scenario;
use pivot::clock::{self, Time};
use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::simulate::Phone;
use pivot::store::Expected;

pub(crate) const RULE: Kind = Kind::TemporalRule;
pub(crate) const SET: Kind = Kind::TemporalRuleSet;

/// A Wednesday at noon, in Greenwich.
pub(crate) const NOON: &str = "2024-06-05T12:00:00Z";

/// A stored thing.
type Stored = (Kind, &'static str, Value);

/// A flow of one `temporal_route`; the sound of each child tells that it was taken.
pub(crate) fn route(data: &Value, children: &[&str]) -> Value {
    let children: Map<_, _> = children
        .iter()
        .map(|key| ((*key).to_owned(), play(&format!("took-{key}"))))
        .collect();
    json!({"module": "temporal_route", "data": data, "children": children})
}

/// A rule that holds every day, from second to second.
fn daily(from: u32, to: u32) -> Value {
    json!({"name": "daily", "cycle": "daily", "time_window_start": from, "time_window_stop": to})
}

pub(crate) fn always() -> Value {
    json!({"name": "always", "cycle": "daily"})
}

pub(crate) fn never() -> Value {
    json!({"name": "never", "cycle": "daily", "enabled": false})
}

/// It is this time, until the guard is gone.
pub(crate) fn it_is(instant: &str) -> clock::Set {
    let instant: jiff::Timestamp = instant.parse().unwrap();
    clock::set(Time(instant.as_millisecond()))
}

impl Scenario {
    /// The children that the call has taken, in their order.
    async fn took(&self, phone: &Phone) -> String {
        self.end(phone).await;
        let heard = phone.heard_media().await;
        let took = heard.iter().map(|sound| {
            let key = sound.strip_prefix("sound:took-");
            key.unwrap_or_else(|| panic!("heard {sound}"))
        });
        took.collect::<Vec<_>>().join(" ")
    }
}

/// What a call at this time takes, and the lines of its trace.
async fn call_at(instant: &str, stored: &[Stored], flow: &Value) -> (String, String) {
    configured_call_at(instant, "", stored, flow).await
}

async fn configured_call_at(
    instant: &str,
    config: &str,
    stored: &[Stored],
    flow: &Value,
) -> (String, String) {
    let _clock = it_is(instant);
    let config = format!("[default]\nvoice_url = \"{{app}}/voice\"\n{config}");
    let scenario = Scenario::configured(&config).await;
    for thing in stored {
        let (kind, id, document) = thing.clone();
        scenario.put(kind, id, document).await;
    }
    scenario.answer_with("/voice", flow);
    let phone = scenario.call().await;
    (scenario.took(&phone).await, scenario.lines().await)
}

#[test]
fn the_time_of_day_decides_to_the_second() {
    let office = [(RULE, "office", daily(32_400, 61_200))];
    let flow = route(
        &json!({"rules": ["office"], "timezone": "America/New_York"}),
        &["office", "_"],
    );
    for (instant, expected) in [
        ("2024-06-05T12:59:58Z", "_"),
        ("2024-06-05T13:00:00Z", "office"),
        ("2024-06-05T20:59:58Z", "office"),
        ("2024-06-05T21:00:01Z", "_"),
    ] {
        in_virtual_time(async {
            let (took, lines) = call_at(instant, &office, &flow).await;
            assert_eq!(took, expected, "{instant}\n{lines}");
        });
    }
}

// Callflow check 95.
// Proves temporal_rule.time_window_start.
#[test]
fn office_hours_are_on_the_wall_when_clocks_are_changed() {
    let office = [(RULE, "office", daily(32_400, 61_200))];
    let night = [(RULE, "office", daily(7200, 10_799))];
    let data = json!({"rules": ["office"], "timezone": "America/New_York"});
    let flow = route(&data, &["office", "_"]);
    for (instant, stored, expected) in [
        // Forward, at 07:00 in Greenwich.
        ("2024-03-10T12:59:57Z", &office, "_"),
        ("2024-03-10T13:00:00Z", &office, "office"),
        ("2024-03-10T06:59:57Z", &night, "_"),
        ("2024-03-10T07:00:00Z", &night, "_"),
        ("2024-03-09T07:00:00Z", &night, "office"),
        // Back, at 06:00 in Greenwich.
        ("2024-11-03T13:59:57Z", &office, "_"),
        ("2024-11-03T14:00:00Z", &office, "office"),
    ] {
        in_virtual_time(async {
            let (took, lines) = call_at(instant, stored, &flow).await;
            assert_eq!(took, expected, "{instant}\n{lines}");
        });
    }
    let repeated = [(RULE, "office", daily(3600, 7199))];
    for instant in ["2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z"] {
        in_virtual_time(async {
            let (took, lines) = call_at(instant, &repeated, &flow).await;
            assert_eq!(took, "office", "{instant}\n{lines}");
        });
    }
}

// Callflow check 95: the node's zone, the account's, the configuration's.
// Proves account.timezone, temporal_route.timezone, temporal_rule.time_window_stop.
#[test]
fn a_node_without_a_zone_has_the_one_of_its_account() {
    // Noon in Greenwich is one o'clock in Berlin's winter and nine at night in Tokyo.
    let at_nine_at_night = (RULE, "night", daily(75_600, 75_660));
    let at_one = (RULE, "night", daily(46_800, 46_860));
    let winter = "2024-01-10T12:00:00Z";
    let berlin =
        "[account]\nsid = \"AC0123456789abcdef0123456789abcdef\"\ntimezone = \"Europe/Berlin\"\n";
    let id = "0123456789abcdef0123456789abcdef";
    let account = || {
        (
            Kind::Account,
            id,
            json!({"name": "shop", "timezone": "Asia/Tokyo"}),
        )
    };
    for (timezone, stored, expected) in [
        (json!(null), vec![at_one.clone()], "night"),
        (json!("inherit"), vec![at_one.clone()], "night"),
        (
            json!(null),
            vec![at_nine_at_night.clone(), account()],
            "night",
        ),
        (
            json!("inherit"),
            vec![at_nine_at_night.clone(), account()],
            "night",
        ),
        (json!(null), vec![at_one.clone(), account()], "_"),
        (
            json!("Europe/Berlin"),
            vec![at_one.clone(), account()],
            "night",
        ),
        // What is no zone counts as none.
        (
            json!("Europe/Nowhere"),
            vec![at_nine_at_night.clone(), account()],
            "night",
        ),
    ] {
        in_virtual_time(async move {
            let data = json!({"rules": ["night"], "timezone": timezone});
            let flow = route(&data, &["night", "_"]);
            let (took, lines) = configured_call_at(winter, berlin, &stored, &flow).await;
            assert_eq!(took, expected, "{timezone}\n{lines}");
            let told = lines.contains("no time zone \"Europe/Nowhere\"");
            assert_eq!(told, timezone == "Europe/Nowhere", "{lines}");
        });
    }
}

// Callflow check 93.
// Proves temporal_route.rule_set, temporal_rule_set.temporal_rules.
#[test]
fn the_first_rule_that_holds_is_taken() {
    let set = |ids: Value| json!({"name": "set", "temporal_rules": ids});
    let stored = vec![
        (RULE, "a", always()),
        (RULE, "b", always()),
        (RULE, "off", never()),
        (SET, "days", set(json!(["off", "a"]))),
        (SET, "none", set(json!(["off"]))),
    ];
    for (data, children, expected) in [
        (json!({"rules": ["a", "b"]}), &["b", "a", "_"][..], "a"),
        (json!({"rules": ["b", "a"]}), &["a", "b", "_"], "b"),
        (json!({"rules": ["off", "b"]}), &["off", "b", "_"], "b"),
        (json!({"rules": ["off"]}), &["off", "_"], "_"),
        (json!({}), &["_"], "_"),
        // A rule that has no child.
        (json!({"rules": ["a", "b"]}), &["b", "_"], "_"),
        // Rules that are children only, in their order and after `rules`.
        (json!({}), &["_", "off", "b", "a"], "b"),
        (json!({"rules": ["off"]}), &["_", "a", "b"], "a"),
        (json!({"rules": ["b"]}), &["a", "b"], "b"),
        // A set takes the child with its own id.
        (
            json!({"rules": ["days"]}),
            &["off", "_", "days", "a"],
            "days",
        ),
        (json!({"rules": ["none", "b"]}), &["none", "b"], "b"),
        (json!({}), &["_", "days"], "days"),
        // The rules of `rule_set` come last, and take `rule_set`.
        (json!({"rule_set": "days"}), &["_", "rule_set"], "rule_set"),
        (json!({"rule_set": "days"}), &["_", "rule_set", "b"], "b"),
        (
            json!({"rule_set": "days", "rules": ["b"]}),
            &["_", "rule_set", "b"],
            "b",
        ),
        (json!({"rule_set": "none"}), &["_", "rule_set"], "_"),
        (json!({"rule_set": "a"}), &["_", "rule_set"], "rule_set"),
        // Ids that nothing has.
        (json!({"rules": ["gone", "b"]}), &["gone", "b"], "b"),
        (json!({"rule_set": "gone"}), &["rule_set", "_"], "_"),
    ] {
        let stored = stored.clone();
        in_virtual_time(async move {
            let (took, lines) = call_at(NOON, &stored, &route(&data, children)).await;
            assert_eq!(took, expected, "{data} {children:?}\n{lines}");
            let unknown = lines.contains("no rule set \"gone\"");
            assert_eq!(unknown, data.to_string().contains("gone"), "{lines}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn routing_neither_answers_nor_plays() {
    let _clock = it_is(NOON);
    let scenario = Scenario::new().await;
    scenario.put(RULE, "a", always()).await;
    let busy = node("response", json!({"code": 486}));
    let flow =
        json!({"module": "temporal_route", "data": {"rules": ["a"]}, "children": {"a": busy}});
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    assert_eq!(scenario.end(&phone).await.sip, Some(486));
    assert!(phone.heard_media().await.is_empty());
}

// Proves temporal_rule.cycle, temporal_rule.wdays.
#[test]
fn a_rule_that_makes_no_sense_is_passed_over() {
    let broken: [(Value, &str); 4] = [
        (
            json!({"name": "b", "cycle": "monthly"}),
            "a monthly rule needs `days`",
        ),
        (
            json!({"name": "b", "cycle": "yearly", "ordinal": "first", "wdays": ["monday", "friday"]}),
            "only one goes with `ordinal`",
        ),
        (json!({"name": "b", "cycle": "hourly"}), "hourly"),
        (json!({"name": "b"}), "it has no `cycle`"),
    ];
    for (rule, why) in broken {
        in_virtual_time(async move {
            let stored = [(RULE, "broken", rule), (RULE, "a", always())];
            let flow = route(&json!({"rules": ["broken", "a"]}), &["broken", "a", "_"]);
            let (took, lines) = call_at(NOON, &stored, &flow).await;
            assert_eq!(took, "a", "{lines}");
            assert!(lines.contains(why), "{lines}");
        });
    }
}

// Proves temporal_route.rules.
#[test]
fn a_rule_may_stand_in_the_flow_itself() {
    let weekday = |name: &str, day: &str| json!({"name": name, "cycle": "weekly", "wdays": [day]});
    for (day, expected) in [
        ("wednesday", "open"),
        ("wensday", "open"),
        ("thursday", "_"),
    ] {
        in_virtual_time(async move {
            let rules = json!([weekday("shut", "sunday"), weekday("open", day)]);
            let data = json!({"rules": rules, "timezone": "UTC"});
            let (took, lines) = call_at(NOON, &[], &route(&data, &["shut", "open", "_"])).await;
            assert_eq!(took, expected, "{lines}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn rules_of_other_accounts_are_not_there() {
    let _clock = it_is(NOON);
    let scenario = Scenario::new().await;
    let other = AccountId::parse(&"9".repeat(32)).unwrap();
    let body = always().as_object().unwrap().clone();
    let catalog = &scenario.pivot.services.catalog;
    let put = catalog.put(&other, RULE, "a", body, Expected::Anything);
    put.await.unwrap();
    scenario.answer_with("/voice", &route(&json!({"rules": ["a"]}), &["a", "_"]));
    let phone = scenario.call().await;
    assert_eq!(scenario.took(&phone).await, "_");
}

// Callflow check 94.
// Proves temporal_rule.enabled.
#[test]
fn enabled_decides_before_the_time_does() {
    for (enabled, window, expected) in [
        (json!(true), (0, 0), "rule"),
        (json!(false), (0, 86_400), "_"),
        (json!(null), (0, 0), "_"),
        (json!(null), (0, 86_400), "rule"),
    ] {
        in_virtual_time(async move {
            let mut rule = daily(window.0, window.1);
            if !enabled.is_null() {
                rule["enabled"] = enabled.clone();
            }
            let flow = route(
                &json!({"rules": ["rule"], "timezone": "UTC"}),
                &["rule", "_"],
            );
            let (took, lines) = call_at(NOON, &[(RULE, "rule", rule)], &flow).await;
            assert_eq!(took, expected, "{enabled} {window:?}\n{lines}");
        });
    }
}
