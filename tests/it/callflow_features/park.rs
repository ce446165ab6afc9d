//! Parking and taking up.

use serde_json::json;

use super::{a_while, shop, talked};
use crate::callflow_flows::{node, play};
use crate::support::{Scenario, seconds};
use pivot::simulate::{Phone, Sound};

async fn hears_music(phone: &Phone) -> bool {
    phone
        .heard()
        .await
        .iter()
        .any(|h| matches!(h.what, Sound::Music(_)))
}

/// A shop where `*3` and a slot parks or takes up.
async fn garage(data: serde_json::Value) -> Scenario {
    let scenario = shop().await;
    scenario.feature("3", node("park", data)).await;
    scenario
}

// Callflow check 63.
#[tokio::test(start_paused = true)]
async fn who_is_parked_hears_music_until_somebody_takes_the_caller_up() {
    let scenario = garage(json!({"action": "auto"})).await;
    let caller = scenario.dials("ann", "*3101").await;
    a_while().await;
    assert!(hears_music(&caller).await, "{}", scenario.all().await);
    let taker = scenario.dials("bob", "*3101").await;
    a_while().await;
    assert!(talked(&caller, &taker).await, "{}", scenario.all().await);
    // The slot is free again.
    let next = scenario.dials("carl", "*3101").await;
    a_while().await;
    assert!(hears_music(&next).await);
    taker.hangup().await;
    caller.wait_ended().await.unwrap();
    next.hangup().await;
    scenario.nothing_left().await;
}

// Callflow check 63.
/// Retrieve, and an empty slot.
#[tokio::test(start_paused = true)]
async fn nobody_is_found_in_an_empty_slot() {
    let scenario = garage(json!({"action": "retrieve"})).await;
    let taker = scenario.dials("bob", "*3101").await;
    taker.wait_ended().await.unwrap();
    let said = scenario.words(&taker).await;
    assert_eq!(said.len(), 1, "{said:?}");
    scenario.nothing_left().await;
}

// Callflow check 63.
#[tokio::test(start_paused = true)]
async fn without_a_number_the_lowest_free_slot_is_taken() {
    let scenario = shop().await;
    scenario
        .callflow(
            "park",
            &["700"],
            node("park", json!({"action": "direct_park"})),
        )
        .await;
    scenario
        .feature("3", node("park", json!({"action": "retrieve"})))
        .await;
    let first = scenario.dials("ann", "700").await;
    let second = scenario.dials("bob", "700").await;
    a_while().await;
    let taker = scenario.dials("carl", "*3102").await;
    a_while().await;
    assert!(talked(&second, &taker).await, "{}", scenario.all().await);
    for phone in [first, taker] {
        phone.hangup().await;
    }
    scenario.nothing_left().await;
}

/// However many slots are occupied before it.
#[tokio::test(start_paused = true)]
async fn nobody_is_parked_beside_somebody_else() {
    let scenario = shop().await;
    let park = node("park", json!({"action": "direct_park"}));
    scenario.callflow("park", &["700"], park).await;
    let take = node("park", json!({"action": "retrieve"}));
    scenario.feature("3", take).await;
    let mut parked = Vec::new();
    for who in ["ann", "bob", "ann", "bob"] {
        parked.push(scenario.dials(who, "700").await);
        a_while().await;
    }
    for (slot, phone) in [(104, &parked[3]), (103, &parked[2]), (102, &parked[1])] {
        let taker = scenario.dials("carl", &format!("*3{slot}")).await;
        a_while().await;
        assert!(
            talked(phone, &taker).await,
            "{slot}\n{}",
            scenario.all().await
        );
        taker.hangup().await;
        phone.wait_ended().await.unwrap();
    }
    parked[0].hangup().await;
    scenario.nothing_left().await;
}

// Callflow check 63.
// Proves park.action, park.max_slot_number, park.slot.
#[tokio::test(start_paused = true)]
async fn a_slot_above_the_highest_takes_its_child_and_an_occupied_one_is_refused() {
    let scenario = shop().await;
    let mut flow = node(
        "park",
        json!({"action": "direct_park", "slot": "101", "max_slot_number": 110}),
    );
    scenario.callflow("park", &["700"], flow.clone()).await;
    flow["data"]["slot"] = json!(111);
    flow["children"] = json!({"MAX_SLOT_EXCEEDED": play("too-high")});
    scenario.callflow("high", &["701"], flow).await;
    let phone = scenario.dials("ann", "701").await;
    phone.wait_ended().await.unwrap();
    assert_eq!(scenario.words(&phone).await, ["sound:too-high"]);
    let first = scenario.dials("ann", "700").await;
    a_while().await;
    let second = scenario.dials("bob", "700").await;
    second.wait_ended().await.unwrap();
    assert_eq!(
        scenario.words(&second).await.len(),
        1,
        "{}",
        scenario.all().await
    );
    first.hangup().await;
    // The caller who hangs up frees the slot.
    a_while().await;
    let third = scenario.dials("carl", "700").await;
    a_while().await;
    assert!(hears_music(&third).await);
    third.hangup().await;
    scenario.nothing_left().await;
}

/// A blind transfer parks whatever the action is, and the parker is rung at last.
// Callflow check 63.
// Proves park.slots.*.ringback_timeout.
#[tokio::test(start_paused = true)]
async fn the_phone_that_parked_rings_when_nobody_takes_the_caller_up() {
    let scenario = garage(json!({
        "slots": {"101": {"ringback_timeout": 30_000, "callback_timeout": 10_000}}
    }))
    .await;
    scenario.answers_after("bob", seconds(3)).await;
    let transferred = [("BLINDTRANSFER", "PJSIP/bob-00000007")];
    let caller = scenario.dials_with("ann", "*3101", &transferred).await;
    tokio::time::sleep(seconds(29)).await;
    assert!(scenario.asterisk.called("PJSIP/bob*").await.is_empty());
    tokio::time::sleep(seconds(8)).await;
    let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
    assert!(talked(&caller, &bob).await, "{}", scenario.all().await);
    let (number, name) = bob.shown().await.unwrap();
    assert_eq!(
        (number.as_str(), name.as_str()),
        ("ann", "Parking slot 101 - ann")
    );
    bob.hangup().await;
    caller.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

// Callflow check 63.
// Proves park.default_callback_timeout, park.default_ringback_timeout.
#[tokio::test(start_paused = true)]
async fn when_the_parker_does_not_answer_the_child_of_the_slot_runs_else_the_caller_waits_again() {
    let scenario =
        garage(json!({"default_ringback_timeout": 10_000, "default_callback_timeout": 5000})).await;
    let mut flow = node(
        "park",
        json!({"default_ringback_timeout": 10_000, "default_callback_timeout": 5000}),
    );
    flow["children"] = json!({"102": play("slot"), "_": play("other")});
    scenario.feature("4", flow).await;
    scenario
        .asterisk
        .callee("PJSIP/bob*", pivot::simulate::Behaviour::no_answer())
        .await;
    let transferred = [("BLINDTRANSFER", "PJSIP/bob-00000007")];
    for (number, sound) in [("*4102", "sound:slot"), ("*4103", "sound:other")] {
        let caller = scenario.dials_with("ann", number, &transferred).await;
        caller.wait_ended().await.unwrap();
        assert_eq!(scenario.words(&caller).await.last().unwrap(), sound);
    }
    let caller = scenario.dials_with("ann", "*3101", &transferred).await;
    tokio::time::sleep(seconds(40)).await;
    let rung = scenario.asterisk.called("PJSIP/bob*").await.len();
    assert!(rung >= 4, "{rung}\n{}", scenario.all().await);
    caller.hangup().await;
    scenario.nothing_left().await;
}

// Callflow check 63.
#[tokio::test(start_paused = true)]
async fn a_dialled_park_tells_a_slot_and_keeps_it_for_half_a_minute() {
    let scenario = garage(json!({"action": "park"})).await;
    let bob = scenario.dials("bob", "*3105").await;
    a_while().await;
    let said = scenario.words(&bob).await;
    assert_eq!(said.last().unwrap(), "digits:105", "{said:?}");
    let other = scenario.dials("carl", "*3105").await;
    other.wait_ended().await.unwrap();
    tokio::time::sleep(seconds(31)).await;
    assert!(bob.wait_ended().await.is_some());
    scenario.nothing_left().await;
}
