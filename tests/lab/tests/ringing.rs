//! Stored devices, groups and trunks on real calls: phones that ring, forward and
//! refuse.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot::objects::Kind;
use pivot_lab::house::House;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::{Call, OnCall};
use pivot_lab::stage::{CALLER, FIRST, SECOND, ms};
use serde_json::{Value, json};
use tokio::time::Instant;

async fn stage(version: &str) -> Option<House> {
    House::new(version).await.unwrap()
}

fn device(id: &str, children: Value) -> Value {
    json!({ "module": "device", "data": { "id": id }, "children": children })
}

/// A phone that forwards its calls, with more.
fn forwards(number: &str, more: Value) -> Value {
    let mut forward = json!({ "enabled": true, "number": number });
    forward
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({ "call_forward": forward })
}

/// Whether they hear each other.
async fn talk(caller: &Call, callee: &Call) -> bool {
    caller.start_tone(600.0);
    callee.start_tone(900.0);
    tokio::time::sleep(ms(2000)).await;
    let (heard, told) = (caller.heard(), callee.heard());
    heard.mixed_tone_duration(900.0) > ms(1000) && told.mixed_tone_duration(600.0) > ms(1000)
}

on_each_asterisk! {
    a_ring_group_rings_one_phone_and_later_the_other => async |h: &House| {
        let (mut alice, mut bob) = (h.asterisk.phone("alice"), h.asterisk.phone("bob"));
        alice.on_call(OnCall::NeverAnswer);
        bob.on_call(OnCall::Answer { after: ms(300) });
        h.put(Kind::Device, "d1", json!({ "sip": { "username": "alice" } })).await.unwrap();
        h.put(Kind::Device, "d2", json!({ "sip": { "username": "bob" } })).await.unwrap();
        let endpoints = json!([{ "id": "d1", "endpoint_type": "device" },
            { "id": "d2", "endpoint_type": "device", "delay": 3 }]);
        let mut call = h.call_flow(json!({ "module": "ring_group", "data": { "endpoints": endpoints } })).await.unwrap();
        let mut lost = alice.next_call().await.unwrap();
        let began = Instant::now();
        let mut callee = bob.next_call().await.unwrap();
        let delay = began.elapsed();
        assert!(delay > ms(2500) && delay < ms(4500), "{delay:?}\n{}", h.trace().await.unwrap());
        callee.wait_answered().await.unwrap();
        lost.wait_ended().await.unwrap();
        assert!(talk(&call, &callee).await, "{}", h.trace().await.unwrap());
        callee.hangup().await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    a_busy_phone_leads_to_the_child_for_that => async |h: &House| {
        let (alice, mut bob) = (h.asterisk.phone("alice"), h.asterisk.phone("bob"));
        alice.on_call(OnCall::Reject(486));
        bob.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(800) });
        h.put(Kind::Device, "alice", json!({})).await.unwrap();
        let children = json!({ "USER_BUSY": device("bob", json!({})), "_": { "module": "hangup" } });
        let mut call = h.call_flow(device("alice", children)).await.unwrap();
        let _callee = bob.next_call().await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    who_answers_a_forwarded_call_presses_1_to_take_it => async |h: &House| {
        let mut cell = h.asterisk.phone(FIRST);
        cell.on_call(OnCall::Answer { after: ms(300) });
        h.put(Kind::Device, "alice", forwards(FIRST, json!({}))).await.unwrap();
        let mut call = h.call_flow(device("alice", json!({}))).await.unwrap();
        let mut callee = cell.next_call().await.unwrap();
        callee.wait_answered().await.unwrap();
        callee.wait_prompt_over(ms(700)).await.unwrap();
        assert!(!callee.heard().is_silent(), "{}", h.trace().await.unwrap());
        callee.press("1").await.unwrap();
        call.wait_answered().await.unwrap();
        assert!(talk(&call, &callee).await, "{}", h.trace().await.unwrap());
        callee.hangup().await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    who_does_not_want_a_forwarded_call_does_not_get_it => async |h: &House| {
        let (mut cell, mut bob) = (h.asterisk.phone(FIRST), h.asterisk.phone("bob"));
        cell.on_call(OnCall::Answer { after: ms(300) });
        bob.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(800) });
        h.put(Kind::Device, "alice", forwards(FIRST, json!({}))).await.unwrap();
        let children = json!({ "NO_ANSWER": device("bob", json!({})) });
        let mut call = h.call_flow(device("alice", children)).await.unwrap();
        let mut callee = cell.next_call().await.unwrap();
        callee.wait_answered().await.unwrap();
        callee.wait_prompt_over(ms(700)).await.unwrap();
        callee.press("2").await.unwrap();
        callee.wait_ended().await.unwrap();
        let _callee = bob.next_call().await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    a_phone_forwards_to_a_number_of_the_accounts_own => async |h: &House| {
        let mut bob = h.asterisk.phone("bob");
        bob.on_call(OnCall::Answer { after: ms(300) });
        h.put(Kind::Device, "alice", forwards("3000", json!({ "require_keypress": false }))).await.unwrap();
        let inside = json!({ "numbers": ["3000"], "flow": device("bob", json!({})) });
        h.put(Kind::Callflow, "inside", inside).await.unwrap();
        let mut call = h.call_flow(device("alice", json!({}))).await.unwrap();
        let mut callee = bob.next_call().await.unwrap();
        let from = callee.invite.clone().unwrap().header("From").unwrap().to_owned();
        assert!(from.contains(CALLER), "{from}");
        callee.wait_answered().await.unwrap();
        call.wait_answered().await.unwrap();
        assert!(talk(&call, &callee).await, "{}", h.trace().await.unwrap());
        callee.hangup().await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    phones_that_forward_to_each_other_do_not_ring_for_ever => async |h: &House| {
        let mut bob = h.asterisk.phone("bob");
        bob.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(500) });
        for (id, number) in [("a", "3001"), ("b", "3000")] {
            h.put(Kind::Device, id, forwards(number, json!({ "require_keypress": false }))).await.unwrap();
        }
        for (id, number) in [("a", "3000"), ("b", "3001")] {
            let flow = json!({ "numbers": [number], "flow": device(id, json!({})) });
            h.put(Kind::Callflow, id, flow).await.unwrap();
        }
        let mut call = h.call_flow(device("a", json!({ "_": device("bob", json!({})) }))).await.unwrap();
        let _callee = bob.next_call_within(Duration::from_secs(30)).await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    a_congested_trunk_is_followed_by_the_next => async |h: &House| {
        let congested = h.asterisk.phone(&format!("9{FIRST}"));
        let mut carrier = h.asterisk.phone(FIRST);
        congested.on_call(OnCall::Reject(503));
        carrier.on_call(OnCall::Answer { after: ms(300) });
        let first = json!({ "gateways": [{ "endpoint": "pivot-trunk", "prefix": "9" }], "weight_cost": 1 });
        h.put(Kind::Resource, "first", first).await.unwrap();
        h.put(Kind::Resource, "second", json!({ "dial": "PJSIP/{number}@pivot-trunk" })).await.unwrap();
        let data = json!({ "to_did": FIRST, "custom_sip_headers": { "X-Order": "4711" } });
        let mut call = h.call_flow(json!({ "module": "resources", "data": data })).await.unwrap();
        let mut callee = carrier.next_call().await.unwrap();
        assert_eq!(callee.invite.clone().unwrap().header("X-Order"), Some("4711"));
        callee.wait_answered().await.unwrap();
        call.wait_answered().await.unwrap();
        assert!(talk(&call, &callee).await, "{}", h.trace().await.unwrap());
        callee.hangup().await.unwrap();
        h.over(&mut call).await.unwrap();
    };

    a_busy_number_is_not_tried_over_another_trunk => async |h: &House| {
        let busy = h.asterisk.phone(&format!("9{FIRST}"));
        let mut other = h.asterisk.phone(FIRST);
        busy.on_call(OnCall::Reject(486));
        let gateways = json!([{ "endpoint": "pivot-trunk", "prefix": "9" }, { "endpoint": "pivot-trunk" }]);
        h.put(Kind::Resource, "trunk", json!({ "gateways": gateways })).await.unwrap();
        let mut call = h.call_flow(json!({ "module": "resources", "data": { "to_did": FIRST } })).await.unwrap();
        call.wait_ended().await.ok();
        assert_eq!(call.state().code, Some(486), "{}", h.trace().await.unwrap());
        assert!(other.next_call_within(ms(300)).await.is_err());
        h.over(&mut call).await.unwrap();
    };

    a_phone_without_call_waiting_is_busy_while_it_talks => async |h: &House| {
        let (mut alice, mut bob) = (h.asterisk.phone("alice"), h.asterisk.phone("bob"));
        alice.on_call(OnCall::Answer { after: ms(200) });
        bob.on_call(OnCall::AnswerThenHangUp { after: ms(200), hold: ms(500) });
        h.put(Kind::Device, "alice", json!({ "call_waiting": { "enabled": false } })).await.unwrap();
        let flow = device("alice", json!({ "USER_BUSY": device("bob", json!({})) }));
        let mut first = h.call_flow(flow.clone()).await.unwrap();
        let mut callee = alice.next_call().await.unwrap();
        first.wait_answered().await.unwrap();
        let mut second = h.call_flow(flow).await.unwrap();
        let _callee = bob.next_call().await.unwrap();
        second.wait_ended().await.unwrap();
        assert!(alice.next_call_within(ms(300)).await.is_err(), "{}", h.trace().await.unwrap());
        callee.hangup().await.unwrap();
        h.over(&mut first).await.unwrap();
    };

    the_caller_hears_the_ringback_and_is_not_answered_by_it => async |h: &House| {
        let mut alice = h.asterisk.phone("alice");
        alice.on_call(OnCall::AnswerThenHangUp { after: ms(3500), hold: ms(500) });
        let data = json!({ "endpoints": [{ "id": "alice", "endpoint_type": "device" }],
            "ringback": "tone_stream://%(700,300,620)" });
        let mut call = h.call_flow(json!({ "module": "ring_group", "data": data })).await.unwrap();
        let _callee = alice.next_call().await.unwrap();
        tokio::time::sleep(ms(2500)).await;
        assert!(call.state().answered_at.is_none(), "{}", h.trace().await.unwrap());
        h.over(&mut call).await.unwrap();
        let heard = call.heard();
        // Several rounds of a sound of one second.
        assert!(heard.mixed_tone_duration(620.0) > ms(1200), "{:?}\n{}", heard.segments(), h.trace().await.unwrap());
    };

    an_invite_is_for_whom_the_device_says => async |h: &House| {
        let mut second = h.asterisk.phone(SECOND);
        second.on_call(OnCall::AnswerThenHangUp { after: ms(200), hold: ms(500) });
        let sip = json!({ "static_invite": SECOND, "custom_sip_headers": { "in": { "X-Desk": "1" } } });
        let document = json!({ "sip": sip, "ringtones": { "external": "Bellcore-dr2" } });
        h.put(Kind::Device, "alice", document).await.unwrap();
        let mut call = h.call_flow(device("alice", json!({}))).await.unwrap();
        let callee = second.next_call().await.unwrap();
        let invite = callee.invite.clone().unwrap();
        assert_eq!(invite.header("X-Desk"), Some("1"));
        assert_eq!(invite.header("Alert-Info"), Some("Bellcore-dr2"));
        h.over(&mut call).await.unwrap();
    };
}
