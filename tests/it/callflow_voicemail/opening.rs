//! Who may hear the messages of a box: its number, its PIN, the first visit.

use pivot::objects::Kind;
use serde_json::json;

use super::{bobs_visit, is_bob, shop};
use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::callflow_talk::about;
use crate::support::{ms, seconds};

// Callflow check 82.
// Proves vmbox.pin, voicemail.action.
#[tokio::test(start_paused = true)]
async fn three_wrong_pins_end_the_visit() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answers(&["1#", "4321#", "#"]).await;
    talk.end().await;
    let heard = talk.heard().await;
    let round = ["vm-password", "vm-incorrect"];
    let expected: Vec<_> = [&round[..], &round, &round, &["vm-goodbye", "after"]].concat();
    assert_eq!(heard, expected);
}

// Callflow check 82.
// Proves vmbox.is_setup.
#[tokio::test(start_paused = true)]
async fn the_box_is_asked_for_and_opened_with_its_pin() {
    let scenario = shop(json!({})).await;
    let visit = node("voicemail", json!({"action": "check"}));
    scenario
        .callflow("check", &["2"], chain([visit, play("after")]))
        .await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answers(&["77#", "4001#", "1234#", "#"]).await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard[..4],
        ["vm-login", "vm-sorry", "vm-login", "vm-password"]
    );
    assert_eq!(heard.last().unwrap(), "after");
    // Three boxes that are none.
    let mut talk = scenario.talk("2", &[]).await;
    talk.answers(&["7#", "8#", "9#"]).await;
    talk.end().await;
    assert_eq!(
        talk.heard().await.last_chunk().unwrap(),
        &["vm-goodbye", "after"]
    );
}

// Proves voicemail.single_mailbox_login, voicemail.callerid_match_login.
#[test]
fn a_caller_who_is_known_is_not_asked_for_the_box() {
    for (data, mailbox, mine) in [
        (json!({"single_mailbox_login": true}), "4001", true),
        (json!({"callerid_match_login": true}), "+15550001", false),
    ] {
        in_virtual_time(async move {
            let scenario = shop(json!({"mailbox": mailbox})).await;
            if mine {
                is_bob(&scenario).await;
            }
            let mut data = data;
            data["action"] = "check".into();
            scenario
                .callflow("check", &["2"], node("voicemail", data))
                .await;
            let mut talk = scenario.talk("2", &["internal=yes"]).await;
            if !mine {
                talk.answer("1234#").await;
            }
            talk.answer("#").await;
            talk.end().await;
            assert_eq!(
                (talk.times("vm-login").await, talk.times("vm-youhave").await),
                (0, 1)
            );
        });
    }
}

// Callflow check 82.
// Proves vmbox.require_pin.
#[test]
fn who_is_asked_for_the_pin() {
    for (fields, mine, asked) in [
        (json!({}), true, "vm-youhave"),
        (json!({"require_pin": true}), true, "vm-password"),
        (json!({}), false, "vm-password"),
        // A box without a PIN is the owner's phone's alone.
        (json!({"pin": null}), true, "vm-youhave"),
        (json!({"pin": null}), false, "after"),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            if mine {
                is_bob(&scenario).await;
            }
            let talk = scenario.talk("2", &["internal=yes"]).await;
            talk.hears(asked, 1).await;
            let heard = talk.heard().await;
            let first = heard.iter().find(|sound| *sound != "*").unwrap();
            assert_eq!(first, asked, "{fields}: {heard:?}");
        });
    }
}

// Callflow check 82.
#[tokio::test(start_paused = true)]
async fn the_first_visit_leads_through_the_settings() {
    let scenario = shop(json!({"is_setup": false, "pin": null})).await;
    let mut talk = bobs_visit(&scenario).await;
    // Too short; then two that differ; then the same twice.
    talk.answer("12#").await;
    talk.answers(&["5678#", "8765#"]).await;
    talk.answers(&["5678#", "5678#"]).await;
    talk.say(seconds(3)).await.answer("1").await;
    talk.answer("#").await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(heard[0], "vm-newuser");
    assert_eq!(
        (
            talk.times("vm-invalid-password").await,
            talk.times("vm-passchanged").await
        ),
        (2, 1),
        "{heard:?}"
    );
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    assert_eq!(
        (&stored["pin"], &stored["is_setup"]),
        (&json!("5678"), &json!(true))
    );
    let greeting = stored["media"]["unavailable"].as_str().unwrap();
    let medium = scenario.get(Kind::Media, greeting).await.unwrap();
    assert_eq!(
        (&medium["source_type"], &medium["source_id"]),
        (&json!("voicemail"), &json!("box"))
    );
    // Three that are none.
    scenario
        .put(
            Kind::Vmbox,
            "box",
            json!({"name": "Bob", "mailbox": "4001", "owner_id": "bob"}),
        )
        .await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answers(&["1#", "2#", "3#"]).await;
    talk.end().await;
    assert_eq!(talk.heard().await.last().unwrap(), "vm-goodbye");
}

// Proves voicemail.interdigit_timeout.
#[test]
fn a_number_ends_after_the_pause_that_the_node_allows() {
    for (data, pause) in [
        (json!({}), 2000),
        (json!({"interdigit_timeout": 5000}), 5000),
    ] {
        in_virtual_time(async move {
            let scenario = shop(json!({})).await;
            let mut data = data;
            data["action"] = "check".into();
            let visit = node("voicemail", data);
            scenario.callflow("check", &["2"], visit).await;
            let mut talk = scenario.talk("2", &[]).await;
            talk.answer("4001").await;
            let pressed = tokio::time::Instant::now();
            talk.hears("vm-password", 1).await;
            assert!(
                about(pressed.elapsed(), ms(pause)),
                "{:?}",
                pressed.elapsed()
            );
        });
    }
}
