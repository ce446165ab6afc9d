//! What a caller hears before the tone, and who does not get that far.

use pivot::objects::Kind;
use serde_json::json;

use super::{is_bob, messages, played, shop, shop_with};
use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::callflow_talk::{A_WHILE, wave};
use crate::support::{Reply, Scenario, ms};

/// What a caller hears up to the tone.
async fn greeted(scenario: &Scenario) -> Vec<String> {
    let mut talk = scenario.talk("1", &[]).await;
    talk.recording().await;
    talk.phone.hangup().await;
    talk.end().await;
    let mut heard = talk.heard().await;
    assert_eq!(heard.pop().as_deref(), Some("*"));
    heard
}

// Callflow check 80. The order of what is heard.
// Proves vmbox.skip_greeting.
// Proves vmbox.skip_instructions.
// Proves vmbox.use_person_not_available.
// Proves vmbox.play_greeting_intro.
#[test]
fn the_greeting_is_as_the_box_has_it() {
    let usual = ["vm-theperson", "digits:4001", "vm-isunavail", "vm-intro"];
    for (fields, expected) in [
        (json!({}), &usual[..]),
        (json!({"skip_greeting": true}), &usual[3..]),
        (json!({"skip_instructions": true}), &usual[..3]),
        (
            json!({"use_person_not_available": true}),
            &["vm-nobodyavail", "vm-intro"],
        ),
        (
            json!({"play_greeting_intro": true, "skip_greeting": true}),
            &["*", "vm-intro"],
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            assert_eq!(greeted(&scenario).await, expected, "{fields}");
        });
    }
}

// Callflow check 80.
// Proves vmbox.media.unavailable.
// Proves vmbox.media.temporary_unavailable.
#[tokio::test(start_paused = true)]
async fn a_temporary_greeting_comes_before_the_usual_one() {
    let scenario =
        shop(json!({"media": {"unavailable": "away", "temporary_unavailable": "ill"}})).await;
    scenario
        .put_sound(Kind::Media, "away", json!({"name": "a"}), wave(800))
        .await;
    scenario
        .put_sound(Kind::Media, "ill", json!({"name": "i"}), wave(1600))
        .await;
    for (fields, length) in [
        (
            json!({"unavailable": "away", "temporary_unavailable": "ill"}),
            1600,
        ),
        (json!({"unavailable": "away"}), 800),
    ] {
        let document = json!({"name": "Bob", "mailbox": "4001", "media": fields});
        scenario.put(Kind::Vmbox, "box", document).await;
        let mut talk = scenario.talk("1", &[]).await;
        talk.recording().await;
        assert_eq!(
            (played(&talk, length).await, talk.times("vm-intro").await),
            (1, 1)
        );
        talk.phone.hangup().await;
        talk.end().await;
    }
}

// Callflow check 81.
// Proves vmbox.check_if_owner, vmbox.owner_id.
#[test]
fn the_owner_who_calls_the_own_box_hears_the_messages() {
    for (fields, mine, asked) in [
        (json!({}), true, true),
        (json!({"check_if_owner": false}), true, false),
        (json!({}), false, false),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            messages(&scenario, &[("new", 1000)]).await;
            if mine {
                is_bob(&scenario).await;
            }
            let mut talk = scenario.talk("1", &["internal=yes"]).await;
            if asked {
                talk.answer("#").await;
                talk.end().await;
                assert_eq!(
                    talk.heard().await[..4],
                    ["vm-youhave", "number:1", "vm-INBOX", "vm-message"]
                );
                assert_eq!(talk.times("vm-password").await, 0, "{fields}");
            } else {
                talk.recording().await;
            }
        });
    }
}

// Callflow check 81.
// Proves account.voicemail.max_message_count.
#[tokio::test(start_paused = true)]
async fn a_full_box_says_so_and_takes_nothing() {
    let config = "[voicemail]\nnotify_url = '{app}/told'\n";
    let scenario = shop_with(config, json!({})).await;
    scenario.web.on("/told", Reply::status(200));
    let limits = json!({"voicemail": {"max_message_count": 2}});
    scenario.account(limits).await;
    // What is deleted takes no place.
    messages(&scenario, &[("new", 500), ("deleted", 500)]).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard,
        [
            "vm-theperson",
            "digits:4001",
            "vm-isunavail",
            "vm-mailboxfull",
            "after"
        ]
    );
    // A star leads to the messages all the same.
    let mut star = scenario.talk("1", &[]).await;
    star.hears("vm-theperson", 1).await;
    star.phone.press("*").await;
    star.answers(&["1234#", "#"]).await;
    star.end().await;
    assert_eq!(star.times("vm-youhave").await, 1);
    assert_eq!(scenario.all_of(Kind::Message).await.len(), 3);
    let told: Vec<_> = scenario
        .web
        .at("/told")
        .iter()
        .map(|seen| seen.param("Event").unwrap())
        .collect();
    assert_eq!(told, ["voicemail.new", "voicemail.full", "voicemail.full"]);
}

// Callflow check 81.
#[tokio::test(start_paused = true)]
async fn a_box_that_is_not_there_is_said_not_to_be() {
    let scenario = Scenario::stored().await;
    let visit = node("voicemail", json!({"id": "gone"}));
    scenario
        .callflow("a", &["1"], chain([visit, play("after")]))
        .await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["vm-nobodyavail", "after"]);
}

// Callflow check 81.
// Proves vmbox.announcement_only.
#[tokio::test(start_paused = true)]
async fn a_box_may_only_announce_something() {
    let scenario = shop(json!({"announcement_only": true})).await;
    let talk = scenario.talk("1", &[]).await;
    talk.phone.press_at(ms(500), "5");
    talk.end().await;
    assert_eq!(
        talk.heard().await,
        ["vm-theperson", "digits:4001", "vm-isunavail", "after"]
    );
    assert!(scenario.all_of(Kind::Message).await.is_empty());
    // Its owner is not kept out.
    is_bob(&scenario).await;
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(talk.times("vm-youhave").await, 1);
}
