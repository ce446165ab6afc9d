//! Several who ring: `ring_group`, `group`, `route_to_cid`, `ring_group_toggle`.
//! Callflow checks 50 to 52.

use std::collections::BTreeSet;
use std::time::Duration;

use pivot::clock;
use pivot::objects::{Kind, gregorian};
use pivot::simulate::{Behaviour, Phone};
use serde_json::{Value, json};

use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{in_virtual_time, node};
use crate::callflow_ringing::{house, talks};
use crate::support::{Scenario, ms, seconds};

fn member(id: &str, more: Value) -> Value {
    let mut member = json!({"id": id, "endpoint_type": "device"});
    member
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    member
}

fn members(ids: &[&str]) -> Value {
    ids.iter().map(|id| member(id, json!({}))).collect()
}

/// Everybody behaves like that while this group rings.
async fn rung(behaviour: Behaviour, data: Value, children: &[&str]) -> (Scenario, Phone) {
    let scenario = house().await;
    scenario.behaves("*", behaviour).await;
    let phone = scenario.runs(ringing("ring_group", data, children)).await;
    (scenario, phone)
}

fn near(time: Duration, expected: Duration) -> bool {
    time >= expected && time < expected + seconds(2)
}

// Callflow check 50.
#[tokio::test(start_paused = true)]
async fn all_ring_at_once_and_the_first_who_answers_has_the_call() {
    let scenario = house().await;
    scenario.behaves("PJSIP/a", Behaviour::no_answer()).await;
    let data = json!({"endpoints": members(&["a", "b"])});
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.heard(&phone, &[]).await;
    let legs = scenario.legs().await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a", "PJSIP/b"]);
    assert!(legs[1].after < seconds(1), "{legs:?}");
    assert_eq!(
        scenario.asterisk.called("PJSIP/a").await[0]
            .ended()
            .await
            .unwrap()
            .cause,
        26
    );
    assert!(talked(&phone).await);
}

// Callflow check 50.
// Proves ring_group.endpoints.delay, ring_group.endpoints.timeout.
#[tokio::test(start_paused = true)]
async fn each_member_rings_after_its_own_delay_for_its_own_time() {
    let endpoints = json!([
        member("late", json!({"delay": 10, "timeout": 4})),
        member("first", json!({"timeout": 6})),
        member("all", json!({"timeout": 60})),
        member("never", json!({"delay": 30})),
    ]);
    let data = json!({"endpoints": endpoints, "timeout": 30});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["NO_ANSWER"]).await;
    scenario.heard(&phone, &["took-NO_ANSWER"]).await;
    let legs = scenario.legs().await;
    let order: Vec<&str> = legs.iter().map(|leg| leg.endpoint.as_str()).collect();
    assert_eq!(order, ["PJSIP/first", "PJSIP/all", "PJSIP/late"]);
    assert!(near(legs[2].after, seconds(10)), "{legs:?}");
    let mut rang = Vec::new();
    for leg in ["first", "all", "late"] {
        let callee = &scenario.asterisk.called(&format!("PJSIP/{leg}")).await[0];
        rang.push(callee.ended().await.unwrap().at);
    }
    assert!(
        near(rang[0], seconds(6)) && near(rang[2], seconds(14)),
        "{rang:?}"
    );
    assert!(near(rang[1], seconds(30)), "{rang:?}");
}

// Callflow check 50.
// Proves ring_group.timeout.
#[tokio::test(start_paused = true)]
async fn the_groups_timeout_ends_all_of_it() {
    let data = json!({"endpoints": [member("a", json!({"timeout": 60}))], "timeout": 7});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["_"]).await;
    scenario.heard(&phone, &["took-_"]).await;
    let callee = &scenario.asterisk.called("PJSIP/a").await[0];
    assert!(near(callee.ended().await.unwrap().at, seconds(7)));
}

// Callflow check 50.
// Proves ring_group.repeats.
#[test]
fn they_ring_again_until_a_child_wants_the_failure() {
    for (children, legs, taken) in [
        (&["_"][..], 3, "took-_"),
        (&["NO_ANSWER", "_"], 1, "took-NO_ANSWER"),
        (&["sip:480"], 1, "took-sip-480"),
        (&["USER_BUSY", "_"], 3, "took-_"),
    ] {
        in_virtual_time(async move {
            let data = json!({"endpoints": members(&["a"]), "timeout": 5, "repeats": 3});
            let (scenario, phone) = rung(Behaviour::no_answer(), data, children).await;
            scenario.heard(&phone, &[taken]).await;
            assert_eq!(scenario.legs().await.len(), legs, "{children:?}");
        });
    }
}

// Callflow check 50.
#[tokio::test(start_paused = true)]
async fn an_answer_in_the_second_round_ends_the_ringing() {
    let data = json!({"endpoints": members(&["a"]), "timeout": 5, "repeats": 3});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["_"]).await;
    tokio::time::sleep(seconds(6)).await;
    scenario.behaves("*", talks()).await;
    scenario.behaves("PJSIP/a", talks()).await;
    scenario.heard(&phone, &[]).await;
    assert!(scenario.legs().await.len() <= 3);
    assert!(talked(&phone).await);
}

// Callflow check 50.
// Proves ring_group.ringback.
#[tokio::test(start_paused = true)]
async fn the_caller_hears_the_ringback_over_and_over_until_somebody_answers() {
    let data = json!({"endpoints": members(&["a"]), "ringback": "sound:wait-for-us"});
    let scenario = house().await;
    scenario.asterisk.sound("wait-for-us", seconds(4)).await;
    scenario
        .behaves(
            "*",
            Behaviour::answers(seconds(10)).hangs_up_after(seconds(3)),
        )
        .await;
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.heard(&phone, &["wait-for-us"; 3]).await;
    let heard = phone.heard().await;
    let rounds: Vec<bool> = heard.iter().take(3).map(|heard| heard.complete).collect();
    assert_eq!(rounds, [true, true, false]);
    assert!(talked(&phone).await, "{}", scenario.lines().await);
}

#[tokio::test(start_paused = true)]
async fn a_ringback_that_cannot_be_played_is_ringing() {
    let data = json!({"endpoints": members(&["a"]), "ringback": "sound:nowhere", "timeout": 9});
    let scenario = house().await;
    scenario.asterisk.no_sound("nowhere").await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.end(&phone).await;
    assert!(
        phone.responses().await.contains(&180),
        "{:?}",
        phone.responses().await
    );
    let requests = scenario.asterisk.requests().await;
    let played = requests
        .iter()
        .filter(|r| r.path.contains("/play/"))
        .count();
    assert!(played <= 3, "{played}");
}

// Callflow check 50.
// Proves ring_group.ringtones.internal, ring_group.ringtones.external.
#[test]
fn the_phones_of_a_group_ring_as_the_group_says() {
    for (arguments, header) in [(&["internal=yes"][..], "inside"), (&[], "outside")] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario
                .device(
                    "a",
                    json!({"ringtones": {"internal": "own", "external": "own"}}),
                )
                .await;
            let data = json!({"endpoints": members(&["a"]),
                "ringtones": {"internal": "inside", "external": "outside"}});
            let alert = node("set_alert_info", json!({"alert_info": "set"}));
            let flow = crate::callflow_flows::chain([alert, node("ring_group", data)]);
            scenario.callflow("main", &["2030"], flow).await;
            let phone = scenario.dial("2030", arguments).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].header("Alert-Info"), Some(header));
        });
    }
}

// Callflow check 51.
// Proves ring_group.endpoints.id, ring_group.endpoints.endpoint_type.
#[tokio::test(start_paused = true)]
async fn users_and_nested_groups_become_their_phones_and_nobody_rings_twice() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.user("ann", json!({})).await;
    for id in ["cell", "desk"] {
        scenario.device(id, json!({"owner_id": "ann"})).await;
    }
    let inner = json!({"deep": {"type": "device", "delay": 3}, "outer": {"type": "group"}});
    scenario
        .put(Kind::Group, "inner", json!({"endpoints": inner}))
        .await;
    let outer = json!({"inner": {"type": "group"}, "ann": {"type": "user"}, "b": {"type": "device", "timeout": 5}});
    scenario
        .put(Kind::Group, "outer", json!({"endpoints": outer}))
        .await;
    let endpoints = json!([
        {"id": "outer", "endpoint_type": "group", "timeout": 8},
        {"id": "b", "endpoint_type": "device", "timeout": 5},
        {"id": "desk", "endpoint_type": "device", "timeout": 8},
        {"id": "gone", "endpoint_type": "group"},
    ]);
    let data = json!({"endpoints": endpoints, "timeout": 10});
    let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
    scenario.heard(&phone, &["took-_"]).await;
    let legs = scenario.legs().await;
    let rung: Vec<&str> = legs.iter().map(|leg| leg.endpoint.as_str()).collect();
    assert_eq!(
        rung,
        ["PJSIP/cell", "PJSIP/desk", "PJSIP/b", "PJSIP/deep"],
        "{}",
        scenario.lines().await
    );
    assert!(near(legs[3].after, seconds(3)), "{legs:?}");
    let ended = scenario.asterisk.called("PJSIP/desk").await[0]
        .ended()
        .await
        .unwrap();
    assert!(
        near(ended.at, seconds(8)),
        "a nested member has the group's time: {ended:?}"
    );
}

// Callflow check 51.
// Proves ring_group.endpoints.disable_until.
#[test]
fn a_member_that_is_switched_off_until_later_does_not_ring() {
    for (from_now, rings) in [(60, false), (-60, true)] {
        in_virtual_time(async move {
            let until = gregorian(clock::now()) + from_now;
            let data = json!({"endpoints": [member("a", json!({"disable_until": until}))]});
            let (scenario, phone) = rung(talks(), data, &["_"]).await;
            let sounds: &[&str] = if rings { &[] } else { &["took-_"] };
            scenario.heard(&phone, sounds).await;
            assert_eq!(scenario.legs().await.len(), usize::from(rings));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_without_anybody_takes_the_default_child_at_once() {
    let data = json!({"endpoints": members(&["sipp"]), "repeats": 5});
    let (scenario, phone) = rung(talks(), data, &["_"]).await;
    let ended = scenario.end(&phone).await;
    assert!(ended.at < seconds(3), "{ended:?}");
    assert_eq!(phone.heard_media().await, ["sound:took-_"]);
}

/// Q15: each has its own time, all of them together as long as it takes.
// Proves ring_group.strategy.
#[tokio::test(start_paused = true)]
async fn they_ring_one_after_the_other_in_the_documents_order() {
    let endpoints = json!([
        member("c", json!({"timeout": 6, "delay": 2})),
        member("a", json!({"timeout": 30})),
        member("b", json!({"timeout": 4})),
    ]);
    let data = json!({"endpoints": endpoints, "strategy": "single", "timeout": 15});
    let (scenario, phone) = rung(Behaviour::no_answer(), data, &["_"]).await;
    scenario.heard(&phone, &["took-_"]).await;
    let legs = scenario.legs().await;
    let order: Vec<&str> = legs.iter().map(|leg| leg.endpoint.as_str()).collect();
    assert_eq!(order, ["PJSIP/c", "PJSIP/a", "PJSIP/b"]);
    // Since the first began to ring, after its delay.
    assert!(near(legs[1].after, seconds(6)), "{legs:?}");
    assert!(near(legs[2].after, seconds(21)), "{legs:?}");
    let ended = phone.ended().await.unwrap();
    assert!(ended.at >= seconds(27), "{ended:?}");
}

/// Q14: members of a stored group come by ascending weight, and all of them.
#[tokio::test(start_paused = true)]
async fn members_of_a_group_ring_by_weight_and_none_is_lost() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    let endpoints = json!({"none": {"type": "device"}, "b": {"type": "device", "weight": 5},
        "c": {"type": "device", "weight": 9}, "a": {"type": "device", "weight": 5}});
    let group = json!({"endpoints": endpoints, "strategy": "single"});
    scenario.put(Kind::Group, "g", group).await;
    let phone = scenario
        .runs(ringing("group", json!({"id": "g"}), &["USER_BUSY"]))
        .await;
    scenario.heard(&phone, &["took-USER_BUSY"]).await;
    let order = scenario.endpoints().await;
    assert_eq!(order, ["PJSIP/b", "PJSIP/a", "PJSIP/c", "PJSIP/none"]);
}

// Callflow check 52.
#[tokio::test(start_paused = true)]
async fn all_members_ring_one_at_a_time_in_an_order_that_changes() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    let weighted = |id: &str, weight: u32| member(id, json!({"weight": weight}));
    let endpoints = json!([
        weighted("a", 50),
        weighted("b", 50),
        weighted("c", 50),
        weighted("d", 50)
    ]);
    let data = json!({"endpoints": endpoints, "strategy": "weighted_random"});
    scenario
        .callflow("main", &["2030"], ringing("ring_group", data, &["_"]))
        .await;
    let mut orders = BTreeSet::new();
    for call in 0..12 {
        let phone = scenario.dial("2030", &[]).await;
        scenario.end(&phone).await;
        let legs = scenario.endpoints().await;
        let order = legs[call * 4..].to_vec();
        let all: BTreeSet<_> = order.iter().cloned().collect();
        assert_eq!((order.len(), all.len()), (4, 4), "{order:?}");
        orders.insert(order);
    }
    assert!(orders.len() > 2, "{orders:?}");
}

/// The order was drawn, and is drawn once.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_keeps_the_order_that_was_drawn() {
    for _ in 0..4 {
        let scenario = house().await;
        scenario.behaves("*", Behaviour::no_answer()).await;
        let ids = ["a", "b", "c", "d", "e"];
        let data = json!({"endpoints": members(&ids), "strategy": "weighted_random", "timeout": 4});
        let phone = scenario.runs(ringing("ring_group", data, &["_"])).await;
        for _ in 0..3 {
            tokio::time::sleep(seconds(5)).await;
            scenario.kill_and_resume().await;
        }
        scenario.heard(&phone, &["took-_"]).await;
        let legs = scenario.endpoints().await;
        let all: BTreeSet<_> = legs.iter().cloned().collect();
        assert_eq!((legs.len(), all.len()), (5, 5), "{legs:?}");
    }
}

// Proves ring_group.fail_on_single_reject.
#[tokio::test(start_paused = true)]
async fn one_who_is_busy_ends_the_ringing_of_the_group_if_it_says_so() {
    let scenario = house().await;
    scenario.behaves("PJSIP/a", Behaviour::no_answer()).await;
    scenario.behaves("PJSIP/b", Behaviour::busy()).await;
    let data = json!({"endpoints": members(&["a", "b"]), "fail_on_single_reject": true});
    let phone = scenario
        .runs(ringing("ring_group", data, &["USER_BUSY", "_"]))
        .await;
    let ended = scenario.end(&phone).await;
    assert_eq!(phone.heard_media().await, ["sound:took-USER_BUSY"]);
    assert!(ended.at < seconds(5), "{ended:?}");
}

/// Q16: nobody is answered before somebody answers, and without a ringback it rings.
// Proves group.id, group.timeout.
#[tokio::test(start_paused = true)]
async fn a_stored_group_rings_and_does_not_answer_first() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    let endpoints = json!({"a": {"type": "device"}, "b": {"type": "device"}});
    scenario
        .put(Kind::Group, "g", json!({"endpoints": endpoints}))
        .await;
    let data = json!({"id": "g", "timeout": 6});
    let phone = scenario.runs(ringing("group", data, &["NO_ANSWER"])).await;
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(phone.state().await.as_deref(), Some("Ring"));
    scenario.heard(&phone, &["took-NO_ANSWER"]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a", "PJSIP/b"]);
    let callee = &scenario.asterisk.called("PJSIP/a").await[0];
    assert!(near(callee.ended().await.unwrap().at, seconds(6)));
}

/// What the stored group says wins over the node.
// Proves group.strategy, group.ringback, group.ignore_forward.
#[test]
fn the_node_fills_in_what_the_stored_group_does_not_say() {
    let said = json!({"strategy": "single", "timeout": 5, "ringback": "sound:ours", "ignore_forward": false});
    let other = json!({"id": "g", "strategy": "simultaneous", "timeout": 9, "ringback": "sound:theirs", "ignore_forward": true});
    let mut node = said.clone();
    node["id"] = "g".into();
    for (group, data) in [(said, other), (json!({}), node)] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", Behaviour::no_answer()).await;
            scenario.asterisk.sound("ours", seconds(100)).await;
            let call_forward = json!({"enabled": true, "number": "5551234"});
            scenario
                .device("b", json!({"call_forward": call_forward}))
                .await;
            let mut group = group;
            group["endpoints"] = json!({"a": {"type": "device"}, "b": {"type": "device"}});
            scenario.put(Kind::Group, "g", group.clone()).await;
            let phone = scenario.runs(ringing("group", data, &["_"])).await;
            scenario.heard(&phone, &["ours", "took-_"]).await;
            let legs = scenario.legs().await;
            assert_eq!(
                scenario.endpoints().await,
                ["PJSIP/a", "Local/5551234@pivot-outbound/n"]
            );
            assert!(near(legs[1].after, seconds(5)), "{legs:?}");
        });
    }
}

// Proves group.endpoints.
// Proves group.endpoints.id.
#[tokio::test(start_paused = true)]
async fn a_group_with_members_of_its_own_needs_no_stored_group() {
    let scenario = house().await;
    let data = json!({"id": "gone", "endpoints": members(&["a"])});
    let phone = scenario.runs(ringing("group", data, &["_"])).await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_not_stored_takes_the_default_child() {
    let scenario = house().await;
    let phone = scenario
        .runs(ringing("group", json!({"id": "gone"}), &["_"]))
        .await;
    scenario.heard(&phone, &["took-_"]).await;
}

/// Q11: without types the internal caller ids count.
// Proves route_to_cid.cid_types, route_to_cid.endpoint_types.
// Proves user.caller_id.*.number.
// Proves user.caller_id.*.number.
// Proves user.caller_id.*.number.
#[test]
fn whoever_has_the_called_number_as_a_caller_id_rings() {
    for (data, rung) in [
        (json!({}), vec!["PJSIP/cell", "PJSIP/desk", "PJSIP/door"]),
        (json!({"endpoint_types": ["device"]}), vec!["PJSIP/door"]),
        (
            json!({"endpoint_types": ["user"]}),
            vec!["PJSIP/cell", "PJSIP/desk"],
        ),
        (json!({"cid_types": ["external"]}), vec!["PJSIP/gate"]),
        (json!({"cid_types": ["emergency"]}), vec![]),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", Behaviour::busy()).await;
            let has = |kind: &str| json!({"caller_id": {kind: {"number": "2030"}}});
            scenario.user("ann", has("internal")).await;
            for id in ["cell", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            scenario.device("door", has("internal")).await;
            scenario.device("gate", has("external")).await;
            let child = if rung.is_empty() { "_" } else { "USER_BUSY" };
            let phone = scenario
                .runs(ringing("route_to_cid", data.clone(), &["_", "USER_BUSY"]))
                .await;
            scenario.heard(&phone, &[&format!("took-{child}")]).await;
            let mut legs = scenario.endpoints().await;
            legs.sort();
            assert_eq!(legs, rung, "{data}");
        });
    }
}

// Proves route_to_cid.timeout, route_to_cid.delay, route_to_cid.suppress_clid.
// Proves route_to_cid.static_invite, route_to_cid.custom_sip_headers.
// Proves route_to_cid.can_call_self.
#[tokio::test(start_paused = true)]
async fn route_to_cid_rings_as_a_device_node_does() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario
        .device(
            "sipp",
            json!({"caller_id": {"internal": {"number": "2030"}}}),
        )
        .await;
    let data = json!({"timeout": 6, "delay": 3, "can_call_self": true, "suppress_clid": true,
        "static_invite": "700", "custom_sip_headers": {"X-A": "b"}});
    let phone = scenario
        .runs(ringing("route_to_cid", data, &["NO_ANSWER"]))
        .await;
    let ended = scenario.end(&phone).await;
    let legs = scenario.legs().await;
    assert_eq!(legs[0].endpoint, "PJSIP/700@sipp");
    assert_eq!(
        (legs[0].caller(), legs[0].header("X-A")),
        ("anonymous", Some("b"))
    );
    assert!(near(ended.at, seconds(10) + ms(100)), "{ended:?}");
}

fn toggled(user: &str) -> Value {
    json!({"id": user, "endpoint_type": "user"})
}

// Proves ring_group_toggle.action, ring_group_toggle.callflow_id.
#[test]
fn a_user_leaves_and_joins_the_ring_groups_of_a_callflow() {
    for (action, until, sound) in [
        ("logout", json!(66_269_664_000_i64), "agent-loggedoff"),
        ("login", json!(0), "agent-loginok"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.device("sipp", json!({"owner_id": "ann"})).await;
            let groups = json!([toggled("bob"), toggled("ann"), toggled("cleo")]);
            let other = json!({"module": "ring_group", "data": {"endpoints": [toggled("bob")]}});
            let sales = json!({"module": "ring_group", "data": {"endpoints": groups}, "children": {"_": other}});
            scenario.callflow("sales", &["3000"], sales).await;
            let data = json!({"action": action, "callflow_id": "sales"});
            let phone = scenario
                .runs(ringing("ring_group_toggle", data, &["_"]))
                .await;
            scenario.end(&phone).await;
            let heard = phone.heard_media().await;
            assert_eq!(heard[0], format!("sound:{sound}"));
            // In between it is said that the other group does not have the user.
            assert_eq!(
                (heard.len(), heard[2].as_str()),
                (3, "sound:took-_"),
                "{heard:?}"
            );
            let stored = scenario.get(Kind::Callflow, "sales").await.unwrap();
            let members = stored["flow"]["data"]["endpoints"]
                .as_array()
                .unwrap()
                .clone();
            let ids: Vec<_> = members.iter().map(|member| member["id"].clone()).collect();
            assert_eq!(ids, ["bob", "ann", "cleo"], "the order stays");
            let switched: Vec<_> = members.iter().map(|m| m["disable_until"].clone()).collect();
            assert_eq!(switched, [Value::Null, until, Value::Null]);
            // The number still leads there.
            let phone = scenario.dial("3000", &[]).await;
            phone.wait_ended().await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_callflow_that_is_not_there_cannot_be_toggled() {
    let scenario = house().await;
    let data = json!({"action": "login", "callflow_id": "gone"});
    let phone = scenario
        .runs(ringing("ring_group_toggle", data, &["_"]))
        .await;
    scenario.heard(&phone, &["took-_"]).await;
}
