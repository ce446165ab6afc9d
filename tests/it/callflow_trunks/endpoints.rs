//! What a trunk dials, and what it never does.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::{carrier, out};
use crate::callflow_flows::in_virtual_time;
use crate::callflow_ringing::house;
use crate::support::Scenario;

// Proves resource.gateways.endpoint, resource.gateways.enabled, resource.gateways.prefix.
// Proves resource.gateways.suffix, resource.gateways.server, resource.gateways.port.
#[test]
fn the_gateways_of_a_trunk_are_tried_in_order_with_what_stands_around_the_number() {
    let gateways = json!([
        {"endpoint": "off", "enabled": false},
        {"endpoint": "one", "prefix": "00", "suffix": "#"},
        {"server": "sip.example.com", "port": 5070},
    ]);
    in_virtual_time(async move {
        let scenario = house().await;
        scenario.trunk("a", json!({"gateways": gateways})).await;
        scenario.behaves("*@one", Behaviour::congestion()).await;
        let phone = scenario.runs(out(json!({}), &["_"])).await;
        scenario.heard(&phone, &[]).await;
        let expected = [
            "PJSIP/002030#@one",
            "PJSIP/pivot-out/sip:2030@sip.example.com:5070",
        ];
        assert_eq!(scenario.endpoints().await, expected);
    });
}

#[tokio::test(start_paused = true)]
async fn a_trunk_without_gateways_is_the_shops_dialplan() {
    let scenario = house().await;
    scenario
        .trunk("a", json!({"name": "dialplan", "rules": ["^20(\\d+)"]}))
        .await;
    let phone = scenario.runs(out(json!({}), &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["Local/30@pivot-outbound/n"]);
}

// Proves resources.do_not_normalize, resources.bypass_e164.
// Proves device.dial_plan.*.prefix, device.dial_plan.*.suffix, account.dial_plan.*.prefix.
// Proves account.dial_plan.*.suffix.
#[test]
fn a_number_is_written_as_trunks_take_it_unless_the_node_says_otherwise() {
    // Names of Kazoo's own plans stand beside the rules.
    let plan = json!({"system": ["us_10_digit"], "^5(\\d+)$": {"prefix": "+1", "suffix": "9"}});
    for (device, account, data, dialled) in [
        (json!({}), json!({}), json!({}), "+49305"),
        (json!({}), plan.clone(), json!({"to_did": "512"}), "+1129"),
        (plan.clone(), json!({}), json!({"to_did": "512"}), "+1129"),
        (
            plan.clone(),
            json!({}),
            json!({"to_did": "512", "bypass_e164": true}),
            "+1129",
        ),
        (
            plan,
            json!({}),
            json!({"to_did": "512", "do_not_normalize": true}),
            "512",
        ),
        (json!({}), json!({}), json!({"bypass_e164": true}), "0305"),
        (
            json!({}),
            json!({}),
            json!({"do_not_normalize": true}),
            "0305",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::stored_with(
                "[numbers]\nconverters = [{ regex = '^0([1-9][0-9]+)$', prefix = '+49' }]\n",
            )
            .await;
            scenario
                .behaves("*", crate::callflow_ringing::talks())
                .await;
            scenario.device("sipp", json!({"dial_plan": device})).await;
            scenario.account(json!({"dial_plan": account})).await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            scenario
                .callflow("main", &["+49305"], out(data.clone(), &[]))
                .await;
            let phone = scenario.dial("0305", &[]).await;
            scenario.end(&phone).await;
            assert_eq!(
                scenario.endpoints().await,
                [format!("PJSIP/{dialled}@a")],
                "{data}"
            );
        });
    }
}

#[test]
fn a_stored_trunk_cannot_lead_past_its_own_template() {
    for (trunk, data) in [
        (json!({"dial": "PJSIP/{number}@a&PJSIP/b"}), json!({})),
        (json!({"dial": "Local/s@${SECRET}"}), json!({})),
        (json!({"gateways": [{"endpoint": "a&PJSIP/b"}]}), json!({})),
        (
            json!({"dial": "PJSIP/{number}@a"}),
            json!({"to_did": "1@other"}),
        ),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("t", trunk.clone()).await;
            let phone = scenario.runs(out(data, &["UNALLOCATED_NUMBER"])).await;
            scenario.heard(&phone, &["took-UNALLOCATED_NUMBER"]).await;
            assert!(scenario.endpoints().await.is_empty(), "{trunk}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_cannot_lead_past_the_address_of_a_gateway() {
    let scenario = house().await;
    scenario
        .trunk("a", json!({"gateways": [{"server": "sip.example.com"}]}))
        .await;
    let data = json!({"to_did": "1@evil.example"});
    let phone = scenario.runs(out(data, &["NO_ROUTE_DESTINATION"])).await;
    scenario.heard(&phone, &["took-NO_ROUTE_DESTINATION"]).await;
    assert!(scenario.endpoints().await.is_empty());
}
