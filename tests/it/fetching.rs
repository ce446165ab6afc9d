//! How documents are asked for: parameters, encodings, headers, cookies,
//! redirects, what counts as a document, callbacks and debug documents.
//!
//! The numbers are those of the checks of the compatibility notes. Overruled by
//! the outer face, and tested in its form: 2 (CallSid is Twilio-shaped, and the
//! union is sent), 3 (twiml is the default of routes), 13 (cookies are kept), 15
//! (relative URLs resolve against the URL after redirects), 16 (every redirect
//! becomes GET in twiml), 19 (201 with a body runs), 23 and 25 (back to the
//! dialplan), 28 (an unknown module is skipped with a warning). 10 needs stored
//! users; 29 to 42 are in `fetching_answers`, 111 to 114 in `fetching_told`; 17 to 22, 24 and 26 are in `ladder`; 113 is an API of its own.

use std::collections::BTreeSet;

use pivot::simulate::Caller;
use serde_json::{Value, json};

use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, seconds, twiml};

pub(crate) const KAZOO: &str =
    "[default]\nvoice_url = '{app}/voice'\nreq_format = 'kazoo'\nmethod = 'get'\n";

pub(crate) fn caller() -> Caller {
    Caller {
        number: "4158867900".into(),
        name: "José É".into(),
        to: "2030".into(),
        domain: "pbx.example.com".into(),
        call_id: Some("829597750@10.26.0.158".into()),
        ..Caller::default()
    }
}

pub(crate) async fn serve(scenario: &Scenario) {
    let phone = scenario.call_from(caller()).await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(1)).await;
}

pub(crate) fn pairs(seen: &Seen) -> Vec<(String, String)> {
    let form = if seen.method == "GET" {
        &seen.query
    } else {
        &seen.body
    };
    url::form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect()
}

fn names(seen: &Seen) -> BTreeSet<String> {
    pairs(seen).into_iter().map(|(name, _)| name).collect()
}

pub(crate) fn header<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.headers.get(name).and_then(|value| value.to_str().ok())
}

#[tokio::test(start_paused = true)]
async fn kazoos_first_request_carries_kazoos_parameters_and_no_others() {
    // 1, 5, 8: GET has a query and no body, whatever the body's format.
    for body in ["form", "json"] {
        let scenario = Scenario::configured(&format!("{KAZOO}req_body_format = '{body}'\n")).await;
        scenario.web.on("/voice", twiml("<Hangup/>"));
        serve(&scenario).await;
        let seen = &scenario.web.at("/voice")[0];
        assert_eq!((seen.method.as_str(), seen.body.as_str()), ("GET", ""));
        let expected = [
            ("Api-Version", "4.x"),
            ("Call-ID", "829597750@10.26.0.158"),
            ("Call-Status", "ringing"),
            ("Caller-ID-Name", "José É"),
            ("Caller-ID-Number", "4158867900"),
            ("Direction", "inbound"),
            ("From", "4158867900"),
            ("From-Realm", "pbx.example.com"),
            ("To", "2030"),
            ("To-Realm", "pbx.example.com"),
            ("Request", "2030"),
            ("Request-Realm", "pbx.example.com"),
            ("Language", "en-us"),
        ];
        for (name, value) in expected {
            assert_eq!(seen.param(name).as_deref(), Some(value), "{name}");
        }
        let mut all: BTreeSet<String> = expected.iter().map(|(n, _)| (*n).to_owned()).collect();
        all.insert("Account-ID".into());
        assert_eq!(names(seen), all);
        assert_eq!(seen.param("Account-ID").unwrap().len(), 32);
        assert!(
            seen.query.contains("Call-ID=829597750%4010.26.0.158"),
            "{}",
            seen.query
        );
        assert!(seen.query.contains("=Jos%C3%A9+%C3%89"), "{}", seen.query);
    }
}

// Check 1.
// Check 3.
#[tokio::test(start_paused = true)]
async fn twiml_requests_carry_twilios_parameters_and_kazoos_four() {
    let scenario = Scenario::new().await;
    scenario
        .web
        .on("/voice", twiml("<Redirect>/next</Redirect>"));
    scenario.web.on("/next", twiml("<Hangup/>"));
    serve(&scenario).await;
    let seen = &scenario.web.at("/voice")[0];
    let mut expected: BTreeSet<String> = [
        "AccountSid",
        "ApiVersion",
        "CallSid",
        "CallStatus",
        "Direction",
        "From",
        "To",
        "Caller",
        "Called",
        "FromRealm",
        "ToRealm",
        "SipCallId",
        "SipDomain",
        "SipSourceIp",
        "CallerName",
        "CallerNumber",
    ]
    .map(String::from)
    .into();
    for party in ["From", "To", "Caller", "Called"] {
        for place in ["City", "State", "Zip", "Country"] {
            expected.insert(format!("{party}{place}"));
            assert_eq!(seen.param(&format!("{party}{place}")).as_deref(), Some(""));
        }
    }
    assert_eq!(names(seen), expected);
    for (name, value) in [
        ("ApiVersion", "2010-04-01"),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", "4158867900"),
        ("Called", "2030"),
        ("FromRealm", "pbx.example.com"),
        ("CallerName", "José É"),
    ] {
        assert_eq!(seen.param(name).as_deref(), Some(value), "{name}");
    }
    let sid = seen.param("CallSid").unwrap();
    assert!(sid.starts_with("CA") && sid.len() == 34, "{sid}");
    let next = &scenario.web.at("/next")[0];
    assert_eq!(next.param("CallSid"), Some(sid), "it stays the same");
    assert!(header(seen, "i-twilio-idempotency-token").is_some());
    assert_eq!(header(seen, "user-agent"), Some("TwilioProxy/1.1"));
}

#[tokio::test(start_paused = true)]
async fn a_urls_own_query_stays_in_front_and_out_of_the_body() {
    // 4, 6.
    for (method, body_type) in [
        ("get", None),
        ("POST", Some("application/x-www-form-urlencoded")),
    ] {
        let scenario = Scenario::configured(&format!(
            "[default]\nvoice_url = '{{app}}/voice?x=1&x=2#anchor'\nreq_format = 'kazoo'\nmethod = '{method}'\n"
        ))
        .await;
        scenario.web.on("/voice", twiml("<Hangup/>"));
        serve(&scenario).await;
        let seen = &scenario.web.at("/voice")[0];
        assert_eq!(header(seen, "content-type"), body_type);
        if body_type.is_none() {
            assert!(seen.query.starts_with("x=1&x=2&"), "{}", seen.query);
        } else {
            assert_eq!(seen.query, "x=1&x=2");
            assert_eq!(seen.param("Direction").as_deref(), Some("inbound"));
            assert!(!seen.body.contains("x=1"), "{}", seen.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_json_body_is_one_object_with_nested_digits() {
    // 7, 92, 95.
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/voice'\nreq_format = 'kazoo'\nreq_body_format = 'json'\n",
    )
    .await;
    let pivot = |data: Value| json!({ "module": "pivot", "data": data });
    let next = pivot(json!({
        "voice_url": format!("{}/next", scenario.web.url()), "method": "post", "req_body_format": "json"
    }));
    let collect = |name: &str, then: Value| {
        json!({ "module": "collect_dtmf", "data": { "max_digits": 2, "collection_name": name, "timeout": 4000 },
                "children": { "_": then } })
    };
    scenario
        .web
        .on("/voice", Reply::json(&collect("one", collect("two", next))));
    scenario
        .web
        .on("/next", Reply::json(&json!({ "module": "hangup" })));
    let phone = scenario.call_from(caller()).await;
    phone.press_at(seconds(1), "12");
    phone.press_at(seconds(2), "34");
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let first = &scenario.web.at("/voice")[0];
    assert_eq!(header(first, "content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(body["Direction"], "inbound");
    let next = &scenario.web.at("/next")[0];
    let body: Value = serde_json::from_str(&next.body).unwrap();
    assert_eq!(body["Digits"], json!({ "one": "12", "two": "34" }));
}

#[tokio::test(start_paused = true)]
async fn headers_of_the_invite_and_variables_arrive_in_brackets() {
    // 11, 105.
    let scenario = Scenario::configured(KAZOO).await;
    let flow = json!({ "module": "set_variables", "data": { "custom_application_vars": { "colour": "red" } },
        "children": { "_": { "module": "pivot", "data": { "voice_url": format!("{}/next", scenario.web.url()) } } } });
    scenario.web.on("/voice", Reply::json(&flow));
    scenario.web.on("/next", twiml("<Hangup/>"));
    let mut caller = caller();
    caller.headers = vec![("X-Foo".into(), "bar".into())];
    let phone = scenario.call_from(caller).await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    for path in ["/voice", "/next"] {
        assert_eq!(
            scenario.web.at(path)[0]
                .param("Custom-SIP-Headers[X-Foo]")
                .as_deref(),
            Some("bar"),
            "{path}"
        );
    }
    let next = &scenario.web.at("/next")[0];
    assert_eq!(
        next.param("Custom-Application-Vars[colour]").as_deref(),
        Some("red"),
        "{}",
        next.query
    );
}

#[tokio::test(start_paused = true)]
async fn own_headers_are_on_every_request_but_not_on_the_call_record() {
    // 9, 109.
    for method in ["get", "post"] {
        let scenario = Scenario::configured(&format!(
            "[default]\nvoice_url = '{{app}}/voice'\nreq_format = 'kazoo'\nmethod = '{method}'\ncdr_url = '{{app}}/cdr'\n\
             custom_request_headers = {{ X-Shop = 'seven' }}\n"
        ))
        .await;
        scenario
            .web
            .on("/voice", twiml("<Redirect>/next</Redirect>"));
        scenario
            .web
            .on("/next", twiml("<Play>sound:hello-world</Play>"));
        scenario.web.on("/cdr", Reply::status(200));
        serve(&scenario).await;
        for path in ["/voice", "/next"] {
            assert_eq!(
                header(&scenario.web.at(path)[0], "x-shop"),
                Some("seven"),
                "{path}"
            );
        }
        let cdr = scenario.web.at("/cdr");
        assert_eq!(cdr.len(), 1, "{}", scenario.lines().await);
        let cdr = &cdr[0];
        assert_eq!(header(cdr, "x-shop"), None);
        assert_eq!(cdr.method, "POST");
        for (name, value) in [
            ("Call-ID", "829597750@10.26.0.158"),
            ("Hangup-Cause", "NORMAL_CLEARING"),
            ("Call-Direction", "inbound"),
            ("Duration-Seconds", "1"),
            ("Billing-Seconds", "1"),
        ] {
            assert_eq!(cdr.param(name).as_deref(), Some(value), "{name}");
        }
        assert!(!cdr.body.contains("Custom-Channel-Vars"));
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_record_is_sent_after_a_callflow_took_over() {
    // 110.
    let scenario = Scenario::configured(&format!("{KAZOO}cdr_url = '{{app}}/cdr'\n")).await;
    scenario
        .web
        .on("/voice", Reply::json(&json!({ "module": "hangup" })));
    serve(&scenario).await;
    assert!(scenario.web.at("/cdr").is_empty());
}

#[tokio::test(start_paused = true)]
async fn credentials_of_the_url_become_basic_authentication() {
    // 12.
    for method in ["get", "post"] {
        let scenario = Scenario::new().await;
        let host = scenario.web.url().replace("http://", "");
        scenario.web.on("/voice", twiml("<Hangup/>"));
        let mut caller = caller();
        caller.args = vec![
            format!("http://us%40er:pass@{host}/voice"),
            format!("method={method}"),
            "req_format=kazoo".into(),
        ];
        let phone = scenario.call_from(caller).await;
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let seen = &scenario.web.at("/voice")[0];
        assert_eq!(
            header(seen, "authorization"),
            Some("Basic dXNAZXI6cGFzcw=="),
            "{method}"
        );
        assert!(
            !scenario.lines().await.contains("pass@"),
            "no secret in the timeline"
        );
    }
}

// Check 52.
#[tokio::test(start_paused = true)]
async fn cookies_are_kept_for_the_call_and_for_no_other() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Redirect>/next</Redirect>").header("set-cookie", "session=abc; Path=/"),
    );
    scenario.web.on("/next", twiml("<Hangup/>"));
    serve(&scenario).await;
    assert_eq!(
        header(&scenario.web.at("/next")[0], "cookie"),
        Some("session=abc")
    );
    serve(&scenario).await;
    assert_eq!(header(&scenario.web.at("/voice")[1], "cookie"), None);
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_counts_the_whole_answer() {
    // 14.
    for (delay, heard) in [(1_900, true), (2_100, false)] {
        let scenario = Scenario::configured(&format!("{KAZOO}req_timeout_ms = 2000\n")).await;
        scenario.web.on(
            "/voice",
            twiml("<Play>sound:hello-world</Play>").after(std::time::Duration::from_millis(delay)),
        );
        let phone = scenario.call_from(caller()).await;
        phone.wait_ended().await.unwrap();
        assert_eq!(!phone.heard_media().await.is_empty(), heard, "{delay} ms");
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_are_followed_as_each_format_does() {
    // 15, 16.
    for (format, status, method) in [
        ("twiml", 302, "GET"),
        ("twiml", 307, "GET"),
        ("kazoo", 302, "GET"),
        ("kazoo", 307, "POST"),
        ("kazoo", 308, "POST"),
    ] {
        let scenario = Scenario::configured(&format!(
            "[default]\nvoice_url = '{{app}}/voice'\nreq_format = '{format}'\n"
        ))
        .await;
        scenario.web.on(
            "/voice",
            Reply::status(status).header("location", "/moved/here"),
        );
        scenario
            .web
            .on("/moved/here", twiml("<Redirect>next</Redirect>"));
        scenario.web.on("/moved/next", twiml("<Hangup/>"));
        serve(&scenario).await;
        let moved = &scenario.web.at("/moved/here")[0];
        assert_eq!(moved.method, method, "{format} {status}");
        assert_eq!(moved.body.is_empty(), method == "GET", "{format} {status}");
        assert_eq!(scenario.web.at("/moved/next").len(), 1, "{format} {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_loop_is_a_failure() {
    let scenario = Scenario::new().await;
    scenario
        .web
        .on("/voice", Reply::status(302).header("location", "/voice"));
    let phone = scenario.call_from(caller()).await;
    phone.wait_ended().await.unwrap();
    let continued = phone.continued().await.unwrap();
    assert_eq!(continued.variables["PIVOT_STATUS"], "HTTP_ERROR");
    assert_eq!(
        scenario.web.at("/voice").len(),
        11,
        "the request and ten redirects"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_skipped_pivot_node_requests_nothing() {
    // 30.
    let scenario = Scenario::configured(KAZOO).await;
    let flow = json!({ "module": "pivot",
        "data": { "voice_url": format!("{}/never", scenario.web.url()), "skip_module": true },
        "children": { "_": { "module": "play", "data": { "id": "sound:skipped" } } } });
    scenario.web.on("/voice", Reply::json(&flow));
    let phone = scenario.call_from(caller()).await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:skipped"]);
    assert!(scenario.web.at("/never").is_empty());
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn the_answers_format_does_not_change_the_names_of_parameters() {
    // 40, 41, 97, 107.
    let scenario = Scenario::configured(KAZOO).await;
    scenario
        .web
        .on("/voice", twiml("<Redirect>/flow</Redirect>"));
    let flow = json!({ "module": "pivot", "data": {
        "voice_url": format!("{}/inner", scenario.web.url()), "method": "POST", "req_format": "twiml" } });
    scenario.web.on("/flow", Reply::json(&flow));
    scenario
        .web
        .on("/inner", twiml("<Redirect method='GET'>/last</Redirect>"));
    scenario
        .web
        .on("/last", Reply::json(&json!({ "module": "hangup" })));
    serve(&scenario).await;
    for (path, method, name, other) in [
        ("/voice", "GET", "Call-ID", "CallSid"),
        ("/flow", "POST", "Call-ID", "CallSid"),
        ("/inner", "POST", "CallSid", "Call-ID"),
        ("/last", "GET", "CallSid", "Call-ID"),
    ] {
        let seen = &scenario.web.at(path)[0];
        assert_eq!(seen.method, method, "{path}");
        assert!(seen.param(name).is_some(), "{path}");
        assert!(seen.param(other).is_none(), "{path}");
    }
}
