//! Calls that reach somebody, or do not: `resources`, `offnet`, `device`,
//! `user`, `record_call`, `record_caller`.

use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::{Scenario, ms, seconds};
use pivot::simulate::{Behaviour, Phone, Sound};

/// A node that rings somebody, with children that say which was taken.
pub(crate) fn ringing(module: &str, data: Value, children: &[&str]) -> Value {
    let children: serde_json::Map<_, _> = children
        .iter()
        .map(|key| {
            (
                (*key).to_owned(),
                play(&format!("took-{}", key.replace(':', "-"))),
            )
        })
        .collect();
    json!({"module": module, "data": data, "children": children})
}

/// A call that runs this flow while everybody who is called behaves like that.
async fn reaching(behaviour: Behaviour, flow: Value) -> (Scenario, Phone) {
    let scenario = Scenario::new().await;
    scenario.asterisk.callee("*", behaviour).await;
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    (scenario, phone)
}

/// Whether the caller has been in a bridge with somebody.
pub(crate) async fn talked(phone: &Phone) -> bool {
    phone
        .heard()
        .await
        .iter()
        .any(|heard| matches!(heard.what, Sound::Bridge(_)))
}

// Callflow check 47.
#[test]
fn after_a_conversation_the_call_ends_and_no_child_runs() {
    for (module, data, endpoint) in [
        (
            "resources",
            json!({"to_did": "+1 555-123"}),
            "Local/+1555123@pivot-outbound/n",
        ),
        (
            "resource",
            json!({"to_did": 5551234}),
            "Local/5551234@pivot-outbound/n",
        ),
        ("offnet", json!({}), "Local/1000@pivot-outbound/n"),
        ("device", json!({"id": "bob"}), "PJSIP/bob"),
        ("user", json!({"id": 1001}), "PJSIP/1001"),
    ] {
        in_virtual_time(async move {
            let flow = ringing(module, data, &["_", "NORMAL_CLEARING"]);
            let behaviour = Behaviour::answers(seconds(2)).hangs_up_after(seconds(5));
            let (scenario, phone) = reaching(behaviour, flow).await;
            scenario.heard(&phone, &[]).await;
            assert!(talked(&phone).await, "{module}: {}", scenario.lines().await);
            let ended = phone.ended().await.unwrap();
            assert!(!ended.by_phone && ended.at >= seconds(7), "{ended:?}");
            let requests = scenario.asterisk.requests().await;
            let created = requests
                .iter()
                .find(|r| r.path == "channels/create")
                .unwrap();
            assert_eq!(created.params["endpoint"], endpoint);
        });
    }
}

// Callflow check 46.
#[test]
fn a_failure_takes_the_child_of_its_cause() {
    for (behaviour, key) in [
        (Behaviour::busy(), "USER_BUSY"),
        (Behaviour::no_answer(), "NO_ANSWER"),
        (Behaviour::unregistered(), "SUBSCRIBER_ABSENT"),
        (Behaviour::rejects(603), "CALL_REJECTED"),
        (Behaviour::rejects(404), "UNALLOCATED_NUMBER"),
        (Behaviour::congestion(), "NORMAL_CIRCUIT_CONGESTION"),
    ] {
        in_virtual_time(async move {
            let flow = ringing("device", json!({"id": "bob"}), &["_", key, "MACHINE"]);
            let (scenario, phone) = reaching(behaviour, flow).await;
            scenario.heard(&phone, &[&format!("took-{key}")]).await;
        });
    }
}

#[test]
fn a_failure_takes_the_child_of_its_code_and_else_the_default_child() {
    for module in ["device", "resources"] {
        for (children, taken) in [
            (&["sip:486", "_"][..], "took-sip-486"),
            (&["NO_ANSWER", "_"], "took-_"),
        ] {
            in_virtual_time(async move {
                let flow = ringing(module, json!({"id": "bob"}), children);
                let (scenario, phone) = reaching(Behaviour::busy(), flow).await;
                scenario.heard(&phone, &[taken]).await;
            });
        }
    }
}

// Callflow check 45.
#[test]
fn a_phone_rings_as_long_as_the_flow_says() {
    for (data, lasts) in [
        (json!({"id": "bob"}), seconds(20)),
        (json!({"id": "bob", "timeout": 0}), seconds(20)),
        (json!({"id": "bob", "timeout": "7"}), seconds(7)),
        (json!({"id": "bob", "timeout": 7, "delay": 3}), seconds(10)),
    ] {
        in_virtual_time(async move {
            let flow = ringing("device", data.clone(), &["NO_ANSWER"]);
            let (scenario, phone) = reaching(Behaviour::no_answer(), flow).await;
            scenario.heard(&phone, &["took-NO_ANSWER"]).await;
            let heard = phone.heard().await;
            let taken = heard
                .iter()
                .find(|h| matches!(h.what, Sound::Media(_)))
                .unwrap()
                .from;
            assert!(
                taken >= lasts && taken < lasts + seconds(3),
                "{data}: {taken:?}"
            );
        });
    }
}

#[test]
fn nobody_to_ring_takes_the_default_child() {
    for data in [json!({}), json!({"id": ""}), json!({"id": "sipp"})] {
        in_virtual_time(async move {
            let (scenario, phone) = reaching(
                Behaviour::answers(seconds(1)),
                ringing("device", data, &["_"]),
            )
            .await;
            scenario.heard(&phone, &["took-_"]).await;
            assert!(scenario.asterisk.called("*").await.len() <= 1);
        });
    }
}

// Callflow check 57.
#[test]
fn a_trunk_failure_that_no_child_wants_is_announced_and_refused() {
    for (behaviour, sip, media) in [
        (
            Behaviour::rejects(404),
            404,
            Some("sound:cannot-complete-as-dialed"),
        ),
        (Behaviour::busy(), 486, None),
        (Behaviour::no_answer(), 480, None),
    ] {
        in_virtual_time(async move {
            let flow = node("resources", json!({"to_did": "5551234", "timeout": 5}));
            let (scenario, phone) = reaching(behaviour, flow).await;
            let ended = scenario.end(&phone).await;
            assert_eq!(ended.sip, Some(sip), "{}", scenario.lines().await);
            let heard = phone.heard_media().await;
            if let Some(media) = media {
                assert_eq!(heard, [media]);
            }
            // The busy tone is made by pivot.
            assert_eq!(heard.is_empty(), sip == 480, "{heard:?}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn headers_and_a_hidden_caller_reach_the_phone() {
    let data = json!({"id": "bob", "suppress_clid": true, "custom_sip_headers": {"X-Caller": "{caller_id_number}"}});
    let behaviour = Behaviour::answers(seconds(1)).hangs_up_after(seconds(1));
    let (scenario, phone) = reaching(behaviour, node("device", data)).await;
    scenario.end(&phone).await;
    let requests = scenario.asterisk.requests().await;
    let created = requests
        .iter()
        .find(|r| r.path == "channels/create")
        .unwrap();
    let text = created.params.to_string();
    assert!(
        text.contains("X-Caller") && text.contains("+15550001"),
        "{text}"
    );
    assert!(text.contains("anonymous"), "{text}");
}

// Proves record_call.format, record_call.url.
#[tokio::test(start_paused = true)]
async fn a_recorded_conversation_is_uploaded() {
    let scenario = Scenario::new().await;
    let behaviour = Behaviour::answers(seconds(1))
        .hangs_up_after(seconds(5))
        .talks(ms(0), seconds(5));
    scenario.asterisk.callee("*", behaviour).await;
    let record = node(
        "record_call",
        json!({"action": "start", "record_on_answer": true, "url": "{app}/store", "format": "wav"}),
    );
    scenario.answer_with(
        "/voice",
        &chain([record, node("resources", json!({"to_did": "5551234"}))]),
    );
    scenario
        .web
        .on("/store", crate::support::Reply::status(200));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    assert!(talked(&phone).await);
    let uploads = wait_for_uploads(&scenario, 1).await;
    assert_eq!(uploads[0].method, "PUT");
    assert!(
        uploads[0].path.starts_with("/store/call_recording_") && uploads[0].path.ends_with(".wav"),
        "{uploads:?}"
    );
}

async fn wait_for_uploads(scenario: &Scenario, count: usize) -> Vec<crate::support::web_app::Seen> {
    for _ in 0..100 {
        let uploads: Vec<_> = scenario
            .web
            .seen()
            .into_iter()
            .filter(|s| s.path.starts_with("/store"))
            .collect();
        if uploads.len() >= count {
            return uploads;
        }
        tokio::time::sleep(ms(100)).await;
    }
    panic!("no upload:\n{}", scenario.lines().await);
}

// Proves record_call.action, record_call.record_min_sec.
#[tokio::test(start_paused = true)]
async fn stop_ends_the_recording_that_was_started_last() {
    let start = |min: u64| {
        node(
            "record_call",
            json!({"url": "{app}/store", "record_min_sec": min}),
        )
    };
    let flow = chain([
        node("answer", json!({})),
        start(0),
        start(4),
        node("sleep", json!({"duration": 2})),
        node("record_call", json!({"action": "stop"})),
        node("sleep", json!({"duration": 4})),
    ]);
    let (scenario, phone) = Scenario::flow(flow).await;
    phone.talk_at(ms(0), seconds(10));
    scenario.end(&phone).await;
    // The second was stopped after 2 s and is too short to be kept; the first lasted 6 s.
    let uploads = wait_for_uploads(&scenario, 1).await;
    assert_eq!(uploads.len(), 1, "{}", scenario.lines().await);
}

// Proves record_caller.method, record_caller.url.
#[tokio::test(start_paused = true)]
async fn a_key_ends_the_recording_of_the_caller_and_it_is_uploaded() {
    let record = node(
        "record_caller",
        json!({"url": "{app}/store", "method": "post", "time_limit": 60}),
    );
    let (scenario, phone) = Scenario::flow(chain([record, play("thanks")])).await;
    phone.talk_at(ms(200), seconds(20));
    phone.press_at(seconds(8), "5");
    scenario.heard(&phone, &["thanks"]).await;
    let uploads = wait_for_uploads(&scenario, 1).await;
    assert_eq!(uploads[0].method, "POST");
    assert!(uploads[0].path.ends_with(".mp3"), "{uploads:?}");
}

// Proves record_caller.format.
#[tokio::test(start_paused = true)]
async fn a_message_is_uploaded_although_the_caller_ended_it_by_hanging_up() {
    let record = node(
        "record_caller",
        json!({"url": "{app}/store", "format": "wav"}),
    );
    let (scenario, phone) = Scenario::flow(record).await;
    phone.talk_at(ms(0), seconds(20));
    phone.hangup_at(seconds(6));
    scenario.end(&phone).await;
    let uploads = wait_for_uploads(&scenario, 1).await;
    assert_eq!(uploads[0].method, "PUT");
    assert!(uploads[0].path.ends_with(".wav"), "{uploads:?}");
}

// Proves record_caller.time_limit.
#[test]
fn silence_or_the_time_limit_ends_the_recording_of_the_caller() {
    for (talks, limit, ends) in [(seconds(2), 60, seconds(7)), (seconds(60), 10, seconds(10))] {
        in_virtual_time(async move {
            let record = node("record_caller", json!({"time_limit": limit}));
            let (scenario, phone) = Scenario::flow(record).await;
            phone.talk_at(ms(0), talks);
            let ended = scenario.end(&phone).await;
            assert!(
                ended.at >= ends - ms(500) && ended.at < ends + seconds(3),
                "{ended:?}"
            );
        });
    }
}
