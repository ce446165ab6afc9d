//! Feature codes on real calls: parking, pickup, intercept, eavesdropping, paging, and
//! queues whose agents are called.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot::objects::Kind;
use pivot_lab::house::House;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::{Call, OnCall};
use pivot_lab::stage::{CALLER, ms};
use serde_json::{Value, json};

/// Two phones, Alice's and Bob's, which their own numbers ring.
async fn stage(version: &str) -> Option<House> {
    let house = House::new(version).await.unwrap()?;
    for (name, number) in [("alice", "101"), ("bob", "102")] {
        let user = json!({ "first_name": name, "last_name": "Smith", "queues": ["support"] });
        house
            .put(Kind::User, &format!("u-{name}"), user)
            .await
            .unwrap();
        let device =
            json!({ "name": name, "owner_id": format!("u-{name}"), "sip": { "username": name } });
        house.put(Kind::Device, name, device).await.unwrap();
        house
            .flow(number, node("device", json!({ "id": name })))
            .await
            .unwrap();
    }
    Some(house)
}

fn node(module: &str, data: Value) -> Value {
    json!({ "module": module, "data": data })
}

/// Whether they hear each other, within a while.
async fn talk(one: &Call, other: &Call) -> bool {
    one.start_tone(600.0);
    other.start_tone(900.0);
    let hears = |call: &Call, tone: f64| call.heard().mixed_tone_duration(tone) > ms(800);
    let both = soon(|| hears(one, 900.0) && hears(other, 600.0)).await;
    one.stop_sending();
    other.stop_sending();
    both
}

/// Whether something comes true within eight seconds.
async fn soon(mut is: impl FnMut() -> bool) -> bool {
    for _ in 0..80 {
        if is() {
            return true;
        }
        tokio::time::sleep(ms(100)).await;
    }
    false
}

fn loudness(call: &Call) -> Duration {
    call.heard_answered()
        .segments()
        .iter()
        .map(|segment| segment.duration())
        .sum()
}

on_each_asterisk! {
    who_is_parked_hears_music_and_is_taken_up_at_another_phone => async |s: &House| {
        s.flow("700", node("park", json!({ "action": "direct_park", "slot": "101" }))).await.unwrap();
        s.flow("701", node("park", json!({ "action": "retrieve", "slot": "101" }))).await.unwrap();
        let mut caller = s.dial(CALLER, "700").await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(soon(|| loudness(&caller) > ms(500)).await, "no music\n{}", s.trace().await.unwrap());
        let mut alice = s.dial("alice", "701").await.unwrap();
        alice.wait_answered().await.unwrap();
        assert!(talk(&caller, &alice).await, "{}", s.trace().await.unwrap());
        alice.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };

    a_caller_is_parked_by_an_attended_transfer => async |s: &House| {
        s.flow("703", node("park", json!({ "slot": "103" }))).await.unwrap();
        s.flow("704", node("park", json!({ "action": "retrieve", "slot": "103" }))).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut talking = bob.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(talk(&caller, &talking).await, "{}", s.trace().await.unwrap());
        let mut asked = s.dial("bob", "703").await.unwrap();
        asked.wait_answered().await.unwrap();
        asked.wait_prompt_over(ms(1500)).await.unwrap();
        talking.refer_into(&asked, "703");
        talking.wait_refer_over().await.unwrap();
        talking.hangup().await.unwrap();
        asked.wait_ended().await.unwrap();
        let before = loudness(&caller);
        assert!(soon(|| loudness(&caller) > before + ms(500)).await, "no music\n{}", s.trace().await.unwrap());
        let mut alice = s.dial("alice", "704").await.unwrap();
        alice.wait_answered().await.unwrap();
        assert!(talk(&caller, &alice).await, "{}", s.trace().await.unwrap());
        alice.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };

    a_conversation_moves_from_the_phone_that_made_the_call => async |s: &House| {
        let other = json!({ "name": "other", "owner_id": "u-alice", "sip": { "username": "pivot-trunk" } });
        s.put(Kind::Device, "caller", other).await.unwrap();
        s.flow("306", node("move", json!({}))).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut talking = bob.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(talk(&caller, &talking).await, "{}", s.trace().await.unwrap());
        let mut alice = s.dial("alice", "306").await.unwrap();
        alice.wait_answered().await.unwrap();
        assert!(talk(&talking, &alice).await, "{}", s.trace().await.unwrap());
        caller.wait_ended().await.unwrap();
        talking.hangup().await.unwrap();
        s.over(&mut alice).await.unwrap();
    };

    a_ringing_call_is_picked_up => async |s: &House| {
        s.flow("308", node("group_pickup", json!({ "device_id": "bob" }))).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        bob.on_call(OnCall::NeverAnswer);
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut ringing = bob.next_call().await.unwrap();
        caller.wait_ringing().await.unwrap();
        let mut alice = s.dial("alice", "308").await.unwrap();
        alice.wait_answered().await.unwrap();
        ringing.wait_ended().await.unwrap();
        assert!(talk(&caller, &alice).await, "{}", s.trace().await.unwrap());
        caller.hangup().await.unwrap();
        s.over(&mut alice).await.unwrap();
    };

    a_conversation_is_intercepted => async |s: &House| {
        let data = json!({ "device_id": "bob", "approved_user_id": "u-alice" });
        s.flow("309", node("intercept", data)).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut talking = bob.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(talk(&caller, &talking).await, "{}", s.trace().await.unwrap());
        let mut alice = s.dial("alice", "309").await.unwrap();
        alice.wait_answered().await.unwrap();
        talking.wait_ended().await.unwrap();
        assert!(talk(&caller, &alice).await, "{}", s.trace().await.unwrap());
        alice.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };

    who_is_approved_hears_both_and_is_heard_by_none => async |s: &House| {
        let data = json!({ "device_id": "bob", "approved_device_id": "alice" });
        s.flow("305", node("eavesdrop", data)).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let talking = bob.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        let mut alice = s.dial("alice", "305").await.unwrap();
        alice.wait_answered().await.unwrap();
        caller.start_tone(600.0);
        talking.start_tone(900.0);
        alice.start_tone(1500.0);
        let hears = |call: &Call, tone: f64| call.heard().mixed_tone_duration(tone) > ms(800);
        let both = soon(|| hears(&alice, 600.0) && hears(&alice, 900.0)).await;
        assert!(both, "{}", s.trace().await.unwrap());
        assert!(hears(&caller, 900.0) && hears(&talking, 600.0));
        for call in [&caller, &talking] {
            assert_eq!(call.heard().mixed_tone_duration(1500.0), Duration::ZERO);
        }
        caller.hangup().await.unwrap();
        s.over(&mut alice).await.unwrap();
    };

    whoever_camps_is_called_back_and_talks_with_the_one_who_is_free => async |s: &House| {
        let camps = json!({ "name": "camps", "patterns": ["^7([0-9]{3})$"], "flow": node("camping_feature", json!({})) });
        s.put(Kind::Callflow, "camps", camps).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut talking = bob.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        let mut asks = s.dial("alice", "7102").await.unwrap();
        asks.wait_answered().await.unwrap();
        asks.wait_ended().await.unwrap();
        let mut alice = s.asterisk.phone("alice");
        assert!(loudness(&asks) > ms(500), "no words\n{}", s.trace().await.unwrap());
        caller.hangup().await.unwrap();
        talking.wait_ended().await.unwrap();
        let mut back = alice.next_call().await.unwrap();
        let from = back.invite.clone().unwrap().header("From").unwrap_or_default().to_owned();
        assert!(from.contains("102") && from.contains("Campered call"), "{from}");
        let mut again = bob.next_call().await.unwrap();
        assert!(talk(&back, &again).await, "{}", s.trace().await.unwrap());
        again.hangup().await.unwrap();
        s.over(&mut back).await.unwrap();
    };

    a_page_is_heard_by_phones_that_are_not_heard => async |s: &House| {
        let members = json!([{ "id": "alice", "endpoint_type": "device" }, { "id": "u-bob", "endpoint_type": "user" }]);
        s.flow("300", node("page_group", json!({ "endpoints": members }))).await.unwrap();
        let (mut alice, mut bob) = (s.asterisk.phone("alice"), s.asterisk.phone("bob"));
        let mut caller = s.dial(CALLER, "300").await.unwrap();
        caller.wait_answered().await.unwrap();
        let (first, second) = (alice.next_call().await.unwrap(), bob.next_call().await.unwrap());
        let invite = first.invite.clone().unwrap();
        assert!(invite.header("Call-Info").is_some_and(|info| info.contains("answer-after=0")));
        caller.start_tone(600.0);
        first.start_tone(900.0);
        let hears = |call: &Call, tone: f64| call.heard().mixed_tone_duration(tone) > ms(800);
        let all = soon(|| hears(&first, 600.0) && hears(&second, 600.0)).await;
        assert!(all, "{}", s.trace().await.unwrap());
        for call in [&caller, &second] {
            assert!(call.heard().mixed_tone_duration(900.0) < ms(100), "{}", s.trace().await.unwrap());
        }
        caller.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };

    a_queue_calls_its_agents_one_after_the_other => async |s: &House| {
        s.put(Kind::Queue, "support", json!({ "name": "support", "agent_ring_timeout": 2 })).await.unwrap();
        s.flow("500", node("acdc_member", json!({ "id": "support" }))).await.unwrap();
        s.flow("501", node("acdc_agent", json!({ "action": "login" }))).await.unwrap();
        for who in ["alice", "bob"] {
            let mut call = s.dial(who, "501").await.unwrap();
            s.over(&mut call).await.unwrap();
        }
        let (mut alice, mut bob) = (s.asterisk.phone("alice"), s.asterisk.phone("bob"));
        alice.on_call(OnCall::NeverAnswer);
        let mut caller = s.dial(CALLER, "500").await.unwrap();
        caller.wait_answered().await.unwrap();
        let mut unanswered = alice.next_call().await.unwrap();
        let agent = bob.next_call().await.unwrap();
        unanswered.wait_ended().await.unwrap();
        assert!(talk(&caller, &agent).await, "{}", s.trace().await.unwrap());
        caller.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };
}
