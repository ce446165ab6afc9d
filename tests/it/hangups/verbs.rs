//! The caller hangs up, in every verb.

use pivot::simulate::Behaviour;
use pivot::twiml::table::definitions;

use crate::support::{Reply, Scenario, ms, seconds, twiml};

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
        "<Dial action='/action'><Sip statusCallback='/told'>bob@example.com</Sip></Dial>",
        1_000,
        &["/action", "/told"],
    ),
    case(
        "<Dial action='/action'><Client>carol</Client></Dial>",
        8_000,
        &["/action"],
    ),
    case(
        "<Dial action='/action'><Number machineDetection='Enable' amdStatusCallback='/told'>5550001</Number></Dial>",
        3_800,
        &["/action", "/told"],
    ),
    case(
        "<Enqueue waitUrl='/leave'>support</Enqueue><Dial action='/action'><Queue>support</Queue></Dial>",
        4_000,
        &["/leave", "/action"],
    ),
    case(
        "<Dial action='/action'><Application>support</Application></Dial>",
        3_000,
        &["/wait", "/action"],
    ),
    case(
        "<Enqueue action='/action' waitUrl='/slow'>support</Enqueue>",
        3_000,
        &["/slow", "/action"],
    ),
    case(
        "<Enqueue action='/action' waitUrl='/asks'>support</Enqueue>",
        3_000,
        &["/asks", "/action"],
    ),
    case("<Play>sound:a</Play><Echo/>", 3_000, &[]),
    case(
        "<Sms to='+15557777' action='/slow'>Hello</Sms>",
        1_000,
        &["/told", "/slow"],
    ),
    case(
        "<Message to='+15557777' action='/slow'>Hello</Message>",
        1_000,
        &["/told", "/slow"],
    ),
    case("<Pay action='/slow'/>", 1_000, &["/slow"]),
    case(
        "<Connect action='/slow'><Stream url='wss://app.example.com/'/></Connect>",
        1_000,
        &["/slow"],
    ),
    case(
        "<Enqueue waitUrl='/leave'>support</Enqueue><Queue>support</Queue><Play>sound:never</Play>",
        4_000,
        &["/leave"],
    ),
    case(
        "<Start><Recording name='r'/></Start><Stop><Recording name='r'/></Stop><Play loop='0'>sound:a</Play>",
        4_000,
        &[],
    ),
    case(
        "<Enqueue action='/action' waitUrl='/leave'>support</Enqueue>",
        500,
        &["/leave", "/action"],
    ),
    case(
        "<Record action='/action' timeout='0' recordingStatusCallback='/told' \
         transcribe='true' transcribeCallback='/text'/>",
        5_000,
        &["/action", "/told", "/text"],
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

/// Only inside the document of a queue.
const ELSEWHERE: &[&str] = &["Leave"];

#[test]
fn every_verb_has_its_case() {
    for definition in definitions() {
        let name = definition.name.as_str();
        let verb = definition.inside.iter().any(|parent| parent == "Response");
        let tag = [
            format!("<{name} "),
            format!("<{name}>"),
            format!("<{name}/"),
        ];
        let known = |case: &Case| tag.iter().any(|tag| case.document.contains(tag));
        assert!(
            !verb || ELSEWHERE.contains(&name) || VERBS.iter().any(known),
            "nobody hangs up in <{name}>"
        );
    }
}

const CONFIG: &str = "[default]\nvoice_url = '{app}/voice'\n\
    [sms]\nurl = '{app}/told'\n[applications]\nsupport = '{app}/wait'\n";

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_in_every_verb() {
    for Case { document, at, owed } in VERBS {
        let scenario = Scenario::configured(CONFIG).await;
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
        for path in ["/told", "/text"] {
            scenario.web.on(path, Reply::status(204));
        }
        let asks = "<Gather action='/never' timeout='20'/>";
        scenario.web.on("/asks", twiml(asks));
        let leaves = "<Play>sound:wait</Play><Leave/>";
        scenario.web.on("/leave", twiml(leaves));
        let phone = scenario.call().await;
        phone.talk_at(seconds(0), seconds(30));
        phone.hangup_at(ms(*at));
        let ended = phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        // What is told beside the call may come a little later.
        tokio::time::sleep(seconds(1)).await;
        let lines = scenario.lines().await;
        assert!(ended.by_phone, "{document}\n{lines}");
        assert!(
            !phone.heard_media().await.contains(&"sound:never".into()),
            "its answer is not looked at: {document}\n{lines}"
        );
        let mut asked: Vec<_> = scenario.web.seen().into_iter().map(|s| s.path).collect();
        asked.remove(0);
        asked.sort_unstable();
        let mut owed = owed.to_vec();
        owed.sort_unstable();
        assert_eq!(asked, owed, "{document}\n{lines}");
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
            } else if document.contains("<Refer") {
                let told = request.param("ReferCallStatus");
                assert_eq!(told.as_deref(), Some("canceled"), "{lines}");
            } else if document.contains("<Queue") {
                assert_eq!(request.param("DialCallStatus").as_deref(), Some("canceled"));
            } else if document.contains("<Enqueue") {
                assert_eq!(request.param("QueueResult").as_deref(), Some("hangup"));
            } else if document.contains("<Application") {
                assert_eq!(
                    request.param("DialCallStatus").as_deref(),
                    Some("completed")
                );
                assert_eq!(request.param("DialBridged").as_deref(), Some("true"));
            } else if document.contains("<Conference") {
                assert_eq!(request.param("DialCallStatus").as_deref(), Some("answered"));
                assert!(request.param("DialCallSid").is_none(), "{document}");
            } else {
                let talked = *at > 3_500;
                let asked_first = document.contains("sendDigits") || document.contains(" url=");
                let heard = talked && !asked_first;
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
