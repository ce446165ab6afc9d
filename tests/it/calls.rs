//! Calls from beginning to end: what the caller hears, and that nothing stays.

use crate::support::{Scenario, seconds, twiml};
use pivot::simulate::Behaviour;

#[tokio::test(start_paused = true)]
async fn a_document_plays_and_the_call_ends() {
    let scenario = Scenario::new().await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(!ended.by_phone);
    assert_eq!(
        phone.heard_media().await,
        ["sound:hello-world"],
        "{}",
        scenario.lines().await
    );
    assert_eq!(
        scenario.web.at("/voice")[0].param("CallStatus").as_deref(),
        Some("ringing")
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn speech_is_made_and_played() {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml("<Say>Hello pivot</Say>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 1, "{}", scenario.lines().await);
    assert!(heard[0].starts_with("sound:/"), "{heard:?}");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn digits_of_a_gather_reach_its_action() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Gather action='/done'><Play>sound:hello-world</Play></Gather>"),
    );
    scenario.web.on("/done", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(3), "42#");
    phone.wait_ended().await.unwrap();
    let done = scenario.web.at("/done");
    assert_eq!(done.len(), 1, "{}", scenario.lines().await);
    assert_eq!(done[0].param("Digits").as_deref(), Some("42"));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_dialled_party_answers_talks_and_the_next_verb_runs() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(2)).hangs_up_after(seconds(5)),
        )
        .await;
    scenario.web.on(
        "/voice",
        twiml("<Dial>5551234</Dial><Play>sound:goodbye</Play>"),
    );
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!(
        heard.last().map(String::as_str),
        Some("sound:goodbye"),
        "{}",
        scenario.lines().await
    );
    scenario.nothing_left().await;
}
