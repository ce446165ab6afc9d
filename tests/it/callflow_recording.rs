//! `record_call`: when it begins, how long it lasts, and where it goes.

use std::time::Duration;

use pivot::simulate::{Behaviour, Phone};
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, seconds};

fn record(more: Value) -> Value {
    let mut data = json!({"url": "{app}/store", "format": "wav"});
    data.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    node("record_call", data)
}

/// A call that runs these nodes, whose caller talks all the time.
async fn recorded(nodes: Vec<Value>) -> (Scenario, Phone) {
    let scenario = Scenario::new().await;
    let talks = Behaviour::answers(seconds(4)).hangs_up_after(seconds(6));
    scenario
        .asterisk
        .callee("*", talks.talks(ms(0), seconds(30)))
        .await;
    scenario.web.on("/store", Reply::status(200));
    scenario.answer_with("/voice", &chain(nodes));
    let phone = scenario.call().await;
    phone.talk_at(ms(0), seconds(60));
    scenario.end(&phone).await;
    (scenario, phone)
}

/// The one upload.
async fn upload(scenario: &Scenario) -> Seen {
    for _ in 0..100 {
        let uploads = scenario.web.seen();
        let mut uploads = uploads.into_iter().filter(|s| s.path.starts_with("/store"));
        if let Some(seen) = uploads.next() {
            assert!(uploads.next().is_none());
            return seen;
        }
        tokio::time::sleep(ms(100)).await;
    }
    panic!("no upload:\n{}", scenario.lines().await);
}

/// When Asterisk was asked to record, since the call came in.
async fn began(scenario: &Scenario) -> Vec<Duration> {
    let records = scenario.sent("POST", "/record").await;
    records.iter().map(|request| request.at).collect()
}

// Proves record_call.method, record_call.media_name.
#[tokio::test(start_paused = true)]
async fn the_node_says_how_and_as_what_it_is_uploaded() {
    let talk = node("sleep", json!({"duration": 3}));
    let nodes = |more: Value| vec![node("answer", json!({})), record(more), talk.clone()];
    let (scenario, _) = recorded(nodes(json!({"method": "post"}))).await;
    let seen = upload(&scenario).await;
    assert_eq!(seen.method, "POST");
    assert!(
        seen.path.starts_with("/store/call_recording_"),
        "{}",
        seen.path
    );
    let (scenario, _) = recorded(nodes(json!({"media_name": "claim-4711.wav"}))).await;
    let seen = upload(&scenario).await;
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("PUT", "/store/claim-4711.wav")
    );
}

// Proves record_call.time_limit.
#[test]
fn a_recording_ends_at_its_time_limit() {
    for (limit, lasts) in [(json!(5), seconds(5)), (json!(3600), seconds(12))] {
        in_virtual_time(async move {
            let nodes = vec![
                node("answer", json!({})),
                record(json!({"time_limit": limit})),
                node("sleep", json!({"duration": 12})),
            ];
            let (scenario, _) = recorded(nodes).await;
            upload(&scenario).await;
            let kept = scenario.pivot.services.recordings.list().await.unwrap();
            assert_eq!(kept.len(), 1);
            let length = ms(kept[0].duration_ms);
            assert!(length.abs_diff(lasts) < seconds(1), "{limit}: {length:?}");
        });
    }
}

// Proves record_call.record_on_answer, record_call.record_on_bridge.
#[test]
fn a_recording_begins_at_once_or_with_the_answer_or_the_conversation() {
    for (more, from) in [
        (json!({}), seconds(0)),
        (json!({"record_on_answer": true}), seconds(2)),
        (json!({"record_on_bridge": true}), seconds(7)),
        // The answer wins.
        (
            json!({"record_on_answer": true, "record_on_bridge": true}),
            seconds(2),
        ),
    ] {
        in_virtual_time(async move {
            let nodes = vec![
                record(more.clone()),
                node("sleep", json!({"duration": 2})),
                node("answer", json!({})),
                node("sleep", json!({"duration": 1})),
                node("device", json!({"id": "bob"})),
            ];
            let (scenario, _) = recorded(nodes).await;
            let began = began(&scenario).await;
            assert_eq!(began.len(), 1, "{more}\n{}", scenario.lines().await);
            let came = scenario.asterisk.requests().await[0].at;
            let after = began[0] - came;
            assert!(
                after >= from && after < from + seconds(1),
                "{more}: {after:?}"
            );
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_waits_for_a_conversation_that_never_comes_is_not_made() {
    let nodes = vec![
        record(json!({"record_on_bridge": true})),
        play("hello-world"),
    ];
    let (scenario, _) = recorded(nodes).await;
    assert!(began(&scenario).await.is_empty());
    assert!(scenario.web.at("/store").is_empty());
}
