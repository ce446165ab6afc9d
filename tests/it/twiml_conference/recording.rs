//! The recording of a conference, and of one caller's stay in it.

use super::*;
use crate::support::seconds;

// Proves Conference.record, Conference.trim, Conference.recordingStatusCallback, Conference.recordingStatusCallbackEvent, Conference.recordingStatusCallbackMethod.
// Check 172.
#[tokio::test(start_paused = true)]
async fn one_file_of_all_begins_when_two_are_together_and_is_told() {
    let meeting = Meeting::new().await;
    let first = meeting
        .join(
            "first",
            "record='record-from-start' trim='do-not-trim' recordingStatusCallback='/recording' \
             recordingStatusCallbackMethod='GET' recordingStatusCallbackEvent='in-progress completed'",
        )
        .await;
    tokio::time::sleep(seconds(5)).await;
    assert!(meeting.sent("POST", "/record").await.is_empty());
    let second = meeting.join("second", "record='do-not-record'").await;
    first.talk(seconds(2)).await;
    tokio::time::sleep(seconds(8)).await;
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(meeting.sent("POST", "/record").await.len(), 1);
    let told = meeting.web.at("/recording");
    let status: Vec<String> = told
        .iter()
        .map(|seen| param(seen, "RecordingStatus"))
        .collect();
    assert_eq!(
        status,
        ["in-progress", "completed"],
        "{}",
        meeting.all_lines().await
    );
    let done = &told[1];
    assert_eq!(done.method, "GET");
    assert!(param(done, "ConferenceSid").starts_with("CF"));
    assert_eq!(param(done, "RecordingSource"), "Conference");
    assert_eq!(param(done, "RecordingChannels"), "1");
    assert_eq!(param(done, "RecordingTrack"), "both");
    let duration: u64 = param(done, "RecordingDuration").parse().unwrap();
    assert!((9..=11).contains(&duration), "{duration}");
    let sid = param(done, "RecordingSid");
    assert!(meeting.dir.join(format!("recordings/{sid}.wav")).exists());
}

#[tokio::test(start_paused = true)]
async fn silence_is_cut_unless_told_otherwise_and_nothing_but_silence_is_absent() {
    let meeting = Meeting::new().await;
    let record = "record='true' recordingStatusCallback='/recording' recordingStatusCallbackEvent='completed absent'";
    let first = meeting.join("first", record).await;
    let second = meeting.join("second", "").await;
    tokio::time::sleep(seconds(8)).await;
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
    tokio::time::sleep(seconds(1)).await;
    let told = meeting.web.at("/recording");
    assert_eq!(told.len(), 1, "{}", meeting.all_lines().await);
    assert_eq!(param(&told[0], "RecordingStatus"), "absent");
    assert_eq!(param(&told[0], "ErrorCode"), "16102");
}

// Proves Dial.record.
#[tokio::test(start_paused = true)]
async fn a_dial_records_its_caller_on_one_channel_and_the_conference_on_the_other() {
    let meeting = Meeting::new().await;
    let room = "<Conference>Room</Conference>";
    let first = meeting
        .dial(
            "first",
            "record='record-from-answer-dual' recordingUrl='/upload'",
            room,
        )
        .await;
    let second = meeting
        .dial(
            "second",
            "timeLimit='8'",
            "<Conference endConferenceOnExit='true'>Room</Conference>",
        )
        .await;
    second.talk(seconds(3)).await;
    first.wait_ended().await.unwrap();
    second.wait_ended().await.unwrap();
    let left = meeting.left("first").await;
    assert_eq!(param(&left, "DialCallStatus"), "answered");
    assert!(
        param(&left, "RecordingUrl").contains(&param(&left, "RecordingSid")),
        "{}",
        meeting.all_lines().await
    );
    let duration: u64 = param(&left, "RecordingDuration").parse().unwrap();
    assert!((7..=9).contains(&duration), "{duration}");
    tokio::time::sleep(seconds(5)).await;
    let seen = meeting.web.seen();
    assert!(
        seen.iter()
            .any(|seen| seen.path.starts_with("/upload/call_recording_"))
    );
    let mut directions: Vec<String> = meeting
        .asterisk
        .requests()
        .await
        .iter()
        .filter(|r| r.path.contains("/snoop/"))
        .map(|r| r.params["spy"].as_str().unwrap_or_default().to_owned())
        .collect();
    directions.sort();
    assert_eq!(directions, ["in", "out"]);
    meeting.nothing_left().await;
}
