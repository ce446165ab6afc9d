//! A conversation is taken over from the phone that has made the call.

use std::sync::Arc;

use pivot::simulate::{Dials, Fault, Matching, Phone, Version};
use serde_json::json;

use super::pickup::bob_talks;
use super::{a_while, shop, shop_in, talked};
use crate::callflow_flows::{chain, node};
use crate::support::{Failing, Scenario, Setting, ms, seconds};

/// Ann has called Bob and takes the conversation over at her other phone.
async fn ann_s_other_phone(scenario: &Scenario) {
    let other =
        json!({"name": "ann's other phone", "owner_id": "u-ann", "sip": {"username": "ann2"}});
    scenario
        .put(pivot::objects::Kind::Device, "d-ann2", other)
        .await;
}

#[tokio::test(start_paused = true)]
async fn whom_a_phone_has_called_is_taken_over_too() {
    for (code, module, data) in [
        ("*9", "intercept", json!({"user_id": "u-ann"})),
        ("*6", "move", json!({})),
    ] {
        let scenario = shop().await;
        ann_s_other_phone(&scenario).await;
        scenario.feature(&code[1..], node(module, data)).await;
        let (ann, bob) = bob_talks(&scenario).await;
        let other = scenario.dials("ann2", code).await;
        a_while().await;
        assert!(
            talked(&other, &bob).await,
            "{module}\n{}",
            scenario.all().await
        );
        assert!(ann.wait_ended().await.is_some());
        bob.hangup().await;
        other.wait_ended().await.unwrap();
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_talks_with_nobody_gives_nobody_away() {
    let scenario = shop().await;
    ann_s_other_phone(&scenario).await;
    scenario.feature("6", node("move", json!({}))).await;
    scenario
        .feature("5", node("play", json!({"id": "silence_stream://60000"})))
        .await;
    let ann = scenario.dials("ann", "*5").await;
    a_while().await;
    let other = scenario.dials("ann2", "*6").await;
    other.wait_ended().await.unwrap();
    assert_eq!(scenario.words(&other).await.len(), 1);
    ann.hangup().await;
    scenario.nothing_left().await;
}

/// Whoever hangs up, and whenever: nobody is left behind in silence.
#[tokio::test(start_paused = true)]
async fn a_hang_up_while_a_conversation_is_taken_over_leaves_nothing() {
    for milliseconds in [0, 1, 2, 5, 10, 20, 50, 100, 200] {
        for who in ["ann", "bob", "other"] {
            let scenario = shop().await;
            ann_s_other_phone(&scenario).await;
            scenario.feature("6", node("move", json!({}))).await;
            let (ann, bob) = bob_talks(&scenario).await;
            let other = scenario.dials("ann2", "*6").await;
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
            match who {
                "ann" => ann.hangup().await,
                "bob" => bob.hangup().await,
                _ => other.hangup().await,
            }
            a_while().await;
            for phone in [&ann, &bob, &other] {
                phone.hangup().await;
            }
            scenario.nothing_left().await;
        }
    }
}

/// Who is still there a while after one has hung up.
async fn there(phones: &[(&'static str, &Phone)]) -> Vec<&'static str> {
    tokio::time::sleep(seconds(20)).await;
    let mut there = Vec::new();
    for (name, phone) in phones {
        if phone.state().await.is_some() {
            there.push(*name);
        }
    }
    there
}

/// The same by themselves: whoever is there still talks with somebody who is.
#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_while_a_conversation_is_taken_over_nobody_sits_in_silence() {
    for response in [ms(0), ms(30)] {
        for milliseconds in (0..=260).step_by(20) {
            for who in ["ann", "bob", "other"] {
                let scenario = shop().await;
                ann_s_other_phone(&scenario).await;
                scenario.feature("6", node("move", json!({}))).await;
                let (ann, bob) = bob_talks(&scenario).await;
                let turn = move |dials: &mut Dials| dials.response_delay = response;
                scenario.asterisk.turn(turn).await;
                let other = scenario.dials("ann2", "*6").await;
                tokio::time::sleep(ms(milliseconds)).await;
                match who {
                    "ann" => ann.hangup().await,
                    "bob" => bob.hangup().await,
                    _ => other.hangup().await,
                }
                let phones = [("ann", &ann), ("bob", &bob), ("other", &other)];
                let there = there(&phones).await;
                let talk = match there[..] {
                    [] | ["ann", "bob"] => true,
                    ["bob", "other"] => talked(&bob, &other).await,
                    _ => false,
                };
                let when = format!("{who} after {milliseconds} ms, answers take {response:?}");
                assert!(talk, "{when}: {there:?}\n{}", scenario.all().await);
                for phone in [&ann, &bob, &other] {
                    phone.hangup().await;
                }
                scenario.nothing_left().await;
            }
        }
    }
}

/// The end of the party came before it was handed over, so the other call is not told.
#[tokio::test(start_paused = true)]
async fn a_party_who_hangs_up_in_the_moment_of_being_taken_over_is_missed() {
    // Where requests do not wait for each other.
    let setting = Setting {
        version: Version::V16,
        config: String::new(),
        ..Setting::default()
    };
    let scenario = shop_in(Scenario::with(setting).await).await;
    ann_s_other_phone(&scenario).await;
    scenario.feature("6", node("move", json!({}))).await;
    let record = node("record_call", json!({"record_on_bridge": true}));
    let ring = node("device", json!({"id": "d-bob"}));
    scenario
        .callflow("bob", &["102"], chain([record, ring]))
        .await;
    scenario.answers_after("bob", seconds(1)).await;
    let ann = scenario.dials("ann", "102").await;
    tokio::time::sleep(ms(900)).await;
    let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
    // Ann's call begins to record and looks at nothing else meanwhile.
    let hangs = Fault::Late(seconds(3));
    let snoop = Matching::next("POST", &format!("channels/{}/snoop", ann.channel()));
    scenario.asterisk.fault(snoop, hangs).await;
    tokio::time::sleep(seconds(1)).await;
    let other = scenario.dials("ann2", "*6").await;
    tokio::time::sleep(seconds(1)).await;
    bob.hangup().await;
    let phones = [("ann", &ann), ("bob", &bob), ("other", &other)];
    let there = there(&phones).await;
    assert!(there.is_empty(), "{there:?}\n{}", scenario.all().await);
    scenario.nothing_left().await;
}

/// Bob's phone talks with Ann's other one by then, and that is who is taken.
#[tokio::test(start_paused = true)]
async fn a_conversation_that_was_taken_over_can_be_taken_from_its_party_too() {
    let scenario = shop().await;
    ann_s_other_phone(&scenario).await;
    scenario.feature("6", node("move", json!({}))).await;
    let approved = json!({"device_id": "d-bob", "approved_device_id": "d-carl"});
    scenario.feature("9", node("intercept", approved)).await;
    let (_, bob) = bob_talks(&scenario).await;
    let other = scenario.dials("ann2", "*6").await;
    a_while().await;
    let carl = scenario.dials("carl", "*9").await;
    a_while().await;
    assert!(talked(&other, &carl).await, "{}", scenario.all().await);
    assert!(bob.wait_ended().await.is_some());
    carl.hangup().await;
    other.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

/// The party was made by another call, and goes with the one that has it now.
#[tokio::test(start_paused = true)]
async fn a_task_that_fails_after_it_took_a_conversation_over_leaves_nobody_behind() {
    let failing = Arc::new(Failing::default());
    let setting = Setting {
        config: String::new(),
        checkpoints: Some(failing.clone()),
        ..Setting::default()
    };
    let scenario = shop_in(Scenario::with(setting).await).await;
    ann_s_other_phone(&scenario).await;
    scenario.feature("6", node("move", json!({}))).await;
    let (_, bob) = bob_talks(&scenario).await;
    let other = scenario.dials("ann2", "*6").await;
    a_while().await;
    assert!(talked(&other, &bob).await);
    let calls = scenario.pivot.traces.calls().await;
    let call = calls.iter().find(|call| call.from == "ann2").unwrap();
    failing.breaks(serde_json::from_value(call.id.clone().into()).unwrap());
    other.press("1").await;
    other.wait_ended().await.unwrap();
    a_while().await;
    assert!(bob.state().await.is_none(), "{}", scenario.all().await);
    scenario.nothing_left().await;
}
