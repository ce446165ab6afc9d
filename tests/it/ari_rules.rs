//! The rules of Asterisk's wire, one test each.
//!
//! Not tested here, since the fake cannot show them or another place does:
//!
//! * a queued recording cannot be cancelled (12): `call::ops::record` settles
//!   the channel first, so that none is ever queued;
//! * the event socket while it is down (13): `ari_reconnect`;
//! * a variable's 204 proves nothing (16): pivot sets plain variables only, and
//!   never a function;
//! * dangerous functions (17): the only functions read are `CHANNEL(pjsip,…)`
//!   and `PJSIP_HEADER(read,…)`, in `call::facts`;
//! * timestamps without a colon (18): pivot keeps its own time and reads none;
//! * a socket that is not read is closed (19): `ari::socket` reads in a task that
//!   does nothing else, and `ari::router` never waits for a call.

use pivot::simulate::{Behaviour, Caller, Dials, Fault, Matching, Version};

use crate::support::{Reply, Scenario, Setting, ms, seconds, twiml};

/// Uses every operation of TwiML, with keys and a party who answers.
const LONG: &str = "<Play>sound:hello-world</Play>\
     <Gather action='/gathered' numDigits='2'><Play>sound:prompt</Play></Gather>";

async fn long_flow(scenario: &Scenario) -> pivot::simulate::Phone {
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(2)).hangs_up_after(seconds(3)),
        )
        .await;
    scenario.asterisk.sound("prompt", seconds(30)).await;
    scenario.web.on("/voice", twiml(LONG));
    scenario.web.on(
        "/gathered",
        twiml("<Record action='/recorded' timeout='0' finishOnKey='#'/>"),
    );
    scenario.web.on(
        "/recorded",
        twiml("<Dial action='/dialled' record='record-from-answer'><Number>1</Number><Number>2</Number></Dial>"),
    );
    scenario.web.on(
        "/dialled",
        twiml("<Dial>3</Dial><Play>sound:goodbye</Play>"),
    );
    let phone = scenario.call().await;
    phone.press_at(seconds(4), "12");
    phone.talk_at(seconds(5), seconds(4));
    phone.press_at(seconds(10), "#");
    phone
}

async fn went_well(scenario: &Scenario, phone: &pivot::simulate::Phone) {
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    for path in ["/voice", "/gathered", "/recorded", "/dialled"] {
        assert_eq!(scenario.web.at(path).len(), 1, "{path}\n{lines}");
    }
    assert_eq!(
        scenario.web.at("/gathered")[0].param("Digits").as_deref(),
        Some("12")
    );
    assert_eq!(
        scenario.web.at("/dialled")[0]
            .param("DialCallStatus")
            .as_deref(),
        Some("completed"),
        "{lines}"
    );
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:goodbye"),
        "{lines}"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_1_no_request_waits_behind_what_plays_or_records() {
    let scenario = Scenario::new().await;
    let phone = long_flow(&scenario).await;
    went_well(&scenario, &phone).await;
    scenario.nothing_waited().await;
}

#[tokio::test(start_paused = true)]
async fn rule_1_holds_on_asterisk_16_without_requests_through_the_socket() {
    let scenario = Scenario::with(Setting {
        version: Version::V16,
        ..Setting::default()
    })
    .await;
    let phone = long_flow(&scenario).await;
    went_well(&scenario, &phone).await;
    scenario.nothing_waited().await;
    for request in scenario.asterisk.requests().await {
        assert!(
            request.params.get("reason_code").is_none(),
            "{} {}",
            request.method,
            request.path
        );
    }
}

#[tokio::test(start_paused = true)]
async fn asterisk_22_is_told_hang_up_causes_as_numbers() {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml("<Reject reason='busy'/>"));
    let phone = scenario.call().await;
    assert_eq!(phone.wait_ended().await.unwrap().sip, Some(486));
    let hangups = scenario.sent("DELETE", phone.channel()).await;
    assert_eq!(hangups[0].params["reason_code"], "17");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn asterisk_16_is_told_hang_up_causes_by_their_names() {
    let scenario = Scenario::with(Setting {
        version: Version::V16,
        ..Setting::default()
    })
    .await;
    scenario.web.on("/voice", twiml("<Reject reason='busy'/>"));
    let phone = scenario.call().await;
    assert_eq!(phone.wait_ended().await.unwrap().sip, Some(486));
    let hangups = scenario.sent("DELETE", phone.channel()).await;
    assert_eq!(hangups[0].params["reason"], "busy");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_2_a_request_that_waits_in_one_call_holds_no_other_call_up() {
    let scenario = Scenario::new().await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    scenario
        .asterisk
        .fault(Matching::next("POST", "/answer"), Fault::Late(seconds(8)))
        .await;
    let slow = scenario.call().await;
    tokio::time::sleep(ms(500)).await;
    let quick = scenario.call().await;
    let ended = quick.wait_ended().await.unwrap();
    assert!(slow.ended().await.is_none(), "the slow one is not over yet");
    assert!(ended.at < seconds(6), "{:?}", ended.at);
    slow.wait_ended().await.unwrap();
    assert_eq!(slow.heard_media().await, ["sound:hello-world"]);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_3_events_may_come_before_the_responses_of_their_requests() {
    let scenario = Scenario::with(Setting {
        dials: Dials {
            response_delay: ms(120),
            ..Dials::default()
        },
        ..Setting::default()
    })
    .await;
    let phone = long_flow(&scenario).await;
    went_well(&scenario, &phone).await;
}

#[tokio::test(start_paused = true)]
async fn rule_4_the_cause_of_a_callers_hang_up_is_known() {
    for version in [Version::V22, Version::V16] {
        let scenario = Scenario::with(Setting {
            version,
            ..Setting::default()
        })
        .await;
        scenario.web.on(
            "/voice",
            twiml("<Play>sound:hello-world</Play><Pause length='60'/>"),
        );
        let phone = scenario.call().await;
        phone.hangup_at(seconds(5));
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let subscribed = scenario
            .sent("POST", "applications/pivot/subscription")
            .await;
        assert_eq!(subscribed.len(), 1, "once a call");
        let state = scenario.timeline().await.summary.state;
        assert!(
            state.contains("cause 16 NORMAL_CLEARING"),
            "{version:?}: {}",
            scenario.lines().await
        );
    }
}

#[tokio::test(start_paused = true)]
async fn rule_5_the_cause_of_a_leg_is_that_of_its_end() {
    for (code, status, sip) in [
        (486, "busy", Some("486")),
        (603, "busy", Some("603")),
        (480, "no-answer", Some("480")),
        (503, "failed", Some("503")),
        (404, "failed", Some("404")),
    ] {
        let scenario = Scenario::configured(
            "[default]\nvoice_url = '{app}/voice'\n[dial]\nuser = 'PJSIP/{id}'\n",
        )
        .await;
        scenario
            .asterisk
            .callee("PJSIP/bob", Behaviour::rejects(code))
            .await;
        scenario
            .web
            .on("/voice", twiml("<Dial action='/d'><User>bob</User></Dial>"));
        scenario.web.on("/d", twiml("<Hangup/>"));
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        let told = scenario.web.at("/d");
        assert_eq!(told.len(), 1, "{lines}");
        assert_eq!(
            told[0].param("DialCallStatus").as_deref(),
            Some(status),
            "{code}\n{lines}"
        );
        assert_eq!(
            told[0].param("DialSipResponseCode").as_deref(),
            sip,
            "{code}\n{lines}"
        );
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn rule_6_a_playback_that_never_says_it_is_over_does_not_hang_the_call() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Play>number:twelve</Play><Play>sound:goodbye</Play>"),
    );
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(30), "{:?}", ended.at);
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:goodbye")
    );
    let asked = scenario.asterisk.requests().await;
    let asked = asked
        .iter()
        .filter(|r| r.method == "GET" && r.path.starts_with("playbacks/"));
    assert!(asked.clone().count() >= 1, "it was asked about");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_6_a_missing_sound_is_a_warning_and_the_next_verb_runs() {
    let scenario = Scenario::new().await;
    scenario.asterisk.no_sound("missing").await;
    scenario.web.on(
        "/voice",
        twiml("<Play>sound:missing</Play><Play>sound:goodbye</Play>"),
    );
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    assert!(lines.contains("could not play sound:missing"), "{lines}");
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:goodbye")
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_7_what_cannot_be_stopped_plays_out_and_the_call_goes_on() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Gather action='/done' numDigits='1'><Play>digits:1234567890</Play></Gather>"),
    );
    scenario
        .web
        .on("/done", twiml("<Play>sound:goodbye</Play><Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "5");
    phone.wait_ended().await.unwrap();
    assert_eq!(
        scenario.web.at("/done")[0].param("Digits").as_deref(),
        Some("5")
    );
    let heard = phone.heard().await;
    assert!(heard.iter().all(|heard| heard.complete), "{heard:?}");
    scenario.nothing_waited().await;
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rules_8_and_9_each_sound_is_one_playback_and_commas_stay_in_it() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Play loop='2'>sound:one,two</Play><Play>sound:three</Play>"),
    );
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await,
        ["sound:one,two", "sound:one,two", "sound:three"]
    );
    let played = scenario.asterisk.requests().await;
    let played = played.iter().filter(|r| r.path.contains("/play/"));
    for request in played {
        assert_eq!(
            request.params["media"].as_array().map(Vec::len),
            Some(1),
            "{:?}",
            request.params
        );
    }
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_10_asterisk_is_never_told_to_fetch_from_a_web_application() {
    let scenario = Scenario::new().await;
    let mut wav = Vec::new();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(std::io::Cursor::new(&mut wav), spec).unwrap();
    for n in 0..8000_i16 {
        writer.write_sample(n % 100 * 50).unwrap();
    }
    writer.finalize().unwrap();
    scenario.web.on("/a.wav", Reply::new("audio/wav", wav));
    scenario.web.on("/voice", twiml("<Play>/a.wav</Play>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 1, "{}", scenario.lines().await);
    assert!(!heard[0].contains(&scenario.web.url()), "{heard:?}");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_11_a_recording_without_sound_ends_by_our_own_timer() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Record action='/recorded' maxLength='4' timeout='2'/>"),
    );
    scenario.web.on("/recorded", twiml("<Hangup/>"));
    let phone = scenario
        .call_from(Caller {
            sends_audio: false,
            ..Caller::default()
        })
        .await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(12), "{:?}", ended.at);
    assert_eq!(
        scenario.web.at("/recorded").len(),
        1,
        "{}",
        scenario.lines().await
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_14_a_leg_is_dialled_once_it_is_in_stasis() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .turn(|dials| dials.create_delay = ms(700))
        .await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(1)).hangs_up_after(seconds(1)),
        )
        .await;
    scenario.web.on(
        "/voice",
        twiml("<Dial>1</Dial><Dial><Number>2</Number><Number>3</Number></Dial>"),
    );
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let requests = scenario.asterisk.requests().await;
    let refused: Vec<_> = requests
        .iter()
        .filter(|r| r.status == Some(409))
        .map(|r| &r.path)
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(scenario.sent("POST", "/dial").await.len(), 3);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_15_a_false_409_is_found_out() {
    // Created, although the answer says that the id is taken.
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(1)).hangs_up_after(seconds(2)),
        )
        .await;
    scenario
        .asterisk
        .fault(Matching::next("POST", "channels/create"), Fault::Lie(409))
        .await;
    scenario
        .web
        .on("/voice", twiml("<Dial action='/d'>1</Dial>"));
    scenario.web.on("/d", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        scenario.web.at("/d")[0].param("DialCallStatus").as_deref(),
        Some("completed"),
        "{}",
        scenario.lines().await
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_15_a_409_for_a_leg_that_is_not_there_ends_the_dial() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .fault(
            Matching::next("POST", "channels/create"),
            Fault::Refuse(409),
        )
        .await;
    scenario
        .web
        .on("/voice", twiml("<Dial action='/d' timeout='60'>1</Dial>"));
    scenario.web.on("/d", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(10), "it does not ring for a minute");
    assert_ne!(
        scenario.web.at("/d")[0].param("DialCallStatus").as_deref(),
        Some("completed")
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn rule_20_no_more_connections_than_allowed_are_used() {
    let scenario = Scenario::with(Setting {
        version: Version::V16,
        ari: "connections = 2".into(),
        ..Setting::default()
    })
    .await;
    scenario
        .asterisk
        .turn(|dials| dials.response_delay = ms(100))
        .await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let mut phones = Vec::new();
    for _ in 0..8 {
        phones.push(scenario.call().await);
    }
    for phone in &phones {
        phone.wait_ended().await.unwrap();
        assert_eq!(phone.heard_media().await, ["sound:hello-world"]);
    }
    let requests = scenario.asterisk.requests().await;
    for request in &requests {
        let open = requests
            .iter()
            .filter(|r| r.at <= request.at && r.answered.is_none_or(|end| end > request.at))
            .count();
        assert!(open <= 2, "{open} at once");
    }
    scenario.nothing_left().await;
}
