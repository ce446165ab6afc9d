//! `transcribe`: what was said is written down and told.

use super::*;

/// A recogniser that says which file it was given, after a while.
fn config(script: &str) -> String {
    format!(
        "[default]\nvoice_url = \"{{app}}/voice\"\n\
         [transcribe]\ncommand = [\"sh\", \"-c\", \"{script}\", \"{{file}}\"]\n"
    )
}

async fn recording(config: &str, record: &str) -> Scenario {
    let scenario = Scenario::configured(config).await;
    scenario.web.on("/voice", twiml(record));
    scenario.web.on("/action", twiml("<Hangup/>"));
    for path in ["/status", "/text"] {
        scenario.web.on(path, crate::support::Reply::status(204));
    }
    scenario
}

const RECORD: &str = "<Record action='/action' timeout='0' transcribe='true' transcribeCallback='/text' \
                      recordingStatusCallback='/status'/>";

// Check 127. Proves Record.transcribeCallback.
#[tokio::test(start_paused = true)]
async fn the_text_is_told_after_the_action_and_the_status() {
    let scenario = recording(&config("echo heard $(basename $0)"), RECORD).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(4));
    phone.press_at(seconds(4), "5");
    over(&scenario, &phone).await;
    assert_eq!(
        paths(&scenario),
        ["/voice", "/action", "/status", "/text"],
        "{}",
        scenario.lines().await
    );
    let text = scenario.web.at("/text").remove(0);
    let action = scenario.web.at("/action").remove(0);
    assert_eq!(text.method, "POST");
    let sid = param(&action, "RecordingSid");
    assert_eq!(
        param(&text, "TranscriptionText"),
        format!("heard {sid}.wav")
    );
    assert_eq!(param(&text, "TranscriptionStatus"), "completed");
    assert_eq!(param(&text, "RecordingSid"), sid);
    for name in [
        "RecordingUrl",
        "CallSid",
        "AccountSid",
        "From",
        "To",
        "ApiVersion",
        "Direction",
    ] {
        assert_eq!(param(&text, name), param(&action, name), "{name}");
    }
    let transcription = param(&text, "TranscriptionSid");
    assert_eq!((transcription.len(), &transcription[..2]), (34, "TR"));
    let url = param(&text, "TranscriptionUrl");
    assert!(
        url.ends_with(&format!("/{sid}/Transcriptions/{transcription}")),
        "{url}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_fails_is_told() {
    let scenario = recording(&config("echo no model >&2; exit 1"), RECORD).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(4));
    phone.press_at(seconds(4), "5");
    over(&scenario, &phone).await;
    let text = scenario.web.at("/text").remove(0);
    assert_eq!(param(&text, "TranscriptionStatus"), "failed");
    assert_eq!(param(&text, "TranscriptionText"), "");
    let lines = scenario.lines().await;
    assert!(
        lines.contains("13618") && lines.contains("no model"),
        "{lines}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_recogniser_it_has_failed() {
    let scenario = recording("[default]\nvoice_url = \"{app}/voice\"\n", RECORD).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(4));
    phone.hangup_at(seconds(4));
    over(&scenario, &phone).await;
    assert_eq!(paths(&scenario), ["/voice", "/action", "/status", "/text"]);
    let text = scenario.web.at("/text").remove(0);
    assert_eq!(param(&text, "TranscriptionStatus"), "failed");
    assert_eq!(param(&text, "CallStatus"), "completed");
    assert!(scenario.lines().await.contains("[transcribe] command"));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_short_or_silent_is_not_transcribed() {
    let scenario = recording(&config("echo words"), RECORD).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(4));
    phone.press_at(ms(1800), "5");
    over(&scenario, &phone).await;
    let text = scenario.web.at("/text").remove(0);
    assert_eq!(param(&text, "TranscriptionStatus"), "failed");
    assert!(scenario.lines().await.contains("13617"));
}

// Proves Record.transcribe.
#[tokio::test(start_paused = true)]
async fn the_text_is_kept_without_a_callback_too() {
    let record = "<Record action='/action' timeout='0' transcribe='true'/>";
    let scenario = recording(&config("echo words"), record).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(200));
    over(&scenario, &phone).await;
    let action = scenario.web.at("/action").remove(0);
    assert_eq!(
        number(&action, "RecordingDuration"),
        120,
        "its longest time is two minutes"
    );
    let sid = param(&action, "RecordingSid");
    let recording = scenario.pivot.services.recordings.get(&sid).await.unwrap();
    let transcription = recording.transcription.unwrap();
    assert_eq!(transcription.text.as_deref(), Some("words"));
}

#[tokio::test(start_paused = true)]
async fn a_long_recording_is_made_and_not_transcribed() {
    let record =
        "<Record action='/action' timeout='0' maxLength='130' transcribeCallback='/text'/>";
    let scenario = recording(&config("echo words"), record).await;
    let phone = scenario.call().await;
    phone.talk_at(ms(200), seconds(200));
    over(&scenario, &phone).await;
    let action = scenario.web.at("/action").remove(0);
    assert_eq!(number(&action, "RecordingDuration"), 130);
    assert_eq!(paths(&scenario), ["/voice", "/action"]);
    assert!(scenario.lines().await.contains("13617"));
}
