//! A call that a queue rings an agent's phone with can be picked up like any other.

use pivot::objects::Kind;
use serde_json::json;

use super::{a_while, shop, talked};
use crate::callflow_flows::node;
use crate::support::{Scenario, ms, seconds};

/// A queue at 500 with Ann and Bob, whose phones ring for ten seconds; `*8` picks up
/// what rings at Ann's.
async fn desk() -> Scenario {
    let scenario = shop().await;
    scenario
        .put(
            Kind::Queue,
            "q",
            json!({"name": "q", "agent_ring_timeout": 10}),
        )
        .await;
    for who in ["ann", "bob"] {
        let user = json!({"first_name": who, "last_name": "Smith", "queues": ["q"]});
        scenario.put(Kind::User, &format!("u-{who}"), user).await;
        let ready = json!({"status": "ready"});
        scenario.put(Kind::Agent, &format!("u-{who}"), ready).await;
        scenario.answers_after(who, seconds(60)).await;
    }
    let queue = node("acdc_member", json!({"id": "q"}));
    scenario.callflow("q", &["500"], queue).await;
    let take = node("group_pickup", json!({"device_id": "d-ann"}));
    scenario.feature("8", take).await;
    scenario
}

async fn rung(scenario: &Scenario, who: &str) -> usize {
    scenario
        .asterisk
        .called(&format!("PJSIP/{who}*"))
        .await
        .len()
}

#[tokio::test(start_paused = true)]
async fn who_is_picked_up_waits_no_more_and_the_agents_are_free() {
    let scenario = desk().await;
    let first = scenario.dials("x", "500").await;
    a_while().await;
    assert_eq!(rung(&scenario, "ann").await, 1);
    let carl = scenario.dials("carl", "*8").await;
    a_while().await;
    assert!(talked(&first, &carl).await, "{}", scenario.all().await);
    let services = &scenario.pivot.services;
    let queues = &services.queues;
    let stats = queues
        .stats(&services.config.ari.name, &services.account)
        .await;
    assert!(stats.is_empty(), "{stats:?}");
    // Ann's phone does not ring any more, so she can be called: both agents are tried.
    let next = scenario.dials("y", "500").await;
    tokio::time::sleep(seconds(15)).await;
    assert_eq!(
        (rung(&scenario, "ann").await, rung(&scenario, "bob").await),
        (2, 1),
        "{}",
        scenario.all().await
    );
    next.hangup().await;
    carl.hangup().await;
    first.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

/// Who would have taken the call hangs up before they have met.
#[tokio::test(start_paused = true)]
async fn who_was_almost_picked_up_keeps_the_place_in_the_queue() {
    for after in [0, 10, 20, 40, 80, 120, 160, 200] {
        let scenario = desk().await;
        let first = scenario.dials("x", "500").await;
        a_while().await;
        let dials = |dials: &mut pivot::simulate::Dials| dials.response_delay = ms(30);
        scenario.asterisk.turn(dials).await;
        let carl = scenario.dials("carl", "*8").await;
        tokio::time::sleep(ms(after)).await;
        carl.hangup().await;
        a_while().await;
        if first.state().await.is_none() {
            // They have met before that.
            assert!(talked(&first, &carl).await, "{after}");
            scenario.nothing_left().await;
            continue;
        }
        let later = scenario.dials("y", "500").await;
        scenario.answers_after("ann", seconds(2)).await;
        scenario.answers_after("bob", seconds(2)).await;
        tokio::time::sleep(seconds(30)).await;
        let mut agents = scenario.asterisk.called("PJSIP/ann*").await;
        agents.extend(scenario.asterisk.called("PJSIP/bob*").await);
        for phone in [&first, &later] {
            let mut served = false;
            for agent in &agents {
                served |= talked(phone, agent).await;
            }
            assert!(served, "{after} ms\n{}", scenario.all().await);
        }
        for phone in [&first, &later] {
            phone.hangup().await;
        }
        scenario.nothing_left().await;
    }
}
