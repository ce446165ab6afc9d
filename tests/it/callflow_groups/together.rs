//! Members of a `ring_group` that ring at once.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::{member, members, near, rung};
use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{in_virtual_time, node};
use crate::callflow_ringing::{house, talks};
use crate::support::seconds;

// Callflow check 50.
#[tokio::test(start_paused = true)]
async fn all_ring_at_once_and_the_first_who_answers_has_the_call() {
    let scenario = house().await;
    scenario.behaves("PJSIP/a", Behaviour::no_answer()).await;
    let data = json!({"endpoints": members(&["a", "b"])});
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.heard(&phone, &[]).await;
    let legs = scenario.legs().await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a", "PJSIP/b"]);
    assert!(legs[1].after < seconds(1), "{legs:?}");
    assert_eq!(
        scenario.asterisk.called("PJSIP/a").await[0]
            .ended()
            .await
            .unwrap()
            .cause,
        26
    );
    assert!(talked(&phone).await);
}

// Callflow check 50.
// Proves ring_group.endpoints.delay, ring_group.endpoints.timeout.
#[tokio::test(start_paused = true)]
async fn each_member_rings_after_its_own_delay_for_its_own_time() {
    let endpoints = json!([
        member("late", json!({"delay": 10, "timeout": 4})),
        member("first", json!({"timeout": 6})),
        member("all", json!({"timeout": 60})),
        member("never", json!({"delay": 30})),
    ]);
    let data = json!({"endpoints": endpoints, "timeout": 30});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["NO_ANSWER"]).await;
    scenario.heard(&phone, &["took-NO_ANSWER"]).await;
    let legs = scenario.legs().await;
    let order: Vec<&str> = legs.iter().map(|leg| leg.endpoint.as_str()).collect();
    assert_eq!(order, ["PJSIP/first", "PJSIP/all", "PJSIP/late"]);
    assert!(near(legs[2].after, seconds(10)), "{legs:?}");
    let mut rang = Vec::new();
    for leg in ["first", "all", "late"] {
        let callee = &scenario.asterisk.called(&format!("PJSIP/{leg}")).await[0];
        rang.push(callee.ended().await.unwrap().at);
    }
    assert!(
        near(rang[0], seconds(6)) && near(rang[2], seconds(14)),
        "{rang:?}"
    );
    assert!(near(rang[1], seconds(30)), "{rang:?}");
}

// Callflow check 50.
// Proves ring_group.timeout.
#[tokio::test(start_paused = true)]
async fn the_groups_timeout_ends_all_of_it() {
    let data = json!({"endpoints": [member("a", json!({"timeout": 60}))], "timeout": 7});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["_"]).await;
    scenario.heard(&phone, &["took-_"]).await;
    let callee = &scenario.asterisk.called("PJSIP/a").await[0];
    assert!(near(callee.ended().await.unwrap().at, seconds(7)));
}

// Callflow check 50.
// Proves ring_group.repeats.
#[test]
fn they_ring_again_until_a_child_wants_the_failure() {
    for (children, legs, taken) in [
        (&["_"][..], 3, "took-_"),
        (&["NO_ANSWER", "_"], 1, "took-NO_ANSWER"),
        (&["sip:480"], 1, "took-sip-480"),
        (&["USER_BUSY", "_"], 3, "took-_"),
    ] {
        in_virtual_time(async move {
            let data = json!({"endpoints": members(&["a"]), "timeout": 5, "repeats": 3});
            let (scenario, phone) = rung(Behaviour::no_answer(), data, children).await;
            scenario.heard(&phone, &[taken]).await;
            assert_eq!(scenario.legs().await.len(), legs, "{children:?}");
        });
    }
}

// Callflow check 50.
#[tokio::test(start_paused = true)]
async fn an_answer_in_the_second_round_ends_the_ringing() {
    let data = json!({"endpoints": members(&["a"]), "timeout": 5, "repeats": 3});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["_"]).await;
    tokio::time::sleep(seconds(6)).await;
    scenario.behaves("*", talks()).await;
    scenario.behaves("PJSIP/a", talks()).await;
    scenario.heard(&phone, &[]).await;
    assert!(scenario.legs().await.len() <= 3);
    assert!(talked(&phone).await);
}

// Callflow check 50.
// Proves ring_group.ringback.
#[tokio::test(start_paused = true)]
async fn the_caller_hears_the_ringback_over_and_over_until_somebody_answers() {
    let data = json!({"endpoints": members(&["a"]), "ringback": "sound:wait-for-us"});
    let scenario = house().await;
    scenario.asterisk.sound("wait-for-us", seconds(4)).await;
    scenario
        .behaves(
            "*",
            Behaviour::answers(seconds(10)).hangs_up_after(seconds(3)),
        )
        .await;
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.heard(&phone, &["wait-for-us"; 3]).await;
    let heard = phone.heard().await;
    let rounds: Vec<bool> = heard.iter().take(3).map(|heard| heard.complete).collect();
    assert_eq!(rounds, [true, true, false]);
    assert!(talked(&phone).await, "{}", scenario.lines().await);
}

#[tokio::test(start_paused = true)]
async fn a_ringback_that_cannot_be_played_is_ringing() {
    let data = json!({"endpoints": members(&["a"]), "ringback": "sound:nowhere", "timeout": 9});
    let scenario = house().await;
    scenario.asterisk.no_sound("nowhere").await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.end(&phone).await;
    assert!(
        phone.responses().await.contains(&180),
        "{:?}",
        phone.responses().await
    );
    let requests = scenario.asterisk.requests().await;
    let played = requests
        .iter()
        .filter(|r| r.path.contains("/play/"))
        .count();
    assert!(played <= 3, "{played}");
}

// Callflow check 50.
// Proves ring_group.ringtones.internal, ring_group.ringtones.external.
#[test]
fn the_phones_of_a_group_ring_as_the_group_says() {
    for (arguments, header) in [(&["internal=yes"][..], "inside"), (&[], "outside")] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario
                .device(
                    "a",
                    json!({"ringtones": {"internal": "own", "external": "own"}}),
                )
                .await;
            let data = json!({"endpoints": members(&["a"]),
                "ringtones": {"internal": "inside", "external": "outside"}});
            let alert = node("set_alert_info", json!({"alert_info": "set"}));
            let flow = crate::callflow_flows::chain([alert, node("ring_group", data)]);
            scenario.callflow("main", &["2030"], flow).await;
            let phone = scenario.dial("2030", arguments).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].header("Alert-Info"), Some(header));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_without_anybody_takes_the_default_child_at_once() {
    let data = json!({"endpoints": members(&["sipp"]), "repeats": 5});
    let (scenario, phone) = rung(talks(), data, &["_"]).await;
    let ended = scenario.end(&phone).await;
    assert!(ended.at < seconds(3), "{ended:?}");
    assert_eq!(phone.heard_media().await, ["sound:took-_"]);
}

// Proves ring_group.fail_on_single_reject.
#[tokio::test(start_paused = true)]
async fn one_who_is_busy_ends_the_ringing_of_the_group_if_it_says_so() {
    let scenario = house().await;
    scenario.behaves("PJSIP/a", Behaviour::no_answer()).await;
    scenario.behaves("PJSIP/b", Behaviour::busy()).await;
    let data = json!({"endpoints": members(&["a", "b"]), "fail_on_single_reject": true});
    let phone = scenario
        .runs(ringing("ring_group", data, &["USER_BUSY", "_"]))
        .await;
    let ended = scenario.end(&phone).await;
    assert_eq!(phone.heard_media().await, ["sound:took-USER_BUSY"]);
    assert!(ended.at < seconds(5), "{ended:?}");
}
