//! What comes of the ringing of a stored phone.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::{device, house};
use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::in_virtual_time;
use crate::support::seconds;

// Callflow check 45. Callflow check 46.
#[test]
fn why_a_stored_device_was_not_reached_decides_what_comes_next() {
    for (behaviour, children, taken) in [
        (
            Behaviour::no_answer(),
            &["NO_ANSWER", "sip:480", "_"][..],
            "took-NO_ANSWER",
        ),
        (Behaviour::no_answer(), &["sip:480", "_"], "took-sip-480"),
        (Behaviour::no_answer(), &["USER_BUSY", "_"], "took-_"),
        (Behaviour::busy(), &["USER_BUSY", "_"], "took-USER_BUSY"),
        (
            Behaviour::rejects(603),
            &["CALL_REJECTED", "_"],
            "took-CALL_REJECTED",
        ),
        (
            Behaviour::unregistered(),
            &["SUBSCRIBER_ABSENT", "_"],
            "took-SUBSCRIBER_ABSENT",
        ),
        (Behaviour::unregistered(), &["_"], "took-_"),
        (Behaviour::unregistered(), &["sip:480", "_"], "took-sip-480"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", behaviour.clone()).await;
            scenario
                .device("d1", json!({"sip": {"username": "bob"}}))
                .await;
            let phone = scenario.runs(device("d1", children)).await;
            scenario.heard(&phone, &[taken]).await;
            // Who does not answer rings for twenty seconds.
            if behaviour.outcome == Behaviour::no_answer().outcome {
                let rang = &scenario.asterisk.called("PJSIP/bob").await[0];
                let at = rang.ended().await.unwrap().at;
                assert!(at >= seconds(20) && at < seconds(21), "{at:?}");
            }
        });
    }
}

// Callflow check 47.
// Proves device.id.
// Proves device.sip.username.
#[tokio::test(start_paused = true)]
async fn a_stored_device_rings_by_its_user_name_and_its_conversation_ends_the_call() {
    let scenario = house().await;
    scenario
        .device("d1", json!({"sip": {"username": "bob"}}))
        .await;
    let phone = scenario.runs(device("d1", &["_", "NORMAL_CLEARING"])).await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/bob"]);
    assert!(talked(&phone).await, "{}", scenario.lines().await);
    let ended = phone.ended().await.unwrap();
    assert!(!ended.by_phone && ended.cause == 16, "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_device_without_a_user_name_rings_by_its_id() {
    let scenario = house().await;
    scenario.device("bob", json!({"name": "Bob's"})).await;
    let phone = scenario.runs(device("bob", &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/bob"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_never_leads_past_the_shops_templates() {
    for (username, invite) in [
        ("a&PJSIP/b", None),
        ("1@trunk", None),
        ("bob", Some("1@trunk")),
    ] {
        let scenario = house().await;
        let sip = json!({"username": username, "static_invite": invite});
        scenario.device("d1", json!({"sip": sip})).await;
        let phone = scenario.runs(device("d1", &["UNALLOCATED_NUMBER"])).await;
        scenario.heard(&phone, &["took-UNALLOCATED_NUMBER"]).await;
        assert!(scenario.endpoints().await.is_empty(), "{username}");
    }
}

// Proves user.fail_on_single_reject.
#[test]
fn one_who_refuses_ends_the_ringing_of_all_if_the_node_says_so() {
    for (fails, lasts) in [(true, seconds(0)), (false, seconds(20))] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.user("ann", json!({})).await;
            for id in ["cell", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            scenario.behaves("PJSIP/cell", Behaviour::no_answer()).await;
            scenario
                .behaves("PJSIP/desk", Behaviour::rejects(603))
                .await;
            let data = json!({"id": "ann", "fail_on_single_reject": fails});
            let phone = scenario
                .runs(ringing("user", data, &["CALL_REJECTED", "_"]))
                .await;
            let ended = scenario.end(&phone).await;
            assert!(
                ended.at >= lasts && ended.at < lasts + seconds(4),
                "{fails}: {ended:?}"
            );
            let child = if fails { "CALL_REJECTED" } else { "_" };
            assert_eq!(phone.heard_media().await, [format!("sound:took-{child}")]);
        });
    }
}

// Proves device.fail_on_single_reject.
#[test]
fn the_forward_of_a_device_that_refuses_ends_the_ringing_if_the_node_says_so() {
    for (fails, lasts, child) in [
        (true, seconds(0), "CALL_REJECTED"),
        (false, seconds(20), "_"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("PJSIP/desk", Behaviour::no_answer()).await;
            scenario.behaves("Local/*", Behaviour::rejects(603)).await;
            let forward = json!({"enabled": true, "number": "5551234", "substitute": false});
            scenario
                .device("desk", json!({"call_forward": forward}))
                .await;
            let data = json!({"id": "desk", "fail_on_single_reject": fails});
            let phone = scenario
                .runs(ringing("device", data, &["CALL_REJECTED", "_"]))
                .await;
            let ended = scenario.end(&phone).await;
            assert_eq!(phone.heard_media().await, [format!("sound:took-{child}")]);
            assert!(
                ended.at >= lasts && ended.at < lasts + seconds(4),
                "{fails}: {ended:?}"
            );
        });
    }
}

/// What is stored may change while a phone rings; the call goes on as it began.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_while_a_stored_user_rings_goes_on() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    scenario
        .behaves(
            "PJSIP/desk",
            Behaviour::answers(seconds(6)).hangs_up_after(seconds(3)),
        )
        .await;
    let phone = scenario
        .runs(ringing("user", json!({"id": "ann"}), &["_"]))
        .await;
    tokio::time::sleep(seconds(2)).await;
    scenario.device("cell", json!({"owner_id": "ann"})).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/desk"]);
    assert!(talked(&phone).await, "{}", scenario.lines().await);
}
