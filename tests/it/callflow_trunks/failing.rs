//! Trunks that fail, the next ones, and what comes after the last.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::{carrier, out};
use crate::callflow_flows::in_virtual_time;
use crate::callflow_ringing::house;
use crate::support::seconds;

// Callflow check 55.
#[test]
fn another_trunk_is_tried_when_it_is_the_trunk_that_failed() {
    for (behaviour, failed_over) in [
        (Behaviour::congestion(), true),
        (Behaviour::rejects(502), true),
        (Behaviour::rejects(408), true),
        (Behaviour::unregistered(), true),
        (Behaviour::busy(), false),
        (Behaviour::rejects(404), false),
        (Behaviour::rejects(603), false),
        (Behaviour::rejects(484), false),
        (Behaviour::no_answer(), false),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            scenario.trunk("b", carrier("b", json!({}))).await;
            scenario.behaves("*@a", behaviour.clone()).await;
            let phone = scenario.runs(out(json!({"timeout": 8}), &["_"])).await;
            let sounds: &[&str] = if failed_over { &[] } else { &["took-_"] };
            scenario.heard(&phone, sounds).await;
            let connected = scenario.asterisk.called("*@b").await.len();
            assert_eq!(connected, usize::from(failed_over), "{behaviour:?}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_trunks_fail_the_last_one_says_why() {
    let scenario = house().await;
    for id in ["a", "b"] {
        scenario.trunk(id, carrier(id, json!({}))).await;
    }
    scenario.behaves("*@a", Behaviour::rejects(502)).await;
    scenario.behaves("*@b", Behaviour::congestion()).await;
    let children = ["DESTINATION_OUT_OF_ORDER", "NORMAL_CIRCUIT_CONGESTION", "_"];
    let phone = scenario.runs(out(json!({}), &children)).await;
    scenario
        .heard(&phone, &["took-NORMAL_CIRCUIT_CONGESTION"])
        .await;
    assert_eq!(scenario.endpoints().await.len(), 2);
}

/// A call that is picked up between two trunks tries none of them twice.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_goes_on_with_the_trunk_that_it_was_at() {
    let scenario = house().await;
    for id in ["a", "b"] {
        scenario.trunk(id, carrier(id, json!({}))).await;
    }
    scenario.behaves("*@a", Behaviour::congestion()).await;
    scenario
        .behaves(
            "*@b",
            Behaviour::answers(seconds(5)).hangs_up_after(seconds(2)),
        )
        .await;
    let phone = scenario.runs(out(json!({}), &["_"])).await;
    tokio::time::sleep(seconds(3)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/2030@a", "PJSIP/2030@b"]);
}

// Callflow check 56.
#[test]
fn a_failure_takes_the_child_of_its_cause_then_of_its_code_then_the_default_child() {
    for (children, taken) in [
        (&["USER_BUSY", "sip:486", "_"][..], "took-USER_BUSY"),
        (&["sip:486", "_"], "took-sip-486"),
        (&["NO_ANSWER", "_"], "took-_"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            scenario.behaves("*", Behaviour::busy()).await;
            let phone = scenario.runs(out(json!({}), children)).await;
            scenario.heard(&phone, &[taken]).await;
        });
    }
}

// Callflow check 57.
#[test]
fn a_failure_that_no_child_wants_is_announced_and_refused() {
    for (behaviour, trunk, sip) in [
        (Behaviour::rejects(404), json!({}), 404),
        // No trunk takes the number.
        (Behaviour::busy(), json!({"rules": ["^9"]}), 404),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", trunk)).await;
            scenario.behaves("*", behaviour).await;
            let phone = scenario.runs(out(json!({}), &[])).await;
            assert_eq!(scenario.end(&phone).await.sip, Some(sip));
            assert_eq!(
                phone.heard_media().await,
                ["sound:cannot-complete-as-dialed"]
            );
        });
    }
}

/// A carrier that says nothing at all is given up for the next.
// Proves resource.gateways.progress_timeout.
#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_silent_for_too_long_is_followed_by_the_next() {
    let scenario = house().await;
    let gateways = json!([{"endpoint": "one", "progress_timeout": 4}, {"endpoint": "two", "progress_timeout": 4}]);
    scenario.trunk("a", json!({"gateways": gateways})).await;
    let silent = Behaviour {
        ring_after: None,
        ..Behaviour::no_answer()
    };
    scenario.behaves("*@one", silent).await;
    let slow = Behaviour::answers(seconds(9)).hangs_up_after(seconds(1));
    scenario.behaves("*@two", slow).await;
    let phone = scenario.runs(out(json!({}), &["_"])).await;
    scenario.heard(&phone, &[]).await;
    let legs = scenario.legs().await;
    assert_eq!(legs.len(), 2, "{}", scenario.lines().await);
    assert!(
        legs[1].after >= seconds(4) && legs[1].after < seconds(6),
        "{legs:?}"
    );
}
