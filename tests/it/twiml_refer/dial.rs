//! A called party's REFER.

use pivot::simulate::Behaviour;
use serde_json::json;

use super::*;
use crate::support::Reply;

const AT_HER: &str = "sip:5551234@other.example;transport=tcp";
const NOUNS: [&str; 2] = ["<Sip>sip:bob@example.com</Sip>", "<Number>100</Number>"];

/// A pivot whose `/voice` dials this noun, and the phone that has answered for two
/// seconds. `Number` is dialled by a `Local/` leg.
async fn talking(attributes: &str, noun: &str) -> (Scenario, Phone, Phone) {
    let scenario = Scenario::new().await;
    let dial = format!("<Dial action='/dialled' {attributes}>{noun}</Dial>");
    scenario.web.on("/voice", twiml(&dial));
    scenario
        .web
        .on("/dialled", twiml("<Play>sound:dialled</Play>"));
    scenario
        .web
        .on("/refer", twiml("<Play>sound:referred</Play>"));
    scenario
        .asterisk
        .callee("*", Behaviour::answers(seconds(2)))
        .await;
    let caller = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    let callee = scenario.asterisk.called("*o*").await.remove(0);
    assert_eq!(callee.state().await.as_deref(), Some("Up"));
    (scenario, caller, callee)
}

// Check 156.
// Proves Dial.referUrl.
#[tokio::test(start_paused = true)]
async fn a_called_party_that_sends_a_refer_sends_the_caller_to_another_document() {
    let mut kept = Vec::new();
    for noun in NOUNS {
        let (scenario, caller, callee) = talking("referUrl='/refer'", noun).await;
        callee.refer(AT_HER).await;
        caller.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        let refer = asked(&scenario, "/refer").await;
        assert_eq!(
            refer.param("ReferTransferTarget").as_deref(),
            Some(AT_HER),
            "{lines}"
        );
        assert_eq!(refer.method, "POST");
        assert_eq!(
            refer.param("CallSid"),
            scenario.web.at("/voice")[0].param("CallSid")
        );
        assert!(scenario.web.at("/dialled").is_empty(), "{lines}");
        assert_eq!(
            caller.heard_media().await.last().unwrap(),
            "sound:referred",
            "{lines}"
        );
        assert_eq!(callee.refer_told().await, [100, 200]);
        assert!(callee.ended().await.is_some());
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_had_leads_to_the_dialplan() {
    let (scenario, caller, callee) = talking("referUrl='/broken'", NOUNS[0]).await;
    callee.refer(AT_HER).await;
    caller.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lines = scenario.lines().await;
    asked(&scenario, "/broken").await;
    let continued = caller.continued().await;
    let continued = continued.unwrap_or_else(|| panic!("not handed back:\n{lines}"));
    assert_eq!(continued.variables["PIVOT_STATUS"], "HTTP_ERROR", "{lines}");
    assert!(callee.ended().await.is_some(), "{lines}");
}

// Proves Dial.referMethod.
#[tokio::test(start_paused = true)]
async fn that_document_may_be_asked_for_by_get() {
    let (scenario, caller, callee) = talking("referUrl='/refer' referMethod='GET'", NOUNS[0]).await;
    callee.refer(AT_HER).await;
    caller.wait_ended().await.unwrap();
    let refer = asked(&scenario, "/refer").await;
    assert_eq!(refer.method, "GET");
    assert_eq!(refer.param("ReferTransferTarget").as_deref(), Some(AT_HER));
    scenario.nothing_left().await;
}

// Check 156.
#[tokio::test(start_paused = true)]
async fn without_a_url_for_it_a_refer_is_refused_and_the_conversation_goes_on() {
    let mut kept = Vec::new();
    for noun in NOUNS {
        let (scenario, caller, callee) = talking("", noun).await;
        callee.refer(AT_HER).await;
        assert_eq!(callee.refer_told().await, [100, 404]);
        tokio::time::sleep(seconds(3)).await;
        assert_eq!(
            callee.state().await.as_deref(),
            Some("Up"),
            "{}",
            scenario.lines().await
        );
        callee.hangup().await;
        caller.wait_ended().await.unwrap();
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(
            dialled.param("DialCallStatus").as_deref(),
            Some("completed")
        );
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dialplan_without_the_context_refuses_too() {
    let (scenario, caller, callee) = talking("referUrl='/refer'", NOUNS[0]).await;
    scenario.asterisk.no_context("pivot-referred").await;
    callee.refer(AT_HER).await;
    assert_eq!(callee.refer_told().await, [100, 404]);
    callee.hangup().await;
    caller.wait_ended().await.unwrap();
    asked(&scenario, "/dialled").await;
    assert!(scenario.web.at("/refer").is_empty());
    scenario.nothing_left().await;
}

/// A call that is dropped before the REFER, or right after it, goes on the same.
#[tokio::test(start_paused = true)]
async fn a_call_that_was_picked_up_hears_of_a_refer() {
    let mut kept = Vec::new();
    for noun in NOUNS {
        for before in [true, false] {
            let (scenario, caller, callee) = talking("referUrl='/refer'", noun).await;
            if before {
                scenario.kill_and_resume().await;
                callee.refer(AT_HER).await;
            } else {
                callee.refer(AT_HER).await;
                tokio::time::sleep(ms(100)).await;
                scenario.kill_and_resume().await;
            }
            caller.wait_ended().await.unwrap();
            let refer = asked(&scenario, "/refer").await;
            let target = refer.param("ReferTransferTarget");
            assert_eq!(
                target.as_deref(),
                Some(AT_HER),
                "{before}\n{}",
                scenario.lines().await
            );
            scenario.nothing_left().await;
            kept.push(scenario);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_at_that_moment_leaves_nothing() {
    let mut kept = Vec::new();
    for noun in NOUNS {
        for after in [0, 50, 500] {
            let (scenario, caller, callee) = talking("referUrl='/refer'", noun).await;
            callee.refer(AT_HER).await;
            tokio::time::sleep(ms(after)).await;
            caller.hangup().await;
            scenario.nothing_left().await;
            let requests = scenario.web.seen().len();
            assert_eq!(requests, 2, "{noun} {after}\n{}", scenario.lines().await);
            kept.push(scenario);
        }
    }
}

/// Asterisk carries out what a party of a Callflow wants, and the conversation goes on
/// with whoever is in its place.
#[tokio::test(start_paused = true)]
async fn a_device_that_refers_the_caller_is_replaced_until_the_dialplan_ends() {
    let mut kept = Vec::new();
    for (drops, leaves) in [(false, false), (true, false), (false, true)] {
        let scenario = Scenario::new().await;
        let flow = json!({ "module": "device", "data": { "id": "bob" } });
        scenario.web.on("/voice", Reply::json(&flow));
        scenario
            .asterisk
            .callee("*", Behaviour::answers(seconds(2)))
            .await;
        scenario.asterisk.dialplan_time(seconds(20)).await;
        let caller = scenario.call().await;
        tokio::time::sleep(seconds(4)).await;
        let device = scenario.asterisk.called("PJSIP/bob").await.remove(0);
        device.refer(AT_HER).await;
        device.hangup().await;
        if drops {
            tokio::time::sleep(seconds(1)).await;
            scenario.kill_and_resume().await;
        }
        tokio::time::sleep(seconds(10)).await;
        let lines = scenario.lines().await;
        assert_eq!(caller.state().await.as_deref(), Some("Up"), "{lines}");
        if leaves {
            caller.hangup().await;
        }
        let ended = caller.wait_ended().await.unwrap();
        let at = ended.at.as_secs();
        let expected = if leaves { 14 } else { 24 };
        assert_eq!(at, expected, "{}", scenario.lines().await);
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}
