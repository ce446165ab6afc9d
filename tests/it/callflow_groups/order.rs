//! Members that ring one after the other.

use std::collections::BTreeSet;

use pivot::objects::Kind;
use pivot::simulate::Behaviour;
use serde_json::json;

use super::{member, members, near, rung};
use crate::callflow_dialling::ringing;
use crate::callflow_ringing::house;
use crate::support::seconds;

/// Q15: each has its own time, all of them together as long as it takes.
// Proves ring_group.strategy.
#[tokio::test(start_paused = true)]
async fn they_ring_one_after_the_other_in_the_documents_order() {
    let endpoints = json!([
        member("c", json!({"timeout": 6, "delay": 2})),
        member("a", json!({"timeout": 30})),
        member("b", json!({"timeout": 4})),
    ]);
    let data = json!({"endpoints": endpoints, "strategy": "single", "timeout": 15});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["_"]).await;
    scenario.heard(&phone, &["took-_"]).await;
    let legs = scenario.legs().await;
    let order: Vec<&str> = legs.iter().map(|leg| leg.endpoint.as_str()).collect();
    assert_eq!(order, ["PJSIP/c", "PJSIP/a", "PJSIP/b"]);
    // Since the first began to ring, after its delay.
    assert!(near(legs[1].after, seconds(6)), "{legs:?}");
    assert!(near(legs[2].after, seconds(21)), "{legs:?}");
    let ended = phone.ended().await.unwrap();
    assert!(ended.at >= seconds(27), "{ended:?}");
}

/// Q14: members of a stored group come by ascending weight, and all of them.
#[tokio::test(start_paused = true)]
async fn members_of_a_group_ring_by_weight_and_none_is_lost() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    let endpoints = json!({"none": {"type": "device"}, "b": {"type": "device", "weight": 5},
        "c": {"type": "device", "weight": 9}, "a": {"type": "device", "weight": 5}});
    let group = json!({"endpoints": endpoints, "strategy": "single"});
    scenario.put(Kind::Group, "g", group).await;
    let phone = scenario
        .runs(ringing("group", json!({"id": "g"}), &["USER_BUSY"]))
        .await;
    scenario.heard(&phone, &["took-USER_BUSY"]).await;
    let order = scenario.endpoints().await;
    assert_eq!(order, ["PJSIP/b", "PJSIP/a", "PJSIP/c", "PJSIP/none"]);
}

// Callflow check 52.
#[tokio::test(start_paused = true)]
async fn all_members_ring_one_at_a_time_in_an_order_that_changes() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    let weighted = |id: &str, weight: u32| member(id, json!({"weight": weight}));
    let endpoints = json!([
        weighted("a", 50),
        weighted("b", 50),
        weighted("c", 50),
        weighted("d", 50)
    ]);
    let data = json!({"endpoints": endpoints, "strategy": "weighted_random", "timeout": 5});
    // One at a time: the next when the one before has rung for long enough.
    scenario.behaves("*", Behaviour::no_answer()).await;
    let flow = ringing("ring_group", data.clone(), &["_"]);
    let phone = scenario.runs(flow).await;
    scenario.end(&phone).await;
    for (nth, leg) in scenario.legs().await.iter().enumerate() {
        let expected = seconds(5 * u64::try_from(nth).unwrap());
        assert!(near(leg.after, expected), "{leg:?}");
    }
    let before = scenario.endpoints().await.len();
    assert_eq!(before, 4);
    scenario.behaves("*", Behaviour::busy()).await;
    scenario
        .callflow("main", &["2030"], ringing("ring_group", data, &["_"]))
        .await;
    let mut orders = BTreeSet::new();
    for call in 0..12 {
        let phone = scenario.dial("2030", &[]).await;
        scenario.end(&phone).await;
        let legs = scenario.endpoints().await;
        let order = legs[before + call * 4..].to_vec();
        let all: BTreeSet<_> = order.iter().cloned().collect();
        assert_eq!((order.len(), all.len()), (4, 4), "{order:?}");
        orders.insert(order);
    }
    assert!(orders.len() > 2, "{orders:?}");
}

/// The order was drawn, and is drawn once.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_keeps_the_order_that_was_drawn() {
    for _ in 0..4 {
        let scenario = house().await;
        scenario.behaves("*", Behaviour::no_answer()).await;
        let ids = ["a", "b", "c", "d", "e"];
        let data = json!({"endpoints": members(&ids), "strategy": "weighted_random", "timeout": 4});
        let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
        for _ in 0..3 {
            tokio::time::sleep(seconds(5)).await;
            scenario.kill_and_resume().await;
        }
        scenario.heard(&phone, &["took-_"]).await;
        let legs = scenario.endpoints().await;
        let all: BTreeSet<_> = legs.iter().cloned().collect();
        assert_eq!((legs.len(), all.len()), (5, 5), "{legs:?}");
    }
}

/// Sixty draws, of which the lighter member wins less than one in a hundred.
// Proves ring_group.endpoints.weight.
#[tokio::test(start_paused = true)]
async fn the_heavier_member_is_the_first_more_often() {
    let endpoints = json!([
        member("light", json!({"weight": 1})),
        member("heavy", json!({"weight": 100}))
    ]);
    let data = json!({"endpoints": endpoints, "strategy": "weighted_random", "repeats": 60});
    let (scenario, phone) = rung(Behaviour::busy(), data, &["_"]).await;
    scenario.heard(&phone, &["took-_"]).await;
    let legs = scenario.endpoints().await;
    assert_eq!(legs.len(), 120);
    let rounds = legs.chunks(2);
    let heavy = rounds.filter(|legs| legs[0] == "PJSIP/heavy").count();
    assert!(heavy > 48, "{heavy}");
}
