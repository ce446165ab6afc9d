//! `callflow`: flows that run another, and what they return to.

use pivot::simulate::Behaviour;
use serde_json::json;

use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::{Scenario, seconds};

// Callflow check 12.
#[tokio::test(start_paused = true)]
async fn a_stored_flow_returns_to_its_caller_three_levels_deep() {
    let scenario = Scenario::new().await;
    let call = |id: &str, then: &str| chain([node("callflow", json!({"id": id})), play(then)]);
    scenario.store(
        "one",
        &json!({"numbers": ["1"], "flow": call("two", "after-two")}),
    );
    scenario.store("two", &call("three", "after-three"));
    scenario.store("three", &play("three"));
    scenario.answer_with("/voice", &call("one", "after-one"));
    let phone = scenario.call().await;
    scenario
        .heard(&phone, &["three", "after-three", "after-two", "after-one"])
        .await;
}

// Callflow check 14.
#[tokio::test(start_paused = true)]
async fn hangup_inside_a_stored_flow_ends_everything() {
    let scenario = Scenario::new().await;
    scenario.store("night", &chain([play("closed"), node("hangup", json!({}))]));
    scenario.answer_with(
        "/voice",
        &chain([node("callflow", json!({"id": "night"})), play("after")]),
    );
    let phone = scenario.call().await;
    scenario.heard(&phone, &["closed"]).await;
}

// Callflow check 13.
#[test]
fn a_stored_flow_that_is_missing_or_broken_is_passed_over() {
    for stored in [None, Some(json!({"module": "tts", "data": {}}))] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            if let Some(stored) = &stored {
                scenario.store("night", stored);
            }
            scenario.answer_with(
                "/voice",
                &chain([node("callflow", json!({"id": "night"})), play("after")]),
            );
            let phone = scenario.call().await;
            scenario.heard(&phone, &["after"]).await;
            assert!(
                scenario.lines().await.contains("night"),
                "{}",
                scenario.lines().await
            );
        });
    }
}

// Callflow check 16.
// Proves callflow.id, play.id.
#[tokio::test(start_paused = true)]
async fn a_flow_that_calls_itself_ends_after_fifty_branches() {
    let scenario = Scenario::new().await;
    scenario.store(
        "loop",
        &chain([play("again"), node("callflow", json!({"id": "loop"}))]),
    );
    scenario.answer_with("/voice", &node("callflow", json!({"id": "loop"})));
    let phone = scenario.call().await;
    scenario.heard(&phone, &["again"; 50]).await;
}

// Callflow check 12.
#[tokio::test(start_paused = true)]
async fn a_stored_flow_calls_another_and_returns() {
    let scenario = Scenario::stored().await;
    let main = chain([node("callflow", json!({"id": "sub"})), play("after")]);
    scenario.callflow("main", &["1"], main).await;
    scenario.callflow("sub", &["2"], play("sub")).await;
    let phone = scenario.dial("1", &[]).await;
    scenario.heard(&phone, &["sub", "after"]).await;
}

// Callflow check 15.
#[tokio::test(start_paused = true)]
async fn a_flow_that_called_another_goes_on_after_its_conversation() {
    let scenario = Scenario::new().await;
    let behaviour = Behaviour::answers(seconds(1)).hangs_up_after(seconds(3));
    scenario.asterisk.callee("*", behaviour).await;
    scenario.store("desk", &node("device", json!({"id": "bob"})));
    scenario.answer_with(
        "/voice",
        &chain([node("callflow", json!({"id": "desk"})), play("survey")]),
    );
    let phone = scenario.call().await;
    scenario.heard(&phone, &["survey"]).await;
}

// Callflow check 15.
#[test]
fn after_a_conversation_in_a_called_flow_the_caller_goes_on_unless_gone() {
    for (leaves, sounds) in [(false, &["survey"][..]), (true, &[])] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            let long = Behaviour::answers(seconds(1)).hangs_up_after(seconds(6));
            scenario.behaves("*", long).await;
            let children = ["_", "NORMAL_CLEARING"];
            let desk = ringing("device", json!({"id": "bob"}), &children);
            scenario.callflow("desk", &["900"], desk).await;
            let flow = chain([node("callflow", json!({"id": "desk"})), play("survey")]);
            let phone = scenario.runs(flow).await;
            if leaves {
                phone.hangup_at(seconds(3));
            }
            scenario.heard(&phone, sounds).await;
            assert!(talked(&phone).await, "{}", scenario.lines().await);
        });
    }
}

/// What calls of flows return to does not run after the last of them.
// Callflow check 16.
#[tokio::test(start_paused = true)]
async fn the_fifty_first_branch_ends_the_call_and_returns_to_nothing() {
    let scenario = Scenario::stored().await;
    let again = chain([node("callflow", json!({"id": "loop"})), play("returned")]);
    scenario
        .callflow("loop", &["900"], chain([play("again"), again]))
        .await;
    let phone = scenario.runs(node("callflow", json!({"id": "loop"}))).await;
    scenario.heard(&phone, &["again"; 50]).await;
    let lines = scenario.lines().await;
    assert!(lines.contains("branched 50 times"), "{lines}");
}
