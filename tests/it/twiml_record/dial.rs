//! Recordings of Dial.

use pivot::simulate::Behaviour;

use super::*;

const CALLBACK: &str = "recordingStatusCallback='/status'";

/// Rings for two seconds, then talks for six; the callee speaks from the second
/// second of that to the fourth.
async fn dialling(attributes: &str) -> (Scenario, Phone) {
    let scenario = with(&format!(
        "<Dial action='/action' {attributes} {CALLBACK}>100</Dial>"
    ))
    .await;
    let talks = Behaviour::answers(seconds(2))
        .hangs_up_after(seconds(6))
        .talks(seconds(2), seconds(2));
    scenario.asterisk.callee("*", talks).await;
    let phone = scenario.call().await;
    over(&scenario, &phone).await;
    (scenario, phone)
}

fn status(scenario: &Scenario) -> Seen {
    scenario.web.at("/status").remove(0)
}

// Check 144. Check 145. Proves Dial.recordingStatusCallback.
#[tokio::test(start_paused = true)]
async fn the_recording_is_told_to_the_action_and_then_to_the_callback() {
    let mut kept = Vec::new();
    for (record, channels) in [
        ("record-from-answer-dual", "2"),
        ("record-from-answer", "1"),
        ("true", "1"),
    ] {
        let (scenario, phone) = dialling(&format!("record='{record}'")).await;
        assert_eq!(
            paths(&scenario),
            ["/voice", "/action", "/status"],
            "{record}"
        );
        let action = scenario.web.at("/action").remove(0);
        let status = status(&scenario);
        assert_eq!(
            param(&status, "RecordingUrl"),
            param(&action, "RecordingUrl")
        );
        for (name, value) in [
            ("RecordingSource", "DialVerb"),
            ("RecordingStatus", "completed"),
            ("RecordingChannels", channels),
            ("RecordingTrack", "both"),
        ] {
            assert_eq!(param(&status, name), value, "{record}: {name}");
        }
        assert_eq!(param(&status, "CallSid"), param(&action, "CallSid"));
        let length = number(&status, "RecordingDuration");
        assert!((5..=6).contains(&length), "{record}: {length}");
        kept.push((scenario, phone));
    }
}

// Check 146.
#[tokio::test(start_paused = true)]
async fn from_ringing_is_longer_by_the_time_it_rings() {
    let (answer, _phone) = dialling("record='record-from-answer'").await;
    let from_answer = length_of(&answer, &param(&status(&answer), "RecordingSid"));
    let (ringing, _phone) = dialling("record='record-from-ringing'").await;
    let from_ringing = length_of(&ringing, &param(&status(&ringing), "RecordingSid"));
    let longer = from_ringing.saturating_sub(from_answer);
    assert!((ms(1700)..=ms(2500)).contains(&longer), "{longer:?}");
}

// Proves Dial.recordingTrack, Dial.recordingStatusCallbackMethod.
#[tokio::test(start_paused = true)]
async fn one_side_alone_is_mono() {
    let mut kept = Vec::new();
    for (track, direction) in [("inbound", "in"), ("outbound", "out")] {
        let (scenario, phone) = dialling(&format!(
            "record='record-from-answer-dual' recordingTrack='{track}' recordingStatusCallbackMethod='GET'"
        ))
        .await;
        let status = status(&scenario);
        assert_eq!(status.method, "GET");
        assert_eq!(param(&status, "RecordingChannels"), "1");
        assert_eq!(param(&status, "RecordingTrack"), track);
        let requests = scenario.asterisk.requests().await;
        let spied: Vec<_> = requests
            .iter()
            .filter(|request| request.path.contains("/snoop"))
            .map(|request| request.params["spy"].clone())
            .collect();
        assert_eq!(spied, [direction]);
        kept.push((scenario, phone));
    }
}

// Proves Dial.trim.
#[tokio::test(start_paused = true)]
async fn silence_is_cut_if_the_document_says_so() {
    let (scenario, _phone) = dialling("record='true' trim='trim-silence'").await;
    let action = number(&scenario.web.at("/action")[0], "RecordingDuration");
    let status = number(&status(&scenario), "RecordingDuration");
    assert!((5..=6).contains(&action), "{action}");
    assert_eq!(status, 2, "{}", scenario.lines().await);
}

// Proves Dial.recordingStatusCallbackEvent.
#[tokio::test(start_paused = true)]
async fn the_beginning_is_told_when_the_conversation_begins() {
    let (scenario, _phone) =
        dialling("record='true' recordingStatusCallbackEvent='in-progress completed'").await;
    assert_eq!(told(&scenario), ["in-progress", "completed"]);
    assert_eq!(
        paths(&scenario),
        ["/voice", "/status", "/action", "/status"]
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_who_answers_leaves_nothing_to_tell() {
    let scenario = with(&format!(
        "<Dial action='/action' timeout='5' record='record-from-answer' {CALLBACK}>100</Dial>"
    ))
    .await;
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    let phone = scenario.call().await;
    over(&scenario, &phone).await;
    assert_eq!(paths(&scenario), ["/voice", "/action"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_leaves_it_to_be_told() {
    let scenario = with(&format!(
        "<Dial action='/action' record='record-from-answer' {CALLBACK}>100</Dial>"
    ))
    .await;
    let talks = Behaviour::answers(seconds(1)).talks(Duration::ZERO, seconds(20));
    scenario.asterisk.callee("*", talks).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(6));
    over(&scenario, &phone).await;
    assert_eq!(
        paths(&scenario),
        ["/voice", "/action", "/status"],
        "{}",
        scenario.lines().await
    );
    assert!((4..=6).contains(&number(&status(&scenario), "RecordingDuration")));
}
