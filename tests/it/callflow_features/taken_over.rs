//! A conversation is taken over from the phone that has made the call.

use serde_json::json;

use super::pickup::bob_talks;
use super::{a_while, shop, talked};
use crate::callflow_flows::node;
use crate::support::Scenario;

/// Ann has called Bob and takes the conversation over at her other phone.
async fn ann_s_other_phone(scenario: &Scenario) {
    let other =
        json!({"name": "ann's other phone", "owner_id": "u-ann", "sip": {"username": "ann2"}});
    scenario
        .put(pivot::objects::Kind::Device, "d-ann2", other)
        .await;
}

#[tokio::test(start_paused = true)]
async fn whom_a_phone_has_called_is_taken_over_too() {
    for (code, module, data) in [
        ("*9", "intercept", json!({"user_id": "u-ann"})),
        ("*6", "move", json!({})),
    ] {
        let scenario = shop().await;
        ann_s_other_phone(&scenario).await;
        scenario.feature(&code[1..], node(module, data)).await;
        let (ann, bob) = bob_talks(&scenario).await;
        let other = scenario.dials("ann2", code).await;
        a_while().await;
        assert!(
            talked(&other, &bob).await,
            "{module}\n{}",
            scenario.all().await
        );
        assert!(ann.wait_ended().await.is_some());
        bob.hangup().await;
        other.wait_ended().await.unwrap();
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_talks_with_nobody_gives_nobody_away() {
    let scenario = shop().await;
    ann_s_other_phone(&scenario).await;
    scenario.feature("6", node("move", json!({}))).await;
    scenario
        .feature("5", node("play", json!({"id": "silence_stream://60000"})))
        .await;
    let ann = scenario.dials("ann", "*5").await;
    a_while().await;
    let other = scenario.dials("ann2", "*6").await;
    other.wait_ended().await.unwrap();
    assert_eq!(scenario.words(&other).await.len(), 1);
    ann.hangup().await;
    scenario.nothing_left().await;
}

/// Whoever hangs up, and whenever: nobody is left behind in silence.
#[tokio::test(start_paused = true)]
async fn a_hang_up_while_a_conversation_is_taken_over_leaves_nothing() {
    for milliseconds in [0, 1, 2, 5, 10, 20, 50, 100, 200] {
        for who in ["ann", "bob", "other"] {
            let scenario = shop().await;
            ann_s_other_phone(&scenario).await;
            scenario.feature("6", node("move", json!({}))).await;
            let (ann, bob) = bob_talks(&scenario).await;
            let other = scenario.dials("ann2", "*6").await;
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
            match who {
                "ann" => ann.hangup().await,
                "bob" => bob.hangup().await,
                _ => other.hangup().await,
            }
            a_while().await;
            for phone in [&ann, &bob, &other] {
                phone.hangup().await;
            }
            scenario.nothing_left().await;
        }
    }
}
