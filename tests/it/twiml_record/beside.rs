//! `<Start><Recording>` and `<Stop>`.

use pivot::simulate::Behaviour;

use super::*;

const CALLBACK: &str =
    "recordingStatusCallback='/status' recordingStatusCallbackEvent='in-progress completed absent'";

/// `<Start>` with a recording of these attributes.
fn start(attributes: &str) -> String {
    format!("<Start><Recording {attributes} {CALLBACK}/></Start>")
}

fn ends(scenario: &Scenario) -> Vec<Seen> {
    let mut seen = scenario.web.at("/status");
    seen.retain(|seen| param(seen, "RecordingStatus") != "in-progress");
    seen
}

// Proves Recording.recordingStatusCallback, Recording.recordingStatusCallbackEvent.
#[tokio::test(start_paused = true)]
async fn it_goes_on_through_verbs_and_redirects_until_the_caller_hangs_up() {
    let scenario = with(&format!(
        "{}<Pause length='3'/><Redirect>/more</Redirect>",
        start("")
    ))
    .await;
    scenario
        .web
        .on("/more", twiml("<Say>hello</Say><Pause length='30'/>"));
    let phone = scenario.call().await;
    phone.talk_at(ms(500), seconds(60));
    phone.hangup_at(seconds(9));
    over(&scenario, &phone).await;
    assert_eq!(
        told(&scenario),
        ["in-progress", "completed"],
        "{}",
        scenario.lines().await
    );
    assert_eq!(
        paths(&scenario),
        ["/voice", "/status", "/more", "/status"],
        "told at once, and at the end"
    );
    let [begun, ended] = scenario.web.at("/status").try_into().unwrap();
    for (name, value) in [
        ("RecordingSource", "StartCallRecordingTwiML"),
        ("RecordingChannels", "2"),
        ("RecordingTrack", "both"),
        ("ErrorCode", "0"),
    ] {
        assert_eq!(param(&begun, name), value, "{name}");
        assert_eq!(param(&ended, name), value, "{name}");
    }
    assert_eq!(param(&begun, "RecordingSid"), param(&ended, "RecordingSid"));
    assert_eq!(
        param(&begun, "RecordingStartTime"),
        param(&ended, "RecordingStartTime")
    );
    assert!(
        (7..=9).contains(&number(&ended, "RecordingDuration")),
        "{}",
        ended.body
    );
}

// Proves Recording.name.
#[tokio::test(start_paused = true)]
async fn stop_ends_the_one_that_it_names() {
    let scenario = with(&format!(
        "{}{}<Pause length='3'/><Stop><Recording name='one'/></Stop><Pause length='6'/>",
        start("name='one' channels='mono'"),
        start("name='two' channels='dual'")
    ))
    .await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(60));
    over(&scenario, &phone).await;
    let ends = ends(&scenario);
    // Without a name it would have been the other, which is the last.
    assert_eq!(number(&ends[0], "RecordingChannels"), 1);
    let lengths: Vec<u64> = ends
        .iter()
        .map(|seen| number(seen, "RecordingDuration"))
        .collect();
    assert_eq!(lengths.len(), 2, "{}", scenario.lines().await);
    assert!((2..=4).contains(&lengths[0]), "{lengths:?}");
    assert!((8..=10).contains(&lengths[1]), "{lengths:?}");
}

#[tokio::test(start_paused = true)]
async fn stop_without_a_name_ends_the_last_and_an_unknown_name_is_a_warning() {
    let scenario = with(&format!(
        "{}<Pause length='3'/><Stop><Recording name='other'/><Recording/></Stop><Pause length='6'/>",
        start("name='one'")
    ))
    .await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(60));
    over(&scenario, &phone).await;
    let length = number(&ends(&scenario)[0], "RecordingDuration");
    assert!((2..=4).contains(&length), "{length}");
    let lines = scenario.lines().await;
    assert!(lines.contains("no recording \"other\" to stop"), "{lines}");
}

// Proves Recording.channels, Recording.track, Recording.recordingStatusCallbackMethod.
#[tokio::test(start_paused = true)]
async fn channels_and_track_are_as_written() {
    let mut kept = Vec::new();
    for (attributes, channels, track, directions) in [
        ("", "2", "both", vec!["in", "out"]),
        ("channels='mono'", "1", "both", vec!["both"]),
        ("track='inbound'", "1", "inbound", vec!["in"]),
        ("track='outbound'", "1", "outbound", vec!["out"]),
    ] {
        let method = "recordingStatusCallbackMethod='GET'";
        let scenario = with(&format!(
            "{}<Play>sound:hello</Play><Pause length='4'/>",
            start(&format!("{attributes} {method}"))
        ))
        .await;
        let phone = scenario.call().await;
        phone.talk_at(Duration::ZERO, seconds(60));
        over(&scenario, &phone).await;
        let ends = ends(&scenario);
        assert_eq!(ends[0].method, "GET");
        assert_eq!(param(&ends[0], "RecordingChannels"), channels);
        assert_eq!(param(&ends[0], "RecordingTrack"), track);
        let requests = scenario.asterisk.requests().await;
        let spied: Vec<String> = requests
            .iter()
            .filter(|request| request.path.contains("/snoop"))
            .map(|request| {
                request.params["spy"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        assert_eq!(spied, directions, "{attributes}");
        kept.push(scenario);
    }
}

// Proves Recording.trim.
#[tokio::test(start_paused = true)]
async fn silence_is_cut_unless_it_is_to_stay() {
    let mut kept = Vec::new();
    for (attributes, expected) in [("", 2..=3), ("trim='do-not-trim'", 9..=11)] {
        let scenario = with(&format!(
            "{}<Pause length='10'/>",
            start(&format!("channels='mono' {attributes}"))
        ))
        .await;
        let phone = scenario.call().await;
        phone.talk_at(seconds(4), seconds(2));
        over(&scenario, &phone).await;
        let length = number(&ends(&scenario)[0], "RecordingDuration");
        assert!(expected.contains(&length), "{attributes}: {length}");
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn it_records_a_conversation_beside_the_recording_of_the_dial() {
    let scenario = with(&format!(
        "{}<Dial action='/action' record='true' recordingStatusCallback='/status'>100</Dial>",
        start("")
    ))
    .await;
    let talks = Behaviour::answers(seconds(1))
        .hangs_up_after(seconds(5))
        .talks(Duration::ZERO, seconds(20));
    scenario.asterisk.callee("*", talks).await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(60));
    over(&scenario, &phone).await;
    let mut sources: Vec<String> = ends(&scenario)
        .iter()
        .map(|seen| param(seen, "RecordingSource"))
        .collect();
    sources.sort();
    assert_eq!(sources, ["DialVerb", "StartCallRecordingTwiML"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_picked_up_goes_on_with_it_and_starts_no_second() {
    let scenario = with(&format!("{}<Pause length='20'/>", start(""))).await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(60));
    tokio::time::sleep(seconds(4)).await;
    scenario.kill_and_resume().await;
    phone.hangup_at(seconds(5));
    over(&scenario, &phone).await;
    assert_eq!(told(&scenario), ["in-progress", "completed"]);
    let length = number(&ends(&scenario)[0], "RecordingDuration");
    assert!((7..=9).contains(&length), "{length}");
}
