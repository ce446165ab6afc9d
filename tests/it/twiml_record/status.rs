//! `recordingStatusCallback` of Record.

use super::*;

const CALLBACK: &str = "recordingStatusCallback='/status'";

// Check 123. Check 124. Proves Record.recordingStatusCallback.
#[tokio::test(start_paused = true)]
async fn the_action_comes_before_a_callback_of_eleven_parameters() {
    let scenario = with(&format!("<Record action='/action' {CALLBACK}/>")).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(4));
    phone.press_at(seconds(4), "5");
    over(&scenario, &phone).await;
    assert_eq!(paths(&scenario), ["/voice", "/action", "/status"]);
    let action = scenario.web.at("/action").remove(0);
    let status = scenario.web.at("/status").remove(0);
    assert_eq!(status.method, "POST");
    let mut names: Vec<String> = url::form_urlencoded::parse(status.body.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    names.sort();
    let expected = [
        "AccountSid",
        "CallSid",
        "ErrorCode",
        "RecordingChannels",
        "RecordingDuration",
        "RecordingSid",
        "RecordingSource",
        "RecordingStartTime",
        "RecordingStatus",
        "RecordingTrack",
        "RecordingUrl",
    ];
    assert_eq!(names, expected);
    for name in ["AccountSid", "CallSid", "RecordingSid", "RecordingUrl"] {
        assert_eq!(param(&status, name), param(&action, name), "{name}");
    }
    for (name, value) in [
        ("RecordingStatus", "completed"),
        ("RecordingSource", "RecordVerb"),
        ("RecordingChannels", "1"),
        ("RecordingTrack", "both"),
        ("ErrorCode", "0"),
    ] {
        assert_eq!(param(&status, name), value, "{name}");
    }
    let sid = param(&status, "RecordingSid");
    let url = param(&status, "RecordingUrl");
    assert!(url.starts_with("http://") && url.ends_with(&sid), "{url}");
    let began = param(&status, "RecordingStartTime");
    assert!(
        began.ends_with(" +0000") && began.len() == 31,
        "RFC 2822: {began}"
    );
    let length = length_of(&scenario, &sid);
    assert!((seconds(3)..=seconds(4)).contains(&length), "{length:?}");
}

// Check 125.
#[tokio::test(start_paused = true)]
async fn trimming_shortens_what_the_callback_says_and_not_what_the_action_says() {
    let record = format!("<Record action='/action' timeout='0' {CALLBACK}/>");
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    phone.talk_at(seconds(2), seconds(2));
    phone.press_at(seconds(7), "#");
    over(&scenario, &phone).await;
    let action = number(&scenario.web.at("/action")[0], "RecordingDuration");
    let status = number(&scenario.web.at("/status")[0], "RecordingDuration");
    assert!((6..=7).contains(&action), "{action}");
    assert_eq!(status, 2, "{}", scenario.lines().await);
    let sid = param(&scenario.web.at("/status")[0], "RecordingSid");
    let length = length_of(&scenario, &sid);
    assert!((ms(2000)..=ms(2400)).contains(&length), "{length:?}");
}

// Proves Record.trim.
#[tokio::test(start_paused = true)]
async fn nothing_is_trimmed_if_the_document_says_so() {
    let record = format!("<Record action='/action' timeout='0' trim='do-not-trim' {CALLBACK}/>");
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    phone.talk_at(seconds(2), seconds(2));
    phone.press_at(seconds(7), "#");
    over(&scenario, &phone).await;
    let action = number(&scenario.web.at("/action")[0], "RecordingDuration");
    let status = number(&scenario.web.at("/status")[0], "RecordingDuration");
    assert_eq!(action, status);
    assert!((6..=7).contains(&status), "{status}");
}

// Proves Record.recordingStatusCallbackEvent.
#[tokio::test(start_paused = true)]
async fn a_hang_up_is_told_to_the_action_first_as_well() {
    let scenario = with(&format!(
        "<Record action='/action' {CALLBACK} recordingStatusCallbackEvent='in-progress completed'/>"
    ))
    .await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(10));
    phone.hangup_at(seconds(4));
    over(&scenario, &phone).await;
    assert_eq!(
        paths(&scenario),
        ["/voice", "/status", "/action", "/status"],
        "{}",
        scenario.lines().await
    );
    assert_eq!(told(&scenario), ["in-progress", "completed"]);
    let begun = scenario.web.at("/status").remove(0);
    assert_eq!(param(&begun, "RecordingDuration"), "-");
    assert_eq!(param(&begun, "RecordingChannels"), "1");
}

#[tokio::test(start_paused = true)]
async fn without_an_action_the_callback_comes_when_the_next_verb_runs() {
    let scenario = with(&format!(
        "<Record maxLength='3' timeout='0' {CALLBACK}/><Pause length='10'/><Redirect>/action</Redirect>"
    ))
    .await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(10));
    over(&scenario, &phone).await;
    assert_eq!(paths(&scenario), ["/voice", "/status", "/action"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_action_is_waited_for_and_a_failed_one_keeps_nothing_back() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml(&format!(
            "<Record action='/action' maxLength='3' timeout='0' {CALLBACK}/>"
        )),
    );
    let failing = crate::support::Reply::status(500).after(seconds(6));
    scenario.web.on("/action", failing);
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(10));
    over(&scenario, &phone).await;
    assert_eq!(
        paths(&scenario),
        ["/voice", "/action", "/status"],
        "{}",
        scenario.lines().await
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_recording_is_absent_if_it_is_trimmed() {
    let record = format!(
        "<Record action='/action' timeout='2' {CALLBACK} recordingStatusCallbackEvent='completed absent'/>"
    );
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    over(&scenario, &phone).await;
    assert_eq!(told(&scenario), ["absent"], "{}", scenario.lines().await);
    let status = scenario.web.at("/status").remove(0);
    assert_eq!(param(&status, "ErrorCode"), "16102");
    assert_eq!(param(&status, "RecordingDuration"), "-");
    assert_eq!(scenario.web.at("/action").len(), 1, "asked all the same");
}

#[tokio::test(start_paused = true)]
async fn a_silent_recording_is_complete_if_it_is_not_trimmed() {
    let record = format!(
        "<Record action='/action' timeout='2' trim='do-not-trim' {CALLBACK} \
         recordingStatusCallbackEvent='completed absent'/>"
    );
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    over(&scenario, &phone).await;
    assert_eq!(told(&scenario), ["completed"]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_nothing_but_the_end_hears_of_nothing_else() {
    let record = format!("<Record action='/action' timeout='2' {CALLBACK}/>");
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    over(&scenario, &phone).await;
    assert_eq!(paths(&scenario), ["/voice", "/action"], "it is absent");
}

// Proves Record.recordingTrack, Record.recordingStatusCallbackMethod.
#[tokio::test(start_paused = true)]
async fn the_method_and_the_track_are_as_written() {
    let record = format!(
        "<Record action='/action' maxLength='3' timeout='0' recordingTrack='inbound' {CALLBACK} \
         recordingStatusCallbackMethod='GET'/>"
    );
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(10));
    over(&scenario, &phone).await;
    let status = scenario.web.at("/status").remove(0);
    assert_eq!(status.method, "GET");
    assert_eq!(param(&status, "RecordingTrack"), "inbound");
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_asterisk_refuses_is_told_as_failed() {
    let record = format!("<Record action='/action' maxLength='3' timeout='0' {CALLBACK}/>");
    let scenario = with(&record).await;
    let file = scenario.dir.join("recordings");
    // No folder, no file.
    std::fs::remove_dir_all(&file).unwrap();
    std::fs::write(&file, "").unwrap();
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(10));
    over(&scenario, &phone).await;
    assert_eq!(told(&scenario), ["failed"], "{}", scenario.lines().await);
    let action = scenario.web.at("/action").remove(0);
    assert_eq!(param(&action, "RecordingUrl"), "-");
}

// Each once, although the call changed hands in between.
#[tokio::test(start_paused = true)]
async fn a_call_that_was_picked_up_tells_each_event_once() {
    let record = format!(
        "<Record action='/action' timeout='0' {CALLBACK} recordingStatusCallbackEvent='in-progress completed'/>"
    );
    let scenario = with(&record).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(4));
    tokio::time::sleep(seconds(3)).await;
    scenario.kill_and_resume().await;
    phone.press_at(seconds(3), "1");
    over(&scenario, &phone).await;
    assert_eq!(told(&scenario), ["in-progress", "completed"]);
    assert_eq!(
        paths(&scenario),
        ["/voice", "/status", "/action", "/status"]
    );
}
