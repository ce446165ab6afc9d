//! What agents do by telephone, and flows that ask about a queue.

use pivot::objects::Kind;
use pivot::simulate::Caller;
use serde_json::{Value, json};

use super::{answer, called, caller, calls, desk, is, nobody_is_there};
use crate::callflow_flows::{node, play};
use crate::support::{Scenario, ms, seconds};

/// Dials a feature from Ann's phone.
async fn ann(scenario: &Scenario, module: &str, data: Value) {
    scenario
        .callflow("feature", &["*1"], node(module, data))
        .await;
    let phone = scenario
        .call_from(Caller {
            endpoint: "ann".into(),
            to: "*1".into(),
            ..Caller::default()
        })
        .await;
    scenario.end(&phone).await;
}

async fn status(scenario: &Scenario) -> Value {
    scenario.get(Kind::Agent, "u-ann").await.unwrap()["status"].clone()
}

// Proves acdc_agent.action, acdc_agent.timeout, agent.paused_until.
#[tokio::test(start_paused = true)]
async fn agents_log_in_and_out_and_pause_by_telephone() {
    let scenario = desk(json!({})).await;
    for (action, expected) in [
        ("logout", "logged_out"),
        ("resume", "logged_out"),
        ("paused", "logged_out"),
        ("login", "ready"),
        ("login", "ready"),
        ("paused", "paused"),
        ("resume", "ready"),
        ("pause", "paused"),
    ] {
        ann(
            &scenario,
            "acdc_agent",
            json!({"action": action, "timeout": 120}),
        )
        .await;
        assert_eq!(status(&scenario).await, expected, "{action}");
    }
    is(&scenario, "bob", "logged_out").await;
    answer(&scenario, "ann", ms(500)).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(60)).await;
    assert!(called(&scenario, "ann").await.is_empty(), "she pauses");
    tokio::time::sleep(seconds(70)).await;
    assert_eq!(called(&scenario, "ann").await.len(), 1, "the pause is over");
    phone.hangup().await;
    scenario.nothing_left().await;
}

// Proves acdc_queue.action.
// Proves acdc_queue.id.
#[tokio::test(start_paused = true)]
async fn agents_join_and_leave_a_queue_by_telephone() {
    let scenario = desk(json!({})).await;
    scenario
        .put(Kind::Queue, "sales", json!({"name": "sales"}))
        .await;
    for (action, id, queues) in [
        ("login", "sales", json!(["support", "sales"])),
        ("login", "sales", json!(["support", "sales"])),
        ("logout", "support", json!(["sales"])),
        ("login", "nowhere", json!(["sales"])),
    ] {
        ann(&scenario, "acdc_queue", json!({"action": action, "id": id})).await;
        let user = scenario.get(Kind::User, "u-ann").await.unwrap();
        assert_eq!(user["queues"], queues, "{action} {id}");
    }
}

// Proves agent.status.
// Proves acdc_wait_time.id, acdc_wait_time.window.
#[tokio::test(start_paused = true)]
async fn a_flow_branches_on_the_average_wait() {
    let scenario = desk(json!({})).await;
    let mut flow = node("acdc_wait_time", json!({"id": "support"}));
    flow["children"] = json!({"2": play("two"), "60": play("sixty"), "_": play("default")});
    scenario.callflow("wait", &["600"], flow.clone()).await;
    flow["data"]["window"] = 60.into();
    scenario.callflow("lately", &["601"], flow).await;
    let asks = |number: &'static str, sound: &'static str| {
        let scenario = &scenario;
        async move {
            let phone = calls(scenario, "9", number).await;
            scenario.end(&phone).await;
            assert_eq!(phone.heard_media().await, [format!("sound:{sound}")]);
        }
    };
    asks("600", "default").await;
    answer(&scenario, "ann", seconds(8)).await;
    answer(&scenario, "bob", seconds(8)).await;
    nobody_is_there(&scenario).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    is(&scenario, "ann", "ready").await;
    tokio::time::sleep(seconds(15)).await;
    phone.hangup().await;
    scenario.nothing_left().await;
    asks("600", "two").await;
    asks("601", "two").await;
    tokio::time::sleep(seconds(60)).await;
    asks("600", "two").await;
    asks("601", "default").await;
}
