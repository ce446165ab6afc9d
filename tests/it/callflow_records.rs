//! `record_call` and `record_caller`: several at once, what ends them, and where they go.

use pivot::simulate::Phone;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, seconds};

fn start(more: Value) -> Value {
    let mut data = json!({"url": "{app}/store", "format": "wav"});
    data.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    node("record_call", data)
}

fn sleep(duration: u64) -> Value {
    node("sleep", json!({"duration": duration}))
}

/// A caller who talks all the time runs these nodes.
async fn caller(nodes: Vec<Value>) -> (Scenario, Phone) {
    let scenario = Scenario::new().await;
    scenario.web.on("/store", Reply::status(200));
    scenario.answer_with("/voice", &chain(nodes));
    let phone = scenario.call().await;
    phone.talk_at(ms(0), seconds(120));
    (scenario, phone)
}

/// The uploads, once there are so many.
async fn uploads(scenario: &Scenario, count: usize) -> Vec<Seen> {
    for _ in 0..100 {
        let seen = scenario.web.seen();
        let uploads = seen.into_iter().filter(|s| s.path.starts_with("/store"));
        let uploads: Vec<Seen> = uploads.collect();
        if uploads.len() >= count {
            return uploads;
        }
        tokio::time::sleep(ms(100)).await;
    }
    panic!("no upload:\n{}", scenario.lines().await);
}

/// Seconds of each recording that was kept, the shortest first.
async fn kept(scenario: &Scenario) -> Vec<u64> {
    let kept = scenario.pivot.services.recordings.list().await.unwrap();
    let mut lengths: Vec<u64> = kept.iter().map(|r| (r.duration_ms + 500) / 1000).collect();
    lengths.sort_unstable();
    lengths
}

// Callflow check 75.
#[tokio::test(start_paused = true)]
async fn a_start_returns_at_once_a_stop_ends_the_last_and_the_hang_up_ends_all() {
    let stop = node("record_call", json!({"action": "stop"}));
    let nodes = vec![
        node("answer", json!({})),
        start(json!({})),
        start(json!({})),
        start(json!({})),
        play("after-the-starts"),
        sleep(3),
        stop,
        sleep(60),
    ];
    let (scenario, phone) = caller(nodes).await;
    tokio::time::sleep(seconds(8)).await;
    // Nothing waited for a recording.
    assert_eq!(phone.heard_media().await, ["sound:after-the-starts"]);
    let began = scenario.sent("POST", "/record").await;
    assert_eq!(began.len(), 3);
    assert!(began[2].at - began[0].at < ms(500));
    assert_eq!(kept(&scenario).await, [4], "the last one was stopped");
    phone.hangup().await;
    scenario.end(&phone).await;
    uploads(&scenario, 3).await;
    assert_eq!(kept(&scenario).await, [4, 8, 8]);
}

// Callflow check 76.
#[test]
fn a_recording_waits_for_the_answer_ends_at_its_limit_and_is_dropped_when_it_is_short() {
    for (more, talks, lengths) in [
        (json!({"record_on_answer": true}), 6, vec![6]),
        (
            json!({"record_on_answer": true, "time_limit": 5}),
            20,
            vec![5],
        ),
        (
            json!({"record_on_answer": true, "record_min_sec": 10}),
            6,
            vec![],
        ),
        (
            json!({"record_on_answer": true, "record_min_sec": 5}),
            6,
            vec![6],
        ),
    ] {
        in_virtual_time(async move {
            let nodes = vec![
                start(more.clone()),
                sleep(3),
                node("answer", json!({})),
                sleep(talks),
            ];
            let (scenario, phone) = caller(nodes).await;
            tokio::time::sleep(seconds(2)).await;
            assert!(scenario.sent("POST", "/record").await.is_empty(), "{more}");
            scenario.end(&phone).await;
            if !lengths.is_empty() {
                uploads(&scenario, 1).await;
            }
            tokio::time::sleep(seconds(5)).await;
            assert_eq!(kept(&scenario).await, lengths, "{more}");
        });
    }
}

// Callflow check 77.
#[test]
fn an_upload_is_put_or_posted_to_a_name_below_the_url_or_in_its_query() {
    for (more, verb, path, named) in [
        (json!({}), "PUT", "/store/call_recording_", false),
        (
            json!({"url": "{app}/store/"}),
            "PUT",
            "/store/call_recording_",
            false,
        ),
        (
            json!({"method": "post"}),
            "POST",
            "/store/call_recording_",
            false,
        ),
        (
            json!({"format": "mp3"}),
            "PUT",
            "/store/call_recording_",
            false,
        ),
        (json!({"url": "{app}/store?shop=7"}), "PUT", "/store", true),
    ] {
        in_virtual_time(async move {
            let nodes = vec![node("answer", json!({})), start(more.clone()), sleep(3)];
            let (scenario, phone) = caller(nodes).await;
            scenario.end(&phone).await;
            let seen = uploads(&scenario, 1).await.remove(0);
            assert_eq!(seen.method, verb, "{more}");
            let id = param(&seen, "call_id");
            let ending = more["format"].as_str().unwrap_or("wav");
            let name = format!("call_recording_{id}.{ending}");
            if named {
                assert_eq!(seen.path, path);
                assert!(
                    seen.query.starts_with("shop=7&recording="),
                    "{}",
                    seen.query
                );
                assert_eq!(param(&seen, "recording"), name);
            } else {
                assert_eq!(seen.path, format!("/store/{name}"), "{more}");
            }
            assert!(seen.path.starts_with(path));
            for field in ["from", "to", "caller_id_number", "call_id", "account_id"] {
                assert!(!param(&seen, field).is_empty(), "{field}: {}", seen.query);
            }
            for field in ["caller_id_name", "cdr_id", "interaction_id"] {
                assert!(
                    seen.query.contains(&format!("{field}=")),
                    "{field}: {}",
                    seen.query
                );
            }
        });
    }
}

fn param(seen: &Seen, name: &str) -> String {
    let pairs = url::form_urlencoded::parse(seen.query.as_bytes());
    let mut values = pairs.filter(|(key, _)| key == name);
    values
        .next()
        .map(|(_, v)| v.into_owned())
        .unwrap_or_default()
}

// Callflow check 77.
#[tokio::test(start_paused = true)]
async fn a_failed_upload_is_tried_again_and_without_a_url_there_is_a_copy_here() {
    let nodes = |more: Value| vec![node("answer", json!({})), start(more), sleep(3)];
    let (scenario, phone) = caller(nodes(json!({"url": "{app}/store-late"}))).await;
    scenario.web.on("/store-late", Reply::status(500));
    scenario.web.on("/store-late", Reply::status(503));
    scenario.web.on("/store-late", Reply::status(200));
    scenario.end(&phone).await;
    for _ in 0..100 {
        tokio::time::sleep(seconds(60)).await;
        if uploads(&scenario, 0).await.len() >= 3 {
            break;
        }
    }
    let tries = uploads(&scenario, 3).await;
    let times: Vec<&str> = tries.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(times.len(), 3, "{times:?}");
    let (scenario, phone) = caller(nodes(json!({"url": null}))).await;
    scenario.end(&phone).await;
    tokio::time::sleep(seconds(5)).await;
    assert!(uploads(&scenario, 0).await.is_empty());
    assert_eq!(kept(&scenario).await, [3]);
}

// Callflow check 78.
/// A recording without URL is kept here (our default), so nothing is left to be skipped.
#[tokio::test(start_paused = true)]
async fn a_message_holds_the_caller_only_and_any_key_ends_it() {
    for key in ["1", "#", "*", "0"] {
        let record = node("record_caller", json!({"time_limit": 60}));
        let collect = node("collect_dtmf", json!({"max_digits": 1, "timeout": 1000}));
        let nodes = vec![
            record,
            collect,
            node("pivot", json!({"voice_url": "{app}/after"})),
        ];
        let (scenario, phone) = caller(nodes).await;
        scenario.answer_with("/after", &play("thanks"));
        phone.press_at(seconds(4), key);
        scenario.heard(&phone, &["thanks"]).await;
        let recorded = scenario.sent("POST", "/snoop").await;
        let begun = scenario.sent("POST", "/record").await;
        let spied = recorded.iter().all(|snoop| snoop.params["spy"] == "in");
        assert!(spied && begun.len() == 1, "{}", scenario.lines().await);
        let lengths = kept(&scenario).await;
        assert_eq!(lengths, [4], "{key}");
        // The key is in no collection.
        let asked = scenario.web.at("/after");
        assert_eq!(
            asked[0].param("Digits[default]").unwrap_or_default(),
            "",
            "{key}"
        );
    }
}
