//! When, for how long and as what phones ring.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::{device, house};
use crate::callflow_dialling::ringing;
use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::seconds;

// Proves user.strategy, user.timeout, user.dial_strategy.
#[test]
fn the_devices_of_a_user_ring_one_after_the_other_if_the_node_says_so() {
    for name in ["strategy", "dial_strategy"] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.user("ann", json!({})).await;
            for id in ["cell", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            scenario.behaves("PJSIP/cell", Behaviour::no_answer()).await;
            let data = json!({"id": "ann", name: "single", "timeout": 6});
            let phone = scenario.runs(ringing("user", data, &["_"])).await;
            scenario.heard(&phone, &[]).await;
            let legs = scenario.legs().await;
            assert_eq!(scenario.endpoints().await, ["PJSIP/cell", "PJSIP/desk"]);
            assert!(
                legs[1].after >= seconds(6) && legs[1].after < seconds(8),
                "{legs:?}"
            );
        });
    }
}

// Proves device.timeout, device.delay.
#[tokio::test(start_paused = true)]
async fn a_stored_device_rings_after_its_delay_for_its_timeout() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.device("bob", json!({})).await;
    let data = json!({"id": "bob", "delay": 4, "timeout": 7});
    let phone = scenario.runs(ringing("device", data, &["NO_ANSWER"])).await;
    let ended = scenario.end(&phone).await;
    assert_eq!(phone.heard_media().await, ["sound:took-NO_ANSWER"]);
    assert!(
        ended.at >= seconds(11) && ended.at < seconds(15),
        "{ended:?}"
    );
}

// Proves device.ringtones.internal, device.ringtones.external, user.ringtones.external.
#[test]
fn a_phone_rings_as_it_is_said_for_this_caller() {
    let own = json!({"internal": "own-in", "external": "own-out"});
    let alert = |value: &str| node("set_alert_info", json!({"alert_info": value}));
    for (ringtones, nodes, arguments, header) in [
        (own.clone(), vec![], &["internal=yes"][..], Some("own-in")),
        (own.clone(), vec![], &[], Some("own-out")),
        (json!({}), vec![], &[], Some("user-out")),
        (own, vec![alert("set")], &[], Some("set")),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let document = json!({"owner_id": "ann", "ringtones": ringtones});
            scenario.device("desk", document).await;
            scenario
                .user("ann", json!({"ringtones": {"external": "user-out"}}))
                .await;
            let flow = chain(nodes.into_iter().chain([device("desk", &[])]));
            scenario.callflow("main", &["2030"], flow).await;
            let phone = scenario.dial("2030", arguments).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].header("Alert-Info"), header);
        });
    }
}

/// Q30: `in` is what calls to the device have, `out` what calls from it have.
// Proves device.custom_sip_headers.
// Proves device.sip.custom_sip_headers.
#[tokio::test(start_paused = true)]
async fn headers_of_the_callee_the_caller_and_the_node_reach_the_phone() {
    let scenario = house().await;
    let headers = json!({"in": {"X-In": "in {caller_id_number}", "X-Both": "callee"}, "out": {"X-Out": "wrong"}, "X-Old": 5});
    scenario
        .device("desk", json!({"sip": {"custom_sip_headers": headers}}))
        .await;
    let headers = json!({"out": {"X-Mine": "mine"}, "in": {"X-Wrong": "wrong"}});
    scenario
        .device("sipp", json!({"sip": {"custom_sip_headers": headers}}))
        .await;
    let data = json!({"id": "desk", "custom_sip_headers": {"X-Both": "node"}});
    let phone = scenario.runs(node("device", data)).await;
    scenario.end(&phone).await;
    let leg = &scenario.legs().await[0];
    for (name, value) in [
        ("X-In", Some("in +15550001")),
        ("X-Both", Some("node")),
        ("X-Old", Some("5")),
        ("X-Mine", Some("mine")),
        ("X-Out", None),
        ("X-Wrong", None),
    ] {
        assert_eq!(leg.header(name), value, "{name}: {leg:?}");
    }
}

// Proves device.static_invite.
// Proves device.sip.static_invite.
#[tokio::test(start_paused = true)]
async fn the_node_or_the_device_says_for_whom_the_invite_is() {
    let scenario = house().await;
    scenario
        .device("desk", json!({"sip": {"static_invite": "700"}}))
        .await;
    for data in [
        json!({"id": "desk"}),
        json!({"id": "desk", "static_invite": "800"}),
    ] {
        let phone = scenario.runs(node("device", data)).await;
        scenario.end(&phone).await;
    }
    assert_eq!(
        scenario.endpoints().await,
        ["PJSIP/700@desk", "PJSIP/800@desk"]
    );
}

// Proves device.sip.route, device.sip.invite_format.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_an_address_is_called_there() {
    let scenario = house().await;
    let sip = json!({"invite_format": "route", "route": "sip:door@192.0.2.5:5070"});
    scenario.device("door", json!({"sip": sip})).await;
    let phone = scenario.runs(device("door", &[])).await;
    scenario.end(&phone).await;
    assert_eq!(
        scenario.endpoints().await,
        ["PJSIP/pivot-out/sip:door@192.0.2.5:5070"]
    );
}

// Proves device.suppress_clid, user.suppress_clid.
#[tokio::test(start_paused = true)]
async fn a_hidden_caller_is_not_shown_to_stored_phones() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    for (module, id) in [("device", "desk"), ("user", "ann")] {
        let data = json!({"id": id, "suppress_clid": true});
        let phone = scenario.runs(node(module, data)).await;
        scenario.end(&phone).await;
    }
    let legs = scenario.legs().await;
    assert!(
        legs.iter().all(|leg| leg.caller() == "anonymous"),
        "{legs:?}"
    );
}

/// Section 1.4: the language is the device's, else the account's.
// Proves device.language, account.language.
#[test]
fn a_call_of_a_stored_device_has_its_language() {
    for (device, account, language) in [
        (json!("FR-fr"), json!("de-de"), "fr-fr"),
        (json!(null), json!("de-DE"), "de-de"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.device("sipp", json!({"language": device})).await;
            scenario.account(json!({"language": account})).await;
            scenario.answer_with("/next", &play("end"));
            let flow = ask("/next")
                .to_string()
                .replace("{app}", &scenario.web.url());
            let phone = scenario.runs(serde_json::from_str(&flow).unwrap()).await;
            let told = scenario.told(&phone, "/next", "Language").await;
            assert_eq!(told.as_deref(), Some(language));
        });
    }
}

// Proves user.delay, user.static_invite, user.custom_sip_headers.
#[tokio::test(start_paused = true)]
async fn what_a_user_node_says_holds_for_each_of_the_devices() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    scenario.user("ann", json!({})).await;
    for id in ["cell", "desk"] {
        scenario.device(id, json!({"owner_id": "ann"})).await;
    }
    let data = json!({"id": "ann", "delay": 5, "static_invite": "700", "custom_sip_headers": {"X-A": "b"}});
    let phone = scenario.runs(ringing("user", data, &["USER_BUSY"])).await;
    let ended = scenario.end(&phone).await;
    assert!(ended.at >= seconds(5), "{ended:?}");
    assert_eq!(
        scenario.endpoints().await,
        ["PJSIP/700@cell", "PJSIP/700@desk"]
    );
    let legs = scenario.legs().await;
    assert!(
        legs.iter().all(|leg| leg.header("X-A") == Some("b")),
        "{legs:?}"
    );
}
