//! `pivot`: what each kind of answer does, and what runs when there is none.

use pivot::simulate::Phone;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::{Reply, Scenario, nobody, seconds};

/// A node that asks this URL, and says `sorry` when that fails.
fn asks(url: &str) -> Value {
    let mut pivot = node("pivot", json!({"voice_url": url}));
    pivot["children"] = json!({"_": play("sorry")});
    pivot
}

/// What a caller hears whose node is answered with this.
async fn heard(reply: Reply) -> (Scenario, Vec<String>) {
    let scenario = Scenario::new().await;
    scenario.web.on("/answer", reply);
    scenario.answer_with("/voice", &asks("{app}/answer"));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let heard = phone.heard_media().await;
    (scenario, heard)
}

const TWIML: &str = "<Response><Play>sound:ran</Play></Response>";

fn status(status: u16, reply: Reply) -> Reply {
    Reply { status, ..reply }
}

// Callflow check 87.
/// JSON that cannot be run takes `_` too, as the documentation has it and the failure
/// ladder; Kazoo itself hangs up.
#[test]
fn each_kind_of_answer_runs_hangs_up_or_takes_the_default_child() {
    let flow = play("ran").to_string();
    let json = |body: &str| Reply::new("application/json", body);
    let cases = [
        ("JSON", json(&flow), "ran"),
        ("206 JSON", status(206, json(&flow)), "ran"),
        ("XML", Reply::xml(TWIML), "ran"),
        ("text/xml", Reply::new("text/xml", TWIML), "ran"),
        ("206 XML", status(206, Reply::xml(TWIML)), "ran"),
        ("TwiML without a type", Reply::new("", TWIML), "ran"),
        (
            "TwiML of another type",
            Reply::new("text/html", TWIML),
            "ran",
        ),
        (
            "TwiML of an unheard type",
            Reply::new("application/octet-stream", TWIML),
            "ran",
        ),
        (
            "JSON of another type",
            Reply::new("application/octet-stream", flow.as_str()),
            "ran",
        ),
        ("an empty 200", Reply::status(200), ""),
        ("an empty 206", Reply::status(206), ""),
        ("broken JSON", json(r#"{"module": "play", "#), "sorry"),
        (
            "JSON that is no node",
            json(r#"{"module": "tts", "data": {}}"#),
            "sorry",
        ),
        (
            "neither",
            Reply::new("application/octet-stream", "hello"),
            "sorry",
        ),
        ("201 with a body", status(201, json(&flow)), "ran"),
        ("an empty 201", Reply::status(201), "sorry"),
        ("204", Reply::status(204), "sorry"),
        ("302 to nowhere", Reply::status(302), "sorry"),
        ("404", status(404, json(&flow)), "sorry"),
        ("500", status(500, Reply::xml(TWIML)), "sorry"),
        ("503", Reply::status(503), "sorry"),
    ];
    for (what, reply, expected) in cases {
        in_virtual_time(async move {
            let (scenario, heard) = heard(reply).await;
            let expected: Vec<String> = match expected {
                "" => vec![],
                sound => vec![format!("sound:{sound}")],
            };
            assert_eq!(heard, expected, "{what}\n{}", scenario.lines().await);
        });
    }
}

/// Errors of JSON are kept, without `debug` too.
#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_an_answer_is_kept() {
    let (scenario, _) = heard(Reply::new(
        "application/json",
        r#"{"module": "tts", "data": {}}"#,
    ))
    .await;
    let lines = scenario.lines().await;
    assert!(lines.contains("`text`"), "{lines}");
}

// Callflow check 87. The last row: nobody listens, or nobody answers in time.
#[test]
fn who_cannot_be_reached_is_given_up_at_once_and_who_is_late_at_the_timeout() {
    for late in [false, true] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            let (_socket, gone) = nobody();
            let url = if late {
                scenario
                    .web
                    .on("/late", Reply::json(&play("late")).after(seconds(60)));
                "{app}/late".to_owned()
            } else {
                gone
            };
            scenario.answer_with("/voice", &asks(&url));
            let phone = scenario.call().await;
            scenario.heard(&phone, &["sorry"]).await;
            let from = phone.heard().await.last().unwrap().from;
            let limit = if late { seconds(5) } else { seconds(0) };
            assert!(from >= limit && from < limit + seconds(2), "{from:?}");
        });
    }
}

// Callflow check 88.
#[tokio::test(start_paused = true)]
async fn an_answer_that_asks_again_is_told_the_new_keys_and_how_the_call_stands() {
    let scenario = Scenario::new().await;
    let collect = |name: &str| {
        node(
            "collect_dtmf",
            json!({"max_digits": 2, "collection_name": name}),
        )
    };
    let again = |path: &str| node("pivot", json!({"voice_url": format!("{{app}}{path}")}));
    // The first is a pivot at the root of an answer itself.
    scenario.answer_with("/voice", &again("/root"));
    scenario.answer_with("/root", &again("/first"));
    scenario.answer_with(
        "/first",
        &chain([node("answer", json!({})), collect("a"), again("/second")]),
    );
    scenario.answer_with("/second", &chain([collect("b"), again("/third")]));
    scenario.answer_with("/third", &play("done"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "12");
    phone.press_at(seconds(3), "34");
    scenario.heard(&phone, &["done"]).await;
    let asked = |path: &str| scenario.web.at(path).remove(0);
    let told = |path: &str, name: &str| asked(path).param(name);
    for path in ["/root", "/first"] {
        assert_eq!(
            told(path, "Call-Status").as_deref(),
            Some("ringing"),
            "{path}"
        );
        assert_eq!(told(path, "Digits[a]"), None);
    }
    for (path, a, b) in [("/second", "12", None), ("/third", "12", Some("34"))] {
        assert_eq!(
            told(path, "Call-Status").as_deref(),
            Some("in-progress"),
            "{path}"
        );
        assert_eq!(told(path, "Digits[a]").as_deref(), Some(a), "{path}");
        assert_eq!(told(path, "Digits[b]").as_deref(), b, "{path}");
        assert_eq!(told(path, "Call-ID"), told("/root", "Call-ID"));
    }
}

/// What the caller heard, whether the answer comes or not.
async fn with_answer(reply: Reply) -> Vec<String> {
    let scenario = Scenario::new().await;
    scenario.web.on("/answer", reply);
    let mut flow = play("before");
    flow["children"] = json!({"_": asks("{app}/answer")});
    scenario.answer_with("/voice", &flow);
    let phone: Phone = scenario.call().await;
    scenario.end(&phone).await;
    phone.heard_media().await
}

// Callflow check 89.
#[tokio::test(start_paused = true)]
async fn the_default_child_runs_after_a_failure_only() {
    let answered = with_answer(Reply::json(&play("answer"))).await;
    assert_eq!(answered, ["sound:before", "sound:answer"]);
    let failed = with_answer(Reply::status(500)).await;
    assert_eq!(failed, ["sound:before", "sound:sorry"]);
}
