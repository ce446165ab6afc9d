//! Which phones ring, and which do not.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::house;
use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::in_virtual_time;
use crate::support::{ms, seconds};

// Callflow check 48.
/// Who calls is `PJSIP/sipp`.
// Proves device.can_call_self.
#[test]
fn the_callers_own_device_rings_only_if_the_node_says_so() {
    for (can_call_self, sounds, legs) in [(false, &["took-_"][..], 0), (true, &[], 1)] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario
                .device("d1", json!({"sip": {"username": "sipp"}}))
                .await;
            let data = json!({"id": "d1", "can_call_self": can_call_self});
            let phone = scenario.runs(ringing("device", data, &["_"])).await;
            scenario.heard(&phone, sounds).await;
            assert_eq!(scenario.endpoints().await.len(), legs);
        });
    }
}

// Callflow check 48.
// Proves user.can_call_self.
#[test]
fn other_devices_of_the_callers_own_user_ring_only_if_the_node_says_so() {
    for (can_call_self, rung) in [(false, vec![]), (true, vec!["PJSIP/desk", "PJSIP/sipp"])] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.user("ann", json!({"first_name": "Ann"})).await;
            for id in ["sipp", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            let data = json!({"id": "ann", "can_call_self": can_call_self});
            let phone = scenario.runs(ringing("user", data, &[])).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.endpoints().await, rung);
        });
    }
}

// Callflow check 49.
// Proves user.id.
// Proves device.owner_id.
#[tokio::test(start_paused = true)]
async fn all_devices_of_a_user_ring_and_the_first_who_answers_has_the_call() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    scenario.device("cell", json!({"owner_id": "ann"})).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    scenario.device("other", json!({"owner_id": "bob"})).await;
    scenario.behaves("PJSIP/desk", Behaviour::no_answer()).await;
    let phone = scenario
        .runs(ringing("user", json!({"id": "ann"}), &["_"]))
        .await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/cell", "PJSIP/desk"]);
    let lost = &scenario.asterisk.called("PJSIP/desk").await[0];
    assert_eq!(lost.ended().await.unwrap().cause, 26, "answered elsewhere");
    assert!(talked(&phone).await);
}

// Callflow check 49.
#[tokio::test(start_paused = true)]
async fn a_user_without_devices_takes_the_default_child() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    let phone = scenario
        .runs(ringing("user", json!({"id": "ann"}), &["_"]))
        .await;
    scenario.heard(&phone, &["took-_"]).await;
    assert!(scenario.endpoints().await.is_empty());
}

// Proves device.hotdesk.users.
#[tokio::test(start_paused = true)]
async fn a_user_rings_where_it_has_logged_in_and_on_its_own_devices() {
    let scenario = house().await;
    let guest = json!({"owner_id": "bob", "hotdesk": {"users": {"ann": {}}}});
    scenario.device("lobby", guest).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    for user in ["ann", "bob"] {
        scenario.user(user, json!({})).await;
    }
    for (user, rung) in [
        ("ann", &["PJSIP/desk", "PJSIP/lobby"][..]),
        ("bob", &["PJSIP/lobby"]),
    ] {
        let before = scenario.endpoints().await.len();
        let phone = scenario
            .runs(ringing("user", json!({"id": user}), &[]))
            .await;
        scenario.end(&phone).await;
        assert_eq!(scenario.endpoints().await[before..], *rung, "{user}");
    }
}

// Callflow check 54.
// Proves device.do_not_disturb.enabled, user.do_not_disturb.enabled.
// Proves account.do_not_disturb.enabled, device.enabled, user.enabled.
#[test]
fn nobody_rings_who_is_not_to_be_disturbed_or_is_switched_off() {
    let quiet = json!({"do_not_disturb": {"enabled": true}});
    let off = json!({"enabled": false});
    let none = json!({});
    let cases = [
        (quiet.clone(), none.clone(), none.clone(), false),
        (none.clone(), quiet.clone(), none.clone(), false),
        (none.clone(), none.clone(), quiet, false),
        (off.clone(), none.clone(), none.clone(), false),
        (none.clone(), off, none.clone(), false),
        (none.clone(), none.clone(), none, true),
    ];
    for (device, user, account, rings) in cases {
        in_virtual_time(async move {
            let scenario = house().await;
            let mut device = device;
            device["owner_id"] = "ann".into();
            scenario.device("desk", device.clone()).await;
            scenario.user("ann", user.clone()).await;
            scenario.account(account.clone()).await;
            for (module, id) in [("device", "desk"), ("user", "ann")] {
                let phone = scenario
                    .runs(ringing(module, json!({"id": id}), &["_"]))
                    .await;
                let sounds: &[&str] = if rings { &[] } else { &["took-_"] };
                scenario.heard(&phone, sounds).await;
            }
            let legs = scenario.endpoints().await.len();
            assert_eq!(legs, if rings { 2 } else { 0 }, "{device} {user} {account}");
        });
    }
}

/// The second call of a phone that is in a call already.
// Proves device.call_waiting.enabled, user.call_waiting.enabled.
#[test]
fn a_phone_without_call_waiting_is_busy_while_it_talks() {
    for (device, user, busy) in [
        (json!(false), json!(true), true),
        (json!(null), json!(false), true),
        (json!(true), json!(false), false),
        (json!(null), json!(null), false),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let long = Behaviour::answers(ms(100)).hangs_up_after(seconds(60));
            scenario.behaves("PJSIP/desk", long).await;
            let document = json!({"owner_id": "ann", "call_waiting": {"enabled": device}});
            scenario.device("desk", document).await;
            scenario
                .user("ann", json!({"call_waiting": {"enabled": user}}))
                .await;
            let flow = ringing("device", json!({"id": "desk"}), &["USER_BUSY"]);
            let first = scenario.runs(flow).await;
            assert!(first.wait_answered(seconds(5)).await);
            let second = scenario.dial("2030", &[]).await;
            second.wait_ended().await;
            let sounds: &[&str] = if busy { &["sound:took-USER_BUSY"] } else { &[] };
            assert_eq!(second.heard_media().await, sounds, "{device} {user}");
            first.hangup().await;
            scenario.nothing_left().await;
        });
    }
}
