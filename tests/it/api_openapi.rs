//! The OpenAPI document says what there is, no more and no less; and nothing that
//! is sent to what there is breaks it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::api::{Api, OPERATOR};

const VERBS: [&str; 5] = ["GET", "PUT", "POST", "PATCH", "DELETE"];

async fn paths(api: &Api) -> Value {
    let answer = api
        .asking("GET", "/v2/openapi.json")
        .token(OPERATOR)
        .send()
        .await;
    assert_eq!(answer.status, 200);
    answer.body
}

/// Every verb at every path is answered by an endpoint if and only if the document
/// has it.
#[tokio::test]
async fn the_document_has_every_endpoint_and_no_other() {
    let api = Api::start().await;
    let own = api.own().to_string();
    let document = paths(&api).await;
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 50, "{}", paths.len());
    for (path, operations) in paths {
        let written: BTreeSet<String> = operations
            .as_object()
            .unwrap()
            .keys()
            .map(|v| v.to_uppercase())
            .collect();
        let url = path.replace("{account}", &own);
        let url = url.replace(['{', '}'], "");
        let options = api.asking("OPTIONS", &url).send().await;
        let routed: BTreeSet<String> = options
            .header("allow")
            .split(", ")
            .filter(|v| *v != "OPTIONS")
            .map(str::to_owned)
            .collect();
        assert_eq!(routed, written, "{path}");
        for verb in VERBS {
            let answer = api.asking(verb, &url).token(OPERATOR).send().await;
            let is_there = answer.status != 405 && answer.body["message"] != "faulty_request";
            assert_eq!(
                is_there,
                written.contains(verb),
                "{verb} {path}: {:#}",
                answer.body
            );
        }
        // The same without the account.
        if let Some(rest) = path.strip_prefix("/v2/accounts/{account}/") {
            let url = format!("/v2/{}", rest.replace(['{', '}'], ""));
            let options = api.asking("OPTIONS", &url).send().await;
            assert_eq!(options.header("allow"), {
                let whole = path.replace("{account}", &own).replace(['{', '}'], "");
                api.asking("OPTIONS", &whole)
                    .send()
                    .await
                    .header("allow")
                    .to_owned()
            });
        }
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let api = Api::start().await;
    let document = paths(&api).await;
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            let named = path.matches('{').count();
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters.iter().filter(|p| p["in"] == "path").count();
            assert_eq!(in_path, named, "{verb} {path}");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                references.push(reference.to_owned());
            }
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("new")),
        Just(json!("tts")),
        Just(json!("^(")),
    ];
    // Names that endpoints look at, so that what is behind them is met too.
    let key = prop::sample::select(vec![
        "name",
        "numbers",
        "patterns",
        "flow",
        "module",
        "data",
        "children",
        "_",
        "id",
        "messages",
        "folder",
        "source_id",
        "api_key",
        "media_source",
        "prompt_id",
        "language",
        "tts",
        "text",
        "endpoints",
        "temporal_rules",
        "first_name",
        "last_name",
        "mailbox",
        "cycle",
        "wdays",
        "sip",
        "username",
        "queues",
        "featurecode",
        "member",
        "play_entry_tone",
        "gateways",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..7).prop_map(|pairs| {
                let map: serde_json::Map<String, Value> = pairs
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect();
                map.into()
            }),
        ]
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => any_json().prop_map(|data| json!({"data": data}).to_string().into_bytes()),
        1 => any_json().prop_map(|body| body.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

/// Nothing that is sent is answered by a 5xx, and every error is in the envelope.
#[test]
fn nothing_that_is_sent_breaks_an_endpoint() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let api = runtime.block_on(Api::start());
    let document = runtime.block_on(paths(&api));
    let own = api.own().to_string();
    let mut endpoints: Vec<(String, String)> = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for verb in operations.as_object().unwrap().keys() {
            endpoints.push((verb.to_uppercase(), path.replace("{account}", &own)));
        }
    }
    // One of each kind, so that items are met and not only their absence.
    let mut ids = vec![
        "%00".to_owned(),
        "..%2F..".into(),
        "en-us".into(),
        "%F0%9F%98%80".into(),
    ];
    for (path, data) in crate::api::documents() {
        ids.push(runtime.block_on(api.create(path, data)));
    }
    let asked = (
        prop::sample::select(endpoints),
        prop::collection::vec(prop::sample::select(ids), 2),
        prop::sample::select(vec![
            "application/json",
            "audio/x-wav",
            "application/octet-stream",
            "text/plain",
        ]),
        any_body(),
        prop::option::of(
            "[a-z_]{1,14}=[ -~]{0,10}(&(filter_|has_key=|start_key=|verb=)[a-zA-Z=.]{0,8})?",
        ),
    );
    let config = Config {
        cases: 1500,
        failure_persistence: None,
        ..Config::default()
    };
    let checked = TestRunner::new(config).run(&asked, |((verb, path), ids, kind, body, query)| {
        let mut url = path;
        for id in &ids {
            if let (Some(open), Some(close)) = (url.find('{'), url.find('}')) {
                url.replace_range(open..=close, id);
            }
        }
        if let Some(query) = query {
            let safe = |c: char| c.is_ascii_alphanumeric() || "=&._-%".contains(c);
            url = format!(
                "{url}?{}",
                query.chars().filter(|c| safe(*c)).collect::<String>()
            );
        }
        let kind = if kind == "application/json" || body.starts_with(b"{") {
            "application/json"
        } else {
            kind
        };
        let sending = api
            .asking(&verb, &url)
            .token(OPERATOR)
            .body(kind, body.clone());
        let answer = runtime.block_on(sending.send());
        let case = format!(
            "{verb} {url} {}: {} {}",
            String::from_utf8_lossy(&body),
            answer.status,
            answer.text()
        );
        prop_assert!(answer.status < 500, "{case}");
        if answer.status >= 400 {
            prop_assert_eq!(
                &answer.body["error"],
                &json!(answer.status.to_string()),
                "{}",
                case
            );
        }
        Ok(())
    });
    checked.unwrap();
}
