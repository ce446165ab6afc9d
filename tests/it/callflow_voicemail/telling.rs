//! Who learns of a message: the shop, the lamps of phones, whoever reads it.

use pivot::objects::Kind;
use serde_json::json;

use super::{bobs_visit, folders, shop_with};
use crate::callflow_flows::in_virtual_time;
use crate::callflow_talk::A_WHILE;
use crate::support::{Reply, seconds};

// Proves vmbox.notify_email_addresses, vmbox.name.
// Proves vmbox.include_message_on_notify.
#[test]
fn the_owner_is_told_of_each_message() {
    for (fields, linked) in [
        (json!({"notify_email_addresses": ["a@example.com"]}), true),
        (
            json!({"notify_email_addresses": ["a@example.com"], "include_message_on_notify": false}),
            false,
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop_with("[voicemail]\nnotify_url = '{app}/told'\n", fields).await;
            scenario.web.on("/told", Reply::status(204));
            let mut talk = scenario.talk("1", &[]).await;
            talk.say(A_WHILE).await.answer("1").await;
            talk.end().await;
            let told = scenario.web.at("/told");
            assert_eq!(told.len(), 1);
            let message = scenario.all_of(Kind::Message).await.remove(0);
            let param = |name: &str| told[0].param(name).unwrap_or_default();
            assert_eq!(param("Event"), "voicemail.new");
            assert_eq!(format!("box/{}", param("MessageId")), message.id);
            assert_eq!(
                (param("Mailbox"), param("From"), param("Duration")),
                ("4001".into(), "+15550001".into(), "2".into())
            );
            assert_eq!(param("Email"), "a@example.com,bob@example.com");
            assert_eq!(param("BoxName"), "Bob");
            let recordings = scenario.pivot.services.recordings.list().await.unwrap();
            assert_eq!(recordings.len(), usize::from(linked));
            assert!(param("RecordingUrl").ends_with(&param("RecordingSid")));
            assert_eq!(param("RecordingSid").starts_with("RE"), linked);
        });
    }
}

// Proves vmbox.save_after_notify.
// Proves vmbox.delete_after_notify.
#[test]
fn a_message_leaves_the_new_ones_when_the_owner_was_told() {
    for (fields, status, folder) in [
        (json!({"save_after_notify": true}), 200, "saved"),
        (json!({"delete_after_notify": true}), 200, "deleted"),
        (
            json!({"delete_after_notify": true, "save_after_notify": true}),
            200,
            "saved",
        ),
        // Nobody was told.
        (json!({"delete_after_notify": true}), 500, "new"),
    ] {
        in_virtual_time(async move {
            let scenario =
                shop_with("[voicemail]\nnotify_url = '{app}/told'\n", fields.clone()).await;
            scenario.web.on("/told", Reply::status(status));
            let mut talk = scenario.talk("1", &[]).await;
            talk.say(A_WHILE).await.answer("1").await;
            talk.end().await;
            tokio::time::sleep(seconds(1)).await;
            assert_eq!(folders(&scenario).await, [folder], "{fields}");
        });
    }
}

// Callflow check 82. MWI.
#[tokio::test(start_paused = true)]
async fn the_lamps_of_phones_are_set() {
    let scenario = shop_with("[voicemail]\nmwi = '{mailbox}@default'\n", json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answers(&["1", "1", "#"]).await;
    talk.end().await;
    let sent = scenario.sent("PUT", "mailboxes/4001@default").await;
    let counts: Vec<_> = sent
        .iter()
        .map(|r| {
            (
                r.params["newMessages"].clone(),
                r.params["oldMessages"].clone(),
            )
        })
        .collect();
    assert_eq!(counts, [(json!("1"), json!("0")), (json!("0"), json!("1"))]);
}

// Proves vmbox.transcribe.
#[test]
fn what_was_said_is_written_down_if_the_box_says_so() {
    for (transcribe, text) in [(true, Some("call me back")), (false, None)] {
        in_virtual_time(async move {
            let config = "[voicemail]\nnotify_url = '{app}/told'\n[transcribe]\n\
                          command = ['sh', '-c', 'test -s $0 && echo call me back', '{file}']\n";
            let scenario = shop_with(config, json!({"transcribe": transcribe})).await;
            scenario.web.on("/told", Reply::status(204));
            let mut talk = scenario.talk("1", &[]).await;
            talk.say(seconds(3)).await.answer("1").await;
            talk.end().await;
            tokio::time::sleep(seconds(1)).await;
            let message = scenario.all_of(Kind::Message).await.remove(0);
            let written = message.body.get("transcription").and_then(|t| t.as_str());
            assert_eq!(written, text);
            let told = scenario.web.at("/told").remove(0);
            assert_eq!(told.param("TranscriptionText").as_deref(), text);
        });
    }
}
