//! What happens when a document cannot be had: retry, fallback URL, the pivot
//! node's `_`, the dialplan; and what the dialplan is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pivot::call::{Checkpoints, State};
use pivot::id::CallId;
use pivot::simulate::{Continued, Phone};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::support::{Reply, Scenario, Setting, ms, nobody, seconds, twiml};

const BOTH: &str = "[default]\nvoice_url = '{app}/voice'\nfallback_url = '{app}/fallback'\nfallback_method = 'get'\n";

async fn handed_back(scenario: &Scenario, phone: &Phone) -> Continued {
    phone.wait_ended().await.unwrap();
    let Some(continued) = phone.continued().await else {
        panic!("not handed back:\n{}", scenario.lines().await);
    };
    continued
}

fn told<'a>(continued: &'a Continued, name: &str) -> &'a str {
    continued.variables.get(name).map_or("", String::as_str)
}

/// Servers and documents that are of no use, with Twilio's code for each.
fn useless() -> Vec<(&'static str, Reply, &'static str, &'static str)> {
    let big = format!("<Response><!--{}--></Response>", "x".repeat(70_000));
    vec![
        ("not found", Reply::status(404), "HTTP_ERROR", "11200"),
        ("server error", Reply::status(500), "HTTP_ERROR", "11200"),
        ("no content", Reply::status(204), "HTTP_ERROR", "11770"),
        ("empty", Reply::xml(""), "HTTP_ERROR", "11770"),
        (
            "type",
            Reply::new("application/pdf", "%PDF-1.7"),
            "HTTP_ERROR",
            "12300",
        ),
        ("size", Reply::xml(big), "HTTP_ERROR", ""),
        (
            "slow",
            twiml("<Hangup/>").after(seconds(20)),
            "HTTP_ERROR",
            "11203",
        ),
        (
            "parse",
            Reply::xml("<Response><Say>Hello"),
            "DOCUMENT_ERROR",
            "12100",
        ),
        (
            "bare ampersand",
            Reply::xml("<Response><Redirect>/a?b=1&c=2</Redirect></Response>"),
            "DOCUMENT_ERROR",
            "12100",
        ),
        ("root", Reply::xml("<response/>"), "DOCUMENT_ERROR", "12102"),
        (
            "json",
            Reply::new("application/json", "{\"module\": \"tts\""),
            "DOCUMENT_ERROR",
            "",
        ),
        (
            "module",
            Reply::json(&json!({ "module": "tts", "data": {} })),
            "DOCUMENT_ERROR",
            "",
        ),
        (
            "xml as json",
            Reply::new("application/json", "<Response/>"),
            "DOCUMENT_ERROR",
            "",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_is_of_no_use_goes_back_to_the_dialplan_with_a_reason() {
    for (what, reply, status, _) in useless() {
        let scenario = Scenario::new().await;
        scenario.web.on("/voice", reply);
        let phone = scenario.call().await;
        let continued = handed_back(&scenario, &phone).await;
        let lines = scenario.lines().await;
        assert_eq!(told(&continued, "PIVOT_STATUS"), status, "{what}\n{lines}");
        let reason = told(&continued, "PIVOT_REASON");
        assert!(reason.contains("/voice"), "{what}: {reason}");
        assert!(!reason.contains('\n'), "{what}: one sentence: {reason}");
        assert!(
            phone.heard_media().await.is_empty(),
            "{what}: nothing of it is heard"
        );
        assert_eq!(
            phone.responses().await.iter().find(|code| **code == 200),
            None,
            "{what}: it is not answered"
        );
        scenario.nothing_left().await;
    }
}

// Check 9.
// Check 40.
#[tokio::test(start_paused = true)]
async fn the_fallback_url_is_asked_with_the_error_and_its_url() {
    for (what, reply, _, code) in useless() {
        let scenario = Scenario::configured(BOTH).await;
        scenario.web.on("/voice", reply);
        scenario
            .web
            .on("/fallback", twiml("<Play>sound:sorry</Play>"));
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        assert_eq!(
            phone.heard_media().await,
            ["sound:sorry"],
            "{what}\n{lines}"
        );
        let asked = scenario.web.at("/fallback");
        assert_eq!(asked.len(), 1, "{what}");
        assert_eq!(asked[0].method, "GET");
        let error = asked[0].param("ErrorCode").unwrap();
        assert!(error.parse::<u32>().is_ok(), "{what}: {error}");
        if !code.is_empty() {
            assert_eq!(error, code, "{what}");
        }
        assert_eq!(
            asked[0].param("ErrorUrl").unwrap(),
            format!("{}/voice", scenario.web.url()),
            "{what}"
        );
        assert_eq!(asked[0].param("CallStatus").as_deref(), Some("ringing"));
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_fails_too_goes_back_to_the_dialplan() {
    let scenario = Scenario::configured(BOTH).await;
    scenario.web.on("/voice", Reply::status(500));
    scenario.web.on("/fallback", Reply::xml("<Response><Say"));
    let phone = scenario.call().await;
    let continued = handed_back(&scenario, &phone).await;
    assert_eq!(told(&continued, "PIVOT_STATUS"), "DOCUMENT_ERROR");
    assert!(told(&continued, "PIVOT_REASON").contains("/fallback"));
    assert_eq!(scenario.web.at("/fallback").len(), 1, "not again and again");
    scenario.nothing_left().await;
}

// Check 49.
#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_tried_once_more_and_no_other_failure_is() {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", Reply::status(500));
    let phone = scenario.call().await;
    handed_back(&scenario, &phone).await;
    assert_eq!(scenario.web.at("/voice").len(), 1);

    let (_reserved, url) = nobody();
    let scenario = Scenario::configured(&format!("[default]\nvoice_url = '{url}/voice'\n")).await;
    let phone = scenario.call().await;
    let continued = handed_back(&scenario, &phone).await;
    assert_eq!(told(&continued, "PIVOT_STATUS"), "HTTP_ERROR");
    let lines = scenario.lines().await;
    assert!(lines.contains("Connect"), "the phase is named:\n{lines}");
    let ended = phone.ended().await.unwrap();
    assert!(ended.at < seconds(6), "without a long wait: {:?}", ended.at);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn retries_written_in_the_urls_fragment_are_made() {
    let scenario = Scenario::configured("[default]\nvoice_url = '{app}/voice#rc=3&rp=5xx'\n").await;
    scenario.web.on("/voice", Reply::status(503));
    scenario.web.on("/voice", Reply::status(500));
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:hello-world"]);
    assert_eq!(scenario.web.at("/voice").len(), 3);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_or_breaks_off_counts_as_failed() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<Resp",
        "junk\r\n\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/voice", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut black_hole = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if answer.is_empty() {
                    black_hole.push(stream);
                } else {
                    stream.write_all(answer.as_bytes()).await.ok();
                }
            }
        });
        let scenario = Scenario::configured(&format!("[default]\nvoice_url = '{url}'\n")).await;
        let phone = scenario.call().await;
        let continued = handed_back(&scenario, &phone).await;
        assert_eq!(told(&continued, "PIVOT_STATUS"), "HTTP_ERROR", "{answer:?}");
        let ended = phone.ended().await.unwrap();
        assert!(ended.at < seconds(20), "{answer:?}: {:?}", ended.at);
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_pivot_node_goes_on_at_its_default_child() {
    for reply in [
        Reply::status(404),
        Reply::status(204),
        Reply::xml("<Response>"),
        twiml("<Hangup/>").after(seconds(10)),
        Reply::json(&json!({ "module": "hangup" })),
    ] {
        let fails = reply.status != 200 || !reply.body.starts_with(b"{");
        let scenario = Scenario::configured(
            "[default]\nvoice_url = '{app}/voice'\nreq_format = 'kazoo'\nmethod = 'get'\n",
        )
        .await;
        scenario.web.on(
            "/voice",
            Reply::json(&json!({
                "module": "pivot",
                "data": { "voice_url": format!("{}/inner", scenario.web.url()) },
                "children": { "_": { "module": "play", "data": { "id": "sound:default-child" } } }
            })),
        );
        scenario.web.on("/inner", reply);
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let heard = phone.heard_media().await;
        assert_eq!(
            heard.contains(&"sound:default-child".to_owned()),
            fails,
            "{heard:?}\n{}",
            scenario.lines().await
        );
        assert!(phone.continued().await.is_none());
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_document_goes_to_the_dialplan_and_not_to_the_default_child() {
    let scenario = Scenario::configured("[default]\nvoice_url = '{app}/voice'\n").await;
    scenario.web.on(
        "/voice",
        Reply::json(&json!({
            "module": "pivot",
            "data": { "voice_url": format!("{}/inner", scenario.web.url()), "req_format": "twiml" },
            "children": { "_": { "module": "play", "data": { "id": "sound:default-child" } } }
        })),
    );
    scenario.web.on(
        "/inner",
        twiml("<Play>sound:hello-world</Play><Redirect>/gone</Redirect>"),
    );
    let phone = scenario.call().await;
    let continued = handed_back(&scenario, &phone).await;
    assert_eq!(told(&continued, "PIVOT_STATUS"), "HTTP_ERROR");
    assert!(told(&continued, "PIVOT_REASON").contains("/gone"));
    assert_eq!(phone.heard_media().await, ["sound:hello-world"]);
    scenario.nothing_left().await;
}

// Check 41.
#[tokio::test(start_paused = true)]
async fn a_later_document_that_fails_asks_the_fallback_url_first() {
    let scenario = Scenario::configured(BOTH).await;
    scenario.web.on(
        "/voice",
        twiml("<Play>sound:hello-world</Play><Redirect>/gone</Redirect>"),
    );
    scenario
        .web
        .on("/fallback", twiml("<Play>sound:sorry</Play>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await,
        ["sound:hello-world", "sound:sorry"]
    );
    let asked = &scenario.web.at("/fallback")[0];
    assert_eq!(asked.param("CallStatus").as_deref(), Some("in-progress"));
    assert!(asked.param("ErrorUrl").unwrap().ends_with("/gone"));
    scenario.nothing_left().await;
}

// Check 42.
#[tokio::test(start_paused = true)]
async fn the_twilio_profile_apologises_and_hangs_up() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = '{app}/voice'\nprofile = 'twilio'\n").await;
    scenario.web.on("/voice", Reply::status(500));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    assert_eq!(phone.heard_media().await.len(), 1, "{lines}");
    assert!(lines.contains("speech \"We are sorry"), "{lines}");
    assert!(phone.continued().await.is_none());
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_number_that_nothing_takes_has_no_route() {
    let scenario =
        Scenario::configured("[[route]]\nnumbers = ['2030']\nvoice_url = '{app}/v'\n").await;
    let phone = scenario.call().await;
    let continued = handed_back(&scenario, &phone).await;
    assert_eq!(told(&continued, "PIVOT_STATUS"), "NO_ROUTE");
    assert!(told(&continued, "PIVOT_REASON").contains("1000"));
    assert!(scenario.web.seen().is_empty());
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_without_room_is_handed_back_and_those_that_run_go_on() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = '{app}/voice'\n[limits]\ncalls = 1\n").await;
    scenario.asterisk.sound("hello-world", seconds(30)).await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let first = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let second = scenario.call().await;
    let continued = handed_back(&scenario, &second).await;
    assert_eq!(told(&continued, "PIVOT_STATUS"), "OVERLOADED");
    assert!(told(&continued, "PIVOT_REASON").contains("[limits] calls"));
    first.wait_ended().await.unwrap();
    assert!(first.heard().await.iter().all(|heard| heard.complete));
    let third = scenario.call().await;
    third.wait_ended().await.unwrap();
    assert_eq!(third.heard_media().await, ["sound:hello-world"]);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn draining_hands_new_calls_back_and_lets_the_others_end() {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("hello-world", seconds(20)).await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let running = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let draining = scenario.pivot.drain();
    let new_call = async {
        tokio::time::sleep(seconds(1)).await;
        let phone = scenario.call().await;
        handed_back(&scenario, &phone).await
    };
    let ((), continued) = tokio::join!(draining, new_call);
    assert_eq!(told(&continued, "PIVOT_STATUS"), "DRAINING");
    assert!(running.ended().await.is_some(), "draining waits for it");
    assert!(running.heard().await.iter().all(|heard| heard.complete));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_outlast_the_draining_go_back_to_the_dialplan() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = '{app}/voice'\n[limits]\ndrain_s = 5\n").await;
    scenario.asterisk.sound("hello-world", seconds(600)).await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    scenario.pivot.drain().await;
    let continued = handed_back(&scenario, &phone).await;
    assert_eq!(
        told(&continued, "PIVOT_STATUS"),
        "DRAINING",
        "{}",
        scenario.lines().await
    );
    assert_eq!(told(&continued, "PIVOT_REASON"), "pivot is shutting down");
    scenario.nothing_waited().await;
    scenario.nothing_left().await;
}

/// Fails in the task of one call, once it has been answered.
#[derive(Default)]
struct Breaks {
    done: AtomicBool,
}

impl Checkpoints for Breaks {
    fn write(&self, state: &State) {
        let playing = !state.playing.is_empty();
        assert!(
            !playing || self.done.swap(true, Ordering::SeqCst),
            "a call's task fails (on purpose)"
        );
    }

    fn remove(&self, _: &CallId) {}
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_task_fails_goes_back_to_the_dialplan_and_the_others_go_on() {
    let scenario = Scenario::with(Setting {
        checkpoints: Some(Arc::new(Breaks::default())),
        ..Setting::default()
    })
    .await;
    scenario.asterisk.sound("hello-world", seconds(5)).await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play>"));
    let broken = scenario.call().await;
    tokio::time::sleep(ms(100)).await;
    let fine = scenario.call().await;
    let continued = handed_back(&scenario, &broken).await;
    assert_eq!(told(&continued, "PIVOT_STATUS"), "INTERNAL_ERROR");
    assert!(!told(&continued, "PIVOT_REASON").is_empty());
    fine.wait_ended().await.unwrap();
    assert_eq!(fine.heard_media().await, ["sound:hello-world"]);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_ends_hangs_up_or_goes_on_in_the_dialplan_as_configured() {
    for (on_end, back) in [("hangup", false), ("continue", true)] {
        let scenario = Scenario::configured(&format!(
            "[default]\nvoice_url = '{{app}}/voice'\non_end = '{on_end}'\n"
        ))
        .await;
        scenario
            .web
            .on("/voice", twiml("<Play>sound:hello-world</Play>"));
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let continued = phone.continued().await;
        assert_eq!(continued.is_some(), back, "{on_end}");
        if let Some(continued) = continued {
            assert_eq!(told(&continued, "PIVOT_STATUS"), "COMPLETED");
        }
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_verb_hangs_up_even_where_flows_continue() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = '{app}/voice'\non_end = 'continue'\n").await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:hello-world</Play><Hangup/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(phone.continued().await.is_none());
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_that_asks_for_itself_for_ever_is_ended() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = '{app}/voice'\n[limits]\ndocuments = 5\n")
            .await;
    scenario
        .web
        .on("/voice", twiml("<Redirect>/voice</Redirect>"));
    let phone = scenario.call().await;
    let continued = handed_back(&scenario, &phone).await;
    assert!(told(&continued, "PIVOT_REASON").contains("5 documents"));
    assert_eq!(scenario.web.at("/voice").len(), 5);
    scenario.nothing_left().await;
}
