//! Who the members of a `ring_group` are.

use pivot::clock;
use pivot::objects::{Kind, gregorian};
use pivot::simulate::Behaviour;
use serde_json::json;

use super::{member, near, rung};
use crate::callflow_dialling::ringing;
use crate::callflow_flows::in_virtual_time;
use crate::callflow_ringing::{house, talks};
use crate::support::seconds;

// Callflow check 51.
// Proves ring_group.endpoints.id, ring_group.endpoints.endpoint_type.
#[tokio::test(start_paused = true)]
async fn users_and_nested_groups_become_their_phones_and_nobody_rings_twice() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.user("ann", json!({})).await;
    for id in ["cell", "desk"] {
        scenario.device(id, json!({"owner_id": "ann"})).await;
    }
    let inner = json!({"deep": {"type": "device", "delay": 3}, "outer": {"type": "group"}});
    scenario
        .put(Kind::Group, "inner", json!({"endpoints": inner}))
        .await;
    let outer = json!({"inner": {"type": "group"}, "ann": {"type": "user"}, "b": {"type": "device", "timeout": 5}});
    scenario
        .put(Kind::Group, "outer", json!({"endpoints": outer}))
        .await;
    let endpoints = json!([
        {"id": "outer", "endpoint_type": "group", "timeout": 8},
        {"id": "b", "endpoint_type": "device", "timeout": 5},
        {"id": "desk", "endpoint_type": "device", "timeout": 8},
        {"id": "gone", "endpoint_type": "group"},
    ]);
    let data = json!({"endpoints": endpoints, "timeout": 10});
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.heard(&phone, &["took-_"]).await;
    let legs = scenario.legs().await;
    let rung: Vec<&str> = legs.iter().map(|leg| leg.endpoint.as_str()).collect();
    assert_eq!(
        rung,
        ["PJSIP/cell", "PJSIP/desk", "PJSIP/b", "PJSIP/deep"],
        "{}",
        scenario.lines().await
    );
    assert!(near(legs[3].after, seconds(3)), "{legs:?}");
    let ended = scenario.asterisk.called("PJSIP/desk").await[0]
        .ended()
        .await
        .unwrap();
    assert!(
        near(ended.at, seconds(8)),
        "a nested member has the group's time: {ended:?}"
    );
}

// Callflow check 51.
// Proves ring_group.endpoints.disable_until.
#[test]
fn a_member_that_is_switched_off_until_later_does_not_ring() {
    for (from_now, rings) in [(60, false), (-60, true)] {
        in_virtual_time(async move {
            let until = gregorian(clock::now()) + from_now;
            let data = json!({"endpoints": [member("a", json!({"disable_until": until}))]});
            let (scenario, phone) = rung(talks(), data, &["_"]).await;
            let sounds: &[&str] = if rings { &[] } else { &["took-_"] };
            scenario.heard(&phone, sounds).await;
            assert_eq!(scenario.legs().await.len(), usize::from(rings));
        });
    }
}
