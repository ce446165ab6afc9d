//! `route_to_cid`: those ring who have the called number as a caller id.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::near;
use crate::callflow_dialling::ringing;
use crate::callflow_flows::in_virtual_time;
use crate::callflow_ringing::house;
use crate::support::{ms, seconds};

/// Q11: without types the internal caller ids count.
// Proves route_to_cid.cid_types, route_to_cid.endpoint_types.
// Proves user.caller_id.*.number.
#[test]
fn whoever_has_the_called_number_as_a_caller_id_rings() {
    for (data, rung) in [
        (json!({}), vec!["PJSIP/cell", "PJSIP/desk", "PJSIP/door"]),
        (json!({"endpoint_types": ["device"]}), vec!["PJSIP/door"]),
        (
            json!({"endpoint_types": ["user"]}),
            vec!["PJSIP/cell", "PJSIP/desk"],
        ),
        (json!({"cid_types": ["external"]}), vec!["PJSIP/gate"]),
        (json!({"cid_types": ["emergency"]}), vec![]),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", Behaviour::busy()).await;
            let has = |kind: &str| json!({"caller_id": {kind: {"number": "2030"}}});
            scenario.user("ann", has("internal")).await;
            for id in ["cell", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            scenario.device("door", has("internal")).await;
            scenario.device("gate", has("external")).await;
            let child = if rung.is_empty() { "_" } else { "USER_BUSY" };
            let phone = scenario
                .runs(ringing("route_to_cid", data.clone(), &["_", "USER_BUSY"]))
                .await;
            scenario.heard(&phone, &[&format!("took-{child}")]).await;
            let mut legs = scenario.endpoints().await;
            legs.sort();
            assert_eq!(legs, rung, "{data}");
        });
    }
}

// Proves route_to_cid.timeout, route_to_cid.delay, route_to_cid.suppress_clid.
// Proves route_to_cid.static_invite, route_to_cid.custom_sip_headers.
// Proves route_to_cid.can_call_self.
#[tokio::test(start_paused = true)]
async fn route_to_cid_rings_as_a_device_node_does() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario
        .device(
            "sipp",
            json!({"caller_id": {"internal": {"number": "2030"}}}),
        )
        .await;
    let data = json!({"timeout": 6, "delay": 3, "can_call_self": true, "suppress_clid": true,
        "static_invite": "700", "custom_sip_headers": {"X-A": "b"}});
    let phone = scenario
        .runs(ringing("route_to_cid", data, &["NO_ANSWER"]))
        .await;
    let ended = scenario.end(&phone).await;
    let legs = scenario.legs().await;
    assert_eq!(legs[0].endpoint, "PJSIP/700@sipp");
    assert_eq!(
        (legs[0].caller(), legs[0].header("X-A")),
        ("anonymous", Some("b"))
    );
    assert!(near(ended.at, seconds(10) + ms(100)), "{ended:?}");
}
