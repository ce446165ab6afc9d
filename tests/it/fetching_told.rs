//! What is told beside the flow: debug documents, signatures, the end of a call.

use pivot::flow::signature;
use pivot::trace::Kind;
use secrecy::SecretString;
use serde_json::Value;

use crate::fetching::{KAZOO, header, pairs, serve};
use crate::support::{Reply, Scenario, twiml};

#[tokio::test(start_paused = true)]
async fn debug_keeps_each_request_and_response() {
    // 111, 112, 114.
    for debug in [true, false] {
        let scenario = Scenario::configured(&format!("{KAZOO}debug = {debug}\n")).await;
        scenario.web.on(
            "/voice",
            twiml("<Redirect>/gone</Redirect>").header("x-big", "SHOUT"),
        );
        scenario.web.on("/gone", Reply::status(404));
        serve(&scenario).await;
        let timeline = scenario.timeline().await;
        let documents: Vec<Value> = timeline
            .entries
            .into_iter()
            .filter(|entry| entry.kind == Kind::Debug)
            .filter_map(|entry| entry.detail.map(|detail| *detail))
            .collect();
        if !debug {
            assert!(documents.is_empty(), "{documents:?}");
            continue;
        }
        assert_eq!(documents.len(), 4, "{documents:?}");
        for (number, document) in documents.iter().enumerate() {
            assert_eq!(document["call_id"], "829597750@10.26.0.158");
            assert_eq!(document["iteration"], number / 2 + 1);
            assert!(document["created"].as_i64().unwrap() > 62_167_219_200);
        }
        assert_eq!(documents[0]["method"], "get");
        assert!(documents[0]["uri"].as_str().unwrap().contains("/voice?"));
        assert_eq!(documents[0]["req_body"], "");
        assert!(documents[0]["req_headers"].is_object());
        assert_eq!(documents[1]["resp_status_code"], "200");
        assert_eq!(documents[1]["resp_headers"]["x-big"], "shout");
        assert!(
            documents[1]["resp_body"]
                .as_str()
                .unwrap()
                .contains("<Redirect>")
        );
        assert_eq!(documents[2]["method"], "post");
        assert!(
            documents[2]["req_body"]
                .as_str()
                .unwrap()
                .contains("Direction=inbound")
        );
        assert_eq!(documents[3]["resp_status_code"], "404");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_json_are_kept_without_debug_too() {
    // 27, 112.
    for (text, key) in [
        (r#"{"module": "tts", "data": {"text": "#, "json_errors"),
        (r#"{"module": "tts", "data": {}}"#, "schema_errors"),
    ] {
        let scenario = Scenario::configured(KAZOO).await;
        scenario
            .web
            .on("/voice", Reply::new("application/json", text));
        serve(&scenario).await;
        let timeline = scenario.timeline().await;
        let kept = timeline
            .entries
            .iter()
            .find_map(|entry| entry.detail.as_ref());
        let kept = kept.unwrap_or_else(|| panic!("{text}"));
        assert!(kept.get(key).is_some(), "{key}: {kept}");
        assert_eq!(kept["resp_body"], text);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_signed_when_there_is_a_token() {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/voice?a=1'\nstatus_callback = '{app}/status'\n[account]\nauth_token = 'topsecret'\n",
    )
    .await;
    scenario
        .web
        .on("/voice", twiml("<Redirect method='GET'>/next</Redirect>"));
    scenario
        .web
        .on("/next", twiml("<Play>sound:hello-world</Play>"));
    scenario.web.on("/status", Reply::status(204));
    serve(&scenario).await;
    let token = SecretString::from("topsecret");
    for path in ["/voice", "/next", "/status"] {
        let seen = &scenario.web.at(path)[0];
        let query = if seen.query.is_empty() {
            String::new()
        } else {
            format!("?{}", seen.query)
        };
        let url = format!("{}{path}{query}", scenario.web.url());
        let form = if seen.method == "GET" {
            Vec::new()
        } else {
            pairs(seen)
        };
        assert_eq!(
            header(seen, "x-twilio-signature"),
            Some(signature::sign(&token, &url, &form).as_str()),
            "{path}"
        );
    }
    let unsigned = Scenario::new().await;
    unsigned.web.on("/voice", twiml("<Hangup/>"));
    serve(&unsigned).await;
    assert_eq!(
        header(&unsigned.web.at("/voice")[0], "x-twilio-signature"),
        None
    );
}

// Check 59.
// Check 193.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_is_told_to_the_status_callback() {
    for method in ["post", "get"] {
        let scenario = Scenario::configured(&format!(
            "[default]\nvoice_url = '{{app}}/voice'\nstatus_callback = '{{app}}/status'\nstatus_callback_method = '{method}'\n"
        ))
        .await;
        scenario.web.on(
            "/voice",
            twiml("<Play>sound:hello-world</Play><Play>sound:b</Play>"),
        );
        scenario.web.on("/status", Reply::status(500));
        serve(&scenario).await;
        let told = scenario.web.at("/status");
        assert_eq!(told.len(), 1, "once, whatever it answers");
        assert_eq!(told[0].method.to_lowercase(), method);
        for (name, value) in [
            ("CallStatus", "completed"),
            ("CallDuration", "2"),
            ("Duration", "1"),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", "0"),
        ] {
            assert_eq!(told[0].param(name).as_deref(), Some(value), "{name}");
        }
        assert!(told[0].param("Timestamp").unwrap().ends_with("+0000"));
    }
}
