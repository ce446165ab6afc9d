//! Waiting in a queue, and talking with the agent who answers.

use pivot::objects::Kind;
use pivot::simulate::{Phone, Sound};
use serde_json::json;

use super::{
    answer, called, caller, calls, desk, is, leads_to, left, nobody_is_there, rung, talks_with,
};
use crate::callflow_talk::wave;
use crate::support::{ms, seconds};

// Callflow check 86. Success ends the flow.
// Proves acdc_member.id, queue.agent_ring_timeout, user.queues.
#[tokio::test(start_paused = true)]
async fn a_caller_waits_with_music_and_talks_with_the_agent_who_answers() {
    let scenario = desk(json!({})).await;
    answer(&scenario, "ann", seconds(60)).await;
    answer(&scenario, "bob", seconds(3)).await;
    let phone = caller(&scenario, "1").await;
    // Ann's phone rings for ten seconds, then Bob's.
    tokio::time::sleep(seconds(8)).await;
    assert_eq!(rung(&scenario).await, (1, 0));
    tokio::time::sleep(seconds(4)).await;
    assert_eq!(rung(&scenario).await, (1, 1));
    tokio::time::sleep(seconds(8)).await;
    let bob = called(&scenario, "bob").await.remove(0);
    assert!(talks_with(&phone, &bob).await, "{}", scenario.lines().await);
    let music = phone
        .heard()
        .await
        .iter()
        .any(|h| matches!(h.what, Sound::Music(_)));
    assert!(music, "{}", scenario.lines().await);
    // Also while a phone rings, of which the caller hears nothing.
    assert_eq!(phone.heard_media().await, Vec::<String>::new());
    bob.hangup().await;
    // A conversation ends the flow.
    assert!(!left(&phone).await);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn two_callers_get_two_agents_and_the_third_waits_for_the_first_who_is_free() {
    let scenario = desk(json!({})).await;
    answer(&scenario, "ann", seconds(1)).await;
    answer(&scenario, "bob", seconds(1)).await;
    let first = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    let second = caller(&scenario, "2").await;
    tokio::time::sleep(seconds(5)).await;
    let third = caller(&scenario, "3").await;
    tokio::time::sleep(seconds(10)).await;
    let (ann, bob) = (
        called(&scenario, "ann").await,
        called(&scenario, "bob").await,
    );
    assert_eq!(
        (ann.len(), bob.len()),
        (1, 1),
        "nobody is called while talking"
    );
    let pairs = (
        talks_with(&first, &ann[0]).await,
        talks_with(&second, &bob[0]).await,
    );
    assert_eq!(pairs, (true, true));
    bob[0].hangup().await;
    tokio::time::sleep(seconds(5)).await;
    let again = called(&scenario, "bob").await;
    assert_eq!(again.len(), 2);
    assert!(talks_with(&third, &again[1]).await);
    for phone in [first, third] {
        phone.hangup().await;
    }
    scenario.nothing_left().await;
}

// Proves acdc_member.priority.
#[tokio::test(start_paused = true)]
async fn the_higher_priority_comes_first() {
    let scenario = desk(json!({})).await;
    leads_to(&scenario, "509", json!({"id": "support", "priority": 9})).await;
    nobody_is_there(&scenario).await;
    let plain = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(3)).await;
    let vip = calls(&scenario, "2", "509").await;
    tokio::time::sleep(seconds(3)).await;
    answer(&scenario, "ann", ms(500)).await;
    is(&scenario, "ann", "ready").await;
    tokio::time::sleep(seconds(4)).await;
    let ann = called(&scenario, "ann").await.remove(0);
    assert!(talks_with(&vip, &ann).await && !talks_with(&plain, &ann).await);
    for phone in [plain, vip] {
        phone.hangup().await;
    }
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn callers_who_hang_up_at_any_moment_free_the_agents() {
    for after in [100, 900, 1500, 4000, 12_000] {
        let scenario = desk(json!({})).await;
        answer(&scenario, "ann", seconds(3)).await;
        answer(&scenario, "bob", seconds(3)).await;
        for _ in 0..2 {
            let phone = caller(&scenario, "1").await;
            phone.hangup_at(ms(after));
            phone.wait_ended().await;
            scenario.nothing_left().await;
        }
        let phone = caller(&scenario, "2").await;
        tokio::time::sleep(seconds(5)).await;
        let talks = phone
            .heard()
            .await
            .iter()
            .any(|h| matches!(h.what, Sound::Bridge(_)));
        assert!(talks, "{after}\n{}", scenario.lines().await);
        phone.hangup().await;
        scenario.nothing_left().await;
    }
}

// Proves queue.max_priority.
#[tokio::test(start_paused = true)]
async fn nobody_has_a_higher_priority_than_the_queue_knows() {
    let scenario = desk(json!({"max_priority": 3})).await;
    for (number, priority) in [("503", 3), ("509", 9)] {
        let data = json!({"id": "support", "priority": priority});
        leads_to(&scenario, number, data).await;
    }
    nobody_is_there(&scenario).await;
    let first = calls(&scenario, "1", "503").await;
    tokio::time::sleep(seconds(3)).await;
    let second = calls(&scenario, "2", "509").await;
    tokio::time::sleep(seconds(3)).await;
    answer(&scenario, "ann", ms(500)).await;
    is(&scenario, "ann", "ready").await;
    tokio::time::sleep(seconds(4)).await;
    let ann = called(&scenario, "ann").await.remove(0);
    assert!(talks_with(&first, &ann).await && !talks_with(&second, &ann).await);
    for phone in [first, second] {
        phone.hangup().await;
    }
    scenario.nothing_left().await;
}

/// How often a phone has heard pivot's own files.
async fn files(phone: &Phone) -> usize {
    let heard = phone.heard_media().await;
    heard
        .iter()
        .filter(|uri| uri.starts_with("sound:/"))
        .count()
}

// Proves queue.announce, queue.moh.
#[tokio::test(start_paused = true)]
async fn callers_hear_what_the_queue_has_for_them_while_they_wait() {
    let scenario = desk(json!({"announce": "sound:hold-on", "moh": "tune"})).await;
    scenario
        .put_sound(Kind::Media, "tune", json!({"name": "tune"}), wave(4000))
        .await;
    nobody_is_there(&scenario).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(21)).await;
    assert_eq!(phone.heard_media().await[0], "sound:hold-on");
    let before = files(&phone).await;
    assert!((5..=6).contains(&before), "{}", scenario.lines().await);
    // It goes on while Ann's phone rings.
    answer(&scenario, "ann", seconds(7)).await;
    is(&scenario, "ann", "ready").await;
    tokio::time::sleep(seconds(12)).await;
    assert!(files(&phone).await >= before + 2);
    let ann = called(&scenario, "ann").await.remove(0);
    assert!(talks_with(&phone, &ann).await);
    let heard = phone.heard().await;
    assert!(
        !heard
            .iter()
            .any(|h| matches!(h.what, Sound::Music(_) | Sound::Ringback))
    );
    phone.hangup().await;
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_tune_that_cannot_be_heard_is_no_reason_not_to_wait() {
    let scenario = desk(json!({"moh": "sound:gone", "caller_exit_key": "0"})).await;
    scenario.asterisk.no_sound("gone").await;
    nobody_is_there(&scenario).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(20)).await;
    let tried = phone.heard_media().await.len();
    assert!(tried <= 2, "it is not tried for ever: {tried}");
    phone.press("0").await;
    assert!(left(&phone).await);
    scenario.nothing_left().await;
}

/// The music is looked up when it begins, not every second of the waiting.
#[tokio::test(start_paused = true)]
async fn music_that_is_not_there_is_told_once() {
    for (queue, account) in [
        (json!({"moh": "/{account}/none"}), json!({})),
        (
            json!({}),
            json!({"music_on_hold": {"media_id": "/{account}/none"}}),
        ),
    ] {
        let scenario = desk(json!({})).await;
        nobody_is_there(&scenario).await;
        let own = scenario.pivot.services.account.to_string();
        let named = |document: &serde_json::Value| {
            let text = document.to_string().replace("{account}", &own);
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        };
        let mut document = scenario.get(Kind::Queue, "support").await.unwrap();
        document
            .as_object_mut()
            .unwrap()
            .extend(named(&queue).as_object().unwrap().clone());
        scenario.put(Kind::Queue, "support", document).await;
        scenario.put(Kind::Account, &own, named(&account)).await;
        let phone = caller(&scenario, "1").await;
        tokio::time::sleep(seconds(30)).await;
        let lines = scenario.lines().await;
        assert_eq!(lines.matches("has no stored sound").count(), 1, "{lines}");
        let music = phone.heard().await;
        assert!(music.iter().any(|h| matches!(h.what, Sound::Music(_))));
        phone.hangup().await;
        scenario.nothing_left().await;
    }
}
