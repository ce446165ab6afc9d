//! Calls by which people switch the rules of `temporal_route` on and off.

use serde_json::{Value, json};

use crate::callflow_flows::in_virtual_time;
use crate::callflow_schedule::{NOON, RULE, SET, always, it_is, never, route};
use crate::support::{Scenario, ms, seconds};

/// Rules that are told apart by more than what an action changes.
fn holiday() -> Value {
    json!({"name": "holiday", "cycle": "date", "color": "red", "flags": ["x"], "enabled": false, "pvt": 1})
}

fn without_enabled() -> Value {
    let mut rule = holiday();
    rule.as_object_mut().unwrap().shift_remove("enabled");
    rule
}

// Callflow check 94: an action is answered, told, stored, and counts for the next call.
#[test]
fn actions_change_the_stored_rules() {
    for (action, enabled, heard, then) in [
        (
            "enable",
            Some(true),
            Some("sound:activated"),
            "took-holiday",
        ),
        ("disable", Some(false), Some("sound:de-activated"), "took-_"),
        ("reset", None, None, "took-_"),
    ] {
        in_virtual_time(async move {
            let _clock = it_is(NOON);
            let scenario = Scenario::new().await;
            scenario.put(RULE, "holiday", holiday()).await;
            scenario.put(RULE, "child", holiday()).await;
            scenario
                .put(
                    SET,
                    "set",
                    json!({"name": "s", "temporal_rules": ["child"]}),
                )
                .await;
            let data = json!({"rules": ["holiday"], "rule_set": "set", "action": action});
            scenario.answer_with("/voice", &route(&data, &["holiday", "child", "_"]));
            let data = json!({"rules": ["holiday"]});
            scenario.answer_with("/voice", &route(&data, &["holiday", "_"]));
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            let media = phone.heard_media().await;
            assert_eq!(
                (media.len(), media[1].as_str()),
                (2, "sound:took-_"),
                "{action}"
            );
            if let Some(heard) = heard {
                assert_eq!(media[0], heard);
            }
            let requests = scenario.asterisk.requests().await;
            let place = |what: &str| requests.iter().position(|r| r.path.contains(what)).unwrap();
            assert!(place("/answer") < place("/play"), "{action}");
            let mut expected = without_enabled();
            if let Some(enabled) = enabled {
                expected["enabled"] = enabled.into();
            }
            assert_eq!(
                scenario.get(RULE, "holiday").await.unwrap(),
                expected,
                "{action}"
            );
            // Neither children nor the set.
            assert_eq!(
                scenario.get(RULE, "child").await.unwrap(),
                holiday(),
                "{action}"
            );

            let phone = scenario.call().await;
            scenario.heard(&phone, &[then]).await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_on_a_set_changes_the_rules_of_it() {
    let scenario = Scenario::new().await;
    scenario.put(RULE, "a", always()).await;
    scenario.put(RULE, "b", never()).await;
    scenario
        .put(
            SET,
            "set",
            json!({"name": "s", "temporal_rules": ["a", "b"]}),
        )
        .await;
    let data = json!({"rules": ["set"], "action": "enable"});
    scenario.answer_with("/voice", &route(&data, &[]));
    let phone = scenario.call().await;
    scenario.heard(&phone, &["activated"]).await;
    for id in ["a", "b"] {
        assert_eq!(
            scenario.get(RULE, id).await.unwrap()["enabled"],
            true,
            "{id}"
        );
    }
}

#[test]
fn the_menu_does_what_its_key_says() {
    for (keys, enabled, said) in [
        ("1", json!(true), 1),
        ("2", json!(false), 1),
        ("3", json!(null), 1),
        // Other keys ask again.
        ("7", json!(true), 2),
        ("#", json!(true), 2),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            scenario.put(RULE, "holiday", holiday()).await;
            let data = json!({"rules": ["holiday"], "action": "menu"});
            scenario.answer_with("/voice", &route(&data, &["_"]));
            let phone = scenario.call().await;
            phone.press_at(ms(1500), keys);
            if said == 2 {
                phone.press_at(ms(4000), "1");
            }
            scenario.end(&phone).await;
            let lines = scenario.lines().await;
            let stored = scenario.get(RULE, "holiday").await.unwrap();
            assert_eq!(stored["enabled"], enabled, "{keys}\n{lines}");
            assert_eq!(stored.get("enabled").is_none(), enabled.is_null(), "{keys}");
            let media = phone.heard_media().await;
            assert_eq!(media.len(), said + 2, "{keys}: {media:?}\n{lines}");
            assert_eq!(media.last().unwrap(), "sound:took-_");
        });
    }
}

// Proves temporal_route.interdigit_timeout.
#[tokio::test(start_paused = true)]
async fn the_menu_gives_up_after_three_rounds_of_silence() {
    let scenario = Scenario::new().await;
    scenario.put(RULE, "holiday", holiday()).await;
    let data = json!({"rules": ["holiday"], "action": "menu", "interdigit_timeout": 500});
    scenario.answer_with("/voice", &route(&data, &["_"]));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let heard = phone.heard().await;
    assert_eq!(heard.len(), 4, "{}", scenario.lines().await);
    // It was waited as long as the node says, and then said again.
    for pair in heard.windows(2) {
        let pause = pair[1].from.saturating_sub(pair[0].to.unwrap());
        assert!(pause >= ms(500) && pause < ms(800), "{pause:?}");
    }
    assert_eq!(scenario.get(RULE, "holiday").await.unwrap(), holiday());
}

#[test]
fn what_cannot_be_changed_is_told() {
    let inline = json!({"name": "inline", "cycle": "daily"});
    for (rules, why) in [
        (json!(["gone"]), "\"gone\" cannot be changed: there is none"),
        (
            json!(["gone", "a"]),
            "\"gone\" cannot be changed: there is none",
        ),
        (json!([inline]), "stands in the flow itself"),
        (json!([]), "no `rules` to change"),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            scenario.put(RULE, "a", always()).await;
            let data = json!({"rules": rules, "action": "disable"});
            scenario.answer_with("/voice", &route(&data, &["_"]));
            let phone = scenario.call().await;
            let sorry = ["all-circuits-busy-now", "please-try-call-later", "took-_"];
            scenario.heard(&phone, &sorry).await;
            let lines = scenario.lines().await;
            assert!(lines.contains(why), "{lines}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_in_the_menu_changes_nothing() {
    let scenario = Scenario::new().await;
    scenario.put(RULE, "holiday", holiday()).await;
    let data = json!({"rules": ["holiday"], "action": "menu"});
    scenario.answer_with("/voice", &route(&data, &["_"]));
    let phone = scenario.call().await;
    phone.hangup_at(seconds(1));
    assert!(scenario.end(&phone).await.by_phone);
    assert_eq!(scenario.get(RULE, "holiday").await.unwrap(), holiday());
}

// Proves temporal_route.action.
#[tokio::test(start_paused = true)]
async fn a_menu_remembers_its_rounds_when_the_call_is_picked_up() {
    let scenario = Scenario::new().await;
    scenario.put(RULE, "holiday", holiday()).await;
    let data = json!({"rules": ["holiday"], "action": "menu"});
    scenario.answer_with("/voice", &route(&data, &["_"]));
    let phone = scenario.call().await;
    tokio::time::sleep(ms(500)).await;
    phone.press("7").await;
    tokio::time::sleep(ms(700)).await;
    scenario.kill_and_resume().await;
    phone.press("1").await;
    scenario.end(&phone).await;
    let lines = scenario.lines().await;
    assert_eq!(
        scenario.get(RULE, "holiday").await.unwrap()["enabled"],
        true,
        "{lines}"
    );
    let media = phone.heard_media().await;
    assert_eq!(media[2..], ["sound:activated", "sound:took-_"], "{lines}");
}
