//! `<Application>`: another application takes the call.

use super::*;
use crate::support::Reply;

const CONFIG: &str =
    "[default]\nvoice_url = \"{app}/voice\"\n[applications]\nsupport = \"{app}/support\"\n";

const DIAL: &str = "<Dial action='/dialled'><Application statusCallback='/leg' \
    statusCallbackMethod='GET' statusCallbackEvent='initiated ringing answered completed' \
    customerId='c7'>support\
    <Parameter name='x' value='1'/><Parameter name='y' value='2'/></Application></Dial>";

async fn application(dial: &str, document: Reply) -> Scenario {
    let scenario = with(Scenario::configured(CONFIG).await, dial);
    scenario.web.on("/support", document);
    scenario
}

// Check 155.
// Proves Application.customerId, Application.statusCallback.
// Proves Application.statusCallbackMethod, Application.statusCallbackEvent.
#[tokio::test(start_paused = true)]
async fn it_is_asked_with_its_parameters_under_a_sid_of_its_own() {
    let document = twiml("<Play>sound:support</Play>");
    let scenario = application(DIAL, document).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lines = scenario.lines().await;
    let asked_app = asked(&scenario, "/support").await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&asked_app, "Param_x"), "1");
    assert_eq!(param(&asked_app, "Param_y"), "2");
    assert_eq!(param(&asked_app, "CustomerId"), "c7");
    assert_eq!(param(&asked_app, "To"), "support");
    assert_eq!(
        param(&asked_app, "ParentCallSid"),
        param(&dialled, "CallSid")
    );
    assert_eq!(param(&asked_app, "CallSid"), param(&dialled, "DialCallSid"));
    assert_eq!(param(&asked_app, "Direction"), "outbound-dial");
    assert_eq!(phone.heard_media().await, ["sound:support"], "{lines}");
    assert_eq!(param(&dialled, "DialCallStatus"), "completed", "{lines}");
    assert_eq!(param(&dialled, "DialBridged"), "true");
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "in-progress", "completed"]
    );
    let told = scenario.web.at("/leg");
    assert!(told.iter().all(|seen| seen.method == "GET"), "{lines}");
}

// Proves Application.copyParentTo.
#[tokio::test(start_paused = true)]
async fn it_may_do_all_that_a_call_may_and_its_hang_up_is_not_the_callers() {
    let document = twiml("<Dial>100</Dial><Hangup/>");
    let dial = "<Dial><Application copyParentTo='true'>support</Application></Dial>";
    let scenario = application(dial, document).await;
    scenario.asterisk.callee("*", talks(5)).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(scenario.asterisk.called("Local/100*").await.len(), 1);
    let last = phone.heard_media().await.pop();
    assert_eq!(
        last.as_deref(),
        Some("sound:after"),
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&asked(&scenario, "/support").await, "To"), "1000");
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_knows_or_that_fails_has_failed() {
    let mut kept = Vec::new();
    for (name, reply) in [("sales", twiml("")), ("support", Reply::status(500))] {
        let dial = DIAL.replace("support", name);
        let scenario = application(&dial, reply).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let dialled = asked(&scenario, "/dialled").await;
        let lines = scenario.lines().await;
        assert_eq!(param(&dialled, "DialCallStatus"), "failed", "{lines}");
        assert_eq!(param(&dialled, "DialBridged"), "false");
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_ends_both_and_the_action_is_told() {
    let scenario = application(DIAL, twiml("<Pause length='60'/>")).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(8));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "CallStatus"),
        "completed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialCallStatus"), "completed");
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "in-progress", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_pivot_gives_the_caller_to_the_dialplan_once() {
    let config = format!("{CONFIG}[limits]\ndrain_s = 1\n");
    let scenario = with(Scenario::configured(&config).await, DIAL);
    scenario.web.on("/support", twiml("<Pause length='60'/>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    scenario.pivot.drain().await;
    assert!(
        phone.continued().await.is_some(),
        "{}",
        scenario.lines().await
    );
    let requests = scenario.asterisk.requests().await;
    let continued = requests
        .iter()
        .filter(|r| r.path.ends_with("/continue"))
        .count();
    assert_eq!(continued, 1);
}
