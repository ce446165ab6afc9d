//! How callers leave a queue without having talked.

use serde_json::json;

use super::{answer, called, caller, calls, desk, is, leads_to, left, nobody_is_there};
use crate::callflow_flows::in_virtual_time;
use crate::support::seconds;

// Callflow check 86.
// Proves queue.caller_exit_key, queue.max_queue_size, queue.connection_timeout.
#[tokio::test(start_paused = true)]
async fn the_exit_key_the_time_limit_and_a_full_queue_lead_to_the_default_child() {
    let scenario =
        desk(json!({"connection_timeout": 60, "max_queue_size": 2, "caller_exit_key": "0"})).await;
    nobody_is_there(&scenario).await;
    let by_key = caller(&scenario, "1").await;
    let by_time = caller(&scenario, "2").await;
    tokio::time::sleep(seconds(2)).await;
    let full = caller(&scenario, "3").await;
    assert!(left(&full).await);
    by_key.press("50").await;
    assert!(left(&by_key).await);
    tokio::time::sleep(seconds(50)).await;
    assert!(by_time.state().await.is_some());
    tokio::time::sleep(seconds(15)).await;
    assert!(left(&by_time).await);
    scenario.nothing_left().await;
}

// Callflow check 86. A queue that fails.
// Proves queue.enter_when_empty.
#[tokio::test(start_paused = true)]
async fn an_empty_queue_may_turn_callers_away() {
    let scenario = desk(json!({"enter_when_empty": false})).await;
    for (who, status) in [("ann", "logged_out"), ("bob", "paused")] {
        is(&scenario, who, status).await;
    }
    // Bob is there, though he pauses.
    let waits = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    assert!(waits.state().await.is_some());
    is(&scenario, "bob", "logged_out").await;
    assert!(left(&waits).await);
    leads_to(&scenario, "501", json!({"id": "nowhere"})).await;
    let phone = calls(&scenario, "2", "501").await;
    assert!(left(&phone).await);
}

// Callflow check 86.
#[test]
fn callers_leave_also_while_an_agents_phone_rings() {
    for (queue, key) in [
        (
            json!({"agent_ring_timeout": 60, "caller_exit_key": "5"}),
            "5",
        ),
        (
            json!({"agent_ring_timeout": 60, "connection_timeout": 6}),
            "",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = desk(queue).await;
            answer(&scenario, "ann", seconds(40)).await;
            let phone = caller(&scenario, "1").await;
            tokio::time::sleep(seconds(5)).await;
            let ann = called(&scenario, "ann").await.remove(0);
            assert!(ann.state().await.is_some());
            phone.press(key).await;
            assert!(left(&phone).await);
            assert!(ann.state().await.is_none());
            scenario.nothing_left().await;
        });
    }
}
