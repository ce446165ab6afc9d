//! What is kept of a queue's calls, and who is told.

use serde_json::json;

use super::{answer, called, caller, desk, nobody_is_there};
use crate::callflow_flows::in_virtual_time;
use crate::support::{Reply, Scenario, seconds};

/// A caller talks with Ann for ten seconds.
async fn talk(scenario: &Scenario) {
    answer(scenario, "ann", seconds(2)).await;
    let phone = caller(scenario, "1").await;
    tokio::time::sleep(seconds(4)).await;
    phone.talk(seconds(5)).await;
    tokio::time::sleep(seconds(3)).await;
    called(scenario, "ann").await[0].hangup().await;
    scenario.nothing_left().await;
    // Files are finished and sent beside the call.
    tokio::time::sleep(seconds(2)).await;
}

// Proves queue.record_caller.
#[test]
fn what_is_said_with_an_agent_is_recorded_if_the_queue_says_so() {
    for (queue, kept) in [(json!({"record_caller": true}), 1), (json!({}), 0)] {
        in_virtual_time(async move {
            let scenario = desk(queue).await;
            talk(&scenario).await;
            let recordings = scenario.pivot.services.recordings.list().await.unwrap();
            assert_eq!(recordings.len(), kept, "{}", scenario.lines().await);
            // One who talks with nobody is not recorded.
            nobody_is_there(&scenario).await;
            let phone = caller(&scenario, "2").await;
            tokio::time::sleep(seconds(5)).await;
            phone.hangup().await;
            scenario.nothing_left().await;
            let recordings = scenario.pivot.services.recordings.list().await.unwrap();
            assert_eq!(recordings.len(), kept);
        });
    }
}

// Proves queue.recording_url.
#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_sent_where_the_queue_says() {
    let scenario = desk(json!({"record_caller": true})).await;
    let url = format!("{}/store", scenario.web.url());
    let queue = json!({"name": "support", "record_caller": true, "recording_url": url});
    scenario
        .put(pivot::objects::Kind::Queue, "support", queue)
        .await;
    talk(&scenario).await;
    let seen = scenario.web.seen();
    let uploads: Vec<_> = seen
        .iter()
        .filter(|seen| seen.path.starts_with("/store/call_recording_"))
        .collect();
    assert!(
        !uploads.is_empty() && uploads[0].method == "PUT",
        "{}",
        scenario.lines().await
    );
}

// Proves queue.cdr_url, queue.name.
#[test]
fn how_each_caller_left_is_told() {
    for (case, result, agent) in [
        ("talks", "talked", "u-ann"),
        ("hangs up talking", "talked", "u-ann"),
        ("hangs up", "abandoned", ""),
        ("presses the key", "exit_key", ""),
        ("waits too long", "timeout", ""),
    ] {
        in_virtual_time(async move {
            let scenario = desk(json!({})).await;
            scenario.web.on("/cdr", Reply::status(204));
            let url = format!("{}/cdr", scenario.web.url());
            let queue = json!({"name": "Support", "cdr_url": url, "connection_timeout": 30});
            scenario
                .put(pivot::objects::Kind::Queue, "support", queue)
                .await;
            if agent.is_empty() {
                nobody_is_there(&scenario).await;
            }
            answer(&scenario, "ann", seconds(2)).await;
            let phone = caller(&scenario, "77").await;
            tokio::time::sleep(seconds(9)).await;
            match case {
                "talks" => called(&scenario, "ann").await[0].hangup().await,
                "presses the key" => phone.press("#").await,
                "waits too long" => tokio::time::sleep(seconds(30)).await,
                _ => phone.hangup().await,
            }
            scenario.nothing_left().await;
            tokio::time::sleep(seconds(1)).await;
            let told = scenario.web.at("/cdr");
            assert_eq!(told.len(), 1, "{case}\n{}", scenario.lines().await);
            let param = |name: &str| told[0].param(name).unwrap_or_default();
            assert_eq!(
                (param("result"), param("agent_id")),
                (result.into(), agent.into())
            );
            assert_eq!(
                (
                    param("queue_id"),
                    param("queue_name"),
                    param("caller_id_number")
                ),
                ("support".into(), "Support".into(), "77".into())
            );
            let seconds_of = |name: &str| param(name).parse::<u64>().unwrap();
            let (waited, talked) = (seconds_of("wait_time"), seconds_of("talk_time"));
            match case {
                "talks" => assert!((1..4).contains(&waited) && (5..8).contains(&talked)),
                "waits too long" => assert!((30..33).contains(&waited) && talked == 0),
                _ => assert!(waited < 12),
            }
        });
    }
}
