//! `pivot`: how a node asks a web application, and what comes when it fails.

use pivot::objects::Kind;
use pivot::simulate::Phone;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, seconds};

/// A call whose node has these settings; `{app}` in them is the web application.
async fn asking(data: Value) -> (Scenario, Phone) {
    let scenario = Scenario::new().await;
    scenario.web.on("/first", Reply::json(&play("first")));
    scenario.web.on("/second", Reply::json(&play("second")));
    let mut pivot = node("pivot", data);
    pivot["children"] = json!({"_": play("sorry")});
    scenario.answer_with("/voice", &pivot);
    let phone = scenario.call().await;
    (scenario, phone)
}

/// The one request for `/first`.
async fn asked(data: Value) -> Seen {
    let (scenario, phone) = asking(data).await;
    scenario.heard(&phone, &["first"]).await;
    let mut seen = scenario.web.at("/first");
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

// Proves pivot.voice_url, pivot.method, pivot.req_body_format.
#[tokio::test(start_paused = true)]
async fn a_node_says_where_and_how_it_is_asked() {
    let seen = asked(json!({"voice_url": "{app}/first?shop=1"})).await;
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("GET", ""));
    assert_eq!(seen.param("shop").as_deref(), Some("1"));
    assert!(seen.param("Call-ID").is_some(), "{}", seen.query);
    let seen = asked(json!({"voice_url": "{app}/first", "method": "post"})).await;
    assert_eq!((seen.method.as_str(), seen.query.as_str()), ("POST", ""));
    assert!(seen.param("Call-ID").is_some(), "{}", seen.body);
    let data = json!({"voice_url": "{app}/first", "method": "post", "req_body_format": "json"});
    let seen = asked(data).await;
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert!(body["Call-ID"].is_string(), "{body}");
    assert_eq!(seen.headers["content-type"], "application/json");
}

// Proves pivot.req_format.
#[tokio::test(start_paused = true)]
async fn the_parameters_have_kazoos_names_or_twilios() {
    for (format, there, not_there) in [
        (json!(null), "Call-ID", "CallSid"),
        (json!("kazoo"), "Caller-ID-Number", "From City"),
        (json!("twiml"), "CallSid", "Call-ID"),
    ] {
        let seen = asked(json!({"voice_url": "{app}/first", "req_format": format})).await;
        assert!(seen.param(there).is_some(), "{format}: {}", seen.query);
        assert!(seen.param(not_there).is_none(), "{format}: {}", seen.query);
    }
}

// Proves pivot.custom_request_headers.
#[tokio::test(start_paused = true)]
async fn headers_of_the_node_are_sent_along() {
    let headers = json!({"X-Shop": "s1", "X-Number": 7});
    let seen = asked(json!({"voice_url": "{app}/first", "custom_request_headers": headers})).await;
    assert_eq!(seen.headers["x-shop"], "s1");
    assert_eq!(seen.headers["x-number"], "7");
}

// Proves pivot.req_timeout_ms.
#[test]
fn the_node_says_how_long_it_waits_for_the_answer() {
    for (timeout, takes, sound) in [
        (json!(1500), ms(3000), "sorry"),
        (json!(null), ms(3000), "slow"),
        (json!(null), ms(7000), "sorry"),
        (json!(9000), ms(7000), "slow"),
    ] {
        in_virtual_time(async move {
            let data = json!({"voice_url": "{app}/slow", "req_timeout_ms": timeout});
            let scenario = Scenario::new().await;
            let reply = Reply::json(&play("slow")).after(takes);
            scenario.web.on("/slow", reply);
            let mut pivot = node("pivot", data);
            pivot["children"] = json!({"_": play("sorry")});
            scenario.answer_with("/voice", &pivot);
            let phone = scenario.call().await;
            scenario.heard(&phone, &[sound]).await;
            let given_up = sound == "sorry";
            let from = phone.heard().await.last().unwrap().from;
            let limit = timeout.as_u64().map_or(seconds(5), ms);
            let expected = if given_up { limit } else { takes };
            assert!(
                from >= expected && from < expected + seconds(2),
                "{timeout}: {from:?}"
            );
        });
    }
}

// Proves pivot.fallback_url, pivot.fallback_method.
#[tokio::test(start_paused = true)]
async fn the_fallback_is_asked_before_the_default_child() {
    for (method, expected) in [(json!(null), "POST"), (json!("get"), "GET")] {
        let data = json!({"voice_url": "{app}/gone", "fallback_url": "{app}/second", "fallback_method": method});
        let (scenario, phone) = asking(data).await;
        scenario.heard(&phone, &["second"]).await;
        let seen = scenario.web.at("/second");
        assert_eq!((seen.len(), seen[0].method.as_str()), (1, expected));
        assert!(seen[0].param("Call-ID").is_some());
    }
    // Neither answers.
    let data = json!({"voice_url": "{app}/gone", "fallback_url": "{app}/gone-too"});
    let (scenario, phone) = asking(data).await;
    scenario.heard(&phone, &["sorry"]).await;
}

// Proves pivot.debug.
#[test]
fn requests_and_answers_are_kept_if_the_node_says_so() {
    for (debug, kept) in [(true, true), (false, false)] {
        in_virtual_time(async move {
            let (scenario, phone) =
                asking(json!({"voice_url": "{app}/first", "debug": debug})).await;
            scenario.heard(&phone, &["first"]).await;
            tokio::time::sleep(seconds(2)).await;
            let records = scenario.all_of(Kind::PivotDebug).await;
            assert_eq!(!records.is_empty(), kept);
        });
    }
}

/// Flows that were called still go on after what the answer has run.
#[tokio::test(start_paused = true)]
async fn a_flow_that_a_called_flow_has_fetched_returns() {
    let scenario = Scenario::new().await;
    let url = format!("{}/first", scenario.web.url());
    scenario.web.on("/first", Reply::json(&play("first")));
    scenario.store("inner", &node("pivot", json!({"voice_url": url})));
    let flow = chain([node("callflow", json!({"id": "inner"})), play("back")]);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    scenario.heard(&phone, &["first", "back"]).await;
}
