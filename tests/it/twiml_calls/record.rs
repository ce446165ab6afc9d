//! Record.

use super::*;

async fn recording(record: &str) -> Scenario {
    let scenario = with(&format!("{record}<Play>sound:after</Play>")).await;
    scenario.web.on("/recorded", twiml("<Hangup/>"));
    scenario
}

fn duration(seen: &Seen) -> u64 {
    param(seen, "RecordingDuration").parse().unwrap()
}

// Proves Record.action.
// Check 116. Check 126.
#[tokio::test(start_paused = true)]
async fn a_key_ends_it_and_is_told() {
    let scenario = recording("<Record action='/recorded'/>").await;
    let phone = scenario.call().await;
    phone.talk_at(ms(500), seconds(4));
    phone.press_at(seconds(4), "5");
    phone.wait_ended().await.unwrap();
    let recorded = asked(&scenario, "/recorded").await;
    assert_eq!(
        param(&recorded, "Digits"),
        "5",
        "{}",
        scenario.lines().await
    );
    assert!((3..=5).contains(&duration(&recorded)), "{}", recorded.body);
    let url = param(&recorded, "RecordingUrl");
    let sid = param(&recorded, "RecordingSid");
    assert!(url.ends_with(&format!("/Recordings/{sid}")), "{url}");
    assert_eq!((sid.len(), &sid[..2]), (34, "RE"));
    let heard = phone.heard_media().await;
    assert!(!heard.contains(&"sound:after".to_owned()), "{heard:?}");
    scenario.nothing_left().await;
}

// Proves Record.finishOnKey.
// Check 117.
#[tokio::test(start_paused = true)]
async fn only_the_named_keys_end_it() {
    let scenario = recording("<Record action='/recorded' finishOnKey='12' timeout='0'/>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "3");
    phone.press_at(seconds(4), "2");
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at > seconds(4), "{ended:?}");
    assert_eq!(param(&asked(&scenario, "/recorded").await, "Digits"), "2");
    scenario.nothing_left().await;
}

// Proves Record.timeout.
// Check 119.
#[tokio::test(start_paused = true)]
async fn silence_ends_it_and_a_silent_one_is_told_too() {
    let scenario = recording("<Record action='/recorded' timeout='9'/>").await;
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!((seconds(9)..seconds(12)).contains(&ended.at), "{ended:?}");
    let recorded = asked(&scenario, "/recorded").await;
    assert_eq!(param(&recorded, "Digits"), "", "{}", scenario.lines().await);
    assert!(param(&recorded, "RecordingUrl").starts_with("http://"));
    scenario.nothing_left().await;
}

// Proves Record.maxLength.
// Check 118.
#[tokio::test(start_paused = true)]
async fn its_longest_time_ends_it() {
    let scenario = recording("<Record action='/recorded' maxLength='5' timeout='0'/>").await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(30));
    let ended = phone.wait_ended().await.unwrap();
    assert!((seconds(5)..seconds(8)).contains(&ended.at), "{ended:?}");
    let recorded = asked(&scenario, "/recorded").await;
    assert_eq!(
        (param(&recorded, "Digits"), duration(&recorded)),
        (String::new(), 5)
    );
    scenario.nothing_left().await;
}

// Check 120.
#[tokio::test(start_paused = true)]
async fn a_hang_up_is_told_with_the_recording_and_the_answer_is_not_run() {
    let scenario = with("<Record action='/recorded'/>").await;
    scenario
        .web
        .on("/recorded", twiml("<Redirect>/never</Redirect>"));
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(10));
    phone.hangup_at(seconds(4));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let recorded = asked(&scenario, "/recorded").await;
    assert_eq!(
        param(&recorded, "Digits"),
        "hangup",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&recorded, "CallStatus"), "completed");
    assert!(
        param(&recorded, "RecordingUrl").starts_with("http://"),
        "{}",
        recorded.body
    );
    assert!((3..=4).contains(&duration(&recorded)), "{}", recorded.body);
    assert!(scenario.web.at("/never").is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_an_action_the_next_verb_runs() {
    let scenario = recording("<Record maxLength='3' timeout='0'/>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:after")
    );
    assert_eq!(scenario.web.seen().len(), 1);
    scenario.nothing_left().await;
}

// Check 121.
#[tokio::test(start_paused = true)]
async fn without_an_action_twilios_profile_asks_for_the_document_again() {
    let config = "[default]\nvoice_url = \"{app}/voice\"\nprofile = \"twilio\"\n";
    let scenario = Scenario::configured(config).await;
    scenario
        .web
        .on("/voice", twiml("<Record maxLength='3' timeout='0'/>"));
    scenario.web.on("/voice", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    let seen = scenario.web.at("/voice");
    assert_eq!(seen.len(), 2, "{}", scenario.lines().await);
    assert_eq!(duration(&seen[1]), 3);
    scenario.nothing_left().await;
}

// Proves Record.playBeep.
// Check 115.
#[tokio::test(start_paused = true)]
async fn there_is_a_beep_unless_it_is_turned_off() {
    let mut kept = Vec::new();
    for (attribute, beep) in [("", true), ("playBeep='false'", false)] {
        let scenario = recording(&format!("<Record maxLength='2' timeout='0' {attribute}/>")).await;
        scenario.call().await.wait_ended().await.unwrap();
        let requests = scenario.asterisk.requests().await;
        let record = requests
            .iter()
            .find(|r| r.path.ends_with("/record"))
            .unwrap();
        let asked = record.params["beep"].to_string().contains("true");
        assert_eq!(asked, beep, "{}", record.params);
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Proves Record.recordingUrl.
#[tokio::test(start_paused = true)]
async fn a_recording_that_a_hang_up_ended_is_uploaded_too() {
    let scenario = recording("<Record timeout='0' recordingUrl='/up'/>").await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(5));
    phone.hangup_at(seconds(4));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(5)).await;
    let up: Vec<String> = scenario
        .web
        .seen()
        .into_iter()
        .filter(|seen| seen.path.starts_with("/up/call_recording_"))
        .map(|seen| seen.method)
        .collect();
    assert!(
        up.contains(&"PUT".to_owned()),
        "{up:?}\n{}",
        scenario.lines().await
    );
}

// Proves Record.recordStoreMethod.
#[tokio::test(start_paused = true)]
async fn a_recording_is_uploaded_where_the_document_says() {
    let scenario = recording(
        "<Record action='/recorded' maxLength='3' timeout='0' recordingUrl='/up' recordStoreMethod='POST'/>",
    )
    .await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(5));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(5)).await;
    let seen = scenario.web.seen();
    let up: Vec<_> = seen
        .iter()
        .filter(|s| s.path.starts_with("/up/call_recording_"))
        .collect();
    assert!(!up.is_empty(), "{:?}\n{}", seen, scenario.lines().await);
    assert_eq!(up[0].method, "POST");
}
