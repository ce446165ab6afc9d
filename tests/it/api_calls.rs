//! What is stored over the API holds for the next call.

use serde_json::{Value, json};

use crate::api::{Answer, Api, OPERATOR};
use crate::callflow_flows::play;
use crate::support::Reply;

/// The document of the seed, as it is written there.
const SEED: &str = r#"{
"numbers": ["2030"],
"flow": {
"module": "pivot",
"data": {
"voice_url": "http://your.pivot.server/path/to/script.php",
"req_format": "kazoo",
"method": "get",
"debug": true
}
}
}"#;

/// Its other flows, each as it is written there.
const FLOWS: [(&str, &str); 6] = [
    (
        "You're using Callflow JSON!",
        r#"{
"module": "tts",
"data": {
"text": "You're using Callflow JSON!"
}
}"#,
    ),
    (
        "Hello Pivot!",
        r#"{
"module": "tts",
"data": {
"text": "Hello Pivot!"
}
}"#,
    ),
    (
        "Pivot is pretty awesome. Have a great day.",
        r#"{
"module": "tts",
"data": {
"text": "Pivot is pretty awesome. Have a great day."
},
"children": {}
}"#,
    ),
    (
        "resources",
        r#"{
"module": "resources",
"data": {
"to_did": "{Another Number}",
"use_local_resources": false
}
}"#,
    ),
    (
        "record_call",
        r#"{
"module": "record_call",
"data": {
"action": "start",
"record_on_answer": true
},
"children": {
"_": {
"module": "resources",
"data": {
"to_did": "{Your phone number}",
"use_local_resources": false
},
}
}
}"#,
    ),
    (
        "collect_dtmf",
        r#"{
"module": "collect_dtmf",
"data": {
"max_digits": 4,
"collection_name": "my_dtmf"
},
"children": {
"_": {
"module": "pivot",
"data": {
"voice_url": "http://pivot.your.company.com/collected.php"
}
}
}
}"#,
    ),
];

/// Stores a document as it is written.
async fn store(api: &Api, document: &str) -> Answer {
    let path = format!("/v2/accounts/{}/callflows", api.own());
    let asking = api.asking("PUT", &path).token(OPERATOR);
    let body = format!(r#"{{"data": {document}}}"#);
    let answer = asking.body("application/json", body).send().await;
    assert_eq!(answer.status, 201, "{document}: {:#}", answer.body);
    answer
}

/// All lines of the timelines of all calls.
async fn lines(api: &Api) -> String {
    let mut all = String::new();
    for call in api.scenario.pivot.traces.calls().await {
        let timeline = api.scenario.pivot.traces.find(&call.id).await.unwrap();
        for entry in timeline.entries {
            all.push_str(&entry.text);
            all.push('\n');
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn the_seed_s_document_is_stored_unchanged_and_takes_its_calls() {
    let api = Api::start().await;
    let made = store(&api, SEED).await;
    assert_eq!(made.data()["flow"]["data"]["req_format"], "kazoo");
    let phone = api.scenario.dial("2030", &[]).await;
    phone.wait_ended().await;
    let told = lines(&api).await;
    let asked = "GET http://your.pivot.server/path/to/script.php";
    assert!(told.contains(asked), "{told}");

    // The same with a server that is there.
    let here = format!("{}/path/to/script.php", api.scenario.web.url());
    let document = SEED.replace("http://your.pivot.server/path/to/script.php", &here);
    let document = document.replace("2030", "2031");
    store(&api, &document).await;
    let (_, flow) = FLOWS[2];
    let answer = Reply::new("application/json", flow);
    api.scenario.web.on("/path/to/script.php", answer);
    let phone = api.scenario.dial("2031", &[]).await;
    phone.wait_ended().await;
    let asked = api.scenario.web.at("/path/to/script.php");
    assert_eq!(asked[0].method, "GET");
    assert_eq!(
        asked[0]
            .param("To")
            .as_deref()
            .map(|to| to.starts_with("2031")),
        Some(true)
    );
    assert!(lines(&api).await.contains("Have a great day"));
}

#[tokio::test(start_paused = true)]
async fn every_flow_of_the_seed_is_stored_as_it_is_written_and_runs() {
    let api = Api::start().await;
    for (number, (shown, flow)) in FLOWS.iter().enumerate() {
        let number = (3000 + number).to_string();
        let document = format!(r#"{{"numbers": ["{number}"], "flow": {flow}}}"#);
        store(&api, &document).await;
        let phone = api.scenario.dial(&number, &[]).await;
        phone.press("1234").await;
        phone.wait_ended().await;
        let told = lines(&api).await;
        assert!(told.contains(shown), "{shown}: {told}");
    }
    let told = lines(&api).await;
    assert!(
        told.contains("pivot.your.company.com/collected.php"),
        "{told}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_holds_for_the_next_call() {
    let api = Api::start().await;
    let id = api
        .create("callflows", json!({"numbers": ["1"], "flow": play("one")}))
        .await;
    let phone = api.scenario.dial("1", &[]).await;
    api.scenario.heard(&phone, &["one"]).await;
    let item = format!("callflows/{id}");
    api.patch(&item, json!({"flow": play("two"), "numbers": ["1", "2"]}))
        .await
        .data();
    for number in ["1", "2"] {
        let phone = api.scenario.dial(number, &[]).await;
        api.scenario.heard(&phone, &["two"]).await;
    }
    api.delete(&item).await.data();
    let phone = api.scenario.dial("1", &[]).await;
    phone.wait_ended().await;
    assert!(phone.heard_media().await.is_empty());
}

/// The records of the newest call, once there are as many.
async fn records(api: &Api, count: usize) -> (Value, Value) {
    for _ in 0..100 {
        let rows = api.get("pivot/debug").await;
        if let Some(row) = rows.data().get(0) {
            let id = row["call_sid"].as_str().unwrap();
            let records = api.get(&format!("pivot/debug/{id}")).await;
            if records.data().as_array().unwrap().len() >= count {
                return (row.clone(), records.data().clone());
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("there are not {count} records");
}

#[tokio::test(start_paused = true)]
async fn what_a_pivot_node_with_debug_asks_and_is_answered_can_be_read() {
    let api = Api::start().await;
    let url = api.scenario.web.url().replace("http://", "http://me:pass@");
    let flow = |path: &str, debug: bool| {
        json!({"module": "pivot", "data": {
            "voice_url": format!("{url}{path}?api_key=key-one"), "debug": debug,
            "custom_request_headers": {"X-Api-Key": "key-two", "X-Shop": "s1"},
        }})
    };
    api.create(
        "callflows",
        json!({"numbers": ["1"], "flow": flow("/first", true)}),
    )
    .await;
    api.create(
        "callflows",
        json!({"numbers": ["2"], "flow": flow("/broken", false)}),
    )
    .await;
    let next = json!({"module": "pivot", "data": {"voice_url": format!("{}/second", api.scenario.web.url()), "debug": true}});
    let first = Reply::json(&next).header("set-cookie", "session=key-three");
    api.scenario.web.on("/first", first);
    api.scenario.web.on(
        "/second",
        Reply::json(&json!({"module": "tts", "data": {}})),
    );
    api.scenario.dial("1", &[]).await.wait_ended().await;
    let (row, records) = records(&api, 5).await;
    assert_eq!(
        (&row["status_code"], &row["has_schema_errors"]),
        (&json!("200"), &json!(true))
    );
    assert_eq!(row["has_json_errors"], false);
    assert_eq!(records[0]["method"], "get");
    assert!(records[0]["uri"].as_str().unwrap().contains("/first?"));
    assert_eq!(records[0]["req_headers"]["x-shop"], "s1");
    assert_eq!(records[1]["resp_status_code"], "200");
    assert!(
        records[1]["resp_body"]
            .as_str()
            .unwrap()
            .contains("/second")
    );
    assert!(records[2]["uri"].as_str().unwrap().contains("/second"));
    assert!(records[4]["schema_errors"].is_object(), "{records:#}");
    let text = records.to_string();
    for secret in ["me:pass", "key-one", "key-two", "key-three", "bwu6cgfzcw"] {
        assert!(!text.contains(secret), "{secret}: {records:#}");
    }
    // By each of its names.
    for name in ["call_id", "debug_id"] {
        let id = row[name].as_str().unwrap().replace('@', "%40");
        let again = api.get(&format!("pivot/debug/{id}")).await;
        assert_eq!(*again.data(), records, "{name}");
    }
    assert_eq!(api.get("pivot/debug/unknown").await.status, 404);

    // Without `debug` nothing is kept; broken JSON is shown with its surroundings.
    let broken = r#"{"module": "tts", "data": {"text": ]}"#;
    api.scenario
        .web
        .on("/broken", Reply::new("application/json", broken));
    api.scenario.dial("2", &[]).await.wait_ended().await;
    api.scenario.nothing_left().await;
    let rows = api.get("pivot/debug").await;
    assert_eq!(rows.body["page_size"], 1, "{:#}", rows.body);
    let document = json!({"numbers": ["3"], "flow": flow("/broken", true)});
    api.create("callflows", document).await;
    api.scenario.dial("3", &[]).await.wait_ended().await;
    api.scenario.nothing_left().await;
    let rows = api.get("pivot/debug").await;
    assert_eq!(rows.body["page_size"], 2);
    assert_eq!(rows.data()[0]["has_json_errors"], true);
    let id = rows.data()[0]["call_sid"].as_str().unwrap();
    let records = api.get(&format!("pivot/debug/{id}")).await;
    let error = &records.data()[2]["json_errors"];
    assert!(
        error["before"].as_str().unwrap().ends_with(r#""text": "#),
        "{error}"
    );
    assert!(error["after"].as_str().unwrap().starts_with(']'), "{error}");
    assert!(!error["message"].as_str().unwrap().is_empty());
}
