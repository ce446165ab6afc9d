//! Which trunk carries a call.

use pivot::objects::Kind;
use pivot::store::Expected;
use serde_json::{Value, json};

use super::{carrier, out};
use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{in_virtual_time, node};
use crate::callflow_ringing::house;

/// Through which of two trunks, of which `b` is always there, a call goes.
async fn through(a: Value, data: Value) -> Vec<String> {
    let scenario = house().await;
    scenario.trunk("a", carrier("a", a)).await;
    scenario
        .trunk("b", carrier("b", json!({"weight_cost": 60})))
        .await;
    let phone = scenario.runs(out(data, &["_"])).await;
    scenario.end(&phone).await;
    scenario.endpoints().await
}

// Callflow check 55.
// Proves resources.to_did.
// Proves resource.enabled, resource.weight_cost, resource.dial.
#[tokio::test(start_paused = true)]
async fn the_first_usable_trunk_is_dialled_with_the_number() {
    let scenario = house().await;
    scenario
        .trunk(
            "a",
            carrier("off", json!({"enabled": false, "weight_cost": 1})),
        )
        .await;
    scenario
        .trunk("b", carrier("second", json!({"weight_cost": 20})))
        .await;
    scenario
        .trunk("c", carrier("first", json!({"weight_cost": 10})))
        .await;
    for (data, number) in [
        (json!({"to_did": "+1 555-123"}), "+1555123"),
        (json!({}), "2030"),
    ] {
        let before = scenario.endpoints().await.len();
        let phone = scenario.runs(out(data, &["_"])).await;
        scenario.heard(&phone, &[]).await;
        assert!(talked(&phone).await, "{}", scenario.lines().await);
        let expected = format!("PJSIP/{number}@first");
        assert_eq!(scenario.endpoints().await[before..], [expected]);
    }
}

// Callflow check 58.
// Proves resources.outbound_flags, resources.dynamic_flags.
// Proves offnet.outbound_flags, offnet.dynamic_flags.
// Proves resource.flags.
#[test]
fn a_trunk_must_have_all_the_flags_that_are_asked_for() {
    for (flags, data, trunk) in [
        (json!(["fax"]), json!({"outbound_flags": ["fax"]}), "a"),
        (
            json!(["fax"]),
            json!({"outbound_flags": ["fax", "gold"]}),
            "",
        ),
        (json!([]), json!({"outbound_flags": ["fax"]}), ""),
        (
            json!(["+15550001"]),
            json!({"dynamic_flags": ["caller_id_number", "zone"]}),
            "a",
        ),
        (json!([]), json!({"dynamic_flags": ["from_user"]}), ""),
        (json!([]), json!({"dynamic_flags": ["zone"]}), "a"),
    ] {
        for module in ["resources", "offnet"] {
            let (flags, data) = (flags.clone(), data.clone());
            in_virtual_time(async move {
                let scenario = house().await;
                scenario
                    .trunk("a", carrier("a", json!({"flags": flags})))
                    .await;
                let flow = ringing(module, data.clone(), &["_"]);
                let phone = scenario.runs(flow).await;
                scenario.end(&phone).await;
                let expected: Vec<String> = if trunk.is_empty() {
                    vec![]
                } else {
                    vec![format!("PJSIP/2030@{trunk}")]
                };
                assert_eq!(scenario.endpoints().await, expected, "{module} {data}");
            });
        }
    }
}

// Callflow check 58.
// Proves device.outbound_flags.
#[tokio::test(start_paused = true)]
async fn the_callers_phone_and_account_ask_for_flags_too() {
    let scenario = house().await;
    scenario
        .trunk("a", carrier("a", json!({"flags": ["eu"]})))
        .await;
    scenario
        .trunk("b", carrier("b", json!({"flags": ["eu", "gold"]})))
        .await;
    scenario
        .device("sipp", json!({"outbound_flags": ["gold"]}))
        .await;
    scenario.account(json!({"outbound_flags": ["eu"]})).await;
    let phone = scenario.runs(out(json!({}), &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/2030@b"]);
}

// Callflow check 58.
// Proves device.outbound_flags, account.outbound_flags.
#[tokio::test(start_paused = true)]
async fn flags_of_a_phone_may_be_of_both_kinds() {
    let scenario = house().await;
    for (id, flags) in [
        ("a", json!(["eu"])),
        ("b", json!(["+15550001"])),
        ("c", json!(["eu", "+15550001"])),
    ] {
        let trunk = carrier(id, json!({"flags": flags}));
        scenario.trunk(id, trunk).await;
    }
    let of_phone = json!({"static": ["eu"], "dynamic": []});
    scenario
        .device("sipp", json!({"outbound_flags": of_phone}))
        .await;
    let of_account = json!({"dynamic": ["caller_id_number"]});
    scenario
        .account(json!({"outbound_flags": of_account}))
        .await;
    let phone = scenario.runs(out(json!({}), &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/2030@c"]);
}

/// What a trunk says of the calls that it takes.
// Proves resource.rules, resource.require_flags, resource.cid_rules, resource.emergency.
#[test]
fn a_trunk_takes_the_calls_that_it_is_for() {
    let fax = json!({"outbound_flags": ["fax"]});
    for (trunk, data, endpoint) in [
        (
            json!({"rules": ["^00(\\d+)$", "^2(\\d+)$"]}),
            json!({}),
            "PJSIP/030@a",
        ),
        (json!({"rules": ["^2030$"]}), json!({}), "PJSIP/2030@a"),
        (json!({"rules": ["^9", "("]}), json!({}), "PJSIP/2030@b"),
        (json!({"require_flags": true}), json!({}), "PJSIP/2030@b"),
        (
            json!({"require_flags": true, "flags": ["fax"]}),
            fax,
            "PJSIP/2030@a",
        ),
        (
            json!({"cid_rules": ["^\\+1555"]}),
            json!({}),
            "PJSIP/2030@a",
        ),
        (json!({"cid_rules": ["^\\+49"]}), json!({}), "PJSIP/2030@b"),
        (json!({"emergency": true}), json!({}), "PJSIP/2030@b"),
        (
            json!({"emergency": true, "weight_cost": 90}),
            json!({"to_did": "112"}),
            "PJSIP/112@a",
        ),
    ] {
        in_virtual_time(async move {
            let legs = through(trunk.clone(), data).await;
            assert_eq!(legs, [endpoint], "{trunk}");
        });
    }
}

/// A trunk that another account names: Asterisk's own endpoints are not for it.
fn theirs() -> Value {
    json!({"name": "theirs", "dial": "PJSIP/{number}@shared", "gateways": [
        {"endpoint": "shared", "server": "theirs.example", "username": "shop"}
    ]})
}

/// Another account has trunks of its own, and shares those of the configuration's.
// Proves resources.use_local_resources, resources.hunt_account_id.
// Proves offnet.use_local_resources, offnet.hunt_account_id.
#[test]
fn an_account_uses_its_own_trunks_or_those_of_the_configuration() {
    const OTHER: &str = "0123456789abcdef0123456789abcdef";
    for (module, data, endpoint) in [
        (
            "resources",
            json!({}),
            "PJSIP/pivot-out/sip:2030@theirs.example",
        ),
        (
            "resources",
            json!({"use_local_resources": false}),
            "PJSIP/2030@shared",
        ),
        (
            "resources",
            json!({"hunt_account_id": "{own}"}),
            "PJSIP/2030@shared",
        ),
        (
            "resources",
            json!({"hunt_account_id": "ffffffffffffffffffffffffffffffff"}),
            "PJSIP/pivot-out/sip:2030@theirs.example",
        ),
        ("offnet", json!({}), "PJSIP/2030@shared"),
        (
            "offnet",
            json!({"use_local_resources": true}),
            "PJSIP/pivot-out/sip:2030@theirs.example",
        ),
        (
            "offnet",
            json!({"use_local_resources": true, "hunt_account_id": "{own}"}),
            "PJSIP/2030@shared",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("shared", json!({}))).await;
            let account = pivot::id::AccountId::parse(OTHER).unwrap();
            let own = scenario.pivot.services.account.to_string();
            let data = data.to_string().replace("{own}", &own);
            let flow = node(module, serde_json::from_str(&data).unwrap());
            for (kind, body) in [
                (Kind::Resource, theirs()),
                (Kind::Callflow, json!({"numbers": ["2030"], "flow": flow})),
            ] {
                let body = body.as_object().unwrap().clone();
                let catalog = &scenario.pivot.services.catalog;
                catalog
                    .put(&account, kind, "x", body, Expected::Anything)
                    .await
                    .unwrap();
            }
            let argument = format!("account={OTHER}");
            let phone = scenario.dial("2030", &[&argument]).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.endpoints().await, [endpoint], "{module} {data}");
        });
    }
}
