//! Paging and intercom.

use serde_json::json;

use super::{a_while, asked, hears, shop, talked};
use crate::callflow_flows::{node, play};
use crate::support::{Scenario, ms, seconds};
use pivot::simulate::Behaviour;

/// The headers that legs were made with.
async fn headers(scenario: &Scenario) -> Vec<String> {
    let requests = scenario.asterisk.requests().await;
    let legs = requests.iter().filter(|r| r.path == "channels/create");
    let variables = legs.map(|leg| leg.params["variables"].clone());
    variables
        .flat_map(|variables| {
            let variables = variables.as_object().cloned().unwrap_or_default();
            variables.keys().cloned().collect::<Vec<_>>()
        })
        .filter(|name| name.starts_with("PJSIP_HEADER"))
        .collect()
}

// Callflow check 61.
// Proves page_group.audio, page_group.endpoints.endpoint_type.
// Proves page_group.endpoints.id.
#[tokio::test(start_paused = true)]
async fn a_page_is_heard_by_all_who_answer_and_they_are_heard_only_both_ways() {
    for (audio, both_ways) in [("one-way", false), ("two-way", true)] {
        let scenario = shop().await;
        let endpoints = json!([
            {"id": "sales", "endpoint_type": "group"}, {"id": "d-carl", "endpoint_type": "device"},
            {"id": "u-bob", "endpoint_type": "user"}
        ]);
        let data = json!({"endpoints": endpoints, "audio": audio});
        scenario
            .callflow("page", &["800"], node("page_group", data))
            .await;
        scenario.answers_after("bob", ms(100)).await;
        scenario.answers_after("carl", ms(100)).await;
        let ann = scenario.dials("ann", "800").await;
        a_while().await;
        // Each rings once, and the caller's own phone does not.
        assert!(scenario.asterisk.called("PJSIP/ann*").await.is_empty());
        for who in ["bob", "carl"] {
            let called = scenario.asterisk.called(&format!("PJSIP/{who}*")).await;
            assert_eq!(called.len(), 1, "{who}");
            assert!(hears(&called[0], &ann).await, "{}", scenario.all().await);
            let muted = asked(&scenario, &format!("{}/mute", called[0].channel())).await;
            assert_eq!(muted, !both_ways, "{audio}");
        }
        let auto = headers(&scenario).await;
        assert!(
            auto.iter().any(|name| name.contains("Call-Info")),
            "{auto:?}"
        );
        ann.hangup().await;
        scenario.nothing_left().await;
    }
}

// Callflow check 61.
#[tokio::test(start_paused = true)]
async fn when_nobody_can_be_paged_the_default_child_runs() {
    let scenario = shop().await;
    scenario
        .asterisk
        .callee("PJSIP/*", Behaviour::no_answer())
        .await;
    let mut flow = node(
        "page_group",
        json!({"endpoints": [{"id": "d-bob", "endpoint_type": "device"}], "timeout": 3}),
    );
    flow["children"] = json!({"_": play("nobody")});
    scenario.callflow("page", &["800"], flow.clone()).await;
    flow["data"]["endpoints"] = json!([{"id": "gone", "endpoint_type": "user"}]);
    scenario.callflow("none", &["801"], flow).await;
    for number in ["800", "801"] {
        let ann = scenario.dials("ann", number).await;
        scenario.end(&ann).await;
        assert_eq!(
            scenario.words(&ann).await,
            ["sound:nobody"],
            "{}",
            scenario.all().await
        );
    }
}

// Callflow check 62.
#[tokio::test(start_paused = true)]
async fn an_intercom_call_asks_the_extensions_phones_to_answer() {
    let scenario = shop().await;
    let mut flow = node("intercom", json!({}));
    flow["children"] = json!({"_": play("nowhere")});
    scenario.feature("0", flow).await;
    scenario
        .callflow("rest", &["no_match", "190"], play("rest"))
        .await;
    scenario.answers_after("bob", ms(100)).await;
    let ann = scenario.dials("ann", "*0102").await;
    a_while().await;
    let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
    assert!(talked(&ann, &bob).await, "{}", scenario.all().await);
    let auto = headers(&scenario).await;
    assert!(
        auto.iter().any(|name| name.contains("Call-Info")),
        "{auto:?}"
    );
    bob.hangup().await;
    scenario.nothing_left().await;
    // Not what takes everything, by whatever number, and nothing when nothing is dialled.
    for number in ["*0555", "*0190"] {
        let ann = scenario.dials("ann", number).await;
        scenario.end(&ann).await;
        assert_eq!(scenario.words(&ann).await, ["sound:nowhere"], "{number}");
    }
    let ann = scenario.dials("ann", "*0").await;
    scenario.end(&ann).await;
    assert!(scenario.words(&ann).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_page_ends_when_all_have_left() {
    let scenario = shop().await;
    let data = json!({"endpoints": [{"id": "d-bob", "endpoint_type": "device"}]});
    scenario
        .callflow("page", &["800"], node("page_group", data))
        .await;
    let behaviour = Behaviour::answers(ms(100)).hangs_up_after(seconds(4));
    scenario.asterisk.callee("PJSIP/bob*", behaviour).await;
    let ann = scenario.dials("ann", "800").await;
    scenario.end(&ann).await;
}

// Proves page_group.endpoints.delay, page_group.endpoints.timeout, page_group.timeout.
#[tokio::test(start_paused = true)]
async fn a_paged_phone_rings_when_its_time_has_come_and_as_long_as_it_may() {
    for (settings, timeout, from, until) in [
        (json!({"delay": 3}), 6, 3, 9),
        (json!({"timeout": 2}), 6, 0, 2),
        (json!({}), 8, 0, 8),
    ] {
        let scenario = shop().await;
        scenario
            .asterisk
            .callee("PJSIP/*", Behaviour::no_answer())
            .await;
        let mut member = json!({"id": "d-bob", "endpoint_type": "device"});
        member
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let data = json!({"endpoints": [member], "timeout": timeout});
        scenario
            .callflow("page", &["800"], node("page_group", data))
            .await;
        let ann = scenario.dials("ann", "800").await;
        let began = tokio::time::Instant::now();
        while scenario.asterisk.called("PJSIP/bob*").await.is_empty() {
            tokio::time::sleep(ms(50)).await;
        }
        let rings = began.elapsed();
        let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
        bob.wait_ended().await;
        let ended = began.elapsed();
        let near = |time: std::time::Duration, at: u64| {
            time + ms(200) >= seconds(at) && time <= seconds(at) + ms(1500)
        };
        assert!(near(rings, from), "{settings}: {rings:?}");
        assert!(near(ended, until), "{settings}: {ended:?}");
        ann.wait_ended().await;
        scenario.nothing_left().await;
    }
}
