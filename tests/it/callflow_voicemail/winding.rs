//! Winding within a message.

use std::time::Duration;

use serde_json::{Value, json};

use super::{bobs_visit, messages, shop};
use crate::callflow_flows::{in_virtual_time, with};
use crate::callflow_talk::{Talk, about};
use crate::support::{Scenario, ms, seconds};

/// Of the message that is wound.
const LENGTH: u64 = 30_000;

/// A box with one message, in which keys wind.
async fn winding(fields: &Value) -> Scenario {
    let usual = json!({"is_voicemail_ff_rw_enabled": true});
    let scenario = shop(with(usual, fields)).await;
    messages(&scenario, &[("new", u32::try_from(LENGTH).unwrap())]).await;
    scenario
}

/// For how long the message was heard, each time.
async fn heard_for(talk: &Talk<'_>) -> Vec<Duration> {
    let heard = talk.files().await;
    let of_message = heard
        .into_iter()
        .filter(|(length, _)| about(*length, ms(LENGTH)));
    of_message.map(|(_, heard)| heard).collect()
}

/// Bob hears the message, and presses this key so long after its beginning.
async fn pressed<'s>(scenario: &'s Scenario, after: u64, key: &str) -> Talk<'s> {
    let mut talk = bobs_visit(scenario).await;
    talk.answer("1").await;
    while heard_for(&talk).await.is_empty() {
        tokio::time::sleep(ms(20)).await;
    }
    tokio::time::sleep(seconds(after)).await;
    talk.phone.press(key).await;
    talk
}

// Proves vmbox.is_voicemail_ff_rw_enabled, vmbox.seek_duration_ms.
#[test]
fn keys_wind_a_message_back_and_forth_while_it_plays() {
    for (fields, after, key, lasts) in [
        (json!({}), 4, "8", 20),
        (json!({}), 14, "5", 40),
        (json!({}), 4, "85", 30),
        // Not before the beginning, and not after the end.
        (json!({}), 4, "5", 34),
        (json!({}), 25, "8", 25),
        (json!({"seek_duration_ms": 4000}), 6, "8", 26),
        (json!({"seek_duration_ms": 4000}), 6, "5", 34),
    ] {
        in_virtual_time(async move {
            let scenario = winding(&fields).await;
            let mut talk = pressed(&scenario, after, key).await;
            talk.question().await;
            let heard = heard_for(&talk).await;
            let near = heard[0].abs_diff(seconds(lasts)) < ms(500);
            assert!(
                near && heard.len() == 1,
                "{fields} {after} {key}: {heard:?}"
            );
            assert_eq!(talk.times("vm-sorry").await, 0);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_winds_the_keys_mean_nothing() {
    let scenario = winding(&json!({"is_voicemail_ff_rw_enabled": false})).await;
    let mut talk = pressed(&scenario, 4, "8").await;
    talk.question().await;
    assert!(heard_for(&talk).await[0] < seconds(5));
    assert_eq!(talk.times("vm-sorry").await, 1);
}

// Proves message.length.
#[tokio::test(start_paused = true)]
async fn at_the_question_the_end_of_the_message_is_heard_again() {
    let scenario = winding(&json!({"seek_duration_ms": 7000})).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answers(&["1", "5"]).await;
    // There is nothing after the end.
    talk.answer("8").await;
    talk.question().await;
    let heard = heard_for(&talk).await;
    assert!(
        heard.len() == 2 && about(heard[1], ms(7000)),
        "{heard:?}\n{}",
        talk.lines().await
    );
    assert_eq!(talk.times("vm-sorry").await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_winds_nothing_ends_the_message_all_the_same() {
    let scenario = winding(&json!({})).await;
    let mut talk = pressed(&scenario, 4, "87").await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(super::folders(&scenario).await, ["deleted"]);
    assert!(heard_for(&talk).await[0] < seconds(6));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_picked_up_is_wound_once_by_each_key() {
    let scenario = winding(&json!({})).await;
    let mut talk = pressed(&scenario, 4, "8").await;
    tokio::time::sleep(seconds(1)).await;
    talk.kill_and_resume().await;
    tokio::time::sleep(seconds(1)).await;
    talk.question().await;
    let wound = scenario.sent("POST", "/control").await;
    assert_eq!(wound.len(), 1, "{}", talk.lines().await);
    let heard = heard_for(&talk).await;
    assert!(
        heard[0].abs_diff(seconds(20)) < ms(500),
        "{heard:?}\n{}",
        talk.lines().await
    );
}
