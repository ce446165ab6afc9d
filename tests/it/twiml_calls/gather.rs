//! Gather.

use super::*;

/// A Gather with an action, and what follows it.
async fn gathering(gather: &str) -> Scenario {
    let scenario = with(&format!("{gather}<Play>sound:after</Play>")).await;
    scenario.asterisk.sound("menu", seconds(4)).await;
    scenario.web.on("/done", twiml("<Hangup/>"));
    scenario
}

// Proves Gather.action.
#[tokio::test(start_paused = true)]
async fn the_first_key_stops_the_prompts_and_cancels_the_rest() {
    let scenario = gathering(
        "<Gather action='/done' numDigits='2'><Play>sound:menu</Play><Play>sound:more</Play></Gather>",
    )
    .await;
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "1");
    phone.press_at(seconds(3), "2");
    phone.wait_ended().await.unwrap();
    let heard = heard(&phone).await;
    assert_eq!(heard.len(), 1, "{}", scenario.lines().await);
    let length = heard[0].1.to.unwrap() - heard[0].1.from;
    assert!(length < ms(2400) && !heard[0].1.complete, "{length:?}");
    let done = asked(&scenario, "/done").await;
    assert_eq!(
        (param(&done, "Digits"), param(&done, "FinishedOnKey")),
        ("12".into(), String::new())
    );
    assert_eq!(param(&done, "CallStatus"), "in-progress");
    scenario.nothing_left().await;
}

// Proves Gather.method.
// Check 92.
#[tokio::test(start_paused = true)]
async fn the_finishing_key_is_told_and_is_no_digit() {
    let scenario = gathering("<Gather action='/done' method='GET'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "12*#");
    phone.wait_ended().await.unwrap();
    let done = asked(&scenario, "/done").await;
    assert_eq!(done.method, "GET");
    assert_eq!(
        (param(&done, "Digits"), param(&done, "FinishedOnKey")),
        ("12*".into(), "#".into())
    );
    scenario.nothing_left().await;
}

// Check 93.
#[tokio::test(start_paused = true)]
async fn without_a_finishing_key_all_keys_are_digits() {
    let scenario = gathering("<Gather action='/done' finishOnKey='' numDigits='3'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "12#");
    phone.wait_ended().await.unwrap();
    assert_eq!(param(&asked(&scenario, "/done").await, "Digits"), "12#");
    scenario.nothing_left().await;
}

// Proves Gather.finishOnKey.
// Check 94.
#[tokio::test(start_paused = true)]
async fn another_finishing_key_makes_the_hash_a_digit() {
    let scenario = gathering("<Gather action='/done' finishOnKey='*'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "1#*");
    phone.wait_ended().await.unwrap();
    assert_eq!(param(&asked(&scenario, "/done").await, "Digits"), "1#");
    scenario.nothing_left().await;
}

// Proves Gather.numDigits.
// Check 95.
#[tokio::test(start_paused = true)]
async fn enough_digits_end_it_at_once() {
    let scenario = gathering("<Gather action='/done' numDigits='1' timeout='60'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "7");
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(2), "{ended:?}");
    assert_eq!(param(&asked(&scenario, "/done").await, "Digits"), "7");
    scenario.nothing_left().await;
}

// Proves Gather.timeout.
// Check 96.
// Check 101.
#[tokio::test(start_paused = true)]
async fn silence_after_digits_submits_them_and_each_key_restarts_the_timer() {
    let scenario = gathering("<Gather action='/done' timeout='4'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(3), "1");
    phone.press_at(seconds(6), "2");
    let ended = phone.wait_ended().await.unwrap();
    assert!((ms(10_000)..ms(10_600)).contains(&ended.at), "{ended:?}");
    let done = asked(&scenario, "/done").await;
    assert_eq!(
        (param(&done, "Digits"), param(&done, "FinishedOnKey")),
        ("12".into(), String::new())
    );
    scenario.nothing_left().await;
}

// Check 100.
// Check 104.
#[tokio::test(start_paused = true)]
async fn the_timeout_counts_from_the_end_of_the_prompts() {
    let scenario = gathering(
        "<Gather action='/done' timeout='3'><Play>sound:menu</Play><Pause length='2'/></Gather>",
    )
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(scenario.web.at("/done").is_empty());
    let heard = heard(&phone).await;
    let after = heard.iter().find(|(uri, _)| uri == "sound:after").unwrap();
    // Four seconds of menu, two of silence, three of waiting.
    assert!(
        (ms(9000)..ms(9500)).contains(&after.1.from),
        "{:?}",
        after.1.from
    );
    scenario.nothing_left().await;
}

// Check 97.
#[tokio::test(start_paused = true)]
async fn nothing_pressed_runs_the_next_verb() {
    let scenario = gathering("<Gather action='/done' timeout='2'/>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:after"]);
    assert!(scenario.web.at("/done").is_empty());
    scenario.nothing_left().await;
}

// Check 99.
#[tokio::test(start_paused = true)]
async fn only_the_finishing_key_is_no_input() {
    let scenario = gathering("<Gather action='/done' numDigits='1' timeout='30'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "#");
    let ended = phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:after"]);
    assert!(ended.at < seconds(4), "{ended:?}");
    assert!(scenario.web.at("/done").is_empty());
    scenario.nothing_left().await;
}

// Proves Gather.actionOnEmptyResult.
// Check 98.
#[tokio::test(start_paused = true)]
async fn an_empty_result_is_told_when_asked_for() {
    let gather = "<Gather action='/done' timeout='2' actionOnEmptyResult='true'/>";
    let scenario = gathering(gather).await;
    scenario.call().await.wait_ended().await.unwrap();
    let done = asked(&scenario, "/done").await;
    assert_eq!(
        (param(&done, "Digits"), param(&done, "FinishedOnKey")),
        (String::new(), String::new())
    );
    scenario.nothing_left().await;

    let scenario = gathering(gather).await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "#");
    phone.wait_ended().await.unwrap();
    let done = asked(&scenario, "/done").await;
    assert_eq!(
        (param(&done, "Digits"), param(&done, "FinishedOnKey")),
        (String::new(), "#".into())
    );
    scenario.nothing_left().await;
}

// Check 102.
#[tokio::test(start_paused = true)]
async fn without_an_action_the_document_is_asked_for_again() {
    let scenario = with("<Gather numDigits='1'/>").await;
    scenario.web.on("/voice", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "5");
    phone.wait_ended().await.unwrap();
    let seen = scenario.web.at("/voice");
    assert_eq!(seen.len(), 2, "{}", scenario.lines().await);
    assert_eq!(
        (param(&seen[0], "Digits"), param(&seen[1], "Digits")),
        ("-".into(), "5".into())
    );
    scenario.nothing_left().await;
}

// Check 103.
#[tokio::test(start_paused = true)]
async fn keys_pressed_before_it_do_not_count() {
    let scenario =
        with("<Play>sound:menu</Play><Gather action='/done' timeout='2'/><Play>sound:after</Play>")
            .await;
    scenario.asterisk.sound("menu", seconds(4)).await;
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "12");
    phone.wait_ended().await.unwrap();
    assert!(
        scenario.web.at("/done").is_empty(),
        "{}",
        scenario.lines().await
    );
    assert_eq!(phone.heard_media().await, ["sound:menu", "sound:after"]);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn keys_too_many_and_keys_during_the_fetch_are_dropped() {
    let scenario = with("<Gather action='/second' numDigits='1'/>").await;
    let second = "<Gather action='/done' numDigits='2' timeout='3'/>";
    scenario.web.on("/second", twiml(second).after(seconds(3)));
    scenario.web.on("/done", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "123");
    phone.press_at(seconds(3), "45");
    phone.press_at(seconds(6), "67");
    phone.wait_ended().await.unwrap();
    assert_eq!(param(&asked(&scenario, "/second").await, "Digits"), "1");
    assert_eq!(
        param(&asked(&scenario, "/done").await, "Digits"),
        "67",
        "{}",
        scenario.lines().await
    );
    scenario.nothing_left().await;
}

// Check 106.
#[tokio::test(start_paused = true)]
async fn a_hang_up_requests_nothing() {
    let scenario = gathering("<Gather action='/done'><Play>sound:menu</Play></Gather>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "12");
    phone.hangup_at(seconds(3));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert!(scenario.web.at("/done").is_empty());
}

// Check 105.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_prompt_is_skipped() {
    let scenario = gathering(
        "<Gather action='/done' timeout='2'><Dial>1</Dial><Play>sound:menu</Play></Gather>",
    )
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:menu", "sound:after"]);
    assert!(scenario.asterisk.called("Local/*").await.is_empty());
    let lines = scenario.lines().await;
    assert!(lines.contains("13320"), "{lines}");
    scenario.nothing_left().await;
}
