//! Say, Play and Pause.

use super::*;
use crate::support::tone;

// Proves Pause.length.
// Check 58.
#[tokio::test(start_paused = true)]
async fn play_pause_play_has_a_real_pause() {
    let scenario = with("<Play>sound:a</Play><Pause length='3'/><Play>sound:b</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = heard(&phone).await;
    assert_eq!(heard.len(), 2, "{}", scenario.lines().await);
    let gap = heard[1].1.from - heard[0].1.to.unwrap();
    assert!((seconds(3)..ms(3200)).contains(&gap), "{gap:?}");
    scenario.nothing_left().await;
}

// Check 68.
#[tokio::test(start_paused = true)]
async fn a_pause_that_comes_first_delays_the_answer() {
    let scenario = with("<Pause length='4'/><Play>sound:a</Play>").await;
    let phone = scenario.call().await;
    tokio::time::sleep(ms(3500)).await;
    assert_ne!(phone.state().await.as_deref(), Some("Up"));
    assert!(phone.wait_answered(seconds(1)).await);
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:a"]);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_that_only_pauses_never_answers() {
    let scenario = with("<Pause length='2'/>").await;
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at >= seconds(2) && !ended.by_phone, "{ended:?}");
    assert!(!answered(&phone).await);
    scenario.nothing_left().await;
}

// Proves Play.loop.
#[tokio::test(start_paused = true)]
async fn loop_plays_so_often() {
    let scenario = with("<Play loop='3'>sound:a</Play><Play>sound:b</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await,
        ["sound:a", "sound:a", "sound:a", "sound:b"]
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn an_endless_loop_ends_with_the_call() {
    let scenario = with("<Play loop='0'>sound:a</Play>").await;
    let phone = scenario.call().await;
    phone.hangup_at(ms(10_500));
    assert!(phone.wait_ended().await.unwrap().by_phone);
    let rounds = phone.heard_media().await.len();
    assert!((9..=11).contains(&rounds), "{rounds}");
    scenario.nothing_left().await;
}

// Proves Say.loop.
// Check 81.
#[tokio::test(start_paused = true)]
async fn say_speaks_its_loop_and_an_empty_one_goes_on() {
    let scenario = with("<Say loop='2'>Hello</Say><Say/><Play>sound:b</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 3, "{}", scenario.lines().await);
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[2], "sound:b");
    scenario.nothing_left().await;
}

// Proves Play.terminators.
#[tokio::test(start_paused = true)]
async fn a_key_stops_say_and_play_only_when_terminators_are_written() {
    let scenario = with(
        "<Play>sound:a</Play><Play terminators='#' loop='5'>sound:b</Play><Play>sound:c</Play>",
    )
    .await;
    for sound in ["a", "b", "c"] {
        scenario.asterisk.sound(sound, seconds(4)).await;
    }
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "#");
    phone.press_at(seconds(6), "5#");
    phone.wait_ended().await.unwrap();
    let heard = heard(&phone).await;
    let names: Vec<&str> = heard.iter().map(|(uri, _)| uri.as_str()).collect();
    assert_eq!(
        names,
        ["sound:a", "sound:b", "sound:c"],
        "{}",
        scenario.lines().await
    );
    let complete: Vec<bool> = heard.iter().map(|(_, heard)| heard.complete).collect();
    assert_eq!(complete, [true, false, true]);
    scenario.nothing_left().await;
}

// Check 86.
#[tokio::test(start_paused = true)]
async fn a_file_of_the_web_application_is_fetched_without_parameters_and_played() {
    let scenario = with("<Play>sounds/tone.wav?v=2</Play>").await;
    scenario
        .web
        .on("/sounds/tone.wav", Reply::new("audio/wav", tone()));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let fetched = asked(&scenario, "/sounds/tone.wav").await;
    assert_eq!(
        (fetched.method.as_str(), fetched.query.as_str()),
        ("GET", "v=2")
    );
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 1, "{}", scenario.lines().await);
    assert!(heard[0].starts_with("sound:/"), "{heard:?}");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_played_is_told_with_its_url_and_the_next_verb_runs() {
    let scenario = with(
        "<Play>/missing.wav</Play><Play>/page.html</Play><Play>/broken.wav</Play>\
         <Play>sound:missing</Play><Play>sound:b</Play>",
    )
    .await;
    scenario.asterisk.no_sound("missing").await;
    scenario.web.on(
        "/page.html",
        Reply::new("text/html", "<html>no sound</html>"),
    );
    scenario
        .web
        .on("/broken.wav", Reply::new("audio/wav", "RIFF nonsense"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:b")
    );
    let timeline = scenario.timeline().await;
    let warnings: Vec<&str> = timeline
        .entries
        .iter()
        .filter(|entry| entry.kind == pivot::trace::Kind::Warning)
        .map(|entry| entry.text.as_str())
        .collect();
    for name in ["/missing.wav", "/page.html", "/broken.wav", "sound:missing"] {
        assert!(
            warnings.iter().any(|w| w.contains(name)),
            "{name}: {warnings:?}"
        );
    }
    scenario.nothing_left().await;
}

// Proves Play.digits.
#[tokio::test(start_paused = true)]
async fn digits_are_sent_before_the_file_and_once() {
    let scenario = with("<Play digits='1ww2' loop='2'>sound:a</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.digits().await.replace('w', ""), "12");
    let heard = heard(&phone).await;
    assert_eq!(heard.len(), 2, "{}", scenario.lines().await);
    assert!(heard[0].1.from >= ms(1400), "{:?}", heard[0]);
    scenario.nothing_left().await;
}
