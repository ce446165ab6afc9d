//! `group`: the members of a stored group, or its own.

use pivot::clock;
use pivot::objects::{Kind, gregorian};
use pivot::simulate::Behaviour;
use serde_json::json;

use super::{member, members, near};
use crate::callflow_dialling::ringing;
use crate::callflow_flows::{chain, in_virtual_time, node};
use crate::callflow_ringing::house;
use crate::support::seconds;

/// Q16: nobody is answered before somebody answers, and without a ringback it rings.
// Proves group.id, group.timeout.
#[tokio::test(start_paused = true)]
async fn a_stored_group_rings_and_does_not_answer_first() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    let endpoints = json!({"a": {"type": "device"}, "b": {"type": "device"}});
    scenario
        .put(Kind::Group, "g", json!({"endpoints": endpoints}))
        .await;
    let data = json!({"id": "g", "timeout": 6});
    let phone = scenario.runs(ringing("group", data, &["NO_ANSWER"])).await;
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(phone.state().await.as_deref(), Some("Ring"));
    scenario.heard(&phone, &["took-NO_ANSWER"]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a", "PJSIP/b"]);
    let callee = &scenario.asterisk.called("PJSIP/a").await[0];
    assert!(near(callee.ended().await.unwrap().at, seconds(6)));
}

/// What the stored group says wins over the node.
// Proves group.strategy, group.ringback, group.ignore_forward.
#[test]
fn the_node_fills_in_what_the_stored_group_does_not_say() {
    let said = json!({"strategy": "single", "timeout": 5, "ringback": "sound:ours", "ignore_forward": false});
    let other = json!({"id": "g", "strategy": "simultaneous", "timeout": 9, "ringback": "sound:theirs", "ignore_forward": true});
    let mut node = said.clone();
    node["id"] = "g".into();
    for (group, data) in [(said, other), (json!({}), node)] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", Behaviour::no_answer()).await;
            scenario.asterisk.sound("ours", seconds(100)).await;
            let call_forward = json!({"enabled": true, "number": "5551234"});
            scenario
                .device("b", json!({"call_forward": call_forward}))
                .await;
            let mut group = group;
            group["endpoints"] = json!({"a": {"type": "device"}, "b": {"type": "device"}});
            scenario.put(Kind::Group, "g", group.clone()).await;
            let phone = scenario.runs(ringing("group", data, &["_"])).await;
            scenario.heard(&phone, &["ours", "took-_"]).await;
            let legs = scenario.legs().await;
            assert_eq!(
                scenario.endpoints().await,
                ["PJSIP/a", "Local/5551234@pivot-outbound/n"]
            );
            assert!(near(legs[1].after, seconds(5)), "{legs:?}");
        });
    }
}

// Proves group.endpoints.
// Proves group.endpoints.id.
#[tokio::test(start_paused = true)]
async fn a_group_with_members_of_its_own_needs_no_stored_group() {
    let scenario = house().await;
    let data = json!({"id": "gone", "endpoints": members(&["a"])});
    let phone = scenario.runs(ringing("group", data, &["_"])).await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_not_stored_takes_the_default_child() {
    let scenario = house().await;
    let phone = scenario
        .runs(ringing("group", json!({"id": "gone"}), &["_"]))
        .await;
    scenario.heard(&phone, &["took-_"]).await;
}

// Proves group.endpoints.endpoint_type, group.endpoints.delay, group.endpoints.timeout.
// Proves group.endpoints.disable_until.
#[tokio::test(start_paused = true)]
async fn members_of_its_own_are_what_they_say_and_ring_when_they_say() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.user("ann", json!({})).await;
    scenario.device("cell", json!({"owner_id": "ann"})).await;
    let later = gregorian(clock::now()) + 600;
    let endpoints = json!([
        {"id": "ann", "endpoint_type": "user", "delay": 4, "timeout": 3},
        member("desk", json!({"timeout": 9})),
        member("door", json!({"disable_until": later})),
    ]);
    let data = json!({"endpoints": endpoints, "timeout": 15});
    let phone = scenario.runs(ringing("group", data, &["NO_ANSWER"])).await;
    scenario.heard(&phone, &["took-NO_ANSWER"]).await;
    let legs = scenario.legs().await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/desk", "PJSIP/cell"]);
    assert!(near(legs[1].after, seconds(4)), "{legs:?}");
    for (endpoint, until) in [("PJSIP/cell", 7), ("PJSIP/desk", 9)] {
        let callee = &scenario.asterisk.called(endpoint).await[0];
        let ended = callee.ended().await.unwrap();
        assert!(near(ended.at, seconds(until)), "{endpoint}: {ended:?}");
    }
}

/// Each call draws once, and the lighter wins less than one draw in a hundred.
// Proves group.endpoints.weight.
#[tokio::test(start_paused = true)]
async fn the_heavier_of_its_own_members_is_the_first_more_often() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    let endpoints = json!([
        member("light", json!({"weight": 1})),
        member("heavy", json!({"weight": 100}))
    ]);
    let data = json!({"endpoints": endpoints, "strategy": "weighted_random"});
    let group = node("group", data);
    // The same group again and again in one call.
    let groups = (0..60).map(|_| group.clone());
    let phone = scenario.runs(chain(groups)).await;
    scenario.end(&phone).await;
    let legs = scenario.endpoints().await;
    assert_eq!(legs.len(), 120);
    let rounds = legs.chunks(2);
    let heavy = rounds.filter(|legs| legs[0] == "PJSIP/heavy").count();
    assert!(heavy > 48, "{heavy}");
}
