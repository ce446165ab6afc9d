//! Hearing messages, and what becomes of them.

use pivot::objects::Kind;
use serde_json::json;

use super::{bobs_visit, folders, messages, played, shop};
use crate::callflow_flows::{in_virtual_time, play};
use crate::support::ms;

// Callflow check 82.
// Proves message.folder.
#[tokio::test(start_paused = true)]
async fn messages_are_heard_kept_and_deleted_the_newest_first() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000), ("new", 2000), ("saved", 3000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("1").await;
    talk.question().await;
    assert_eq!(
        (played(&talk, 2000).await, played(&talk, 1000).await),
        (1, 0)
    );
    talk.phone.press("2").await;
    talk.question().await;
    assert_eq!(played(&talk, 2000).await, 2);
    talk.phone.press("1").await;
    talk.question().await;
    assert_eq!(played(&talk, 1000).await, 1);
    talk.phone.press("7").await;
    talk.question().await;
    talk.phone.press("#").await;
    talk.end().await;
    assert_eq!(folders(&scenario).await, ["deleted", "saved", "saved"]);
    let heard = talk.heard().await;
    let counts = [
        "vm-youhave",
        "number:2",
        "vm-INBOX",
        "vm-messages",
        "vm-and",
        "number:1",
        "vm-Old",
        "vm-message",
    ];
    assert_eq!(heard[..8], counts);
    for said in ["vm-msgsaved", "vm-deleted", "vm-nomore"] {
        assert_eq!(talk.times(said).await, 1, "{heard:?}");
    }
}

/// Whoever has pressed a wrong key need not hear that to its end, and then the menu.
#[tokio::test(start_paused = true)]
async fn a_key_that_cuts_short_what_is_said_about_a_wrong_one_is_obeyed() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("9").await;
    tokio::time::sleep(ms(100)).await;
    assert_eq!(talk.times("vm-sorry").await, 1);
    talk.phone.press("1").await;
    talk.question().await;
    assert_eq!(played(&talk, 1000).await, 1, "{}", talk.lines().await);
    talk.phone.press("7").await;
    talk.question().await;
    talk.phone.press("#").await;
    talk.end().await;
    assert_eq!(folders(&scenario).await, ["deleted"]);
}

// Callflow check 82.
#[tokio::test(start_paused = true)]
async fn one_goes_to_the_next_and_the_previous_message_and_back_to_the_menu() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000), ("new", 2000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answers(&["1", "6", "4", "5", "0"]).await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(
        (played(&talk, 2000).await, played(&talk, 1000).await),
        (2, 1),
        "{}",
        talk.lines().await
    );
    // A key that means nothing repeats the question alone; going to the menu keeps the message.
    assert_eq!(talk.times("vm-sorry").await, 1);
    assert_eq!(folders(&scenario).await, ["new", "saved"]);
}

// Proves vmbox.oldest_message_first.
// Proves vmbox.skip_envelope.
// Proves vmbox.timezone.
// Proves message.timestamp.
#[test]
fn the_order_and_the_envelope_are_as_the_box_has_them() {
    for (fields, first, received) in [
        (json!({}), 2000, 1),
        (json!({"oldest_message_first": true}), 1000, 1),
        (json!({"skip_envelope": true}), 2000, 0),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            messages(&scenario, &[("new", 1000), ("new", 2000)]).await;
            let mut talk = bobs_visit(&scenario).await;
            talk.answer("1").await.question().await;
            assert_eq!(played(&talk, first).await, 1, "{fields}");
            assert_eq!(talk.times("vm-received").await, received, "{fields}");
            // 2024-11-28 08:00 UTC.
            let hour = usize::from(talk.heard().await.contains(&"number:9".to_owned()));
            assert_eq!(hour, received, "{:?}", talk.heard().await);
        });
    }
}

// Callflow check 82.
#[tokio::test(start_paused = true)]
async fn a_message_is_forwarded_to_another_box() {
    let scenario = shop(json!({})).await;
    let other = json!({"name": "Carol", "mailbox": "4002"});
    scenario.put(Kind::Vmbox, "carol", other).await;
    messages(&scenario, &[("new", 1000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answers(&["1", "3", "99#", "4002#"]).await;
    talk.answers(&["7", "#"]).await;
    talk.end().await;
    let all = scenario.all_of(Kind::Message).await;
    let there: Vec<_> = all
        .iter()
        .map(|m| {
            (
                m.id.split('/').next().unwrap(),
                m.body["folder"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(there, [("box", "deleted"), ("carol", "new")]);
    assert_eq!(all[1].body["caller_id_name"], "Alice");
    let sounds = [
        scenario.sound_of(Kind::Message, &all[0].id).await,
        scenario.sound_of(Kind::Message, &all[1].id).await,
    ];
    assert_eq!(sounds[0], sounds[1]);
    assert_eq!(
        (
            talk.times("vm-msgforwarded").await,
            talk.times("vm-sorry").await
        ),
        (1, 1)
    );
}

// Callflow check 82.
// Proves message.caller_id_number.
#[tokio::test(start_paused = true)]
async fn whoever_left_a_message_is_called_back() {
    let scenario = shop(json!({})).await;
    scenario.callflow("alice", &["2030"], play("alice")).await;
    messages(&scenario, &[("new", 1000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answers(&["1", "9"]).await;
    talk.end().await;
    assert_eq!(
        talk.heard().await.last_chunk().unwrap(),
        &["alice", "after"]
    );
    assert_eq!(folders(&scenario).await, ["saved"]);
}

#[tokio::test(start_paused = true)]
async fn a_box_without_messages_says_so_and_five_fruitless_keys_end_the_visit() {
    let scenario = shop(json!({})).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("1").await;
    for key in ["9", "8", "7", "6", "4"] {
        talk.answer(key).await;
    }
    talk.end().await;
    assert_eq!(
        talk.heard().await.last_chunk().unwrap(),
        &["vm-goodbye", "after"]
    );
    assert_eq!(talk.times("vm-no").await, 7);
}
