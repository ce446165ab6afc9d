//! Calls out through stored trunks: `resources` and `offnet`. Callflow checks 55 to 58.

use pivot::objects::Kind;
use pivot::simulate::Behaviour;
use pivot::store::Expected;
use serde_json::{Value, json};

use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{in_virtual_time, node};
use crate::callflow_ringing::house;
use crate::support::{Scenario, seconds};

impl Scenario {
    async fn trunk(&self, id: &str, document: Value) {
        self.put(Kind::Resource, id, document).await;
    }
}

/// A trunk of this name with something more.
fn carrier(name: &str, more: Value) -> Value {
    let mut trunk = json!({"name": name, "dial": format!("PJSIP/{{number}}@{name}")});
    trunk
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    trunk
}

fn out(data: Value, children: &[&str]) -> Value {
    ringing("resources", data, children)
}

/// Through which of two trunks, of which `b` is always there, a call goes.
async fn through(a: Value, data: Value) -> Vec<String> {
    let scenario = house().await;
    scenario.trunk("a", carrier("a", a)).await;
    scenario
        .trunk("b", carrier("b", json!({"weight_cost": 60})))
        .await;
    let phone = scenario.runs(out(data, &["_"])).await;
    scenario.end(&phone).await;
    scenario.endpoints().await
}

// Callflow check 55.
// Proves resources.to_did.
// Proves resource.enabled, resource.weight_cost, resource.dial.
// Proves resource.enabled, resource.weight_cost, resource.dial.
// Proves resource.enabled, resource.weight_cost, resource.dial.
#[tokio::test(start_paused = true)]
async fn the_first_usable_trunk_is_dialled_with_the_number() {
    let scenario = house().await;
    scenario
        .trunk(
            "a",
            carrier("off", json!({"enabled": false, "weight_cost": 1})),
        )
        .await;
    scenario
        .trunk("b", carrier("second", json!({"weight_cost": 20})))
        .await;
    scenario
        .trunk("c", carrier("first", json!({"weight_cost": 10})))
        .await;
    for (data, number) in [
        (json!({"to_did": "+1 555-123"}), "+1555123"),
        (json!({}), "2030"),
    ] {
        let before = scenario.endpoints().await.len();
        let phone = scenario.runs(out(data, &["_"])).await;
        scenario.heard(&phone, &[]).await;
        assert!(talked(&phone).await, "{}", scenario.lines().await);
        let expected = format!("PJSIP/{number}@first");
        assert_eq!(scenario.endpoints().await[before..], [expected]);
    }
}

// Callflow check 55.
#[test]
fn another_trunk_is_tried_when_it_is_the_trunk_that_failed() {
    for (behaviour, failed_over) in [
        (Behaviour::congestion(), true),
        (Behaviour::rejects(502), true),
        (Behaviour::rejects(408), true),
        (Behaviour::unregistered(), true),
        (Behaviour::busy(), false),
        (Behaviour::rejects(404), false),
        (Behaviour::rejects(603), false),
        (Behaviour::rejects(484), false),
        (Behaviour::no_answer(), false),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            scenario.trunk("b", carrier("b", json!({}))).await;
            scenario.behaves("*@a", behaviour.clone()).await;
            let phone = scenario.runs(out(json!({"timeout": 8}), &["_"])).await;
            let sounds: &[&str] = if failed_over { &[] } else { &["took-_"] };
            scenario.heard(&phone, sounds).await;
            let connected = scenario.asterisk.called("*@b").await.len();
            assert_eq!(connected, usize::from(failed_over), "{behaviour:?}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_trunks_fail_the_last_one_says_why() {
    let scenario = house().await;
    for id in ["a", "b"] {
        scenario.trunk(id, carrier(id, json!({}))).await;
    }
    scenario.behaves("*@a", Behaviour::rejects(502)).await;
    scenario.behaves("*@b", Behaviour::congestion()).await;
    let children = ["DESTINATION_OUT_OF_ORDER", "NORMAL_CIRCUIT_CONGESTION", "_"];
    let phone = scenario.runs(out(json!({}), &children)).await;
    scenario
        .heard(&phone, &["took-NORMAL_CIRCUIT_CONGESTION"])
        .await;
    assert_eq!(scenario.endpoints().await.len(), 2);
}

/// A call that is picked up between two trunks tries none of them twice.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_goes_on_with_the_trunk_that_it_was_at() {
    let scenario = house().await;
    for id in ["a", "b"] {
        scenario.trunk(id, carrier(id, json!({}))).await;
    }
    scenario.behaves("*@a", Behaviour::congestion()).await;
    scenario
        .behaves(
            "*@b",
            Behaviour::answers(seconds(5)).hangs_up_after(seconds(2)),
        )
        .await;
    let phone = scenario.runs(out(json!({}), &["_"])).await;
    tokio::time::sleep(seconds(3)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/2030@a", "PJSIP/2030@b"]);
}

// Callflow check 56.
#[test]
fn a_failure_takes_the_child_of_its_cause_then_of_its_code_then_the_default_child() {
    for (children, taken) in [
        (&["USER_BUSY", "sip:486", "_"][..], "took-USER_BUSY"),
        (&["sip:486", "_"], "took-sip-486"),
        (&["NO_ANSWER", "_"], "took-_"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            scenario.behaves("*", Behaviour::busy()).await;
            let phone = scenario.runs(out(json!({}), children)).await;
            scenario.heard(&phone, &[taken]).await;
        });
    }
}

// Callflow check 57.
#[test]
fn a_failure_that_no_child_wants_is_announced_and_refused() {
    for (behaviour, trunk, sip) in [
        (Behaviour::rejects(404), json!({}), 404),
        // No trunk takes the number.
        (Behaviour::busy(), json!({"rules": ["^9"]}), 404),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", trunk)).await;
            scenario.behaves("*", behaviour).await;
            let phone = scenario.runs(out(json!({}), &[])).await;
            assert_eq!(scenario.end(&phone).await.sip, Some(sip));
            assert_eq!(
                phone.heard_media().await,
                ["sound:cannot-complete-as-dialed"]
            );
        });
    }
}

// Callflow check 58.
// Proves resources.outbound_flags, resources.dynamic_flags.
// Proves resource.flags.
// Proves resource.flags.
// Proves resource.flags.
#[test]
fn a_trunk_must_have_all_the_flags_that_are_asked_for() {
    for (flags, data, trunk) in [
        (json!(["fax"]), json!({"outbound_flags": ["fax"]}), "a"),
        (
            json!(["fax"]),
            json!({"outbound_flags": ["fax", "gold"]}),
            "",
        ),
        (json!([]), json!({"outbound_flags": ["fax"]}), ""),
        (
            json!(["+15550001"]),
            json!({"dynamic_flags": ["caller_id_number", "zone"]}),
            "a",
        ),
        (json!([]), json!({"dynamic_flags": ["from_user"]}), ""),
        (json!([]), json!({"dynamic_flags": ["zone"]}), "a"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario
                .trunk("a", carrier("a", json!({"flags": flags})))
                .await;
            let phone = scenario.runs(out(data.clone(), &["_"])).await;
            scenario.end(&phone).await;
            let expected: Vec<String> = if trunk.is_empty() {
                vec![]
            } else {
                vec![format!("PJSIP/2030@{trunk}")]
            };
            assert_eq!(scenario.endpoints().await, expected, "{data}");
        });
    }
}

// Callflow check 58.
// Proves device.outbound_flags.
// Proves device.outbound_flags.
// Proves device.outbound_flags.
#[tokio::test(start_paused = true)]
async fn the_callers_phone_and_account_ask_for_flags_too() {
    let scenario = house().await;
    scenario
        .trunk("a", carrier("a", json!({"flags": ["eu"]})))
        .await;
    scenario
        .trunk("b", carrier("b", json!({"flags": ["eu", "gold"]})))
        .await;
    scenario
        .device("sipp", json!({"outbound_flags": ["gold"]}))
        .await;
    scenario.account(json!({"outbound_flags": ["eu"]})).await;
    let phone = scenario.runs(out(json!({}), &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/2030@b"]);
}

/// What a trunk says of the calls that it takes.
// Proves resource.rules, resource.require_flags, resource.cid_rules, resource.emergency.
// Proves resource.rules, resource.require_flags, resource.cid_rules, resource.emergency.
// Proves resource.rules, resource.require_flags, resource.cid_rules, resource.emergency.
#[test]
fn a_trunk_takes_the_calls_that_it_is_for() {
    let fax = json!({"outbound_flags": ["fax"]});
    for (trunk, data, endpoint) in [
        (
            json!({"rules": ["^00(\\d+)$", "^2(\\d+)$"]}),
            json!({}),
            "PJSIP/030@a",
        ),
        (json!({"rules": ["^2030$"]}), json!({}), "PJSIP/2030@a"),
        (json!({"rules": ["^9", "("]}), json!({}), "PJSIP/2030@b"),
        (json!({"require_flags": true}), json!({}), "PJSIP/2030@b"),
        (
            json!({"require_flags": true, "flags": ["fax"]}),
            fax,
            "PJSIP/2030@a",
        ),
        (
            json!({"cid_rules": ["^\\+1555"]}),
            json!({}),
            "PJSIP/2030@a",
        ),
        (json!({"cid_rules": ["^\\+49"]}), json!({}), "PJSIP/2030@b"),
        (json!({"emergency": true}), json!({}), "PJSIP/2030@b"),
        (
            json!({"emergency": true, "weight_cost": 90}),
            json!({"to_did": "112"}),
            "PJSIP/112@a",
        ),
    ] {
        in_virtual_time(async move {
            let legs = through(trunk.clone(), data).await;
            assert_eq!(legs, [endpoint], "{trunk}");
        });
    }
}

// Proves resource.gateways.endpoint, resource.gateways.enabled, resource.gateways.prefix.
// Proves resource.gateways.suffix, resource.gateways.server, resource.gateways.port.
// Proves resource.gateways.endpoint, resource.gateways.enabled, resource.gateways.prefix.
// Proves resource.gateways.suffix, resource.gateways.server, resource.gateways.port.
// Proves resource.gateways.endpoint, resource.gateways.enabled, resource.gateways.prefix.
// Proves resource.gateways.suffix, resource.gateways.server, resource.gateways.port.
#[test]
fn the_gateways_of_a_trunk_are_tried_in_order_with_what_stands_around_the_number() {
    let gateways = json!([
        {"endpoint": "off", "enabled": false},
        {"endpoint": "one", "prefix": "00", "suffix": "#"},
        {"server": "sip.example.com", "port": 5070},
    ]);
    in_virtual_time(async move {
        let scenario = house().await;
        scenario.trunk("a", json!({"gateways": gateways})).await;
        scenario.behaves("*@one", Behaviour::congestion()).await;
        let phone = scenario.runs(out(json!({}), &["_"])).await;
        scenario.heard(&phone, &[]).await;
        let expected = [
            "PJSIP/002030#@one",
            "PJSIP/pivot-out/sip:2030@sip.example.com:5070",
        ];
        assert_eq!(scenario.endpoints().await, expected);
    });
}

#[tokio::test(start_paused = true)]
async fn a_trunk_without_gateways_is_the_shops_dialplan() {
    let scenario = house().await;
    scenario
        .trunk("a", json!({"name": "dialplan", "rules": ["^20(\\d+)"]}))
        .await;
    let phone = scenario.runs(out(json!({}), &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["Local/30@pivot-outbound/n"]);
}

/// A carrier that says nothing at all is given up for the next.
// Proves resource.gateways.progress_timeout.
// Proves resource.gateways.progress_timeout.
// Proves resource.gateways.progress_timeout.
#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_silent_for_too_long_is_followed_by_the_next() {
    let scenario = house().await;
    let gateways = json!([{"endpoint": "one", "progress_timeout": 4}, {"endpoint": "two", "progress_timeout": 4}]);
    scenario.trunk("a", json!({"gateways": gateways})).await;
    let silent = Behaviour {
        ring_after: None,
        ..Behaviour::no_answer()
    };
    scenario.behaves("*@one", silent).await;
    let slow = Behaviour::answers(seconds(9)).hangs_up_after(seconds(1));
    scenario.behaves("*@two", slow).await;
    let phone = scenario.runs(out(json!({}), &["_"])).await;
    scenario.heard(&phone, &[]).await;
    let legs = scenario.legs().await;
    assert_eq!(legs.len(), 2, "{}", scenario.lines().await);
    assert!(
        legs[1].after >= seconds(4) && legs[1].after < seconds(6),
        "{legs:?}"
    );
}

// Proves resources.timeout.
// Proves resource.grace_period.
// Proves resource.grace_period.
// Proves resource.grace_period.
#[test]
fn a_call_out_rings_as_long_as_the_node_and_the_trunk_let_it() {
    for (timeout, grace, lasts) in [(6, 0, seconds(6)), (20, 5, seconds(5))] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", Behaviour::no_answer()).await;
            scenario
                .trunk("a", carrier("a", json!({"grace_period": grace})))
                .await;
            let phone = scenario
                .runs(out(json!({"timeout": timeout}), &["NO_ANSWER"]))
                .await;
            let ended = scenario.end(&phone).await;
            assert_eq!(phone.heard_media().await, ["sound:took-NO_ANSWER"]);
            assert!(
                ended.at >= lasts && ended.at < lasts + seconds(4),
                "{ended:?}"
            );
        });
    }
}

// Proves resources.caller_id_type.
// Proves resource.caller_id_options.
// Proves resource.caller_id_options.
// Proves resource.caller_id_options.
#[test]
fn the_caller_id_is_that_of_the_node_or_of_the_trunk_or_for_emergencies() {
    let wants = json!({"caller_id_options": {"type": "fax"}});
    for (trunk, data, shown) in [
        (json!({}), json!({}), "+49301"),
        (json!({}), json!({"caller_id_type": "internal"}), "701"),
        (json!({}), json!({"caller_id_type": "unknown"}), "+49301"),
        (wants.clone(), json!({}), "+49303"),
        (wants, json!({"to_did": "112"}), "+49302"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let ids = json!({"external": {"number": "+49301"}, "internal": {"number": "701"},
                "emergency": {"number": "+49302"}, "fax": {"number": "+49303"}});
            scenario.device("sipp", json!({"caller_id": ids})).await;
            scenario.trunk("a", carrier("a", trunk)).await;
            let phone = scenario.runs(out(data.clone(), &[])).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].caller(), shown, "{data}");
        });
    }
}

// Proves resources.do_not_normalize, resources.bypass_e164.
// Proves device.dial_plan.*.prefix, device.dial_plan.*.suffix, account.dial_plan.*.prefix.
// Proves account.dial_plan.*.suffix.
// Proves device.dial_plan.*.prefix, device.dial_plan.*.suffix, account.dial_plan.*.prefix.
// Proves account.dial_plan.*.suffix.
// Proves device.dial_plan.*.prefix, device.dial_plan.*.suffix, account.dial_plan.*.prefix.
// Proves account.dial_plan.*.suffix.
#[test]
fn a_number_is_written_as_trunks_take_it_unless_the_node_says_otherwise() {
    let plan = json!({"^5(\\d+)$": {"prefix": "+1", "suffix": "9"}});
    for (device, account, data, dialled) in [
        (json!({}), json!({}), json!({}), "+49305"),
        (json!({}), plan.clone(), json!({"to_did": "512"}), "+1129"),
        (plan.clone(), json!({}), json!({"to_did": "512"}), "+1129"),
        (
            plan.clone(),
            json!({}),
            json!({"to_did": "512", "bypass_e164": true}),
            "+1129",
        ),
        (
            plan,
            json!({}),
            json!({"to_did": "512", "do_not_normalize": true}),
            "512",
        ),
        (json!({}), json!({}), json!({"bypass_e164": true}), "0305"),
        (
            json!({}),
            json!({}),
            json!({"do_not_normalize": true}),
            "0305",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::stored_with(
                "[numbers]\nconverters = [{ regex = '^0([1-9][0-9]+)$', prefix = '+49' }]\n",
            )
            .await;
            scenario
                .behaves("*", crate::callflow_ringing::talks())
                .await;
            scenario.device("sipp", json!({"dial_plan": device})).await;
            scenario.account(json!({"dial_plan": account})).await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            scenario
                .callflow("main", &["+49305"], out(data.clone(), &[]))
                .await;
            let phone = scenario.dial("0305", &[]).await;
            scenario.end(&phone).await;
            assert_eq!(
                scenario.endpoints().await,
                [format!("PJSIP/{dialled}@a")],
                "{data}"
            );
        });
    }
}

// Proves resources.custom_sip_headers, resources.emit_account_id.
#[tokio::test(start_paused = true)]
async fn headers_of_the_node_the_callers_phone_and_the_account_reach_the_trunk() {
    let scenario = house().await;
    let headers = json!({"out": {"X-Phone": "p"}, "in": {"X-No": "n"}});
    scenario
        .device("sipp", json!({"sip": {"custom_sip_headers": headers}}))
        .await;
    scenario.trunk("a", carrier("a", json!({}))).await;
    let data =
        json!({"custom_sip_headers": {"X-To": "{callee_id_number}"}, "emit_account_id": true});
    let phone = scenario.runs(out(data, &[])).await;
    scenario.end(&phone).await;
    let leg = &scenario.legs().await[0];
    let account = scenario.pivot.services.account.to_string();
    for (name, value) in [
        ("X-Phone", Some("p")),
        ("X-No", None),
        ("X-To", Some("2030")),
        ("X-Account-ID", Some(account.as_str())),
    ] {
        assert_eq!(leg.header(name), value, "{name}");
    }
}

// Proves resources.ringback.
#[tokio::test(start_paused = true)]
async fn the_caller_hears_the_ringback_of_the_node() {
    let scenario = house().await;
    scenario.asterisk.sound("wait", seconds(60)).await;
    scenario.trunk("a", carrier("a", json!({}))).await;
    let phone = scenario
        .runs(out(json!({"ringback": "sound:wait"}), &[]))
        .await;
    scenario.heard(&phone, &["wait"]).await;
}

// Proves resources.ignore_early_media.
#[test]
fn early_media_of_a_trunk_is_heard_unless_the_node_says_otherwise() {
    for ignores in [false, true] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("a", json!({}))).await;
            let phone = scenario
                .runs(out(json!({"ignore_early_media": ignores}), &[]))
                .await;
            scenario.end(&phone).await;
            let requests = scenario.asterisk.requests().await;
            let at = |what: &str| {
                requests
                    .iter()
                    .position(|r| r.path.ends_with(what))
                    .unwrap()
            };
            assert_eq!(at("/addChannel") < at("/dial"), !ignores);
        });
    }
}

/// A trunk that another account names: Asterisk's own endpoints are not for it.
fn theirs() -> Value {
    json!({"name": "theirs", "dial": "PJSIP/{number}@shared", "gateways": [
        {"endpoint": "shared", "server": "theirs.example", "username": "shop"}
    ]})
}

/// Another account has trunks of its own, and shares those of the configuration's.
// Proves resources.use_local_resources, resources.hunt_account_id, offnet.use_local_resources.
#[test]
fn an_account_uses_its_own_trunks_or_those_of_the_configuration() {
    const OTHER: &str = "0123456789abcdef0123456789abcdef";
    for (module, data, endpoint) in [
        (
            "resources",
            json!({}),
            "PJSIP/pivot-out/sip:2030@theirs.example",
        ),
        (
            "resources",
            json!({"use_local_resources": false}),
            "PJSIP/2030@shared",
        ),
        (
            "resources",
            json!({"hunt_account_id": "{own}"}),
            "PJSIP/2030@shared",
        ),
        (
            "resources",
            json!({"hunt_account_id": "ffffffffffffffffffffffffffffffff"}),
            "PJSIP/pivot-out/sip:2030@theirs.example",
        ),
        ("offnet", json!({}), "PJSIP/2030@shared"),
        (
            "offnet",
            json!({"use_local_resources": true}),
            "PJSIP/pivot-out/sip:2030@theirs.example",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("a", carrier("shared", json!({}))).await;
            let account = pivot::id::AccountId::parse(OTHER).unwrap();
            let own = scenario.pivot.services.account.to_string();
            let data = data.to_string().replace("{own}", &own);
            let flow = node(module, serde_json::from_str(&data).unwrap());
            for (kind, body) in [
                (Kind::Resource, theirs()),
                (Kind::Callflow, json!({"numbers": ["2030"], "flow": flow})),
            ] {
                let body = body.as_object().unwrap().clone();
                let catalog = &scenario.pivot.services.catalog;
                catalog
                    .put(&account, kind, "x", body, Expected::Anything)
                    .await
                    .unwrap();
            }
            let argument = format!("account={OTHER}");
            let phone = scenario.dial("2030", &[&argument]).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.endpoints().await, [endpoint], "{module} {data}");
        });
    }
}

#[test]
fn a_stored_trunk_cannot_lead_past_its_own_template() {
    for (trunk, data) in [
        (json!({"dial": "PJSIP/{number}@a&PJSIP/b"}), json!({})),
        (json!({"dial": "Local/s@${SECRET}"}), json!({})),
        (json!({"gateways": [{"endpoint": "a&PJSIP/b"}]}), json!({})),
        (
            json!({"dial": "PJSIP/{number}@a"}),
            json!({"to_did": "1@other"}),
        ),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.trunk("t", trunk.clone()).await;
            let phone = scenario.runs(out(data, &["UNALLOCATED_NUMBER"])).await;
            scenario.heard(&phone, &["took-UNALLOCATED_NUMBER"]).await;
            assert!(scenario.endpoints().await.is_empty(), "{trunk}");
        });
    }
}

// Proves offnet.to_did, offnet.timeout, offnet.ringback, offnet.custom_sip_headers.
// Proves offnet.caller_id_type.
// Proves offnet.do_not_normalize, offnet.bypass_e164, offnet.emit_account_id.
// Proves offnet.ignore_early_media.
#[tokio::test(start_paused = true)]
async fn offnet_takes_the_fields_of_resources() {
    let scenario =
        Scenario::stored_with("[numbers]\nconverters = [{ regex = '^0(.+)$', prefix = '+49' }]\n")
            .await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.asterisk.sound("wait", seconds(60)).await;
    let ids = json!({"external": {"number": "+49301"}, "internal": {"number": "701"}});
    scenario.device("sipp", json!({"caller_id": ids})).await;
    scenario
        .trunk("a", carrier("a", json!({"weight_cost": 1})))
        .await;
    scenario
        .trunk("b", carrier("b", json!({"flags": ["fax", "+15550001"]})))
        .await;
    let own = scenario.pivot.services.account.to_string();
    let data = json!({"to_did": "0305", "timeout": 7, "ringback": "sound:wait", "caller_id_type": "internal",
        "custom_sip_headers": {"X-A": "b"}, "outbound_flags": ["fax"], "dynamic_flags": ["from_user"],
        "do_not_normalize": true, "emit_account_id": true, "use_local_resources": true, "hunt_account_id": own});
    let phone = scenario.runs(ringing("offnet", data, &["NO_ANSWER"])).await;
    let ended = scenario.end(&phone).await;
    assert!(
        ended.at >= seconds(7) && ended.at < seconds(10),
        "{ended:?}"
    );
    assert_eq!(
        phone.heard_media().await,
        ["sound:wait", "sound:took-NO_ANSWER"]
    );
    let legs = scenario.legs().await;
    assert_eq!(
        (legs.len(), legs[0].endpoint.as_str(), legs[0].caller()),
        (1, "PJSIP/0305@b", "701")
    );
    assert_eq!(legs[0].header("X-A"), Some("b"));
    assert_eq!(legs[0].header("X-Account-ID"), Some(own.as_str()));
    for (data, joins_first) in [
        (
            json!({"bypass_e164": true, "to_did": "0305", "ignore_early_media": true}),
            false,
        ),
        (json!({"bypass_e164": true, "to_did": "0305"}), true),
    ] {
        let before = scenario.asterisk.requests().await.len();
        let phone = scenario.runs(ringing("offnet", data, &["NO_ANSWER"])).await;
        scenario.end(&phone).await;
        let requests = scenario.asterisk.requests().await.split_off(before);
        let dialled = requests
            .iter()
            .position(|r| r.path.ends_with("/dial"))
            .unwrap();
        let joined = requests
            .iter()
            .take(dialled)
            .any(|r| r.path.ends_with("/addChannel"));
        assert_eq!(joined, joins_first);
    }
    assert!(
        scenario
            .endpoints()
            .await
            .iter()
            .all(|endpoint| endpoint.contains("0305@"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_number_cannot_lead_past_the_address_of_a_gateway() {
    let scenario = house().await;
    scenario
        .trunk("a", json!({"gateways": [{"server": "sip.example.com"}]}))
        .await;
    let data = json!({"to_did": "1@evil.example"});
    let phone = scenario.runs(out(data, &["NO_ROUTE_DESTINATION"])).await;
    scenario.heard(&phone, &["took-NO_ROUTE_DESTINATION"]).await;
    assert!(scenario.endpoints().await.is_empty());
}
