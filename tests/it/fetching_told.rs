//! What is told beside the flow: debug documents, signatures, the end of a call.

use pivot::flow::signature;
use pivot::simulate::Caller;
use pivot::trace::Kind;
use secrecy::SecretString;
use serde_json::Value;

use crate::fetching::{KAZOO, caller, header, pairs, serve};
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

#[tokio::test(start_paused = true)]
async fn who_vouches_for_the_number_is_told_once_when_somebody_does() {
    let checked = |result: &str, level: &str| {
        let of = |value: &str| format!("STIR_SHAKEN(0,{value})");
        let values = [
            (of("verify_result"), result.to_owned()),
            (of("attestation"), level.to_owned()),
        ];
        values.into_iter().filter(|(_, value)| !value.is_empty())
    };
    let mut kept = Vec::new();
    for (result, level, verstat) in [
        ("success", "A", "TN-Validation-Passed-A"),
        ("Verification passed", "B", "TN-Validation-Passed-B"),
        ("cert_not_trusted", "C", "TN-Validation-Failed-C"),
        ("", "", "No-TN-Validation"),
    ] {
        let scenario = Scenario::new().await;
        let web = &scenario.web;
        web.on("/voice", twiml("<Redirect>/next</Redirect>"));
        web.on("/next", twiml("<Hangup/>"));
        let token = "eyJhbGciOi.eyJhdHRlc3Qi.c2ln";
        let header = format!("{token};info=<https://ca.example.com/a.pem>;alg=ES256");
        let caller = Caller {
            headers: vec![("Identity".into(), header)],
            variables: checked(result, level).collect(),
            ..caller()
        };
        let phone = scenario.call_from(caller).await;
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let first = &scenario.web.at("/voice")[0];
        assert_eq!(first.param("StirVerstat").as_deref(), Some(verstat));
        assert_eq!(first.param("StirPassportToken").as_deref(), Some(token));
        let next = &scenario.web.at("/next")[0];
        assert_eq!(next.param("StirVerstat"), None);
        assert_eq!(next.param("StirPassportToken"), None);
        assert_eq!(next.param("SipHeader_Identity"), None);
        kept.push(scenario);
    }
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml("<Hangup/>"));
    serve(&scenario).await;
    assert_eq!(scenario.web.at("/voice")[0].param("StirVerstat"), None);
    let asked = scenario.asterisk.requests().await;
    let asked = asked.iter().map(|r| r.params.to_string());
    assert!(
        asked.into_iter().all(|params| !params.contains("STIR")),
        "nobody asks in vain"
    );
}
