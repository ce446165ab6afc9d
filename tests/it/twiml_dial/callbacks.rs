//! `statusCallback` of Number, Sip and Client.

use super::*;
use crate::support::{Reply, ms};

const ALL: &str =
    "statusCallback='/leg' statusCallbackEvent='initiated ringing answered completed'";

/// `CallStatus` of each callback that came.
fn statuses(scenario: &Scenario) -> Vec<String> {
    params(scenario, "/leg", "CallStatus")
}

// Check 147. Check 149.
#[tokio::test(start_paused = true)]
async fn a_leg_tells_all_four_of_its_events_in_order() {
    let dial = format!("<Dial action='/dialled'><Number {ALL}>100</Number></Dial>");
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("*", talks(62)).await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(
        statuses(&scenario),
        ["initiated", "ringing", "in-progress", "completed"],
        "{}",
        scenario.lines().await
    );
    let numbers = params(&scenario, "/leg", "SequenceNumber");
    assert_eq!(numbers, ["0", "1", "2", "3"]);
    let seen = scenario.web.at("/leg");
    let dialled = asked(&scenario, "/dialled").await;
    for told in &seen {
        assert_eq!(told.method, "POST");
        assert_eq!(param(told, "CallSid"), param(&dialled, "DialCallSid"));
        assert_eq!(param(told, "ParentCallSid"), param(&dialled, "CallSid"));
        assert_eq!(param(told, "Direction"), "outbound-dial");
        assert_eq!(param(told, "CallbackSource"), "call-progress-events");
        assert_eq!(param(told, "From"), "+15550001");
        assert_eq!(param(told, "To"), "100");
        assert!(param(told, "Timestamp").ends_with(" +0000"));
    }
    let last = &seen[3];
    assert_eq!(param(last, "CallDuration"), "62");
    assert_eq!(param(last, "Duration"), "2");
    assert_eq!(param(last, "SipResponseCode"), "200");
    assert_eq!(param(&seen[2], "CallDuration"), "-");
}

// Check 148.
#[tokio::test(start_paused = true)]
async fn without_a_choice_of_events_only_the_end_is_told() {
    let dial = "<Dial callerId='+15559999'><Client statusCallback='/leg' statusCallbackMethod='GET'>carol</Client></Dial>";
    let scenario = dialling(dial).await;
    scenario.asterisk.callee("*", talks(3)).await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let told = asked(&scenario, "/leg").await;
    assert_eq!(told.method, "GET");
    assert_eq!(param(&told, "CallStatus"), "completed");
    assert_eq!(param(&told, "SequenceNumber"), "0");
    assert_eq!(param(&told, "From"), "+15559999");
    assert_eq!(param(&told, "To"), "client:carol");
}

// The end of a leg that was never answered is told once, with its reason.
#[tokio::test(start_paused = true)]
async fn every_way_to_end_is_told_once() {
    let mut kept = Vec::new();
    for (behaviour, told, code) in [
        (Behaviour::busy(), &["initiated", "busy"][..], "486"),
        (Behaviour::rejects(404), &["initiated", "failed"], "404"),
        (Behaviour::rejects(480), &["initiated", "no-answer"], "480"),
        (
            refuses(486, seconds(3)),
            &["initiated", "ringing", "busy"],
            "486",
        ),
        (
            Behaviour::no_answer(),
            &["initiated", "ringing", "no-answer"],
            "480",
        ),
        (Behaviour::unregistered(), &["initiated", "no-answer"], "-"),
    ] {
        let dial = format!("<Dial><Sip {ALL}>bob@example.com</Sip></Dial>");
        let scenario = dialling(&dial).await;
        scenario.asterisk.callee("*", behaviour.clone()).await;
        scenario.call().await.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        assert_eq!(
            statuses(&scenario),
            told,
            "{behaviour:?}\n{}",
            scenario.lines().await
        );
        let seen = scenario.web.at("/leg");
        let last = seen.last().unwrap();
        assert_eq!(param(last, "CallDuration"), "0", "{behaviour:?}");
        assert_eq!(param(last, "SipResponseCode"), code, "{behaviour:?}");
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_cannot_be_written_for_asterisk_has_failed() {
    let config = "[default]\nvoice_url = \"{app}/voice\"\n[dial]\nnumber = 'SIP/{number}'\n";
    let scenario = Scenario::configured(config).await;
    let dial = format!(
        "<Dial action='/dialled'><Sip {ALL}>sip:${{x}}@h.example</Sip><Number {ALL}>1</Number></Dial>"
    );
    let scenario = with(scenario, &dial);
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let told = statuses(&scenario);
    assert_eq!(told.iter().filter(|told| *told == "initiated").count(), 1);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_cancels_the_leg() {
    let dial = format!("<Dial><Number {ALL}>100</Number></Dial>");
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(5));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(
        statuses(&scenario),
        ["initiated", "ringing", "canceled"],
        "{}",
        scenario.lines().await
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_ends_an_answered_leg_as_completed() {
    let dial = format!("<Dial><Number {ALL}>100</Number></Dial>");
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("*", talks(600)).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(12));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(
        statuses(&scenario),
        ["initiated", "ringing", "in-progress", "completed"]
    );
    let seen = scenario.web.at("/leg");
    let length: u64 = param(&seen[3], "CallDuration").parse().unwrap();
    assert!((9..=11).contains(&length), "{length}");
}

// Check 136.
#[tokio::test(start_paused = true)]
async fn two_numbers_ring_together_and_the_loser_is_told_at_once() {
    let dial = "<Dial action='/dialled'><Number statusCallback='/winner'>1</Number>\
        <Number statusCallback='/loser' statusCallbackEvent='ringing completed'>2</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario.web.on("/winner", Reply::status(204));
    scenario.web.on("/loser", Reply::status(204));
    scenario.asterisk.callee("*", rings(20)).await;
    scenario.asterisk.callee("Local/1@*", talks(30)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(10)).await;
    let lost = params(&scenario, "/loser", "CallStatus");
    assert_eq!(lost, ["ringing", "canceled"], "{}", scenario.lines().await);
    assert_eq!(params(&scenario, "/loser", "SequenceNumber"), ["0", "1"]);
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(scenario.web.at("/loser").len(), 2);
    assert_eq!(params(&scenario, "/winner", "CallStatus"), ["completed"]);
    assert_eq!(params(&scenario, "/winner", "CallDuration"), ["30"]);
}

// Check 193.
#[tokio::test(start_paused = true)]
async fn a_callback_that_fails_or_takes_long_does_not_touch_the_call() {
    let dial = "<Dial action='/dialled'><Number statusCallback='/broken' \
        statusCallbackEvent='initiated ringing answered completed'>1</Number></Dial>";
    let scenario = dialling(dial).await;
    let late = Reply::status(500).after(seconds(3));
    scenario.web.on("/broken", late);
    scenario.asterisk.callee("*", talks(4)).await;
    let ended = scenario.call().await.wait_ended().await.unwrap();
    assert!(ended.at < seconds(7), "{ended:?}");
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&dialled, "DialCallStatus"), "completed");
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(20)).await;
    assert_eq!(
        params(&scenario, "/broken", "SequenceNumber"),
        ["0", "1", "2", "3"]
    );
    let lines = scenario.lines().await;
    assert!(lines.contains("15003"), "{lines}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_picked_up_tells_nothing_twice() {
    let dial = format!("<Dial><Number {ALL}>100</Number></Dial>");
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("*", talks(20)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(ms(1000)).await;
    scenario.kill_and_resume().await;
    tokio::time::sleep(seconds(5)).await;
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(
        statuses(&scenario),
        ["initiated", "ringing", "in-progress", "completed"],
        "{}",
        scenario.lines().await
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_pivot_is_told_too() {
    let config = "[default]\nvoice_url = \"{app}/voice\"\n[limits]\ndrain_s = 1\n";
    let dial = format!("<Dial><Number {ALL}>100</Number></Dial>");
    let scenario = with(Scenario::configured(config).await, &dial);
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(3)).await;
    scenario.pivot.drain().await;
    assert_eq!(
        statuses(&scenario),
        ["initiated", "ringing", "canceled"],
        "{}",
        scenario.lines().await
    );
    drop(phone);
}
