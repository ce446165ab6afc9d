//! The called party refuses or hangs up, at every moment and beside every attribute:
//! the `action` and each callback are told once, and the caller's call goes on.

use std::time::Duration;

use pivot::simulate::{Behaviour, Outcome};

use crate::support::{Reply, Scenario, ms, seconds, twiml};

/// Nouns and attributes of a Dial, and what must be over before the two can talk.
const DIALS: &[(&str, &str, u64)] = &[
    ("", "<Number {told}>5550001</Number>", 0),
    ("", "<Sip {told}>bob@example.com</Sip>", 0),
    ("", "<Client {told}>carol</Client>", 0),
    ("", "<User>bob</User>", 0),
    ("", "<Device>bob</Device>", 0),
    ("", "<Number {told}>1</Number><Number>2</Number>", 0),
    ("sequential='true'", "<Number {told}>5550001</Number>", 0),
    (
        "answerOnBridge='true'",
        "<Number {told}>5550001</Number>",
        0,
    ),
    (
        "hangupOnStar='true' timeLimit='60'",
        "<Number {told}>5550001</Number>",
        0,
    ),
    ("ringTone='uk'", "<Number {told}>5550001</Number>", 0),
    (
        "record='record-from-answer'",
        "<Number {told}>5550001</Number>",
        0,
    ),
    (
        "record='record-from-answer-dual'",
        "<Number {told}>5550001</Number>",
        0,
    ),
    (
        "record='record-from-ringing'",
        "<Number {told}>5550001</Number>",
        0,
    ),
    (
        "record='record-from-ringing-dual' trim='trim-silence'",
        "<Number {told}>5550001</Number>",
        0,
    ),
    (
        "",
        "<Number {told} sendDigits='1ww2'>5550001</Number>",
        1_400,
    ),
    ("", "<Number {told} url='/screen'>5550001</Number>", 3_000),
    (
        "record='true'",
        "<Sip {told} url='/screen'>bob@example.com</Sip>",
        3_000,
    ),
    (
        "",
        "<Number {told} machineDetection='Enable' amdStatusCallback='/who'>5550001</Number>",
        0,
    ),
    (
        "",
        "<Sip {told} machineDetection='DetectMessageEnd' amdStatusCallback='/who' url='/screen'>bob@example.com</Sip>",
        3_000,
    ),
];

const TOLD: &str =
    "statusCallback='/told' statusCallbackEvent='initiated ringing answered completed'";

#[tokio::test(start_paused = true)]
async fn a_callee_who_hangs_up_is_told_once_and_the_flow_goes_on() {
    for (attributes, nouns, before) in DIALS {
        for talks in [0, 1, 1_300, 12_345] {
            let behaviour = Behaviour::answers(seconds(1)).hangs_up_after(ms(talks));
            let scenario = dial(attributes, nouns, behaviour).await;
            let about = format!("{attributes} {nouns} {talks}\n{}", scenario.lines().await);
            let told = of_action(&scenario, &about);
            assert_eq!(told("DialCallStatus"), "completed", "{about}");
            // At the very moment either may be the case.
            if talks.abs_diff(*before) > 200 {
                assert_eq!(
                    told("DialBridged"),
                    (talks > *before).to_string(),
                    "{about}"
                );
            }
            statuses(&scenario, nouns, &["in-progress", "completed"], &about);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_callee_who_refuses_is_told_once_and_the_flow_goes_on() {
    for (attributes, nouns, _) in DIALS {
        for (code, after, status) in [
            (486, ms(0), "busy"),
            (486, ms(2_500), "busy"),
            (404, ms(1), "failed"),
            (480, seconds(4), "no-answer"),
        ] {
            let behaviour = Behaviour {
                outcome: Outcome::RejectAfter(code, after),
                ..Behaviour::answers(Duration::ZERO)
            };
            let scenario = dial(attributes, nouns, behaviour).await;
            let about = format!("{attributes} {nouns} {code}\n{}", scenario.lines().await);
            let told = of_action(&scenario, &about);
            assert_eq!(told("DialCallStatus"), status, "{about}");
            assert_eq!(told("DialBridged"), "false", "{about}");
            let recorded = attributes.contains("from-ringing");
            assert_eq!(!told("RecordingUrl").is_empty(), recorded, "{about}");
            statuses(&scenario, nouns, &[status], &about);
            assert!(scenario.web.at("/screen").is_empty(), "{about}");
        }
    }
}

/// A call to its end.
async fn dial(attributes: &str, nouns: &str, behaviour: Behaviour) -> Scenario {
    let scenario = Scenario::new().await;
    scenario.asterisk.callee("*", behaviour).await;
    let web = &scenario.web;
    let nouns = nouns.replace("{told}", TOLD);
    let dial = format!("<Dial action='/action' {attributes}>{nouns}</Dial>");
    web.on("/voice", twiml(&format!("{dial}<Play>sound:never</Play>")));
    web.on("/action", twiml("<Play>sound:goodbye</Play>"));
    web.on("/screen", twiml("<Pause length='3'/>"));
    for path in ["/told", "/who"] {
        web.on(path, Reply::status(204));
    }
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    scenario.nothing_waited().await;
    tokio::time::sleep(seconds(1)).await;
    let lines = scenario.lines().await;
    assert!(!ended.by_phone, "{nouns}\n{lines}");
    let heard = phone.heard_media().await;
    let last = heard.last().map(String::as_str);
    assert_eq!(last, Some("sound:goodbye"), "{attributes} {nouns}\n{lines}");
    scenario
}

/// What the `action` was told, once; empty for what it was not.
fn of_action(scenario: &Scenario, about: &str) -> impl Fn(&str) -> String {
    let mut told = scenario.web.at("/action");
    assert_eq!(told.len(), 1, "{about}");
    let told = told.remove(0);
    move |name| told.param(name).unwrap_or_default()
}

/// The events of the first noun end so, and each came once.
fn statuses(scenario: &Scenario, nouns: &str, end: &[&str], about: &str) {
    let of = |path: &str, name: &str| -> Vec<String> {
        let seen = scenario.web.at(path);
        seen.iter().filter_map(|seen| seen.param(name)).collect()
    };
    let told = of("/told", "CallStatus");
    let expected = [&["initiated", "ringing"], end].concat();
    let expected = if nouns.contains("{told}") {
        expected
    } else {
        Vec::new()
    };
    assert_eq!(told, expected, "{about}");
    let numbers: Vec<_> = (0..told.len()).map(|n| n.to_string()).collect();
    assert_eq!(of("/told", "SequenceNumber"), numbers, "{about}");
    let answered = end.contains(&"completed");
    let detects = nouns.contains("machineDetection") && answered;
    assert_eq!(
        of("/who", "AnsweredBy").len(),
        usize::from(detects),
        "{about}"
    );
}
