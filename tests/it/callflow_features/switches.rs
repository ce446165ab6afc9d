//! What people change by telephone: call_forward, do_not_disturb, call_waiting,
//! hotdesk.

use serde_json::{Value, json};

use super::{a_while, shop, talked};
use crate::callflow_flows::{node, play};
use crate::support::{Scenario, seconds};
use pivot::objects::Kind;

/// Ann dials a feature, and its `_` runs afterwards.
async fn ann_runs(scenario: &Scenario, module: &str, data: Value, keys: &[&str]) -> Vec<String> {
    let mut flow = node(module, data);
    flow["children"] = json!({"_": play("done")});
    scenario.callflow("feature", &["*1"], flow).await;
    let phone = scenario.dials("ann", "*1").await;
    for keys in keys {
        tokio::time::sleep(seconds(5)).await;
        phone.press(keys).await;
    }
    scenario.end(&phone).await;
    scenario.words(&phone).await
}

async fn user(scenario: &Scenario, name: &str, field: &str) -> Value {
    scenario
        .get(Kind::User, &format!("u-{name}"))
        .await
        .unwrap()[field]
        .clone()
}

// Proves do_not_disturb.action.
// Proves do_not_disturb.id.
#[tokio::test(start_paused = true)]
async fn do_not_disturb_is_switched_for_the_callers_user() {
    let scenario = shop().await;
    for (action, on) in [
        ("toggle", true),
        ("toggle", false),
        ("activate", true),
        ("deactivate", false),
    ] {
        let heard = ann_runs(&scenario, "do_not_disturb", json!({"action": action}), &[]).await;
        assert_eq!(
            user(&scenario, "ann", "do_not_disturb").await["enabled"],
            on,
            "{action}"
        );
        assert_eq!(heard.last().unwrap(), "sound:done");
        assert!(heard.len() > 1, "the caller is told: {heard:?}");
    }
    ann_runs(
        &scenario,
        "do_not_disturb",
        json!({"action": "activate", "id": "d-bob"}),
        &[],
    )
    .await;
    let device = scenario.get(Kind::Device, "d-bob").await.unwrap();
    assert_eq!(device["do_not_disturb"]["enabled"], true);
    assert_eq!(device["sip"]["username"], "bob", "the rest stays");
}

// Proves call_waiting.action, call_waiting.scope.
#[tokio::test(start_paused = true)]
async fn call_waiting_is_switched_for_the_phone_or_its_user() {
    let scenario = shop().await;
    ann_runs(&scenario, "call_waiting", json!({}), &[]).await;
    let device = scenario.get(Kind::Device, "d-ann").await.unwrap();
    assert_eq!(
        device["call_waiting"]["enabled"], false,
        "it is on unless said otherwise"
    );
    ann_runs(
        &scenario,
        "call_waiting",
        json!({"scope": "user", "action": "activate"}),
        &[],
    )
    .await;
    assert_eq!(
        user(&scenario, "ann", "call_waiting").await["enabled"],
        true
    );
}

// Proves call_forward.action.
#[tokio::test(start_paused = true)]
async fn calls_are_forwarded_to_the_number_that_is_typed() {
    let scenario = shop().await;
    // One that is too short is asked for again.
    let heard = ann_runs(
        &scenario,
        "call_forward",
        json!({"action": "activate"}),
        &["1#", "5551234#"],
    )
    .await;
    let forward = user(&scenario, "ann", "call_forward").await;
    assert_eq!(
        (&forward["enabled"], &forward["number"]),
        (&json!(true), &json!("5551234"))
    );
    assert!(heard.contains(&"digits:5551234".to_owned()), "{heard:?}");
    ann_runs(
        &scenario,
        "call_forward",
        json!({"action": "deactivate"}),
        &[],
    )
    .await;
    let forward = user(&scenario, "ann", "call_forward").await;
    assert_eq!(
        (&forward["enabled"], &forward["number"]),
        (&json!(false), &json!("5551234"))
    );
    ann_runs(
        &scenario,
        "call_forward",
        json!({"action": "update"}),
        &["777#"],
    )
    .await;
    let forward = user(&scenario, "ann", "call_forward").await;
    assert_eq!(
        (&forward["enabled"], &forward["number"]),
        (&json!(false), &json!("777"))
    );
    ann_runs(&scenario, "call_forward", json!({"action": "toggle"}), &[]).await;
    assert_eq!(
        user(&scenario, "ann", "call_forward").await["enabled"],
        true
    );
    ann_runs(
        &scenario,
        "call_forward",
        json!({"action": "menu"}),
        &["1", "2", "888#"],
    )
    .await;
    let forward = user(&scenario, "ann", "call_forward").await;
    assert_eq!(
        (&forward["enabled"], &forward["number"]),
        (&json!(false), &json!("888"))
    );
}

#[tokio::test(start_paused = true)]
async fn who_types_no_number_changes_nothing_and_a_captured_one_is_taken() {
    let scenario = shop().await;
    ann_runs(
        &scenario,
        "call_forward",
        json!({"action": "activate"}),
        &[],
    )
    .await;
    assert_eq!(user(&scenario, "ann", "call_forward").await, Value::Null);
    scenario
        .feature("72", node("call_forward", json!({"action": "activate"})))
        .await;
    let phone = scenario.dials("ann", "*725559999").await;
    scenario.end(&phone).await;
    assert_eq!(
        user(&scenario, "ann", "call_forward").await["number"],
        "5559999"
    );
}

// Proves hotdesk.action.
#[tokio::test(start_paused = true)]
async fn a_phone_that_nobody_knows_changes_nothing() {
    let scenario = shop().await;
    for module in ["call_forward", "do_not_disturb", "call_waiting", "hotdesk"] {
        let flow = node(
            module,
            json!({"action": if module == "hotdesk" { "login" } else { "activate" }}),
        );
        scenario.callflow("feature", &["*1"], flow).await;
        let phone = scenario.dials("stranger", "*1").await;
        scenario.end(&phone).await;
        assert_eq!(scenario.words(&phone).await.len(), 1, "{module}");
    }
}

/// Bob's desk.
async fn hotdesk(scenario: &Scenario) {
    let bob = json!({
        "first_name": "Bob", "last_name": "Smith",
        "hotdesk": {"enabled": true, "id": "77", "pin": "1234", "require_pin": true}
    });
    scenario.put(Kind::User, "u-bob", bob).await;
}

async fn desks(scenario: &Scenario, phone: &str) -> Value {
    let device = scenario
        .get(Kind::Device, &format!("d-{phone}"))
        .await
        .unwrap();
    device["hotdesk"]["users"].clone()
}

// Proves user.hotdesk.pin.
// Proves hotdesk.id.
#[tokio::test(start_paused = true)]
async fn a_user_logs_in_on_another_phone_is_rung_there_and_logs_out() {
    let scenario = shop().await;
    hotdesk(&scenario).await;
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
    hotdesk(&scenario).await;
    let data = json!({"action": "login", "id": "u-bob"});
    ann_runs(&scenario, "hotdesk", data, &["1#", "2#", "3#"]).await;
    assert_eq!(desks(&scenario, "ann").await, Value::Null);
}
