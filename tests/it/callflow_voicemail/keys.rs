//! An account with keys of its own.

use pivot::objects::Kind;
use serde_json::{Value, json};

use super::{bobs_visit, folders, messages, shop};
use crate::callflow_flows::play;
use crate::callflow_talk::{A_WHILE, about};
use crate::support::{Scenario, ms, seconds};

async fn with_keys(box_fields: Value, keys: Value) -> Scenario {
    let scenario = shop(box_fields).await;
    scenario.account(json!({"voicemail": {"keys": keys}})).await;
    scenario
}

// Proves account.voicemail.keys.operator, account.voicemail.keys.login.
#[tokio::test(start_paused = true)]
async fn during_the_greeting() {
    let scenario = with_keys(json!({}), json!({"operator": "7", "login": "8"})).await;
    for (key, sound) in [
        ("7", "operator"),
        ("8", "vm-password"),
        ("0", "*"),
        ("*", "*"),
    ] {
        let talk = scenario.talk("1", &[]).await;
        talk.hears("vm-theperson", 1).await;
        talk.phone.press(key).await;
        tokio::time::sleep(seconds(2)).await;
        let heard = talk.heard().await;
        assert_eq!(
            heard
                .iter()
                .find(|s| !s.starts_with("vm-theperson") && !s.starts_with("digits"))
                .unwrap(),
            sound,
            "{key}: {heard:?}"
        );
        talk.phone.hangup().await;
        talk.end().await;
    }
}

// Proves account.voicemail.keys.save, account.voicemail.keys.listen.
// Proves account.voicemail.keys.record.
#[tokio::test(start_paused = true)]
async fn about_what_was_recorded() {
    let keys = json!({"save": "4", "listen": "5", "record": "6"});
    let scenario = with_keys(json!({}), keys).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(seconds(5)).await.answers(&["5", "6"]).await;
    talk.say(A_WHILE).await.answer("4").await;
    talk.end().await;
    let all = scenario.all_of(Kind::Message).await;
    let length = all[0].body["length"].as_u64().unwrap();
    assert!(all.len() == 1 && about(ms(length), A_WHILE), "{all:?}");
    let lengths = talk.lengths().await;
    assert!(lengths.iter().any(|length| about(*length, seconds(5))));
    // One question each, and none without an answer.
    assert_eq!(talk.times("vm-review").await, 3);
}

// Proves account.voicemail.keys.hear_new, account.voicemail.keys.hear_saved.
// Proves account.voicemail.keys.configure, account.voicemail.keys.exit.
// Proves account.voicemail.keys.return_main, account.voicemail.keys.return_main_menu.
#[tokio::test(start_paused = true)]
async fn in_the_main_menu() {
    let keys = json!({"hear_new": "6", "hear_saved": "7", "configure": "8", "exit": "9",
        "return_main": "#", "return_main_menu": "5"});
    let scenario = with_keys(json!({}), keys).await;
    messages(&scenario, &[("new", 1000), ("saved", 2000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    // The new message, the saved ones, the settings, and away.
    talk.answers(&["6", "5", "7", "5", "8", "#", "9"]).await;
    talk.end().await;
    let lengths: Vec<_> = talk.lengths().await;
    for length in [1000, 2000] {
        assert!(lengths.iter().any(|l| about(*l, ms(length))), "{lengths:?}");
    }
    assert_eq!(
        (talk.times("vm-sorry").await, talk.questions().await),
        (0, 7),
        "{}",
        talk.lines().await
    );
}

// Proves account.voicemail.keys.keep, account.voicemail.keys.replay.
// Proves account.voicemail.keys.forward, account.voicemail.keys.prev.
// Proves account.voicemail.keys.next, account.voicemail.keys.delete.
// Proves account.voicemail.keys.call_back.
#[tokio::test(start_paused = true)]
async fn with_each_message() {
    let keys = json!({"keep": "9", "replay": "8", "forward": "7", "prev": "3", "next": "2",
        "delete": "1", "call_back": "5"});
    let scenario = with_keys(json!({}), keys).await;
    let other = json!({"name": "Carol", "mailbox": "4002"});
    scenario.put(Kind::Vmbox, "carol", other).await;
    scenario.callflow("alice", &["2030"], play("alice")).await;
    messages(
        &scenario,
        &[("new", 11_000), ("new", 12_000), ("new", 13_000)],
    )
    .await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("1").await;
    // 13 s, 13 s, 12 s, 13 s; 12 s, 11 s
    talk.answers(&["8", "2", "3", "9", "1", "7", "4002#", "5"])
        .await;
    talk.end().await;
    let heard: Vec<u64> = talk
        .lengths()
        .await
        .into_iter()
        .filter_map(|l| (11..=13).find(|own| about(l, seconds(*own))))
        .collect();
    assert_eq!(heard, [13, 13, 12, 13, 12, 11], "{}", talk.lines().await);
    assert_eq!(
        folders(&scenario).await,
        ["saved", "deleted", "saved", "new"]
    );
    assert_eq!(talk.times("alice").await, 1);
}

// Proves account.voicemail.keys.rewind, account.voicemail.keys.fast_forward.
#[tokio::test(start_paused = true)]
async fn to_wind_with() {
    let keys = json!({"rewind": "*", "fast_forward": "#"});
    let winds = json!({"is_voicemail_ff_rw_enabled": true});
    let scenario = with_keys(winds, keys).await;
    messages(&scenario, &[("new", 30_000)]).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("1").await;
    tokio::time::sleep(seconds(15)).await;
    talk.phone.press("*#").await;
    talk.question().await;
    let operations: Vec<_> = scenario.sent("POST", "/control").await;
    let operations: Vec<_> = operations.iter().map(|r| &r.params["operation"]).collect();
    assert_eq!(operations, ["reverse", "forward"], "{}", talk.lines().await);
}

// Proves account.voicemail.keys.rec_unavailable, account.voicemail.keys.rec_name.
// Proves account.voicemail.keys.set_pin.
// Proves account.voicemail.keys.rec_temporary_unavailable.
// Proves account.voicemail.keys.del_temporary_unavailable.
// Proves account.voicemail.keys.toggle_announcement_only.
#[tokio::test(start_paused = true)]
async fn in_the_settings() {
    let keys = json!({"rec_unavailable": "6", "rec_name": "5", "set_pin": "4",
        "rec_temporary_unavailable": "3", "del_temporary_unavailable": "2",
        "toggle_announcement_only": "1"});
    let scenario = with_keys(json!({}), keys).await;
    let mut talk = bobs_visit(&scenario).await;
    let changed = async |field: &str| {
        let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
        stored.pointer(field).cloned().unwrap_or_default()
    };
    talk.answer("5").await;
    for (key, field) in [
        ("6", "/media/unavailable"),
        ("5", "/media/name"),
        ("3", "/media/temporary_unavailable"),
    ] {
        talk.answer(key).await.say(A_WHILE).await.answer("1").await;
        talk.question().await;
        assert!(changed(field).await.is_string(), "{field}");
        // The question stands; a key that means nothing has it asked again.
        talk.phone.press("9").await;
    }
    talk.answers(&["2", "4", "9999#", "9999#", "1"]).await;
    talk.question().await;
    assert_eq!(changed("/media/temporary_unavailable").await, Value::Null);
    assert_eq!(changed("/pin").await, "9999");
    assert_eq!(changed("/announcement_only").await, true);
}
