//! Queues whose agents are called: `acdc_member`, `acdc_agent`, `acdc_queue`,
//! `acdc_wait_time`. Callflow check 86.

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller, Phone, Sound};
use serde_json::{Value, json};

use crate::callflow_flows::{node, play};
use crate::support::{Scenario, ms, seconds};

/// A queue `support` at 500 with the agents Ann and Bob, who are logged in.
async fn desk(queue: Value) -> Scenario {
    let scenario = Scenario::stored().await;
    for name in ["ann", "bob"] {
        let user = json!({"first_name": name, "last_name": "Smith", "queues": ["support"]});
        scenario.put(Kind::User, &format!("u-{name}"), user).await;
        let device =
            json!({"name": name, "owner_id": format!("u-{name}"), "sip": {"username": name}});
        scenario
            .put(Kind::Device, &format!("d-{name}"), device)
            .await;
        scenario
            .put(
                Kind::Agent,
                &format!("u-{name}"),
                json!({"status": "ready"}),
            )
            .await;
    }
    let mut document = json!({"name": "support", "agent_ring_timeout": 10});
    for (field, value) in queue.as_object().unwrap() {
        document[field] = value.clone();
    }
    scenario.put(Kind::Queue, "support", document).await;
    let mut flow = node("acdc_member", json!({"id": "support"}));
    flow["children"] = json!({"_": play("left")});
    scenario.callflow("support", &["500"], flow).await;
    scenario
}

async fn caller(scenario: &Scenario, number: &str) -> Phone {
    scenario
        .call_from(Caller {
            number: number.into(),
            to: "500".into(),
            ..Caller::default()
        })
        .await
}

/// Dials a feature from Ann's phone.
async fn ann(scenario: &Scenario, module: &str, data: Value) {
    scenario
        .callflow("feature", &["*1"], node(module, data))
        .await;
    let phone = scenario
        .call_from(Caller {
            endpoint: "ann".into(),
            to: "*1".into(),
            ..Caller::default()
        })
        .await;
    scenario.end(&phone).await;
}

async fn answer(scenario: &Scenario, who: &str, after: Duration) {
    let behaviour = Behaviour::answers(after);
    scenario
        .asterisk
        .callee(&format!("PJSIP/{who}*"), behaviour)
        .await;
}

async fn called(scenario: &Scenario, who: &str) -> Vec<Phone> {
    scenario.asterisk.called(&format!("PJSIP/{who}*")).await
}

async fn talks_with(one: &Phone, other: &Phone) -> bool {
    one.heard().await.iter().any(|heard| {
        matches!(&heard.what, Sound::Bridge(others) if others.iter().any(|o| o == other.channel()))
    })
}

async fn left(phone: &Phone) -> bool {
    phone.wait_ended().await.unwrap();
    phone
        .heard_media()
        .await
        .iter()
        .any(|uri| uri == "sound:left")
}

// Proves acdc_member.id.
#[tokio::test(start_paused = true)]
async fn a_caller_waits_with_music_and_talks_with_the_agent_who_answers() {
    let scenario = desk(json!({})).await;
    answer(&scenario, "ann", seconds(60)).await;
    answer(&scenario, "bob", seconds(3)).await;
    let phone = caller(&scenario, "1").await;
    // Ann's phone rings for ten seconds, then Bob's.
    tokio::time::sleep(seconds(8)).await;
    assert_eq!(
        (
            called(&scenario, "ann").await.len(),
            called(&scenario, "bob").await.len()
        ),
        (1, 0)
    );
    tokio::time::sleep(seconds(12)).await;
    let bob = called(&scenario, "bob").await.remove(0);
    assert!(talks_with(&phone, &bob).await, "{}", scenario.lines().await);
    let music = phone
        .heard()
        .await
        .iter()
        .any(|h| matches!(h.what, Sound::Music(_)));
    assert!(music, "{}", scenario.lines().await);
    bob.hangup().await;
    // A conversation ends the flow.
    assert!(!left(&phone).await);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn two_callers_get_two_agents_and_the_third_waits_for_the_first_who_is_free() {
    let scenario = desk(json!({})).await;
    answer(&scenario, "ann", seconds(1)).await;
    answer(&scenario, "bob", seconds(1)).await;
    let first = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    let second = caller(&scenario, "2").await;
    tokio::time::sleep(seconds(5)).await;
    let third = caller(&scenario, "3").await;
    tokio::time::sleep(seconds(10)).await;
    let (ann, bob) = (
        called(&scenario, "ann").await,
        called(&scenario, "bob").await,
    );
    assert_eq!(
        (ann.len(), bob.len()),
        (1, 1),
        "nobody is called while talking"
    );
    let pairs = (
        talks_with(&first, &ann[0]).await,
        talks_with(&second, &bob[0]).await,
    );
    assert_eq!(pairs, (true, true));
    bob[0].hangup().await;
    tokio::time::sleep(seconds(5)).await;
    let again = called(&scenario, "bob").await;
    assert_eq!(again.len(), 2);
    assert!(talks_with(&third, &again[1]).await);
    for phone in [first, third] {
        phone.hangup().await;
    }
    scenario.nothing_left().await;
}

// Proves queue.caller_exit_key, queue.max_queue_size.
#[tokio::test(start_paused = true)]
async fn the_exit_key_the_time_limit_and_a_full_queue_lead_to_the_default_child() {
    let scenario =
        desk(json!({"connection_timeout": 60, "max_queue_size": 2, "caller_exit_key": "0"})).await;
    for who in ["ann", "bob"] {
        scenario
            .put(
                Kind::Agent,
                &format!("u-{who}"),
                json!({"status": "logged_out"}),
            )
            .await;
    }
    let by_key = caller(&scenario, "1").await;
    let by_time = caller(&scenario, "2").await;
    tokio::time::sleep(seconds(2)).await;
    let full = caller(&scenario, "3").await;
    assert!(left(&full).await);
    by_key.press("50").await;
    assert!(left(&by_key).await);
    tokio::time::sleep(seconds(50)).await;
    assert!(by_time.state().await.is_some());
    tokio::time::sleep(seconds(15)).await;
    assert!(left(&by_time).await);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_queue_may_turn_callers_away() {
    let scenario = desk(json!({"enter_when_empty": false})).await;
    for (who, status) in [("ann", "logged_out"), ("bob", "paused")] {
        scenario
            .put(Kind::Agent, &format!("u-{who}"), json!({"status": status}))
            .await;
    }
    // Bob is there, though he pauses.
    let waits = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    assert!(waits.state().await.is_some());
    scenario
        .put(Kind::Agent, "u-bob", json!({"status": "logged_out"}))
        .await;
    assert!(left(&waits).await);
    let unknown = node("acdc_member", json!({"id": "nowhere"}));
    scenario.callflow("nowhere", &["501"], json!({"module": "acdc_member", "data": unknown["data"], "children": {"_": play("left")}})).await;
    let phone = scenario
        .call_from(Caller {
            to: "501".into(),
            ..Caller::default()
        })
        .await;
    assert!(left(&phone).await);
}

// Proves acdc_member.priority.
#[tokio::test(start_paused = true)]
async fn the_higher_priority_comes_first() {
    let scenario = desk(json!({})).await;
    let vip = node("acdc_member", json!({"id": "support", "priority": 9}));
    scenario.callflow("vip", &["509"], vip).await;
    for who in ["ann", "bob"] {
        scenario
            .put(
                Kind::Agent,
                &format!("u-{who}"),
                json!({"status": "logged_out"}),
            )
            .await;
    }
    let plain = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(3)).await;
    let vip = scenario
        .call_from(Caller {
            to: "509".into(),
            ..Caller::default()
        })
        .await;
    tokio::time::sleep(seconds(3)).await;
    answer(&scenario, "ann", ms(500)).await;
    scenario
        .put(Kind::Agent, "u-ann", json!({"status": "ready"}))
        .await;
    tokio::time::sleep(seconds(4)).await;
    let ann = called(&scenario, "ann").await.remove(0);
    assert!(talks_with(&vip, &ann).await && !talks_with(&plain, &ann).await);
    for phone in [plain, vip] {
        phone.hangup().await;
    }
    scenario.nothing_left().await;
}

// Proves queue.agent_wrapup_time, queue.ring_simultaneously.
#[tokio::test(start_paused = true)]
async fn several_agents_ring_at_once_and_the_others_are_free_again() {
    let scenario = desk(json!({"ring_simultaneously": 2, "agent_wrapup_time": 20})).await;
    answer(&scenario, "ann", seconds(5)).await;
    answer(&scenario, "bob", seconds(2)).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    let bob = called(&scenario, "bob").await.remove(0);
    assert!(talks_with(&phone, &bob).await);
    assert_eq!(called(&scenario, "ann").await.len(), 1);
    bob.hangup().await;
    phone.wait_ended().await.unwrap();
    // Bob rests; Ann does not.
    let next = caller(&scenario, "2").await;
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(
        (
            called(&scenario, "ann").await.len(),
            called(&scenario, "bob").await.len()
        ),
        (2, 1)
    );
    next.hangup().await;
    scenario.nothing_left().await;
}

async fn status(scenario: &Scenario) -> Value {
    scenario.get(Kind::Agent, "u-ann").await.unwrap()["status"].clone()
}

// Proves acdc_agent.action, acdc_agent.timeout.
#[tokio::test(start_paused = true)]
async fn agents_log_in_and_out_and_pause_by_telephone() {
    let scenario = desk(json!({})).await;
    for (action, expected) in [
        ("logout", "logged_out"),
        ("resume", "logged_out"),
        ("paused", "logged_out"),
        ("login", "ready"),
        ("login", "ready"),
        ("paused", "paused"),
        ("resume", "ready"),
        ("pause", "paused"),
    ] {
        ann(
            &scenario,
            "acdc_agent",
            json!({"action": action, "timeout": 120}),
        )
        .await;
        assert_eq!(status(&scenario).await, expected, "{action}");
    }
    scenario
        .put(Kind::Agent, "u-bob", json!({"status": "logged_out"}))
        .await;
    answer(&scenario, "ann", ms(500)).await;
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(60)).await;
    assert!(called(&scenario, "ann").await.is_empty(), "she pauses");
    tokio::time::sleep(seconds(70)).await;
    assert_eq!(called(&scenario, "ann").await.len(), 1, "the pause is over");
    phone.hangup().await;
    scenario.nothing_left().await;
}

// Proves acdc_queue.action.
// Proves acdc_queue.id.
#[tokio::test(start_paused = true)]
async fn agents_join_and_leave_a_queue_by_telephone() {
    let scenario = desk(json!({})).await;
    scenario
        .put(Kind::Queue, "sales", json!({"name": "sales"}))
        .await;
    for (action, id, queues) in [
        ("login", "sales", json!(["support", "sales"])),
        ("login", "sales", json!(["support", "sales"])),
        ("logout", "support", json!(["sales"])),
        ("login", "nowhere", json!(["sales"])),
    ] {
        ann(&scenario, "acdc_queue", json!({"action": action, "id": id})).await;
        let user = scenario.get(Kind::User, "u-ann").await.unwrap();
        assert_eq!(user["queues"], queues, "{action} {id}");
    }
}

// Proves agent.status.
// Proves acdc_wait_time.id, acdc_wait_time.window.
#[tokio::test(start_paused = true)]
async fn a_flow_branches_on_the_average_wait() {
    let scenario = desk(json!({})).await;
    let mut flow = node("acdc_wait_time", json!({"id": "support"}));
    flow["children"] = json!({"2": play("two"), "60": play("sixty"), "_": play("default")});
    scenario.callflow("wait", &["600"], flow).await;
    let asks = |sound: &'static str| {
        let scenario = &scenario;
        async move {
            let phone = scenario
                .call_from(Caller {
                    to: "600".into(),
                    ..Caller::default()
                })
                .await;
            scenario.end(&phone).await;
            assert_eq!(phone.heard_media().await, [format!("sound:{sound}")]);
        }
    };
    asks("default").await;
    answer(&scenario, "ann", seconds(8)).await;
    answer(&scenario, "bob", seconds(8)).await;
    for who in ["ann", "bob"] {
        scenario
            .put(
                Kind::Agent,
                &format!("u-{who}"),
                json!({"status": "logged_out"}),
            )
            .await;
    }
    let phone = caller(&scenario, "1").await;
    tokio::time::sleep(seconds(5)).await;
    scenario
        .put(Kind::Agent, "u-ann", json!({"status": "ready"}))
        .await;
    tokio::time::sleep(seconds(15)).await;
    phone.hangup().await;
    scenario.nothing_left().await;
    asks("two").await;
    // Only the last quarter of an hour counts where the node says so.
    let children = json!({"2": play("two"), "_": play("default")});
    let recent = json!({"module": "acdc_wait_time", "data": {"id": "support", "window": 900}, "children": children});
    for (later, sound) in [(60, "two"), (1200, "default")] {
        tokio::time::sleep(seconds(later)).await;
        scenario.callflow("wait", &["600"], recent.clone()).await;
        asks(sound).await;
    }
}

#[tokio::test(start_paused = true)]
async fn callers_who_hang_up_at_any_moment_free_the_agents() {
    for after in [100, 900, 1500, 4000, 12_000] {
        let scenario = desk(json!({})).await;
        answer(&scenario, "ann", seconds(3)).await;
        answer(&scenario, "bob", seconds(3)).await;
        for _ in 0..2 {
            let phone = caller(&scenario, "1").await;
            phone.hangup_at(ms(after));
            phone.wait_ended().await;
            scenario.nothing_left().await;
        }
        let phone = caller(&scenario, "2").await;
        tokio::time::sleep(seconds(5)).await;
        let talks = phone
            .heard()
            .await
            .iter()
            .any(|h| matches!(h.what, Sound::Bridge(_)));
        assert!(talks, "{after}\n{}", scenario.lines().await);
        phone.hangup().await;
        scenario.nothing_left().await;
    }
}
