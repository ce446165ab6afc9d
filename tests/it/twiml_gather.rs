//! Gather in calls: what the checks 91 to 114 of the compatibility notes ask and
//! `twiml_calls/gather.rs` does not show.

use crate::support::{Scenario, ms, seconds, twiml};

async fn gathering(verbs: &str) -> Scenario {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("menu", seconds(4)).await;
    scenario.web.on("/voice", twiml(verbs));
    scenario.web.on("/done", twiml("<Hangup/>"));
    scenario
}

// Check 91.
#[tokio::test(start_paused = true)]
async fn a_key_stops_what_is_said_within_a_fifth_of_a_second() {
    let scenario =
        gathering("<Gather action='/done' numDigits='1'><Play>sound:menu</Play></Gather>").await;
    let phone = scenario.call().await;
    assert!(phone.wait_answered(seconds(2)).await);
    tokio::time::sleep(ms(1500)).await;
    let pressed = phone.heard().await.last().unwrap().from + ms(1500);
    phone.press("1").await;
    phone.wait_ended().await.unwrap();
    let stopped = phone
        .heard()
        .await
        .iter()
        .filter_map(|heard| heard.to)
        .max()
        .unwrap();
    assert!(
        stopped < pressed + ms(400),
        "pressed at {pressed:?}, silent at {stopped:?}"
    );
    scenario.nothing_left().await;
}

// Check 111.
#[tokio::test(start_paused = true)]
async fn who_is_slow_gets_the_next_verb() {
    let scenario =
        gathering("<Gather action='/done' numDigits='1' timeout='1'/><Play>sound:menu</Play>")
            .await;
    let phone = scenario.call().await;
    phone.press_at(ms(2500), "1");
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:menu"]);
    assert!(scenario.web.at("/done").is_empty());
    scenario.nothing_left().await;
}

// Check 112.
#[tokio::test(start_paused = true)]
async fn an_empty_document_after_the_keys_hangs_up() {
    let scenario =
        gathering("<Gather action='/empty' numDigits='1'/><Play>sound:menu</Play>").await;
    scenario.web.on("/empty", twiml(""));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "1");
    let ended = phone.wait_ended().await.unwrap();
    assert!(!ended.by_phone && ended.at < seconds(3), "{ended:?}");
    assert!(phone.heard_media().await.is_empty());
    scenario.nothing_left().await;
}

// Check 113.
#[tokio::test(start_paused = true)]
async fn digits_of_a_play_inside_are_not_sent() {
    let scenario = gathering(
        "<Gather action='/done' timeout='1'><Play digits='123'>sound:menu</Play></Gather>",
    )
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.digits().await, "");
    assert_eq!(phone.heard_media().await, ["sound:menu"]);
    assert!(scenario.lines().await.contains("13430"));
    scenario.nothing_left().await;
}

// Check 114.
#[tokio::test(start_paused = true)]
async fn by_get_the_keys_are_in_the_query_and_a_hash_is_encoded() {
    let scenario =
        gathering("<Gather action='/done?x=1' method='GET' finishOnKey='' numDigits='3'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "1#*");
    phone.wait_ended().await.unwrap();
    let done = &scenario.web.at("/done")[0];
    assert_eq!(done.method, "GET");
    assert!(done.query.starts_with("x=1&"), "{}", done.query);
    assert!(done.query.contains("Digits=1%23%2A"), "{}", done.query);
    assert_eq!(done.param("Digits").as_deref(), Some("1#*"));
    assert_eq!(done.param("msg").as_deref(), Some("Gather End"));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn speech_is_said_to_be_missing_and_keys_are_collected() {
    let scenario = gathering(
        "<Gather action='/done' input='speech dtmf' hints='sales' numDigits='1' \
         partialResultCallback='/partial'><Play>sound:menu</Play></Gather>",
    )
    .await;
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "4");
    phone.wait_ended().await.unwrap();
    assert_eq!(
        scenario.web.at("/done")[0].param("Digits").as_deref(),
        Some("4")
    );
    let lines = scenario.lines().await;
    for what in ["`speech` as `input`", "`hints`", "`partialResultCallback`"] {
        assert!(lines.contains(what), "{what}: {lines}");
    }
    scenario.nothing_left().await;
}
