//! Phones that forward their calls. Callflow check 53.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller};
use serde_json::{Value, json};

use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{in_virtual_time, node, play};
use crate::callflow_ringing::{house, talks};
use crate::support::{Scenario, ms, seconds};

const OUTSIDE: &str = "Local/5551234@pivot-outbound/n";

fn forward(more: Value) -> Value {
    let mut forward = json!({"enabled": true, "number": "555-1234", "require_keypress": false});
    forward
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({"call_forward": forward})
}

fn desk(children: &[&str]) -> Value {
    ringing("device", json!({"id": "desk"}), children)
}

/// A house whose phone `desk` forwards its calls so.
async fn forwarding(more: Value) -> Scenario {
    let scenario = house().await;
    scenario.device("desk", forward(more)).await;
    scenario
}

// Callflow check 53.
// Proves device.call_forward.substitute.
#[test]
fn the_phone_itself_rings_only_if_nothing_takes_its_place() {
    for (substitute, rung) in [(true, &[OUTSIDE][..]), (false, &["PJSIP/desk", OUTSIDE])] {
        in_virtual_time(async move {
            let scenario = forwarding(json!({"substitute": substitute})).await;
            let phone = scenario.runs(desk(&["_"])).await;
            scenario.heard(&phone, &[]).await;
            assert_eq!(scenario.endpoints().await, rung);
            assert!(talked(&phone).await, "{}", scenario.lines().await);
        });
    }
}

// Proves device.dial_strategy, device.strategy.
#[test]
fn the_phone_and_then_its_forward_ring_if_the_node_says_so() {
    for name in ["dial_strategy", "strategy"] {
        in_virtual_time(async move {
            let scenario = forwarding(json!({"substitute": false})).await;
            scenario.behaves("PJSIP/desk", Behaviour::no_answer()).await;
            let data = json!({"id": "desk", name: "single", "timeout": 5});
            let phone = scenario.runs(ringing("device", data, &["_"])).await;
            scenario.heard(&phone, &[]).await;
            let legs = scenario.legs().await;
            assert_eq!(legs[1].endpoint, OUTSIDE);
            assert!(legs[1].after >= seconds(5), "{legs:?}");
        });
    }
}

// Callflow check 53.
#[test]
fn who_answers_a_forwarded_call_presses_1_to_take_it() {
    for (keys, taken) in [("1", true), ("2", false), ("", false)] {
        in_virtual_time(async move {
            let scenario = forwarding(json!({"require_keypress": true})).await;
            let behaviour = Behaviour::answers(seconds(1)).presses(seconds(2), keys);
            let behaviour = if taken {
                behaviour.hangs_up_after(seconds(6))
            } else {
                behaviour
            };
            scenario.behaves("Local/*", behaviour).await;
            let phone = scenario.runs(desk(&["NO_ANSWER", "_"])).await;
            let sounds: &[&str] = if taken { &[] } else { &["took-NO_ANSWER"] };
            scenario.heard(&phone, sounds).await;
            assert_eq!(talked(&phone).await, taken, "{}", scenario.lines().await);
            let callee = &scenario.asterisk.called(OUTSIDE).await[0];
            assert_eq!(callee.heard_media().await, ["sound:followme/options"]);
            let answered = scenario.asterisk.requests().await;
            let answered = answered.iter().any(|r| r.path.ends_with("/answer"));
            assert!(answered, "the child's sound answers, or the conversation");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_ends_the_one_who_is_asked_for_a_key() {
    let scenario = forwarding(json!({"require_keypress": true})).await;
    scenario
        .behaves("Local/*", Behaviour::answers(ms(100)))
        .await;
    let phone = scenario.runs(desk(&["_"])).await;
    phone.hangup_at(seconds(2));
    scenario.end(&phone).await;
    let callee = &scenario.asterisk.called(OUTSIDE).await[0];
    assert!(callee.ended().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_is_asked_for_a_key_is_picked_up_as_it_was() {
    let scenario = forwarding(json!({"require_keypress": true})).await;
    let behaviour = Behaviour::answers(ms(100))
        .presses(seconds(5), "1")
        .hangs_up_after(seconds(9));
    scenario.behaves("Local/*", behaviour).await;
    let phone = scenario.runs(desk(&["_"])).await;
    tokio::time::sleep(seconds(3)).await;
    for id in scenario.checkpoints.calls() {
        scenario.pivot.drop_call(&id).await;
        let state = scenario.checkpoints.read(&id).unwrap();
        scenario.pivot.resume_call(state).await;
    }
    scenario.heard(&phone, &[]).await;
    assert!(talked(&phone).await, "{}", scenario.lines().await);
}

#[test]
fn a_number_of_the_accounts_own_is_reached_through_its_callflow() {
    for (numbers, endpoint) in [
        (&["5551234"][..], "Local/5551234@pivot-internal/n"),
        (&["no_match"], "Local/5551234@pivot-internal/n"),
        (&["9"], OUTSIDE),
    ] {
        in_virtual_time(async move {
            let scenario = forwarding(json!({})).await;
            scenario.callflow("other", numbers, play("unused")).await;
            let phone = scenario.runs(desk(&[])).await;
            scenario.end(&phone).await;
            let leg = &scenario.legs().await[0];
            assert_eq!(leg.endpoint, endpoint);
            let account = scenario.pivot.services.account.to_string();
            assert_eq!(leg.variables["__PIVOT_ACCOUNT"], account);
            assert_eq!(leg.variables["__PIVOT_FORWARDS"], "1");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_forward_to_the_outside_uses_a_stored_trunk() {
    let scenario = forwarding(json!({})).await;
    let trunk = json!({"dial": "PJSIP/{number}@carrier"});
    scenario.put(Kind::Resource, "t", trunk).await;
    let phone = scenario.runs(desk(&[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/5551234@carrier"]);
}

#[tokio::test(start_paused = true)]
async fn phones_that_forward_to_each_other_come_to_an_end() {
    let scenario = forwarding(json!({})).await;
    scenario.callflow("main", &["2030"], desk(&["_"])).await;
    let variables = [("PIVOT_FORWARDS".to_owned(), "10".to_owned())];
    let phone = scenario
        .call_from(Caller {
            to: "2030".into(),
            variables: variables.into(),
            ..Caller::default()
        })
        .await;
    scenario.heard(&phone, &["took-_"]).await;
    assert!(scenario.endpoints().await.is_empty());
}

// Proves device.call_forward.keep_caller_id, device.caller_id.*.number.
// Proves device.call_forward.keep_caller_id, device.caller_id.*.number.
// Proves device.call_forward.keep_caller_id, device.caller_id.*.number.
#[test]
fn a_forwarded_call_shows_its_caller_or_the_phone_that_forwards() {
    for (keeps, shown) in [(true, "+15550001"), (false, "+4930700")] {
        in_virtual_time(async move {
            let scenario = house().await;
            let mut document = forward(json!({"keep_caller_id": keeps}));
            document["caller_id"] = json!({"external": {"number": "+4930700", "name": "Desk"}});
            scenario.device("desk", document).await;
            let phone = scenario.runs(desk(&[])).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].caller(), shown);
        });
    }
}

// Proves device.call_forward.enabled, device.call_forward.number, user.call_forward.enabled.
// Proves user.call_forward.number, account.call_forward.enabled.
// Proves account.call_forward.number.
// Proves device.call_forward.enabled, device.call_forward.number, user.call_forward.enabled.
// Proves user.call_forward.number, account.call_forward.enabled.
// Proves account.call_forward.number.
// Proves device.call_forward.enabled, device.call_forward.number, user.call_forward.enabled.
// Proves user.call_forward.number, account.call_forward.enabled.
// Proves account.call_forward.number.
#[test]
fn the_forward_is_the_devices_if_it_is_on_else_the_users_else_the_accounts() {
    let to = |number: &str, enabled: bool| json!({"call_forward": {"enabled": enabled, "number": number, "require_keypress": false}});
    for (device, user, account, number) in [
        (to("1", true), to("2", true), to("3", true), "1"),
        (to("1", false), to("2", true), to("3", true), "2"),
        (json!({}), json!({}), to("3", true), "3"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let mut device = device;
            device["owner_id"] = "ann".into();
            scenario.device("desk", device).await;
            scenario.user("ann", user).await;
            scenario.account(account).await;
            let phone = scenario.runs(desk(&[])).await;
            scenario.end(&phone).await;
            let expected = format!("Local/{number}@pivot-outbound/n");
            assert_eq!(scenario.endpoints().await, [expected]);
        });
    }
}

// Proves device.call_forward.ignore_early_media.
// Proves device.call_forward.ignore_early_media.
// Proves device.call_forward.ignore_early_media.
#[test]
fn early_media_of_a_forward_is_not_heard_unless_the_phone_says_so() {
    for (ignores, joins_first) in [(true, false), (false, true)] {
        in_virtual_time(async move {
            let scenario = forwarding(json!({"ignore_early_media": ignores})).await;
            scenario
                .behaves("Local/*", talks().early_media_after(ms(100)))
                .await;
            let phone = scenario.runs(desk(&[])).await;
            scenario.end(&phone).await;
            let requests = scenario.asterisk.requests().await;
            let at = |what: &str| {
                requests
                    .iter()
                    .position(|r| r.path.ends_with(what))
                    .unwrap()
            };
            assert_eq!(at("/addChannel") < at("/dial"), joins_first, "{ignores}");
        });
    }
}

// Callflow check 53.
// Proves ring_group.ignore_forward.
// Proves device.call_forward.direct_calls_only.
// Proves device.call_forward.direct_calls_only.
// Proves device.call_forward.direct_calls_only.
#[test]
fn a_ring_group_is_forwarded_only_if_it_says_so_and_the_phone_takes_such_calls() {
    for (ignores, direct_only, rung) in [
        (json!(null), false, "PJSIP/desk"),
        (json!(true), false, "PJSIP/desk"),
        (json!(false), false, OUTSIDE),
        (json!(false), true, "PJSIP/desk"),
    ] {
        in_virtual_time(async move {
            let scenario = forwarding(json!({"direct_calls_only": direct_only})).await;
            let mut data = json!({"endpoints": [{"id": "desk", "endpoint_type": "device"}]});
            if !ignores.is_null() {
                data["ignore_forward"] = ignores.clone();
            }
            let phone = scenario.runs(node("ring_group", data)).await;
            scenario.end(&phone).await;
            assert_eq!(
                scenario.endpoints().await,
                [rung],
                "{ignores} {direct_only}"
            );
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_takes_only_direct_calls_elsewhere_forwards_those() {
    let scenario = forwarding(json!({"direct_calls_only": true})).await;
    let phone = scenario.runs(desk(&[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, [OUTSIDE]);
}

#[tokio::test(start_paused = true)]
async fn the_devices_of_a_user_who_forwards_call_there_once() {
    let scenario = house().await;
    scenario.user("ann", forward(json!({}))).await;
    for id in ["cell", "desk"] {
        scenario.device(id, json!({"owner_id": "ann"})).await;
    }
    let phone = scenario.runs(node("user", json!({"id": "ann"}))).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, [OUTSIDE]);
}
