//! Before it begins.

use super::*;
use crate::support::{Reply, seconds, tone};

// Check 160.
#[tokio::test(start_paused = true)]
async fn a_single_starter_waits_with_music_and_the_second_joiner_starts_the_room() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", ALL_EVENTS).await;
    tokio::time::sleep(seconds(5)).await;
    assert!(hears_music(&first).await, "{}", meeting.all_lines().await);
    let second = meeting.join("second", "").await;
    assert!(!hears_music(&first).await);
    assert_eq!(
        hears(&first).await,
        channels(&[&second]),
        "{}",
        meeting.all_lines().await
    );
    assert_eq!(hears(&second).await, channels(&[&first]));
    assert!(!hears_music(&second).await);
    assert_eq!(
        meeting.events(&["SequenceNumber"]),
        [
            "participant-join 1",
            "participant-join 2",
            "conference-start 3"
        ]
    );
    second.hangup().await;
    tokio::time::sleep(seconds(1)).await;
    // The last one stays and hears silence.
    assert!(first.ended().await.is_none() && !hears_music(&first).await);
    first.hangup().await;
    meeting.nothing_left().await;
    meeting.nothing_waited().await;
}

// Proves Conference.startConferenceOnEnter.
// Check 161.
#[tokio::test(start_paused = true)]
async fn those_who_may_not_start_it_wait_for_one_who_may() {
    let meeting = Meeting::new().await;
    let patient = "startConferenceOnEnter='false'";
    let first = meeting.join("first", patient).await;
    let second = meeting.join("second", patient).await;
    tokio::time::sleep(seconds(5)).await;
    assert!(hears_music(&first).await && hears_music(&second).await);
    assert!(hears(&first).await.is_empty());
    let third = meeting.join("third", "").await;
    assert_eq!(hears(&first).await, channels(&[&second, &third]));
    assert_eq!(hears(&second).await, channels(&[&first, &third]));
    assert_eq!(hears(&third).await, channels(&[&first, &second]));
    for phone in [&first, &second, &third] {
        phone.hangup().await;
    }
    meeting.nothing_left().await;
}

// Check 163.
#[tokio::test(start_paused = true)]
async fn an_empty_wait_url_is_silence() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", "waitUrl=''").await;
    tokio::time::sleep(seconds(5)).await;
    assert!(!hears_music(&first).await && first.heard_media().await.is_empty());
    let second = meeting.join("second", "waitUrl=''").await;
    assert_eq!(hears(&first).await, channels(&[&second]));
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
}

// Proves Conference.waitUrl, Conference.waitMethod.
// Check 163.
#[tokio::test(start_paused = true)]
async fn a_wait_document_runs_once_and_is_cut_short_by_the_beginning() {
    let meeting = Meeting::new().await;
    meeting.asterisk.sound("wait", seconds(3)).await;
    meeting.web.on(
        "/wait",
        twiml("<Play>sound:wait</Play><Redirect>/more</Redirect>"),
    );
    meeting.web.on("/more", twiml("<Play>sound:wait</Play>"));
    let first = meeting
        .join("first", "waitUrl='/wait' waitMethod='GET'")
        .await;
    tokio::time::sleep(seconds(20)).await;
    assert_eq!(first.heard_media().await, ["sound:wait", "sound:wait"]);
    assert!(!hears_music(&first).await);
    let asked = meeting.web.at("/wait");
    assert_eq!((asked.len(), asked[0].method.as_str()), (1, "GET"));
    assert!(param(&asked[0], "ConferenceSid").starts_with("CF"));
    assert_eq!(param(&asked[0], "FriendlyName"), "Room");
    // Another room, in which somebody comes in the middle of the document.
    let dial = |attributes: &str| format!("<Conference {attributes}>Other</Conference>");
    meeting
        .web
        .on("/long", twiml("<Play loop='0'>sound:wait</Play>"));
    let third = meeting.dial("third", "", &dial("waitUrl='/long'")).await;
    tokio::time::sleep(seconds(4)).await;
    let fourth = meeting.dial("fourth", "", &dial("")).await;
    assert_eq!(
        hears(&third).await,
        channels(&[&fourth]),
        "{}",
        meeting.all_lines().await
    );
    assert_eq!(third.heard_media().await[..2], ["sound:wait", "sound:wait"]);
    for phone in [&first, &third, &fourth] {
        phone.hangup().await;
    }
    meeting.nothing_left().await;
    meeting.nothing_waited().await;
}

// Check 164.
#[tokio::test(start_paused = true)]
async fn a_dial_in_a_wait_document_is_13238_and_skipped() {
    let meeting = Meeting::new().await;
    meeting
        .web
        .on("/wait", twiml("<Dial>100</Dial><Play>sound:wait</Play>"));
    let first = meeting.join("first", "waitUrl='/wait'").await;
    tokio::time::sleep(seconds(2)).await;
    assert_eq!(first.heard_media().await, ["sound:wait"]);
    assert!(
        meeting.lines().await.contains("13238"),
        "{}",
        meeting.lines().await
    );
    first.hangup().await;
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_sound_as_wait_url_plays_again_and_again_and_a_bad_one_is_music() {
    let meeting = Meeting::new().await;
    meeting.web.on("/music", Reply::new("audio/wav", tone()));
    meeting.web.on("/gone", Reply::status(404));
    let first = meeting.join("first", "waitUrl='/music'").await;
    tokio::time::sleep(seconds(9)).await;
    let times = first.heard_media().await.len();
    assert!(
        (14..=20).contains(&times),
        "{times}\n{}",
        meeting.all_lines().await
    );
    assert_eq!(meeting.web.at("/music").len(), 1);
    let second = meeting.join("second", "").await;
    assert_eq!(hears(&first).await, channels(&[&second]));
    let third = meeting
        .dial(
            "third",
            "",
            "<Conference waitUrl='/gone'>Other</Conference>",
        )
        .await;
    tokio::time::sleep(seconds(2)).await;
    assert!(third.ended().await.is_none() && third.heard_media().await.is_empty());
    assert!(hears_music(&third).await, "{}", meeting.all_lines().await);
    for phone in [&first, &second, &third] {
        phone.hangup().await;
    }
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn without_music_on_hold_in_asterisk_a_chime_sounds() {
    let meeting = Meeting::new().await;
    meeting.asterisk.unload("res_musiconhold.so").await;
    let first = meeting.join("first", "").await;
    // One file lasts two minutes; then it begins again.
    tokio::time::sleep(seconds(130)).await;
    assert_eq!(
        first.heard_media().await.len(),
        2,
        "{}",
        meeting.lines().await
    );
    let second = meeting.join("second", "").await;
    assert_eq!(hears(&first).await, channels(&[&second]));
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
    meeting.nothing_waited().await;
}
