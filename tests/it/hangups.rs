//! Hang-ups at every moment: what is owed is requested once, nothing is asked
//! about a channel that is gone again and again, and nothing stays.

use std::os::unix::fs::PermissionsExt;

use pivot::simulate::{Behaviour, Caller, Fault, Matching};
use serde_json::{Value, json};

use crate::support::{Folder, Reply, Scenario, Setting, ms, seconds, twiml};

/// A document, when the caller hangs up in it (milliseconds), and the paths
/// that are requested because of it, each once.
struct Case {
    document: &'static str,
    at: u64,
    owed: &'static [&'static str],
}

const fn case(document: &'static str, at: u64, owed: &'static [&'static str]) -> Case {
    Case { document, at, owed }
}

const VERBS: &[Case] = &[
    case(
        "<Say>A sentence that takes a while to be spoken, so that there is time.</Say>",
        1_000,
        &[],
    ),
    case("<Say loop='0'>Again</Say>", 9_000, &[]),
    case("<Play loop='0'>sound:hello-world</Play>", 5_500, &[]),
    case("<Play>number:12345678</Play>", 1_500, &[]),
    case(
        "<Play digits='1w2w3w4w5w6'>sound:hello-world</Play>",
        1_000,
        &[],
    ),
    case("<Pause length='20'/>", 5_000, &[]),
    case("<Play>sound:a</Play><Pause length='20'/>", 5_000, &[]),
    case("<Gather action='/action' timeout='20'/>", 4_000, &[]),
    case(
        "<Gather action='/action'><Say>Press a key, any key that you like, now or later</Say></Gather>",
        1_500,
        &[],
    ),
    case(
        "<Gather action='/action' actionOnEmptyResult='true' timeout='20'/>",
        4_000,
        &[],
    ),
    case(
        "<Record action='/action' timeout='0'/>",
        5_000,
        &["/action"],
    ),
    case(
        "<Record action='/action' playBeep='false' timeout='0'/>",
        300,
        &["/action"],
    ),
    case("<Record timeout='0'/>", 5_000, &[]),
    case("<Dial action='/action'>5550001</Dial>", 1_000, &["/action"]),
    case("<Dial action='/action'>5550001</Dial>", 8_000, &["/action"]),
    case(
        "<Dial action='/action' record='record-from-ringing'>5550001</Dial>",
        8_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action' record='record-from-answer-dual'>5550001</Dial>",
        8_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action'><Number>5550001</Number><Number>5550002</Number></Dial>",
        1_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action'><Number>5550001</Number><Number>5550002</Number></Dial>",
        8_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action' answerOnBridge='true'>5550001</Dial>",
        1_000,
        &["/action"],
    ),
    case("<Dial>5550001</Dial>", 8_000, &[]),
    case(
        "<Dial action='/action' referUrl='/wait'>5550001</Dial>",
        8_000,
        &["/action"],
    ),
    case(
        "<Refer action='/action'><Sip>anna@example.com</Sip></Refer>",
        200,
        &["/action"],
    ),
    case("<Refer><Sip>anna@example.com</Sip></Refer>", 200, &[]),
    case(
        "<Play>sound:a</Play><Redirect>/slow</Redirect>",
        3_000,
        &["/slow"],
    ),
    case(
        "<Enqueue action='/action'>support</Enqueue>",
        3_000,
        &["/action"],
    ),
    case(
        "<Enqueue action='/action' waitUrl='/wait'>support</Enqueue>",
        3_000,
        &["/wait", "/action"],
    ),
    case("<Enqueue waitUrl=''>support</Enqueue>", 3_000, &[]),
    case(
        "<Dial action='/action'><Conference>room</Conference></Dial>",
        3_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action'><Conference waitUrl='/wait' beep='false'>room</Conference></Dial>",
        3_000,
        &["/wait", "/action"],
    ),
    case(
        "<Dial action='/action'><Number sendDigits='1ww2'>5550001</Number></Dial>",
        3_700,
        &["/action"],
    ),
    case(
        "<Dial action='/action' sequential='true'><Number>5550001</Number><Number>5550002</Number></Dial>",
        2_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action'><Number url='/wait'>5550001</Number></Dial>",
        6_000,
        &["/wait", "/action"],
    ),
    case(
        "<Start><Recording name='r'/></Start><Play loop='0'>sound:a</Play>",
        4_000,
        &[],
    ),
    case(
        "<Prompt><Say>A sentence that takes a while.</Say></Prompt>",
        500,
        &[],
    ),
    case("<Pause length='5'/><Hangup/>", 2_000, &[]),
    case("<Pause length='5'/><Reject/>", 2_000, &[]),
    case(
        "<Set><Variable key='a' value='b'/></Set><Play>sound:a</Play>",
        500,
        &[],
    ),
];

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_in_every_verb() {
    for Case { document, at, owed } in VERBS {
        let scenario = Scenario::new().await;
        scenario
            .asterisk
            .callee("*", Behaviour::answers(seconds(3)))
            .await;
        scenario.web.on("/voice", twiml(document));
        scenario
            .web
            .on("/action", twiml("<Play>sound:never</Play>"));
        scenario
            .web
            .on("/wait", twiml("<Play loop='0'>sound:wait</Play>"));
        scenario.web.on(
            "/slow",
            twiml("<Play>sound:never</Play>").after(seconds(10)),
        );
        let phone = scenario.call().await;
        phone.hangup_at(ms(*at));
        let ended = phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        assert!(ended.by_phone, "{document}\n{lines}");
        assert!(
            !phone.heard_media().await.contains(&"sound:never".into()),
            "its answer is not looked at: {document}\n{lines}"
        );
        let mut asked: Vec<_> = scenario.web.seen().into_iter().map(|s| s.path).collect();
        asked.remove(0);
        assert_eq!(asked, *owed, "{document}\n{lines}");
        for request in scenario.web.at("/action") {
            let status = request.param("CallStatus").unwrap();
            if document.contains("answerOnBridge") {
                assert_eq!(status, "canceled", "{document}");
            } else {
                assert_eq!(status, "completed", "{document}");
            }
            if document.contains("<Record") {
                assert_eq!(request.param("Digits").as_deref(), Some("hangup"));
                assert!(
                    request.param("RecordingUrl").is_some(),
                    "{document}\n{lines}"
                );
            } else if document.contains("<Enqueue") {
                assert_eq!(request.param("QueueResult").as_deref(), Some("hangup"));
            } else if document.contains("<Refer") {
                let told = request.param("ReferCallStatus");
                assert_eq!(told.as_deref(), Some("canceled"), "{lines}");
            } else if document.contains("<Conference") {
                assert_eq!(request.param("DialCallStatus").as_deref(), Some("answered"));
                assert!(request.param("DialCallSid").is_none(), "{document}");
            } else {
                let talked = *at > 3_500;
                let heard = talked && !document.contains("5550001</Number></Dial>");
                assert_eq!(
                    request.param("DialBridged"),
                    Some(heard.to_string()),
                    "{document}\n{lines}"
                );
                let expected = if talked { "completed" } else { "canceled" };
                assert_eq!(
                    request.param("DialCallStatus").as_deref(),
                    Some(expected),
                    "{document}\n{lines}"
                );
                assert_eq!(
                    request.param("DialCallDuration").is_some(),
                    talked,
                    "{document}"
                );
                assert_eq!(
                    request.param("RecordingUrl").is_some(),
                    document.contains("record="),
                    "{document}\n{lines}"
                );
            }
        }
        scenario.nothing_loops().await;
    }
}

fn modules(web: &str) -> Vec<(Value, u64)> {
    let device = || json!({ "module": "device", "data": { "id": "bob", "timeout": 20 } });
    vec![
        (
            json!({ "module": "answer", "children": { "_": { "module": "sleep", "data": { "duration": 20 } } } }),
            3_000,
        ),
        (
            json!({ "module": "sleep", "data": { "duration": 20 } }),
            3_000,
        ),
        (
            json!({ "module": "tts", "data": { "text": "A sentence that takes a while to be spoken, so that there is time." } }),
            1_000,
        ),
        (
            json!({ "module": "play", "data": { "id": "sound:hello-world", "endless_playback": true } }),
            4_500,
        ),
        (
            json!({ "module": "audio_macro", "data": { "macros": [
            { "macro": "tts", "text": "One" }, { "macro": "prompt", "id": "vm-goodbye" }, { "macro": "say", "text": "1234567" }
        ] } }),
            1_500,
        ),
        (
            json!({ "module": "collect_dtmf", "data": { "max_digits": 4, "timeout": 20_000 } }),
            3_000,
        ),
        (
            json!({ "module": "menu", "data": { "timeout": 10_000, "retries": 3 } }),
            4_000,
        ),
        (
            json!({ "module": "record_caller", "data": { "time_limit": 30 } }),
            3_000,
        ),
        (
            json!({ "module": "record_call", "data": { "action": "start" }, "children": { "_":
            { "module": "play", "data": { "id": "sound:hello-world", "endless_playback": true } } } }),
            4_000,
        ),
        (device(), 1_500),
        (device(), 8_000),
        (
            json!({ "module": "user", "data": { "id": "bob", "timeout": 20 } }),
            1_500,
        ),
        (
            json!({ "module": "resources", "data": { "to_did": "5550001" } }),
            1_500,
        ),
        (
            json!({ "module": "offnet", "data": { "to_did": "5550001" } }),
            8_000,
        ),
        (
            json!({ "module": "record_call", "data": { "action": "start", "record_on_answer": true }, "children": { "_":
            { "module": "resources", "data": { "to_did": "5550001" } } } }),
            8_000,
        ),
        (
            json!({ "module": "send_dtmf", "data": { "digits": "123456789", "duration_ms": 900 } }),
            2_000,
        ),
        (
            json!({ "module": "response", "data": { "code": 486, "media": "tone_stream://%(500,500,480,620);loops=20" } }),
            1_500,
        ),
        (
            json!({ "module": "pivot", "data": { "voice_url": format!("{web}/slow") } }),
            1_500,
        ),
        (
            json!({ "module": "set_variables", "data": { "custom_application_vars": { "a": "b" } }, "children": { "_":
            { "module": "noop", "children": { "_": { "module": "flush_dtmf", "children": { "_": { "module": "sleep", "data": { "duration": 9 } } } } } } } }),
            2_000,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_in_every_module() {
    let count = modules("").len();
    for number in 0..count {
        let scenario =
            Scenario::configured("[default]\nvoice_url = '{app}/voice'\nreq_format = 'kazoo'\n")
                .await;
        scenario
            .asterisk
            .callee("*", Behaviour::answers(seconds(3)))
            .await;
        let (flow, at) = modules(&scenario.web.url()).remove(number);
        scenario.web.on("/voice", Reply::json(&flow));
        scenario
            .web
            .on("/slow", twiml("<Play>sound:never</Play>").after(seconds(4)));
        let phone = scenario.call().await;
        phone.hangup_at(ms(at));
        let ended = phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        assert!(ended.by_phone, "{flow}\n{lines}");
        assert!(!phone.heard_media().await.contains(&"sound:never".into()));
        let state = scenario.timeline().await.summary.state;
        assert!(state.starts_with("the caller hung up"), "{flow}: {state}");
        scenario.nothing_loops().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_while_the_document_is_fetched() {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/voice'\nstatus_callback = '{app}/status'\n",
    )
    .await;
    scenario.web.on(
        "/voice",
        twiml("<Play>sound:never</Play>").after(seconds(5)),
    );
    scenario.web.on("/status", Reply::status(204));
    let phone = scenario.call().await;
    phone.hangup_at(seconds(1));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(1)).await;
    let told = scenario.web.at("/status");
    assert_eq!(told.len(), 1, "{}", scenario.lines().await);
    assert_eq!(told[0].param("CallStatus").as_deref(), Some("canceled"));
    assert!(scenario.sent("POST", "/answer").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_while_the_call_is_answered() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .fault(Matching::next("POST", "/answer"), Fault::Late(seconds(5)))
        .await;
    scenario.web.on("/voice", twiml("<Play>sound:never</Play>"));
    let phone = scenario.call().await;
    phone.hangup_at(seconds(1));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert!(
        scenario
            .asterisk
            .requests()
            .await
            .iter()
            .all(|r| !r.path.contains("/play/"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_while_speech_is_made() {
    let folder = Folder::new();
    let slow = folder.0.join("slow-engine");
    std::fs::write(&slow, "#!/bin/sh\nexec sleep 30\n").unwrap();
    std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
    let scenario = Scenario::configured(&format!(
        "[default]\nvoice_url = '{{app}}/voice'\n[speech.espeak-ng]\ncommand = '{}'\n",
        slow.display()
    ))
    .await;
    scenario
        .web
        .on("/voice", twiml("<Say>Hello</Say><Play>sound:never</Play>"));
    let phone = scenario.call().await;
    // Virtual time stands still while a command runs.
    while scenario.sent("POST", "/answer").await.is_empty() {
        tokio::task::yield_now().await;
    }
    phone.hangup().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert!(phone.heard_media().await.is_empty());
    let state = scenario.timeline().await.summary.state;
    assert!(state.starts_with("the caller hung up"), "{state}");
}

#[tokio::test(start_paused = true)]
async fn the_callee_hangs_up_and_the_flow_goes_on() {
    for talked in [0, 1, 700, 12_345] {
        let scenario = Scenario::new().await;
        scenario
            .asterisk
            .callee(
                "*",
                Behaviour::answers(seconds(1)).hangs_up_after(ms(talked)),
            )
            .await;
        scenario.web.on(
            "/voice",
            twiml("<Dial action='/d' record='record-from-answer'><Number>1</Number><Number>2</Number></Dial>"),
        );
        scenario.web.on("/d", twiml("<Play>sound:goodbye</Play>"));
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        assert_eq!(
            phone.heard_media().await.last().map(String::as_str),
            Some("sound:goodbye"),
            "{talked}\n{lines}"
        );
        assert_eq!(scenario.web.at("/d").len(), 1);
        scenario.nothing_left().await;
        scenario.nothing_waited().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_is_reported_although_the_caller_hangs_up_at_the_same_moment() {
    // The key that ends the recording and the hang-up come together.
    for after in 0..6 {
        let scenario = Scenario::new().await;
        scenario.web.on(
            "/voice",
            twiml("<Record action='/r' timeout='0' finishOnKey='#'/>"),
        );
        scenario
            .web
            .on("/r", twiml("<Play>sound:never</Play>").after(ms(300)));
        let phone = scenario.call().await;
        phone.talk_at(seconds(0), seconds(5));
        phone.press_at(seconds(3), "#");
        phone.hangup_at(seconds(3) + ms(100 + after));
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let told = scenario.web.at("/r");
        assert_eq!(told.len(), 1, "{after} ms\n{}", scenario.lines().await);
        assert!(
            matches!(told[0].param("Digits").as_deref(), Some("#" | "hangup")),
            "{after} ms"
        );
    }
}

/// Numbers that are the same each time, so that a failure can be looked at.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Uses everything, for about a minute.
async fn everything(scenario: &Scenario) {
    scenario.web.on(
        "/voice",
        twiml(
            "<Play>sound:hello-world</Play>\
             <Gather action='/gathered' numDigits='2' timeout='3'><Play loop='3'>sound:prompt</Play></Gather>\
             <Redirect>/gathered</Redirect>",
        ),
    );
    scenario.web.on(
        "/gathered",
        twiml("<Record action='/recorded' timeout='0' maxLength='8' finishOnKey='#'/>")
            .after(ms(700)),
    );
    scenario.web.on(
        "/recorded",
        twiml(
            "<Dial action='/dialled' record='record-from-answer'><Number>1</Number><Number>2</Number></Dial>",
        ),
    );
    scenario.web.on(
        "/dialled",
        twiml("<Dial timeout='8' hangupOnStar='true'>3</Dial><Redirect>/flow</Redirect>"),
    );
    let flow = json!({
        "module": "collect_dtmf", "data": { "max_digits": 2, "timeout": 2_000 },
        "children": { "_": { "module": "device", "data": { "id": "bob", "timeout": 5 },
            "children": { "_": { "module": "play", "data": { "id": "sound:goodbye" } } } } }
    });
    scenario.web.on("/flow", Reply::json(&flow));
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_at_any_moment_ends_the_call_clean() {
    for round in 0..100 {
        let mut dice = Dice(round);
        let mut pick = |from: u64, to: u64| from + dice.roll() % (to - from);
        let (hangup, answers, talks) = (pick(0, 60_000), pick(0, 7_000), pick(0, 15_000));
        let keys: Vec<_> = (0..pick(0, 6))
            .map(|_| (pick(0, 50_000), pick(0, 12)))
            .collect();
        let responses = [0, 0, 3, 40][usize::try_from(pick(0, 4)).unwrap()];
        let about = format!(
            "round {round}: hangs up at {hangup}, answers {answers}, talks {talks}, keys {keys:?}, responses {responses}"
        );
        let scenario = Scenario::with(Setting {
            version: if round % 3 == 0 {
                pivot::simulate::Version::V16
            } else {
                pivot::simulate::Version::V22
            },
            ..Setting::default()
        })
        .await;
        scenario
            .asterisk
            .turn(move |dials| dials.response_delay = ms(responses))
            .await;
        everything(&scenario).await;
        scenario
            .asterisk
            .callee(
                "*",
                Behaviour::answers(ms(answers)).hangs_up_after(ms(talks)),
            )
            .await;
        let phone = scenario.call_from(Caller::default()).await;
        for (at, key) in keys {
            let key = "0123456789*#".as_bytes()[usize::try_from(key).unwrap()];
            phone.press_at(ms(at), &char::from(key).to_string());
        }
        phone.hangup_at(ms(hangup));
        assert!(phone.wait_ended().await.is_some(), "{about}");
        scenario.nothing_left().await;
        scenario.nothing_loops().await;
        let lines = scenario.lines().await;
        let recorded = scenario.sent("POST", "/record").await;
        let began = recorded
            .iter()
            .any(|r| r.path.starts_with(&format!("channels/{}", phone.channel())));
        assert_eq!(
            scenario.web.at("/recorded").len(),
            usize::from(began),
            "{about}\n{lines}"
        );
        let dialled = lines.contains("calls Local/1@");
        assert_eq!(
            scenario.web.at("/dialled").len(),
            usize::from(dialled),
            "{about}\n{lines}"
        );
        assert!(scenario.web.at("/gathered").len() <= 1, "{about}");
    }
}
