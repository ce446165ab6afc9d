//! Leaving a message.

use pivot::objects::Kind;
use serde_json::json;

use super::{played, shop};
use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::callflow_talk::{A_WHILE, about};
use crate::support::{ms, seconds};

// Callflow check 80.
// Proves voicemail.id, vmbox.mailbox.
#[tokio::test(start_paused = true)]
async fn a_caller_is_greeted_leaves_a_message_and_the_flow_goes_on() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(seconds(3)).await.answer("1").await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard,
        [
            "vm-theperson",
            "digits:4001",
            "vm-isunavail",
            "vm-intro",
            "*",
            "vm-review",
            "vm-msgsaved",
            "auth-thankyou",
            "after"
        ]
    );
    let all = scenario.all_of(Kind::Message).await;
    let [message] = &all[..] else {
        panic!("{all:?}\n{}", talk.lines().await)
    };
    let body = &message.body;
    assert_eq!(
        (&body["folder"], &body["caller_id_number"], &body["to"]),
        (&json!("new"), &json!("+15550001"), &json!("1"))
    );
    let length = body["length"].as_u64().unwrap();
    assert!(about(ms(length), seconds(3)), "{length}");
    let month_and_hex = message.id.strip_prefix("box/").unwrap();
    assert_eq!(body["media_id"], month_and_hex);
    let sound = scenario.sound_of(Kind::Message, &message.id).await.unwrap();
    assert_eq!(sound.content_type, "audio/mpeg");
    scenario.no_recordings().await;
}

// Callflow check 80.
// Proves vmbox.media_extension.
#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_has_left_a_message_unless_it_is_short() {
    for (length, kept) in [(seconds(2), 1), (ms(600), 1), (ms(400), 0)] {
        let scenario = shop(json!({"media_extension": "wav"})).await;
        let mut talk = scenario.talk("1", &[]).await;
        talk.recording().await;
        talk.phone.talk(length).await;
        talk.phone.hangup().await;
        talk.end().await;
        let all = scenario.all_of(Kind::Message).await;
        assert_eq!(all.len(), kept, "{length:?}\n{}", talk.lines().await);
        for message in all {
            let sound = scenario.sound_of(Kind::Message, &message.id).await.unwrap();
            assert_eq!(sound.content_type, "audio/x-wav");
        }
        scenario.no_recordings().await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_at_the_question_has_left_a_message() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.question().await;
    talk.phone.hangup().await;
    talk.end().await;
    assert_eq!(scenario.all_of(Kind::Message).await.len(), 1);
}

// Callflow check 80.
#[tokio::test(start_paused = true)]
async fn a_message_is_listened_to_and_said_again_before_it_is_kept() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(seconds(5))
        .await
        .answer("2")
        .await
        .answer("3")
        .await;
    talk.say(A_WHILE).await;
    // Four questions without an answer keep it too.
    for _ in 0..4 {
        talk.question().await;
    }
    talk.end().await;
    let all = scenario.all_of(Kind::Message).await;
    let length = all[0].body["length"].as_u64().unwrap();
    assert!(all.len() == 1 && about(ms(length), A_WHILE), "{all:?}");
    assert_eq!(
        (played(&talk, 5000).await, talk.times("vm-review").await),
        (1, 6)
    );
    assert_eq!(talk.heard().await.last().unwrap(), "after");
}

// Callflow check 80.
// Proves vmbox.operator_number.
#[test]
fn zero_leads_to_the_operator_before_or_after_the_message() {
    for (fields, during, kept, last) in [
        (json!({}), true, 0, "operator"),
        (json!({}), false, 1, "operator"),
        (json!({"operator_number": "55"}), true, 0, "other"),
        // Nobody is there: the message is recorded.
        (json!({"operator_number": "66"}), true, 1, "after"),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            scenario.callflow("other", &["55"], play("other")).await;
            let mut talk = scenario.talk("1", &[]).await;
            if during {
                talk.hears("vm-theperson", 1).await;
                talk.phone.press("0").await;
            }
            if kept == 1 {
                talk.say(A_WHILE).await;
                talk.answer(if during { "1" } else { "0" }).await;
            }
            talk.end().await;
            assert_eq!(scenario.all_of(Kind::Message).await.len(), kept, "{fields}");
            let heard = talk.heard().await;
            assert!(heard.contains(&last.to_owned()), "{heard:?}");
            // An operator's flow is a branch: what follows the module runs after it.
            assert_eq!(heard.last().unwrap(), "after");
        });
    }
}

// Callflow check 80.
#[tokio::test(start_paused = true)]
async fn any_other_key_leads_to_the_tone_and_a_star_to_the_messages() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.hears("vm-theperson", 1).await;
    talk.phone.press("5").await;
    talk.recording().await;
    assert_eq!(talk.times("vm-intro").await, 0);
    talk.phone.hangup().await;
    talk.end().await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.hears("vm-theperson", 1).await;
    talk.phone.press("*").await;
    talk.answer("1234#").await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(talk.times("vm-password").await, 1);
}

// Proves vmbox.max_message_length, voicemail.max_message_length.
#[test]
fn a_message_lasts_no_longer_than_the_box_or_the_node_allows() {
    for (fields, data, length) in [
        (json!({"max_message_length": 5}), json!({}), seconds(5)),
        (
            json!({"max_message_length": 5}),
            json!({"max_message_length": 3}),
            seconds(3),
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields).await;
            let mut data = data;
            data["id"] = "box".into();
            scenario
                .callflow(
                    "compose",
                    &["1"],
                    chain([node("voicemail", data), play("after")]),
                )
                .await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.recording().await;
            talk.phone.talk(seconds(9)).await;
            talk.answer("1").await;
            talk.end().await;
            let all = scenario.all_of(Kind::Message).await;
            let stored = all[0].body["length"].as_u64().unwrap();
            assert!(about(ms(stored), length), "{stored}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn the_box_may_be_named_by_what_was_captured() {
    let scenario = shop(json!({})).await;
    let flow = json!({"patterns": [r"^\*98(\d+)$"], "flow": node("voicemail", json!({}))});
    scenario.put(Kind::Callflow, "direct", flow).await;
    let mut talk = scenario.talk("*984001", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
    assert!(
        scenario.all_of(Kind::Message).await[0]
            .id
            .starts_with("box/")
    );
}

/// Nobody could find the message, and nothing would ever delete it.
#[tokio::test(start_paused = true)]
async fn a_box_that_is_deleted_meanwhile_gets_no_message() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.recording().await;
    talk.phone.talk(seconds(2)).await;
    let services = &scenario.pivot.services;
    let (own, anything) = (&services.account, pivot::store::Expected::Anything);
    let delete = services.catalog.delete(own, Kind::Vmbox, "box", anything);
    delete.await.unwrap();
    talk.phone.hangup().await;
    talk.end().await;
    assert!(scenario.all_of(Kind::Message).await.is_empty());
    let lines = talk.lines().await;
    assert!(lines.contains("voicemail box box is gone"), "{lines}");
}
