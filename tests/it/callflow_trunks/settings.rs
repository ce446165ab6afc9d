//! How long a call out rings, what it carries, and what the caller hears.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::{carrier, out};
use crate::callflow_dialling::ringing;
use crate::callflow_flows::in_virtual_time;
use crate::callflow_ringing::house;
use crate::support::{Scenario, seconds};

// Proves resources.timeout.
// Proves resource.grace_period.
#[test]
fn a_call_out_rings_as_long_as_the_node_and_the_trunk_let_it() {
    for (timeout, grace, lasts) in [(6, 0, seconds(6)), (20, 5, seconds(5))] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", Behaviour::no_answer()).await;
            scenario
                .trunk("a", carrier("a", json!({"grace_period": grace})))
                .await;
            let phone = scenario
                .runs(out(json!({"timeout": timeout}), &["NO_ANSWER"]))
                .await;
            let ended = scenario.end(&phone).await;
            assert_eq!(phone.heard_media().await, ["sound:took-NO_ANSWER"]);
            assert!(
                ended.at >= lasts && ended.at < lasts + seconds(4),
                "{ended:?}"
            );
        });
    }
}

// Proves resources.caller_id_type.
// Proves resource.caller_id_options.
#[test]
fn the_caller_id_is_that_of_the_node_or_of_the_trunk_or_for_emergencies() {
    let wants = json!({"caller_id_options": {"type": "fax"}});
    for (trunk, data, shown) in [
        (json!({}), json!({}), "+49301"),
        (json!({}), json!({"caller_id_type": "internal"}), "701"),
        (json!({}), json!({"caller_id_type": "unknown"}), "+49301"),
        (wants.clone(), json!({}), "+49303"),
        (wants, json!({"to_did": "112"}), "+49302"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let ids = json!({"external": {"number": "+49301"}, "internal": {"number": "701"},
                "emergency": {"number": "+49302"}, "fax": {"number": "+49303"}});
            scenario.device("sipp", json!({"caller_id": ids})).await;
            scenario.trunk("a", carrier("a", trunk)).await;
            let phone = scenario.runs(out(data.clone(), &[])).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].caller(), shown, "{data}");
        });
    }
}

// Proves resources.custom_sip_headers, resources.emit_account_id.
#[tokio::test(start_paused = true)]
async fn headers_of_the_node_the_callers_phone_and_the_account_reach_the_trunk() {
    let scenario = house().await;
    let headers = json!({"out": {"X-Phone": "p"}, "in": {"X-No": "n"}});
    scenario
        .device("sipp", json!({"sip": {"custom_sip_headers": headers}}))
        .await;
    scenario.trunk("a", carrier("a", json!({}))).await;
    let data =
        json!({"custom_sip_headers": {"X-To": "{callee_id_number}"}, "emit_account_id": true});
    let phone = scenario.runs(out(data, &[])).await;
    scenario.end(&phone).await;
    let leg = &scenario.legs().await[0];
    let account = scenario.pivot.services.account.to_string();
    for (name, value) in [
        ("X-Phone", Some("p")),
        ("X-No", None),
        ("X-To", Some("2030")),
        ("X-Account-ID", Some(account.as_str())),
    ] {
        assert_eq!(leg.header(name), value, "{name}");
    }
}

// Proves resources.ringback.
#[tokio::test(start_paused = true)]
async fn the_caller_hears_the_ringback_of_the_node() {
    let scenario = house().await;
    scenario.asterisk.sound("wait", seconds(60)).await;
    scenario.trunk("a", carrier("a", json!({}))).await;
    let phone = scenario
        .runs(out(json!({"ringback": "sound:wait"}), &[]))
        .await;
    scenario.heard(&phone, &["wait"]).await;
}

// Proves resources.ignore_early_media.
#[test]
fn early_media_of_a_trunk_is_heard_unless_the_node_says_otherwise() {
    for ignores in [false, true] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            let phone = scenario
                .runs(out(json!({"ignore_early_media": ignores}), &[]))
                .await;
            scenario.end(&phone).await;
            let requests = scenario.asterisk.requests().await;
            let at = |what: &str| {
                requests
                    .iter()
                    .position(|r| r.path.ends_with(what))
                    .unwrap()
            };
            assert_eq!(at("/addChannel") < at("/dial"), !ignores);
        });
    }
}

// Proves offnet.to_did, offnet.timeout, offnet.ringback, offnet.custom_sip_headers.
// Proves offnet.caller_id_type.
// Proves offnet.do_not_normalize, offnet.bypass_e164, offnet.emit_account_id.
// Proves offnet.ignore_early_media.
#[tokio::test(start_paused = true)]
async fn offnet_takes_the_fields_of_resources() {
    let scenario =
        Scenario::stored_with("[numbers]\nconverters = [{ regex = '^0(.+)$', prefix = '+49' }]\n")
            .await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.asterisk.sound("wait", seconds(60)).await;
    let ids = json!({"external": {"number": "+49301"}, "internal": {"number": "701"}});
    scenario.device("sipp", json!({"caller_id": ids})).await;
    scenario
        .trunk("a", carrier("a", json!({"weight_cost": 1})))
        .await;
    scenario
        .trunk("b", carrier("b", json!({"flags": ["fax", "+15550001"]})))
        .await;
    let own = scenario.pivot.services.account.to_string();
    let data = json!({"to_did": "0305", "timeout": 7, "ringback": "sound:wait", "caller_id_type": "internal",
        "custom_sip_headers": {"X-A": "b"}, "outbound_flags": ["fax"], "dynamic_flags": ["from_user"],
        "do_not_normalize": true, "emit_account_id": true, "use_local_resources": true, "hunt_account_id": own});
    let phone = scenario.runs(ringing("offnet", data, &["NO_ANSWER"])).await;
    let ended = scenario.end(&phone).await;
    assert!(
        ended.at >= seconds(7) && ended.at < seconds(10),
        "{ended:?}"
    );
    assert_eq!(
        phone.heard_media().await,
        ["sound:wait", "sound:took-NO_ANSWER"]
    );
    let legs = scenario.legs().await;
    assert_eq!(
        (legs.len(), legs[0].endpoint.as_str(), legs[0].caller()),
        (1, "PJSIP/0305@b", "701")
    );
    assert_eq!(legs[0].header("X-A"), Some("b"));
    assert_eq!(legs[0].header("X-Account-ID"), Some(own.as_str()));
    for (data, joins_first) in [
        (
            json!({"bypass_e164": true, "to_did": "0305", "ignore_early_media": true}),
            false,
        ),
        (json!({"bypass_e164": true, "to_did": "0305"}), true),
    ] {
        let before = scenario.asterisk.requests().await.len();
        let phone = scenario.runs(ringing("offnet", data, &["NO_ANSWER"])).await;
        scenario.end(&phone).await;
        let requests = scenario.asterisk.requests().await.split_off(before);
        let dialled = requests
            .iter()
            .position(|r| r.path.ends_with("/dial"))
            .unwrap();
        let joined = requests
            .iter()
            .take(dialled)
            .any(|r| r.path.ends_with("/addChannel"));
        assert_eq!(joined, joins_first);
    }
    assert!(
        scenario
            .endpoints()
            .await
            .iter()
            .all(|endpoint| endpoint.contains("0305@"))
    );
}
