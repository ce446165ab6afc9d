//! Queues whose agents are called: `acdc_member`, `acdc_agent`, `acdc_queue`,
//! `acdc_wait_time`.

mod calling;
mod leaving;
mod telephone;
mod telling;
mod waiting;

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller, Phone, Sound};
use serde_json::{Value, json};

use crate::callflow_flows::{node, play, with};
use crate::support::{Scenario, seconds};

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
        is(&scenario, name, "ready").await;
    }
    let usual = json!({"name": "support", "agent_ring_timeout": 10});
    scenario
        .put(Kind::Queue, "support", with(usual, &queue))
        .await;
    leads_to(&scenario, "500", json!({"id": "support"})).await;
    scenario
}

/// A flow behind this number that leads into a queue.
async fn leads_to(scenario: &Scenario, number: &str, data: Value) {
    let mut flow = node("acdc_member", data);
    flow["children"] = json!({"_": play("left")});
    scenario.callflow(number, &[number], flow).await;
}

/// Somebody of this number calls the queue.
async fn caller(scenario: &Scenario, number: &str) -> Phone {
    calls(scenario, number, "500").await
}

async fn calls(scenario: &Scenario, number: &str, to: &str) -> Phone {
    scenario
        .call_from(Caller {
            number: number.into(),
            to: to.into(),
            ..Caller::default()
        })
        .await
}

/// Puts an agent's state into the store.
async fn is(scenario: &Scenario, who: &str, status: &str) {
    let agent = json!({"status": status});
    scenario.put(Kind::Agent, &format!("u-{who}"), agent).await;
}

async fn nobody_is_there(scenario: &Scenario) {
    for who in ["ann", "bob"] {
        is(scenario, who, "logged_out").await;
    }
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

/// How often Ann's and Bob's phones have rung.
async fn rung(scenario: &Scenario) -> (usize, usize) {
    (
        called(scenario, "ann").await.len(),
        called(scenario, "bob").await.len(),
    )
}

async fn talks_with(one: &Phone, other: &Phone) -> bool {
    one.heard().await.iter().any(|heard| {
        matches!(&heard.what, Sound::Bridge(others) if others.iter().any(|o| o == other.channel()))
    })
}

/// Whether `_` ran. The caller must have left by now.
async fn left(phone: &Phone) -> bool {
    tokio::time::sleep(seconds(3)).await;
    assert!(phone.state().await.is_none(), "the caller waits still");
    let heard = phone.heard_media().await;
    heard.iter().any(|uri| uri == "sound:left")
}
