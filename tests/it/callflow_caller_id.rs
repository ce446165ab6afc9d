//! Whom legs see as their caller: `set_cid`, `prepend_cid`, `privacy`,
//! `set_alert_info`, and what is configured for the phones of the shop.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller, Version};
use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Scenario, Setting, ms, seconds};

/// What the phones that were called saw: number and name, in their order.
pub(crate) async fn shown(scenario: &Scenario) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for pattern in ["PJSIP/*", "Local/*"] {
        for phone in scenario.asterisk.called(pattern).await {
            all.extend(phone.shown().await);
        }
    }
    all
}

/// The channel variables of each leg.
pub(crate) async fn created(scenario: &Scenario) -> Vec<Value> {
    let requests = scenario.asterisk.requests().await;
    let legs = requests.iter().filter(|r| r.path == "channels/create");
    legs.map(|leg| leg.params["variables"].clone()).collect()
}

/// Somebody who answers at once and hangs up soon.
pub(crate) async fn everybody_answers(scenario: &Scenario) {
    let behaviour = Behaviour::answers(ms(100)).hangs_up_after(ms(500));
    scenario.asterisk.callee("*", behaviour).await;
}

/// What a leg is shown after these nodes.
pub(crate) async fn shown_after(nodes: Vec<Value>, last: Value) -> (String, String) {
    let scenario = Scenario::new().await;
    everybody_answers(&scenario).await;
    scenario.answer_with("/voice", &chain(nodes.into_iter().chain([last])));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let shown = shown(&scenario).await;
    assert_eq!(shown.len(), 1, "{}", scenario.lines().await);
    shown.into_iter().next().unwrap()
}

fn set_cid(number: &str, name: &str) -> Value {
    node(
        "set_cid",
        json!({"caller_id_number": number, "caller_id_name": name}),
    )
}

fn prepend(name: &str, number: &str, apply_to: &str) -> Value {
    node(
        "prepend_cid",
        json!({"caller_id_name_prefix": name, "caller_id_number_prefix": number, "apply_to": apply_to}),
    )
}

pub(crate) fn device() -> Value {
    node("device", json!({"id": "bob"}))
}

pub(crate) fn id(number: &str, name: &str) -> (String, String) {
    (number.into(), name.into())
}

// Callflow check 65.
#[test]
fn set_cid_is_what_every_kind_of_leg_is_shown() {
    for last in [
        device(),
        node("user", json!({"id": "bob"})),
        node("resources", json!({"to_did": "5551234"})),
        node("offnet", json!({"to_did": "5551234"})),
    ] {
        in_virtual_time(async move {
            let shown = shown_after(vec![set_cid("700", "Desk")], last.clone()).await;
            assert_eq!(shown, id("700", "Desk"), "{last}");
        });
    }
}

// Callflow check 65.
#[test]
fn an_empty_half_of_set_cid_leaves_the_callers_own_and_takes_an_earlier_one_back() {
    for (nodes, expected) in [
        (vec![], id("+15550001", "Alice")),
        (vec![set_cid("", "Desk")], id("+15550001", "Desk")),
        (vec![set_cid("700", "")], id("700", "Alice")),
        (
            vec![set_cid("700", "Desk"), set_cid("", "Shop")],
            id("+15550001", "Shop"),
        ),
        (
            vec![set_cid("700", "Desk"), prepend("Sales ", "9", "current")],
            id("700", "Desk"),
        ),
    ] {
        in_virtual_time(async move {
            assert_eq!(
                shown_after(nodes.clone(), device()).await,
                expected,
                "{nodes:?}"
            );
        });
    }
}

#[tokio::test(start_paused = true)]
async fn set_cid_does_not_change_whom_check_cid_and_the_web_application_see() {
    let scenario = Scenario::new().await;
    let mut check = node("check_cid", json!({"regex": "^\\+1555"}));
    check["children"] = json!({"match": ask("/who"), "nomatch": play("wrong")});
    scenario.answer_with("/voice", &chain([set_cid("700", "Desk")]));
    let mut flow = set_cid("700", "Desk");
    flow["children"] = json!({"_": check});
    let scenario = Scenario::new().await;
    scenario.answer_with("/voice", &flow);
    scenario.answer_with("/who", &node("hangup", json!({})));
    let phone = scenario.call().await;
    let told = scenario.told(&phone, "/who", "Caller-ID-Number").await;
    assert_eq!(told.as_deref(), Some("+15550001"));
}

// Callflow check 66.
// Proves prepend_cid.action, prepend_cid.apply_to, prepend_cid.caller_id_number_prefix.
#[test]
fn prefixes_pile_up_replace_each_other_or_are_taken_back() {
    let reset = || node("prepend_cid", json!({"action": "reset"}));
    for (nodes, expected) in [
        (
            vec![prepend("A", "1", "current"), prepend("B", "2", "current")],
            id("21+15550001", "BAAlice"),
        ),
        (
            vec![prepend("A", "1", "current"), prepend("B", "", "original")],
            id("+15550001", "BAlice"),
        ),
        (
            vec![prepend("A", "1", "current"), reset()],
            id("+15550001", "Alice"),
        ),
    ] {
        in_virtual_time(async move {
            assert_eq!(
                shown_after(nodes.clone(), device()).await,
                expected,
                "{nodes:?}"
            );
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_name_and_number_is_unknown_and_anonymous() {
    let scenario = Scenario::new().await;
    everybody_answers(&scenario).await;
    scenario.answer_with("/voice", &device());
    let phone = scenario
        .call_from(Caller {
            number: String::new(),
            name: String::new(),
            ..Caller::default()
        })
        .await;
    scenario.end(&phone).await;
    assert_eq!(shown(&scenario).await, [id("anonymous", "unknown")]);
}

// Proves sleep.duration.
#[tokio::test(start_paused = true)]
async fn what_a_flow_has_set_for_its_legs_survives_in_the_checkpoint() {
    let scenario = Scenario::new().await;
    everybody_answers(&scenario).await;
    let flow = chain([
        set_cid("700", ""),
        prepend("Sales ", "", "current"),
        node("set_alert_info", json!({"alert_info": "ring-3"})),
        node("sleep", json!({"duration": 5})),
        device(),
    ]);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(2)).await;
    scenario.kill_and_resume().await;
    scenario.end(&phone).await;
    assert_eq!(shown(&scenario).await, [id("700", "Sales Alice")]);
    assert_eq!(
        created(&scenario).await[0]["PJSIP_HEADER(add,Alert-Info)"],
        "ring-3"
    );
}

// Callflow check 70.
// Proves privacy.endpoint_strategy, privacy.mode.
#[test]
fn privacy_hides_name_and_number_from_legs() {
    let privacy = |mode: &str, strategy: &str| {
        node(
            "privacy",
            json!({"mode": mode, "endpoint_strategy": strategy}),
        )
    };
    let own = || id("+15550001", "Alice");
    for (nodes, expected) in [
        (
            vec![node("privacy", json!({}))],
            id("anonymous", "Anonymous"),
        ),
        (
            vec![privacy("name", "overwrite")],
            id("+15550001", "Anonymous"),
        ),
        (
            vec![privacy("hide_number", "overwrite")],
            id("anonymous", "Alice"),
        ),
        (vec![privacy("none", "overwrite")], own()),
        (
            vec![privacy("name", "overwrite"), privacy("number", "overwrite")],
            id("anonymous", "Alice"),
        ),
        (
            vec![privacy("name", "overwrite"), privacy("number", "merge")],
            id("anonymous", "Anonymous"),
        ),
        (
            vec![set_cid("700", "Desk"), privacy("full", "overwrite")],
            id("anonymous", "Anonymous"),
        ),
    ] {
        in_virtual_time(async move {
            assert_eq!(
                shown_after(nodes.clone(), device()).await,
                expected,
                "{nodes:?}"
            );
        });
    }
}

#[test]
fn privacy_as_a_prefix_code_calls_the_number_behind_it() {
    for (dialled, legs) in [("*67200", 1), ("*67999", 0)] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            everybody_answers(&scenario).await;
            let code = json!({"name": "code", "patterns": [r"^\*67(\d+)$"], "flow": node("privacy", json!({}))});
            scenario.put(Kind::Callflow, "code", code).await;
            scenario.callflow("bob", &["200"], device()).await;
            let phone = scenario.dial(dialled, &["internal=yes"]).await;
            scenario.end(&phone).await;
            let expected = vec![id("anonymous", "Anonymous"); legs];
            assert_eq!(shown(&scenario).await, expected, "{dialled}");
        });
    }
}

// Proves set_alert_info.alert_info.
#[test]
fn phones_are_told_how_to_ring_unless_the_node_says_it() {
    for (headers, expected) in [
        (json!({}), "Bellcore-dr3"),
        (json!({"alert-info": "own"}), "own"),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            everybody_answers(&scenario).await;
            let alert = node("set_alert_info", json!({"alert_info": "Bellcore-dr3"}));
            let ring = node(
                "device",
                json!({"id": "bob", "custom_sip_headers": headers}),
            );
            scenario.answer_with("/voice", &chain([alert, ring]));
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            let variables = created(&scenario).await.remove(0);
            let alerts: Vec<_> = variables
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| name.to_lowercase().contains("alert-info"))
                .map(|(_, value)| value.clone())
                .collect();
            assert_eq!(alerts, [expected]);
        });
    }
}

/// A call from inside, by a phone that the shop has stored.
async fn inside(reaches: Value, before: Vec<Value>) -> (String, String) {
    let scenario = Scenario::stored().await;
    everybody_answers(&scenario).await;
    let ids =
        |internal: Value, external: Value| json!({"internal": internal, "external": external});
    let account = scenario.pivot.services.account.to_string();
    scenario
        .put(
            Kind::Account,
            &account,
            json!({"name": "shop", "caller_id": ids(json!({}), json!({"name": "The shop", "number": "+1555"}))}),
        )
        .await;
    scenario
        .put(
            Kind::User,
            "alice",
            json!({"first_name": "Alice", "last_name": "A", "presence_id": "201@shop", "caller_id": ids(json!({"name": "Alice A"}), json!({"name": "Alice of the shop"}))}),
        )
        .await;
    scenario
        .put(
            Kind::Device,
            "phone",
            json!({"name": "phone", "owner_id": "alice", "sip": {"username": "sipp"}, "caller_id": ids(json!({}), json!({"number": "+15559"}))}),
        )
        .await;
    let flow = chain(before.into_iter().chain([reaches]));
    scenario.callflow("out", &["2000"], flow).await;
    let phone = scenario.dial("2000", &["internal=yes"]).await;
    scenario.end(&phone).await;
    shown(&scenario).await.remove(0)
}

// Proves dynamic_cid.action, dynamic_cid.caller_id.name, dynamic_cid.caller_id.number,
// prepend_cid.caller_id_name_prefix.
#[test]
fn a_phone_of_the_shop_shows_what_is_configured_for_it_its_user_or_the_account() {
    let resources = || node("resources", json!({"to_did": "5551234"}));
    let chosen = || {
        let caller_id = json!({"name": "Chosen", "number": "700"});
        vec![node(
            "dynamic_cid",
            json!({"action": "static", "caller_id": caller_id}),
        )]
    };
    for (reaches, before, expected) in [
        (device(), vec![], id("201", "Alice A")),
        (resources(), vec![], id("+15559", "Alice of the shop")),
        (
            device(),
            vec![prepend("!", "", "current")],
            id("201", "!Alice A"),
        ),
        (resources(), chosen(), id("700", "Chosen")),
    ] {
        in_virtual_time(async move {
            assert_eq!(inside(reaches, before).await, expected);
        });
    }
}

/// A leg that rings in the caller's bridge would show the caller's own id there.
// Proves set_cid.caller_id_name, set_cid.caller_id_number.
#[test]
fn a_phone_sees_what_the_flow_shows_on_every_version() {
    for version in [Version::V16, Version::V22] {
        in_virtual_time(async move {
            let scenario = Scenario::with(Setting {
                version,
                ..Setting::default()
            })
            .await;
            everybody_answers(&scenario).await;
            scenario.answer_with("/voice", &chain([set_cid("700", "Desk"), device()]));
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            assert_eq!(shown(&scenario).await, [id("700", "Desk")], "{version:?}");
        });
    }
}
