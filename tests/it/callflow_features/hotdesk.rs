//! `hotdesk`: people who log in on other phones.

use pivot::objects::Kind;
use serde_json::{Value, json};

use super::{a_while, ann_runs, shop, talked};
use crate::callflow_flows::{in_virtual_time, node, play, with};
use crate::support::{Scenario, ms, seconds};

/// Bob's desk.
async fn hotdesk(scenario: &Scenario, fields: Value) {
    let usual = json!({"enabled": true, "id": "77", "pin": "1234", "require_pin": true});
    let bob = json!({"first_name": "Bob", "last_name": "Smith", "hotdesk": with(usual, &fields)});
    scenario.put(Kind::User, "u-bob", bob).await;
}

async fn desks(scenario: &Scenario, phone: &str) -> Value {
    let device = scenario
        .get(Kind::Device, &format!("d-{phone}"))
        .await
        .unwrap();
    device["hotdesk"]["users"].clone()
}

// Proves user.hotdesk.pin, user.hotdesk.id.
// Proves hotdesk.id.
#[tokio::test(start_paused = true)]
async fn a_user_logs_in_on_another_phone_is_rung_there_and_logs_out() {
    let scenario = shop().await;
    hotdesk(&scenario, json!({})).await;
    // A wrong number first, then a wrong PIN.
    let keys = ["76#", "77#", "0000#", "1234#"];
    ann_runs(&scenario, "hotdesk", json!({"action": "login"}), &keys).await;
    assert_eq!(
        desks(&scenario, "ann").await,
        json!({"u-bob": {}}),
        "{}",
        scenario.all().await
    );
    let mut flow = node("hotdesk", json!({"action": "bridge", "id": "u-bob"}));
    flow["children"] = json!({"_": play("after"), "NO_ANSWER": play("nobody")});
    scenario.callflow("desk", &["177"], flow).await;
    scenario.answers_after("ann", seconds(1)).await;
    let carl = scenario.dials("carl", "177").await;
    a_while().await;
    let ann = scenario.asterisk.called("PJSIP/ann*").await.remove(0);
    assert!(talked(&carl, &ann).await, "{}", scenario.all().await);
    ann.hangup().await;
    scenario.end(&carl).await;
    assert_eq!(scenario.words(&carl).await.last().unwrap(), "sound:after");
    ann_runs(&scenario, "hotdesk", json!({"action": "logout"}), &[]).await;
    assert_eq!(desks(&scenario, "ann").await, json!({}));
    ann_runs(
        &scenario,
        "hotdesk",
        json!({"action": "toggle", "id": "u-bob"}),
        &["1234#"],
    )
    .await;
    assert_eq!(desks(&scenario, "ann").await, json!({"u-bob": {}}));
    // Logged in on another phone, the user leaves this one.
    let flow = node("hotdesk", json!({"action": "login", "id": "u-bob"}));
    scenario.callflow("desk", &["178"], flow).await;
    let carl = scenario.dials("carl", "178").await;
    tokio::time::sleep(seconds(3)).await;
    carl.press("1234#").await;
    scenario.end(&carl).await;
    assert_eq!(desks(&scenario, "ann").await, json!({}));
    assert_eq!(desks(&scenario, "carl").await, json!({"u-bob": {}}));
}

// Proves user.hotdesk.require_pin.
#[tokio::test(start_paused = true)]
async fn three_wrong_pins_are_enough() {
    let scenario = shop().await;
    hotdesk(&scenario, json!({})).await;
    let data = json!({"action": "login", "id": "u-bob"});
    ann_runs(&scenario, "hotdesk", data, &["1#", "2#", "3#"]).await;
    assert_eq!(desks(&scenario, "ann").await, Value::Null);
}

// Proves user.hotdesk.enabled.
#[tokio::test(start_paused = true)]
async fn only_those_log_in_who_may() {
    for (enabled, users) in [(true, json!({"u-bob": {}})), (false, Value::Null)] {
        let scenario = shop().await;
        hotdesk(&scenario, json!({"enabled": enabled, "require_pin": false})).await;
        let data = json!({"action": "login", "id": "u-bob"});
        let heard = ann_runs(&scenario, "hotdesk", data, &[]).await;
        assert_eq!(desks(&scenario, "ann").await, users);
        assert_eq!(heard.last().unwrap(), "sound:done");
    }
}

// Proves user.hotdesk.keep_logged_in_elsewhere.
#[tokio::test(start_paused = true)]
async fn who_logs_in_may_stay_logged_in_elsewhere() {
    for keeps in [true, false] {
        let scenario = shop().await;
        let fields = json!({"keep_logged_in_elsewhere": keeps, "require_pin": false});
        hotdesk(&scenario, fields).await;
        let flow = node("hotdesk", json!({"action": "login", "id": "u-bob"}));
        scenario.callflow("desk", &["178"], flow).await;
        for who in ["ann", "carl"] {
            let phone = scenario.dials(who, "178").await;
            scenario.end(&phone).await;
        }
        let there = |keeps| {
            if keeps {
                json!({"u-bob": {}})
            } else {
                json!({})
            }
        };
        assert_eq!(desks(&scenario, "ann").await, there(keeps));
        assert_eq!(desks(&scenario, "carl").await, there(true));
    }
}

// Proves hotdesk.interdigit_timeout.
#[test]
fn a_number_ends_after_the_pause_that_the_node_allows() {
    for (timeout, pause) in [(None, 2000), (Some(6000), 6000)] {
        in_virtual_time(async move {
            let scenario = shop().await;
            hotdesk(&scenario, json!({"require_pin": false})).await;
            let mut data = json!({"action": "login"});
            if let Some(timeout) = timeout {
                data["interdigit_timeout"] = timeout.into();
            }
            scenario
                .callflow("desk", &["178"], node("hotdesk", data))
                .await;
            let phone = scenario.dials("ann", "178").await;
            a_while().await;
            phone.press("77").await;
            tokio::time::sleep(ms(pause - 500)).await;
            assert_eq!(desks(&scenario, "ann").await, Value::Null);
            tokio::time::sleep(ms(1000)).await;
            assert_eq!(desks(&scenario, "ann").await, json!({"u-bob": {}}));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn phones_ring_for_whom_they_are_lent_to_as_they_do_for_their_owner() {
    let scenario = shop().await;
    hotdesk(&scenario, json!({})).await;
    for (name, fields) in [
        ("ann", json!({"call_forward": {"enabled": false}})),
        ("carl", json!({"do_not_disturb": {"enabled": true}})),
    ] {
        let usual =
            json!({"name": name, "sip": {"username": name}, "hotdesk": {"users": {"u-bob": {}}}});
        let device = with(usual, &fields);
        scenario
            .put(Kind::Device, &format!("d-{name}"), device)
            .await;
    }
    let flow = node("hotdesk", json!({"action": "bridge", "id": "u-bob"}));
    scenario.callflow("desk", &["177"], flow).await;
    let caller = scenario.dials("stranger", "177").await;
    a_while().await;
    for (name, rings) in [("ann", 1), ("carl", 0)] {
        let rung = scenario.asterisk.called(&format!("PJSIP/{name}*")).await;
        assert_eq!(rung.len(), rings, "{name}\n{}", scenario.all().await);
    }
    caller.hangup().await;
    scenario.nothing_left().await;
}
