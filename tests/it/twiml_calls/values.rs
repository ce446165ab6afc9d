//! What single attributes change, where no other test needs them.

use super::*;
use crate::support::tone;

/// A pivot that speaks by asking `/speech` of the web application.
async fn speaking(verbs: &str) -> Scenario {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = \"{app}/voice\"\n[speech]\nengine = \"http\"\n\
         [speech.http]\nurl = \"{app}/speech\"\n\
         body = { text = \"{text}\", voice = \"{voice}\", language = \"{language}\" }\n",
    )
    .await;
    scenario.web.on("/voice", twiml(verbs));
    scenario.web.on("/speech", Reply::new("audio/wav", tone()));
    scenario
}

// Proves Say.voice, Say.language.
#[tokio::test(start_paused = true)]
async fn the_engine_is_told_the_voice_and_the_language() {
    let scenario = speaking("<Say voice='Polly.Amy' language='en-GB'>Mind the gap</Say>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let asked = asked(&scenario, "/speech").await;
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["text"], "Mind the gap");
    assert_eq!(body["voice"], "Polly.Amy");
    assert_eq!(body["language"], "en-GB");
    assert_eq!(phone.heard_media().await.len(), 1);
    scenario.nothing_left().await;
}

// Proves Say.terminators.
#[tokio::test(start_paused = true)]
async fn a_named_key_stops_what_is_said() {
    let scenario =
        speaking("<Say terminators='5' loop='20'>Hello</Say><Play>sound:after</Play>").await;
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "15");
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert!(heard.len() < 10, "{}", scenario.lines().await);
    assert_eq!(heard.last().map(String::as_str), Some("sound:after"));
    scenario.nothing_left().await;
}

// Proves Dial.method.
#[tokio::test(start_paused = true)]
async fn the_action_of_a_dial_is_asked_by_get() {
    let scenario = with("<Dial action='/dialled?a=1' method='GET'>100</Dial>").await;
    scenario.asterisk.callee("*", Behaviour::busy()).await;
    scenario.web.on("/dialled", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        (dialled.method.as_str(), &*param(&dialled, "a")),
        ("GET", "1")
    );
    assert_eq!(param(&dialled, "DialCallStatus"), "busy");
    scenario.nothing_left().await;
}

// Proves Record.method.
#[tokio::test(start_paused = true)]
async fn the_action_of_a_recording_is_asked_by_get() {
    let scenario = with("<Record action='/recorded' method='GET' maxLength='2'/>").await;
    scenario.web.on("/recorded", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(5));
    phone.wait_ended().await.unwrap();
    let recorded = asked(&scenario, "/recorded").await;
    assert_eq!(recorded.method, "GET");
    assert!(param(&recorded, "RecordingUrl").starts_with("http://"));
    scenario.nothing_left().await;
}

// Proves Record.trim.
#[tokio::test(start_paused = true)]
async fn silence_stays_in_a_recording_that_is_not_trimmed() {
    let mut kept = Vec::new();
    for (attribute, expected) in [("", 0..3_u32), ("trim='do-not-trim'", 5..7)] {
        let record = format!("<Record action='/recorded' maxLength='6' timeout='0' {attribute}/>");
        let scenario = with(&record).await;
        scenario.web.on("/recorded", twiml("<Hangup/>"));
        let phone = scenario.call().await;
        phone.talk_at(seconds(3), seconds(1));
        phone.wait_ended().await.unwrap();
        let sid = param(&asked(&scenario, "/recorded").await, "RecordingSid");
        let file = scenario.dir.join(format!("recordings/{sid}.wav"));
        let sound = hound::WavReader::open(file).unwrap();
        let length = sound.duration() / sound.spec().sample_rate;
        assert!(expected.contains(&length), "{attribute}: {length} s");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Proves Dial.recordingUrl, Dial.recordStoreMethod.
#[tokio::test(start_paused = true)]
async fn a_recorded_conversation_is_uploaded_where_the_document_says() {
    let scenario =
        with("<Dial record='true' recordingUrl='/up' recordStoreMethod='POST'>100</Dial>").await;
    let talks = Behaviour::answers(seconds(1)).hangs_up_after(seconds(5));
    scenario.asterisk.callee("*", talks).await;
    scenario.call().await.wait_ended().await.unwrap();
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
        up.contains(&"POST".to_owned()),
        "{up:?}\n{}",
        scenario.lines().await
    );
}

// Proves Number.statusCallback, Number.statusCallbackEvent, Number.statusCallbackMethod,
// Sip.statusCallback, Sip.statusCallbackEvent, Sip.statusCallbackMethod,
// Client.statusCallback, Client.statusCallbackEvent, Client.statusCallbackMethod.
#[tokio::test(start_paused = true)]
async fn each_noun_tells_the_named_event_by_the_named_method() {
    let told = "statusCallbackEvent='ringing' statusCallbackMethod='GET'";
    let scenario = with(&format!(
        "<Dial><Number statusCallback='/number' {told}>100</Number>\
         <Sip statusCallback='/sip' {told}>sip:b@example.com</Sip>\
         <Client statusCallback='/client' {told}>carol</Client></Dial>"
    ))
    .await;
    let talks = Behaviour::answers(seconds(2)).hangs_up_after(seconds(3));
    scenario.asterisk.callee("*", talks).await;
    for path in ["/number", "/sip", "/client"] {
        scenario.web.on(path, Reply::status(204));
    }
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    for path in ["/number", "/sip", "/client"] {
        let leg = asked(&scenario, path).await;
        assert_eq!(
            (leg.method.as_str(), &*param(&leg, "CallStatus")),
            ("GET", "ringing")
        );
    }
}

// Proves Dial.recordingStatusCallback, Dial.recordingStatusCallbackEvent,
// Dial.recordingStatusCallbackMethod, Dial.recordingTrack.
#[tokio::test(start_paused = true)]
async fn the_recording_of_a_dial_is_told_by_the_named_method() {
    let scenario = with(
        "<Dial record='record-from-answer' recordingTrack='inbound' recordingStatusCallback='/told' \
         recordingStatusCallbackEvent='in-progress' recordingStatusCallbackMethod='GET'>100</Dial>",
    )
    .await;
    let talks = Behaviour::answers(seconds(2)).hangs_up_after(seconds(5));
    scenario.asterisk.callee("*", talks).await;
    scenario.web.on("/told", Reply::status(204));
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let told = asked(&scenario, "/told").await;
    assert_eq!(told.method, "GET");
    assert_eq!(param(&told, "RecordingStatus"), "in-progress");
    assert_eq!(param(&told, "RecordingTrack"), "inbound");
}

// Proves Dial.trim.
#[tokio::test(start_paused = true)]
async fn the_recording_of_a_dial_is_trimmed_only_when_asked_for() {
    let mut kept = Vec::new();
    for (attribute, expected) in [("", 9..11_u32), ("trim='trim-silence'", 1..5)] {
        let scenario = with(&format!(
            "<Dial action='/dialled' record='record-from-answer' {attribute}>100</Dial>"
        ))
        .await;
        let talks = Behaviour::answers(seconds(2))
            .hangs_up_after(seconds(10))
            .talks(seconds(3), seconds(3));
        scenario.asterisk.callee("*", talks).await;
        scenario.web.on("/dialled", twiml("<Hangup/>"));
        scenario.call().await.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let sid = param(&asked(&scenario, "/dialled").await, "RecordingSid");
        let file = scenario.dir.join(format!("recordings/{sid}.wav"));
        let sound = hound::WavReader::open(file).unwrap();
        let length = sound.duration() / sound.spec().sample_rate;
        assert!(expected.contains(&length), "{attribute}: {length} s");
        kept.push(scenario);
    }
}

// Proves Connect.action, Connect.method.
#[tokio::test(start_paused = true)]
async fn a_connect_that_cannot_be_done_leads_to_its_action_by_get() {
    let scenario = with(
        "<Connect action='/connected' method='GET'><VirtualAgent connectorName='bot'/></Connect>\
         <Play>sound:never</Play>",
    )
    .await;
    scenario.web.on("/connected", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let connected = asked(&scenario, "/connected").await;
    assert_eq!(connected.method, "GET");
    assert_eq!(param(&connected, "VirtualAgentStatus"), "failed");
    assert!(phone.heard_media().await.is_empty());
    scenario.nothing_left().await;
}

// Proves Sms.to, Sms.from, Sms.action, Sms.method, Sms.statusCallback, Message.to,
// Message.from, Message.action, Message.method, Message.statusCallback.
#[tokio::test(start_paused = true)]
async fn a_message_is_handed_to_the_webhook_with_all_that_is_written() {
    let mut kept = Vec::new();
    for verb in ["Sms", "Message"] {
        let scenario = Scenario::configured(
            "[default]\nvoice_url = \"{app}/voice\"\n[sms]\nurl = \"{app}/send\"\n",
        )
        .await;
        let attributes = "to='+15558675310' from='+15017122661' action='/sent' method='GET' \
                          statusCallback='/delivered'";
        let verbs = format!("<{verb} {attributes}>Thank you</{verb}>");
        scenario.web.on("/voice", twiml(&verbs));
        scenario.web.on("/send", Reply::status(204));
        scenario.web.on("/sent", twiml("<Hangup/>"));
        scenario.call().await.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let sent = asked(&scenario, "/send").await;
        assert_eq!(param(&sent, "To"), "+15558675310", "{verb}");
        assert_eq!(param(&sent, "From"), "+15017122661");
        assert_eq!(param(&sent, "Body"), "Thank you");
        let url = param(&sent, "StatusCallback");
        assert_eq!(url, format!("{}/delivered", scenario.web.url()));
        let action = asked(&scenario, "/sent").await;
        assert_eq!(
            (action.method.as_str(), &*param(&action, "SmsStatus")),
            ("GET", "sent")
        );
        assert_eq!(param(&action, "SmsSid"), param(&sent, "SmsSid"));
        kept.push(scenario);
    }
}
