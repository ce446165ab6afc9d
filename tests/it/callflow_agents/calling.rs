//! Which agents are called, on which phones, and for how long.

use pivot::objects::Kind;
use serde_json::json;

use super::{answer, called, caller, desk, rung, talks_with};
use crate::callflow_flows::in_virtual_time;
use crate::support::seconds;

// Proves queue.agent_wrapup_time, queue.ring_simultaneously.
#[tokio::test(start_paused = true)]
async fn several_agents_ring_at_once_and_the_others_are_free_again() {
    let scenario = desk(json!({"ring_simultaneously": 2, "agent_wrapup_time": 20})).await;
    answer(&scenario, "ann", seconds(5)).await;
    answer(&scenario, "bob", seconds(2)).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    let bob = called(&scenario, "bob").await.remove(0);
    assert!(talks_with(&phone, &bob).await);
    assert_eq!(called(&scenario, "ann").await.len(), 1);
    bob.hangup().await;
    phone.wait_ended().await.unwrap();
    // Bob rests; Ann does not.
    let next = caller(&scenario, "2").await;
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(rung(&scenario).await, (2, 1));
    next.hangup().await;
    scenario.nothing_left().await;
}

// Proves queue.strategy.
#[test]
fn the_next_agent_is_the_one_who_was_called_or_has_talked_the_longest_ago() {
    for (strategy, next) in [("round_robin", (2, 1)), ("most_idle", (1, 2))] {
        in_virtual_time(async move {
            let scenario = desk(json!({"strategy": strategy})).await;
            answer(&scenario, "ann", seconds(1)).await;
            answer(&scenario, "bob", seconds(60)).await;
            // Ann talks; then Bob is called and does not answer.
            for rings in [(1, 0), (1, 1)] {
                let phone = caller(&scenario, "1").await;
                tokio::time::sleep(seconds(5)).await;
                assert_eq!(rung(&scenario).await, rings);
                phone.hangup().await;
                scenario.nothing_left().await;
            }
            let phone = caller(&scenario, "2").await;
            tokio::time::sleep(seconds(5)).await;
            assert_eq!(rung(&scenario).await, next, "{strategy}");
            phone.hangup().await;
            scenario.nothing_left().await;
        });
    }
}

// Proves device.exclude_from_queues.
#[tokio::test(start_paused = true)]
async fn a_phone_may_be_excluded_from_queues() {
    let scenario = desk(json!({})).await;
    let other = json!({"name": "mobile", "owner_id": "u-ann", "sip": {"username": "mobile"},
        "exclude_from_queues": true});
    scenario.put(Kind::Device, "d-mobile", other).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    assert_eq!(rung(&scenario).await, (1, 0));
    assert!(called(&scenario, "mobile").await.is_empty());
    phone.hangup().await;
    scenario.nothing_left().await;
}
