//! What the account's own phones may call (section 1.4).

use pivot::objects::Kind;
use pivot::simulate::Phone;
use serde_json::{Value, json};

use crate::callflow_flows::{in_virtual_time, node, play};
use crate::callflow_ringing::house;
use crate::support::Scenario;

/// Whether the caller was told that the call is not allowed, and nothing else.
async fn refused(scenario: &Scenario, phone: &Phone) -> bool {
    scenario.end(phone).await;
    let heard = phone.heard_media().await;
    let refused = heard == ["sound:ss-noservice"];
    assert!(
        refused || !heard.contains(&"sound:ss-noservice".to_owned()),
        "{heard:?}"
    );
    refused
}

fn restricts(class: &str, action: &str) -> Value {
    json!({"call_restriction": {class: {"action": action}}})
}

// Proves device.call_restriction.*.action, user.call_restriction.*.action.
// Proves account.call_restriction.*.action.
// Proves device.call_restriction.*.action, user.call_restriction.*.action.
// Proves account.call_restriction.*.action.
// Proves device.call_restriction.*.action, user.call_restriction.*.action.
// Proves account.call_restriction.*.action.
#[test]
fn a_kind_of_numbers_is_denied_by_the_device_else_the_user_else_the_account() {
    let none = json!({});
    let deny = restricts("international", "deny");
    for (device, user, account, number, expected) in [
        (deny.clone(), none.clone(), none.clone(), "+4930123", true),
        (deny.clone(), none.clone(), none.clone(), "2030", false),
        (none.clone(), deny.clone(), none.clone(), "+4930123", true),
        (none.clone(), none.clone(), deny.clone(), "+4930123", true),
        (
            restricts("international", "inherit"),
            none.clone(),
            deny.clone(),
            "+4930123",
            true,
        ),
        (
            restricts("international", "allow"),
            deny,
            none.clone(),
            "+4930123",
            false,
        ),
        (
            restricts("unknown", "deny"),
            none.clone(),
            none,
            "2030",
            true,
        ),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let mut device = device;
            device["owner_id"] = "ann".into();
            scenario.device("sipp", device.clone()).await;
            scenario.user("ann", user.clone()).await;
            scenario.account(account.clone()).await;
            scenario
                .callflow("main", &["2030", "+4930123"], play("through"))
                .await;
            let phone = scenario.dial(number, &[]).await;
            let told = refused(&scenario, &phone).await;
            assert_eq!(told, expected, "{device} {user} {account} {number}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn the_shop_says_which_kinds_of_numbers_there_are() {
    let scenario =
        Scenario::stored_with("[numbers]\nclassifiers = [{ name = 'premium', regex = '^0900' }]\n")
            .await;
    scenario.device("sipp", restricts("premium", "deny")).await;
    scenario
        .callflow("main", &["090012", "30"], play("through"))
        .await;
    for (number, expected) in [("090012", true), ("30", false)] {
        let phone = scenario.dial(number, &[]).await;
        assert_eq!(refused(&scenario, &phone).await, expected, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_who_are_none_of_the_stored_devices_are_not_restricted() {
    let scenario = house().await;
    scenario.account(restricts("unknown", "deny")).await;
    let phone = scenario.runs(play("through")).await;
    assert!(!refused(&scenario, &phone).await);
}

// Proves device.services.audio.enabled, account.services.audio.enabled.
// Proves device.services.audio.enabled, account.services.audio.enabled.
// Proves device.services.audio.enabled, account.services.audio.enabled.
#[test]
fn a_device_without_the_audio_service_makes_no_calls() {
    let off = json!({"services": {"audio": {"enabled": false}}});
    for (device, account) in [(off.clone(), json!({})), (json!({}), off)] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.device("sipp", device).await;
            scenario.account(account).await;
            let phone = scenario.runs(play("through")).await;
            assert!(refused(&scenario, &phone).await);
        });
    }
}

#[test]
fn in_closed_groups_a_phone_reaches_those_who_share_a_group_with_it() {
    for (flow, group, expected) in [
        (
            node("device", json!({"id": "desk"})),
            json!(["sipp", "desk"]),
            false,
        ),
        (
            node("device", json!({"id": "desk"})),
            json!(["ann", "bob"]),
            false,
        ),
        (
            node("user", json!({"id": "bob"})),
            json!(["ann", "bob"]),
            false,
        ),
        (node("device", json!({"id": "desk"})), json!(["desk"]), true),
        (
            node("device", json!({"id": "desk"})),
            json!(["ann", "other"]),
            true,
        ),
        // Nobody in particular is called.
        (play("through"), json!([]), false),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let mut device = restricts("closed_groups", "deny");
            device["owner_id"] = "ann".into();
            scenario.device("sipp", device).await;
            scenario.device("desk", json!({"owner_id": "bob"})).await;
            scenario.user("bob", json!({})).await;
            let members: Vec<_> = group.as_array().unwrap().iter().collect();
            let endpoints: serde_json::Map<_, _> = members
                .iter()
                .map(|id| (id.as_str().unwrap().into(), json!({})))
                .collect();
            scenario
                .put(Kind::Group, "g", json!({"endpoints": endpoints}))
                .await;
            let flow = crate::callflow_flows::chain([node("noop", json!({})), flow]);
            let phone = scenario.runs(flow.clone()).await;
            assert_eq!(refused(&scenario, &phone).await, expected, "{flow} {group}");
        });
    }
}

/// The preflow is no way around it.
// Proves account.preflow.always.
#[tokio::test(start_paused = true)]
async fn a_preflow_runs_before_the_refusal_and_not_the_flow() {
    let scenario = house().await;
    scenario.callflow("pre", &["9000"], play("pre")).await;
    let mut account = restricts("unknown", "deny");
    account["preflow"] = json!({"always": "pre"});
    scenario.account(account).await;
    scenario.device("sipp", json!({})).await;
    let phone = scenario.runs(play("through")).await;
    scenario.heard(&phone, &["pre", "ss-noservice"]).await;
}

// Proves dynamic_cid.enforce_call_restriction.
// Proves list_entry.capture_group_key.
#[test]
fn a_number_from_a_list_is_restricted_too_unless_the_node_says_otherwise() {
    for (enforces, expected) in [
        (json!(null), true),
        (json!(true), true),
        (json!(false), false),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario
                .device("sipp", restricts("international", "deny"))
                .await;
            let entry = json!({"capture_group_key": "01", "number": "700"});
            scenario.put(Kind::ListEntry, "cids/one", entry).await;
            let mut data = json!({"action": "lists", "id": "cids", "permit_custom_callflow": true});
            if !enforces.is_null() {
                data["enforce_call_restriction"] = enforces.clone();
            }
            let flow = json!({"patterns": ["^\\*5(.*)$"], "flow": node("dynamic_cid", data)});
            scenario.put(Kind::Callflow, "prefix", flow).await;
            scenario.callflow("main", &["+4930"], play("through")).await;
            let phone = scenario.dial("*501+4930", &[]).await;
            assert_eq!(refused(&scenario, &phone).await, expected, "{enforces}");
        });
    }
}
