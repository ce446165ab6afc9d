//! `camping_feature`: a call back once somebody else is free.

use pivot::objects::Kind;
use pivot::simulate::Behaviour;
use serde_json::json;

use super::{a_while, hears, shop, talked};
use crate::callflow_features::pickup::bob_talks;
use crate::callflow_flows::node;
use crate::support::{Scenario, seconds};

const TAKEN: [&str; 2] = ["sound:vm-isonphone", "sound:auth-thankyou"];
const DENIED: [&str; 1] = ["sound:feature-not-avail-line"];

/// A shop in which `*7` and an extension camps on that.
async fn camp_shop(data: serde_json::Value) -> Scenario {
    let scenario = shop().await;
    scenario.feature("7", node("camping_feature", data)).await;
    scenario
}

/// Carl asks for Bob, who talks with Ann, and hangs up.
async fn carl_camps(scenario: &Scenario) {
    let carl = scenario.dials("carl", "*7102").await;
    carl.wait_ended().await.unwrap();
    assert_eq!(
        scenario.words(&carl).await,
        TAKEN,
        "{}",
        scenario.all().await
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_camps_is_called_when_the_other_is_free_and_talks_with_them_then() {
    let scenario = camp_shop(json!({})).await;
    let (ann, bob) = bob_talks(&scenario).await;
    carl_camps(&scenario).await;
    scenario.answers_after("carl", seconds(2)).await;
    tokio::time::sleep(seconds(60)).await;
    assert!(scenario.asterisk.called("PJSIP/carl*").await.is_empty());
    ann.hangup().await;
    bob.wait_ended().await;
    tokio::time::sleep(seconds(15)).await;
    let carl = scenario.asterisk.called("PJSIP/carl*").await.remove(0);
    assert_eq!(
        carl.shown().await,
        Some(("102".into(), "Campered call".into()))
    );
    let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(1);
    assert!(talked(&carl, &bob).await, "{}", scenario.all().await);
    assert_eq!(bob.shown().await, Some(("carl".into(), "carl".into())));
    let services = &scenario.pivot.services;
    let live = services.live.of_account(&services.account).await;
    assert_eq!(live.len(), 1, "{live:?}");
    assert_eq!(live[0].channel, carl.channel());
    bob.hangup().await;
    carl.wait_ended().await.unwrap();
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(scenario.asterisk.called("PJSIP/carl*").await.len(), 1);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn one_who_is_free_is_called_at_once() {
    let scenario = camp_shop(json!({})).await;
    scenario.answers_after("bob", seconds(2)).await;
    let carl = scenario.dials("carl", "*7102").await;
    tokio::time::sleep(seconds(5)).await;
    let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
    assert!(talked(&carl, &bob).await, "{}", scenario.all().await);
    carl.hangup().await;
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn several_who_camp_are_called_in_the_order_in_which_they_asked_and_each_once() {
    let scenario = camp_shop(json!({})).await;
    for name in ["dora", "emil"] {
        let device = json!({"name": name, "sip": {"username": name}});
        scenario.put(Kind::Device, name, device).await;
        scenario.answers_after(name, seconds(1)).await;
    }
    let (ann, _) = bob_talks(&scenario).await;
    for name in ["dora", "emil", "dora"] {
        let phone = scenario.dials(name, "*7102").await;
        phone.wait_ended().await.unwrap();
    }
    ann.hangup().await;
    tokio::time::sleep(seconds(10)).await;
    let called = |name: &'static str| {
        let asterisk = &scenario.asterisk;
        async move { asterisk.called(&format!("PJSIP/{name}*")).await }
    };
    assert_eq!(
        (called("dora").await.len(), called("emil").await.len()),
        (1, 0)
    );
    // While they talk, Bob is not free.
    tokio::time::sleep(seconds(30)).await;
    assert!(called("emil").await.is_empty(), "{}", scenario.all().await);
    called("dora").await.remove(0).hangup().await;
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(
        (called("dora").await.len(), called("emil").await.len()),
        (1, 1)
    );
    called("emil").await.remove(0).hangup().await;
    scenario.nothing_left().await;
}

// Proves camping_feature.timeout.
#[tokio::test(start_paused = true)]
async fn a_wish_is_forgotten_after_a_while() {
    for (data, minutes, called) in [
        (json!({}), 14, 1),
        (json!({}), 16, 0),
        (json!({"timeout": 2}), 3, 0),
        (json!({"timeout": 60}), 59, 1),
    ] {
        let scenario = camp_shop(data.clone()).await;
        let (ann, _) = bob_talks(&scenario).await;
        carl_camps(&scenario).await;
        tokio::time::sleep(seconds(60 * minutes)).await;
        ann.hangup().await;
        tokio::time::sleep(seconds(20)).await;
        let rung = scenario.asterisk.called("PJSIP/carl*").await.len();
        assert_eq!(rung, called, "{data}, {minutes} minutes");
        for phone in scenario.asterisk.called("PJSIP/*").await {
            phone.hangup().await;
        }
        scenario.nothing_left().await;
    }
}

/// Carl does not answer, or is gone when he has: Bob's phone does not ring.
#[tokio::test(start_paused = true)]
async fn one_who_does_not_answer_the_call_back_is_called_no_more() {
    for answers in [false, true] {
        let scenario = camp_shop(json!({})).await;
        let (ann, _) = bob_talks(&scenario).await;
        carl_camps(&scenario).await;
        let behaviour = match answers {
            true => Behaviour::answers(seconds(1)).hangs_up_after(seconds(0)),
            false => Behaviour::no_answer(),
        };
        scenario.asterisk.callee("PJSIP/carl*", behaviour).await;
        ann.hangup().await;
        tokio::time::sleep(seconds(200)).await;
        assert_eq!(scenario.asterisk.called("PJSIP/carl*").await.len(), 1);
        scenario.nothing_left().await;
        if !answers {
            assert_eq!(scenario.asterisk.called("PJSIP/bob*").await.len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_camped_on_is_denied_with_a_word() {
    let scenario = camp_shop(json!({})).await;
    let menu = node("menu", json!({"id": "none"}));
    scenario.callflow("menu", &["500"], menu).await;
    // Himself, nobody, no phone; and a phone that nobody knows.
    for (who, number) in [
        ("carl", "*7103"),
        ("carl", "*7999"),
        ("carl", "*7500"),
        ("carl", "*7"),
        ("stranger", "*7102"),
    ] {
        let phone = scenario.dials(who, number).await;
        phone.wait_ended().await.unwrap();
        let heard = scenario.words(&phone).await;
        assert_eq!(heard, DENIED, "{who} {number} {}", scenario.all().await);
    }
    scenario.nothing_left().await;
}

/// A shop whose other numbers go out through a trunk.
async fn outside(data: serde_json::Value) -> Scenario {
    let scenario = camp_shop(data).await;
    let trunk = json!({"name": "carrier", "dial": "PJSIP/{number}@carrier"});
    scenario.put(Kind::Resource, "carrier", trunk).await;
    let flow = node("offnet", json!({}));
    scenario.callflow("out", &["no_match"], flow).await;
    scenario
}

#[tokio::test(start_paused = true)]
async fn a_number_outside_is_called_until_it_answers_and_then_the_camper_is() {
    let scenario = outside(json!({})).await;
    scenario
        .asterisk
        .callee("PJSIP/5551234@carrier*", Behaviour::busy())
        .await;
    let carl = scenario.dials("carl", "*75551234").await;
    carl.wait_ended().await.unwrap();
    assert_eq!(
        scenario.words(&carl).await,
        TAKEN,
        "{}",
        scenario.all().await
    );
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(
        scenario
            .asterisk
            .called("PJSIP/5551234@carrier*")
            .await
            .len(),
        1
    );
    scenario
        .asterisk
        .callee("PJSIP/5551234@carrier*", Behaviour::answers(seconds(3)))
        .await;
    scenario.answers_after("carl", seconds(2)).await;
    tokio::time::sleep(seconds(140)).await;
    let other = scenario
        .asterisk
        .called("PJSIP/5551234@carrier*")
        .await
        .remove(1);
    let carl = scenario.asterisk.called("PJSIP/carl*").await.remove(0);
    assert!(hears(&carl, &other).await, "{}", scenario.all().await);
    assert_eq!(carl.shown().await.unwrap().0, "5551234");
    carl.hangup().await;
    other.wait_ended().await.unwrap();
    tokio::time::sleep(seconds(600)).await;
    assert_eq!(
        scenario
            .asterisk
            .called("PJSIP/5551234@carrier*")
            .await
            .len(),
        2
    );
    scenario.nothing_left().await;
}

// Proves camping_feature.tries, camping_feature.try_interval, camping_feature.stop_after.
#[tokio::test(start_paused = true)]
async fn a_number_outside_is_called_as_often_as_the_node_says() {
    for (data, after, calls) in [
        (json!({}), 60, 10),
        (json!({"tries": 3}), 60, 3),
        (json!({"try_interval": 1}), 7, 7),
        (json!({"try_interval": 20}), 15, 1),
        (json!({"stop_after": 10}), 60, 4),
    ] {
        let scenario = outside(data.clone()).await;
        scenario
            .asterisk
            .callee("PJSIP/5551234@carrier*", Behaviour::busy())
            .await;
        let carl = scenario.dials("carl", "*75551234").await;
        carl.wait_ended().await.unwrap();
        tokio::time::sleep(seconds(60 * after - 30)).await;
        let called = scenario
            .asterisk
            .called("PJSIP/5551234@carrier*")
            .await
            .len();
        assert_eq!(called, calls, "{data}\n{}", scenario.all().await);
        scenario.nothing_left().await;
    }
}

/// The number outside answers, and the camper does not: it is hung up and tried again.
#[tokio::test(start_paused = true)]
async fn somebody_outside_waits_ten_seconds_for_the_camper() {
    let scenario = outside(json!({"tries": 2})).await;
    scenario
        .asterisk
        .callee("PJSIP/5551234@carrier*", Behaviour::answers(seconds(1)))
        .await;
    scenario
        .asterisk
        .callee("PJSIP/carl*", Behaviour::no_answer())
        .await;
    let carl = scenario.dials("carl", "*75551234").await;
    carl.wait_ended().await.unwrap();
    a_while().await;
    let other = scenario
        .asterisk
        .called("PJSIP/5551234@carrier*")
        .await
        .remove(0);
    assert!(other.ended().await.is_none());
    tokio::time::sleep(seconds(20)).await;
    assert!(other.ended().await.is_some(), "{}", scenario.all().await);
    tokio::time::sleep(seconds(600)).await;
    assert_eq!(
        scenario
            .asterisk
            .called("PJSIP/5551234@carrier*")
            .await
            .len(),
        2
    );
    assert_eq!(scenario.asterisk.called("PJSIP/carl*").await.len(), 2);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_may_not_call_a_number_may_not_camp_on_it() {
    let scenario = outside(json!({})).await;
    let device = json!({
        "name": "carl", "owner_id": "u-carl", "sip": {"username": "carl"},
        "call_restriction": {"unknown": {"action": "deny"}},
    });
    scenario.put(Kind::Device, "d-carl", device).await;
    let carl = scenario.dials("carl", "*75551234").await;
    carl.wait_ended().await.unwrap();
    assert_eq!(scenario.words(&carl).await, ["sound:ss-noservice"]);
    tokio::time::sleep(seconds(300)).await;
    assert!(scenario.asterisk.called("PJSIP/5551234*").await.is_empty());
}

/// A call back is a call like any other: it can be picked up by another task while it
/// rings, and afterwards.
#[tokio::test(start_paused = true)]
async fn a_call_back_goes_on_when_its_task_has_died() {
    for (rings, then) in [(seconds(8), seconds(4)), (seconds(1), seconds(8))] {
        let scenario = camp_shop(json!({})).await;
        let (ann, _) = bob_talks(&scenario).await;
        carl_camps(&scenario).await;
        scenario.answers_after("carl", rings).await;
        scenario.answers_after("bob", seconds(1)).await;
        ann.hangup().await;
        tokio::time::sleep(then).await;
        let calls = scenario.checkpoints.calls();
        assert_eq!(calls.len(), 1, "{}", scenario.all().await);
        scenario.kill_and_resume().await;
        tokio::time::sleep(seconds(10)).await;
        let carl = scenario.asterisk.called("PJSIP/carl*").await;
        let bob = scenario.asterisk.called("PJSIP/bob*").await;
        assert_eq!((carl.len(), bob.len()), (1, 2), "{}", scenario.all().await);
        assert!(talked(&carl[0], &bob[1]).await, "{}", scenario.all().await);
        carl[0].hangup().await;
        scenario.nothing_left().await;
    }
}
