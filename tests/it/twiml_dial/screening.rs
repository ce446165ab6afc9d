//! `url` of Number, Sip and Client: the one who answers runs a document first.

use super::*;
use crate::support::{Reply, ms};

const DIAL: &str = "<Dial action='/dialled'><Number url='/screen' statusCallback='/leg' \
    statusCallbackEvent='initiated ringing answered completed'>100</Number></Dial>";

async fn screened(document: &str) -> Scenario {
    let scenario = dialling(DIAL).await;
    scenario.web.on("/screen", twiml(document));
    scenario.asterisk.callee("*", talks(60)).await;
    scenario
}

// Check 139. And B.4 of the specification.
// Proves Number.url.
#[tokio::test(start_paused = true)]
async fn a_callee_who_presses_the_key_is_connected() {
    let document =
        "<Gather numDigits='1' action='/pressed'><Play>sound:press-1</Play></Gather><Hangup/>";
    let scenario = screened(document).await;
    scenario
        .web
        .on("/pressed", twiml("").header("set-cookie", "who=callee"));
    let behaviour = talks(30).presses(seconds(4), "1");
    scenario.asterisk.callee("*", behaviour).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lines = scenario.lines().await;

    let screen = asked(&scenario, "/screen").await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(screen.method, "POST");
    assert_eq!(param(&screen, "CallSid"), param(&dialled, "DialCallSid"));
    assert_eq!(param(&screen, "ParentCallSid"), param(&dialled, "CallSid"));
    assert_eq!(param(&screen, "Direction"), "outbound-dial");
    assert_eq!(param(&screen, "CallStatus"), "in-progress");
    assert_eq!(param(&screen, "From"), "+15550001");
    assert_eq!(param(&screen, "To"), "100");
    let pressed = asked(&scenario, "/pressed").await;
    assert_eq!(param(&pressed, "Digits"), "1");
    assert_eq!(param(&pressed, "CallSid"), param(&screen, "CallSid"));
    // A jar of its own: what the callee's answer set is not the caller's.
    assert!(dialled.headers.get("cookie").is_none());

    let callee = scenario.asterisk.called("Local/*").await.remove(0);
    assert_eq!(callee.heard_media().await, ["sound:press-1"], "{lines}");
    let heard = phone.heard_media().await;
    assert!(heard.contains(&"tone:ring".to_owned()), "{heard:?}");
    assert!(!heard.contains(&"sound:press-1".to_owned()), "{heard:?}");
    assert_eq!(param(&dialled, "DialCallStatus"), "completed", "{lines}");
    assert_eq!(param(&dialled, "DialBridged"), "true", "{lines}");
    assert_eq!(param(&dialled, "DialCallDuration"), "30");
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "ringing", "in-progress", "completed"]
    );
    assert_eq!(
        params(&scenario, "/leg", "CallDuration"),
        ["-", "-", "-", "30"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_document_without_an_answer_connects_too() {
    let scenario = screened("<Play>sound:whisper</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialBridged"),
        "true",
        "{}",
        scenario.lines().await
    );
    scenario.nothing_left().await;
}

// Check 140.
#[tokio::test(start_paused = true)]
async fn a_callee_who_is_hung_up_by_its_document_was_never_bridged() {
    let scenario = screened("<Play>sound:whisper</Play><Hangup/>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&dialled, "DialBridged"), "false", "{lines}");
    assert_eq!(param(&dialled, "DialCallStatus"), "completed", "{lines}");
    let callee = scenario.asterisk.called("Local/*").await.remove(0);
    assert!(!callee.wait_ended().await.unwrap().by_phone);
    scenario.nothing_left().await;
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "ringing", "in-progress", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_callee_who_hangs_up_meanwhile_was_never_bridged() {
    let scenario = screened("<Pause length='60'/>").await;
    scenario.asterisk.callee("*", talks(3)).await;
    scenario.call().await.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialBridged"),
        "false",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialCallDuration"), "3");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_had_ends_the_leg_as_failed() {
    let mut kept = Vec::new();
    for reply in [
        Reply::status(500),
        Reply::xml("<Response><Play>"),
        Reply::new("image/png", "x"),
    ] {
        let scenario = dialling(DIAL).await;
        scenario.web.on("/screen", reply.clone());
        scenario.asterisk.callee("*", talks(60)).await;
        let phone = scenario.call().await;
        let ended = phone.wait_ended().await.unwrap();
        assert!(ended.at < seconds(5), "{ended:?}");
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(param(&dialled, "DialCallStatus"), "failed", "{reply:?}");
        assert_eq!(param(&dialled, "DialBridged"), "false");
        scenario.nothing_left().await;
        assert_eq!(
            params(&scenario, "/leg", "CallStatus"),
            ["initiated", "ringing", "in-progress", "failed"]
        );
        kept.push(scenario);
    }
}

// Check 141.
#[tokio::test(start_paused = true)]
async fn a_dial_in_the_document_is_skipped() {
    let scenario = screened("<Dial>200</Dial><Enqueue>q</Enqueue><Play>sound:whisper</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(scenario.asterisk.called("Local/200*").await.is_empty());
    let callee = scenario.asterisk.called("Local/100*").await.remove(0);
    assert_eq!(callee.heard_media().await, ["sound:whisper"]);
    let sid = param(&asked(&scenario, "/dialled").await, "DialCallSid");
    let timeline = scenario.pivot.traces.find(&sid).await.unwrap();
    let warned = timeline
        .entries
        .iter()
        .any(|e| e.text.starts_with("13201: <Dial>"));
    assert!(warned, "{:?}", timeline.entries);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn of_several_the_first_to_finish_its_document_wins() {
    let dial = "<Dial action='/dialled'><Number url='/slow'>1</Number><Number url='/quick'>2</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario.web.on("/slow", twiml("<Pause length='20'/>"));
    scenario.web.on("/quick", twiml("<Pause length='1'/>"));
    scenario.asterisk.callee("Local/1@*", rings(1)).await;
    scenario
        .asterisk
        .callee(
            "Local/2@*",
            Behaviour::answers(seconds(5)).hangs_up_after(seconds(9)),
        )
        .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialBridged"),
        "true",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialCallDuration"), "9");
    let quick = asked(&scenario, "/quick").await;
    assert_eq!(param(&quick, "CallSid"), param(&dialled, "DialCallSid"));
    let slow = scenario.asterisk.called("Local/1@*").await.remove(0);
    let ended = slow.wait_ended().await.unwrap();
    assert!(!ended.by_phone && ended.at < seconds(8), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn one_without_a_document_wins_over_one_who_is_still_asked() {
    let dial = "<Dial action='/dialled'><Number url='/slow'>1</Number><Number>2</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario.web.on("/slow", twiml("<Pause length='20'/>"));
    scenario.asterisk.callee("Local/1@*", rings(1)).await;
    scenario.asterisk.callee("Local/2@*", talks(9)).await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(
        param(&asked(&scenario, "/dialled").await, "DialCallDuration"),
        "9"
    );
}

#[tokio::test(start_paused = true)]
async fn a_callee_may_take_longer_to_decide_than_the_others_may_ring() {
    let dial = "<Dial action='/dialled' timeout='5'><Number url='/slow'>1</Number><Number>2</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario.web.on("/slow", twiml("<Pause length='20'/>"));
    scenario
        .asterisk
        .callee(
            "Local/1@*",
            Behaviour::answers(seconds(3)).hangs_up_after(seconds(30)),
        )
        .await;
    scenario
        .asterisk
        .callee("Local/2@*", Behaviour::no_answer())
        .await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallDuration"),
        "30",
        "{}",
        scenario.lines().await
    );
    let other = scenario.asterisk.called("Local/2@*").await.remove(0);
    assert!(other.wait_ended().await.unwrap().at < seconds(8));
}

#[tokio::test(start_paused = true)]
async fn the_callers_hang_up_ends_the_leg_that_is_asked() {
    let scenario = screened("<Pause length='20'/>").await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(6));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let callee = scenario.asterisk.called("Local/*").await.remove(0);
    let ended = callee.wait_ended().await.unwrap();
    assert!(!ended.by_phone && ended.at < seconds(7), "{ended:?}");
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&dialled, "DialBridged"), "false");
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "ringing", "in-progress", "completed"],
        "{}",
        scenario.lines().await
    );
}

// Proves Client.url, Client.method.
#[tokio::test(start_paused = true)]
async fn a_caller_who_is_not_answered_yet_goes_on_ringing() {
    let dial =
        "<Dial answerOnBridge='true'><Client url='/screen' method='GET'>carol</Client></Dial>";
    let scenario = dialling(dial).await;
    scenario.web.on("/screen", twiml("<Pause length='5'/>"));
    scenario.asterisk.callee("*", talks(10)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    assert_eq!(phone.responses().await.last(), Some(&180));
    phone.wait_ended().await.unwrap();
    assert!(phone.responses().await.contains(&200));
    assert_eq!(asked(&scenario, "/screen").await.method, "GET");
    scenario.nothing_left().await;
}

// Proves Sip.url.
#[tokio::test(start_paused = true)]
async fn the_sip_side_is_told_to_the_document() {
    let dial = "<Dial><Sip url='/screen'>bob@example.com</Sip></Dial>";
    let scenario = dialling(dial).await;
    scenario.web.on("/screen", twiml(""));
    scenario.asterisk.callee("*", talks(10)).await;
    scenario.call().await.wait_ended().await.unwrap();
    let screen = asked(&scenario, "/screen").await;
    assert!(
        param(&screen, "SipCallId").contains("@127.0.0.1"),
        "{}",
        screen.body
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn digits_come_before_the_document() {
    let dial = "<Dial><Number url='/screen' sendDigits='WW12'>100</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario
        .web
        .on("/screen", twiml("<Play>sound:whisper</Play>"));
    scenario.asterisk.callee("*", talks(30)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(ms(3500)).await;
    assert!(scenario.web.at("/screen").is_empty());
    phone.wait_ended().await.unwrap();
    assert_eq!(scenario.web.at("/screen").len(), 1);
    let callee = scenario.asterisk.called("Local/*").await.remove(0);
    assert_eq!(callee.digits().await.replace('w', ""), "12");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn both_calls_are_picked_up_in_the_middle_of_the_document() {
    let scenario = screened("<Pause length='5'/><Play>sound:whisper</Play>").await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    let calls = scenario.checkpoints.calls();
    assert_eq!(calls.len(), 2);
    for id in &calls {
        scenario.pivot.drop_call(id).await;
    }
    for id in &calls {
        let state = scenario.checkpoints.read(id).unwrap();
        scenario.pivot.resume_call(state).await;
    }
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialBridged"),
        "true",
        "{}",
        scenario.lines().await
    );
    assert_eq!(scenario.web.at("/screen").len(), 1);
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "ringing", "in-progress", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_pivot_ends_both() {
    let config = "[default]\nvoice_url = \"{app}/voice\"\n[limits]\ndrain_s = 1\n";
    let scenario = with(Scenario::configured(config).await, DIAL);
    scenario.web.on("/screen", twiml("<Pause length='60'/>"));
    scenario.asterisk.callee("*", talks(60)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    scenario.pivot.drain().await;
    let callee = scenario.asterisk.called("Local/*").await.remove(0);
    assert!(callee.ended().await.is_some(), "{}", scenario.lines().await);
    assert!(phone.continued().await.is_some());
}
