//! What people change by telephone: call_forward, do_not_disturb, call_waiting.

use serde_json::{Value, json};

use super::{ann_runs, shop};
use crate::callflow_flows::node;
use crate::support::Scenario;
use pivot::objects::Kind;

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
