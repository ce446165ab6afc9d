//! Variables of a call and what branches on them: `set_variable`,
//! `set_variables`, `set`, `branch_variable`, `branch_bnumber`.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller};
use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Reply, Scenario, ms};

/// A node whose children say which was taken.
fn branching(module: &str, data: Value, children: &[&str]) -> Value {
    let children: serde_json::Map<_, _> = children
        .iter()
        .map(|key| ((*key).to_owned(), play(&format!("took-{key}"))))
        .collect();
    json!({"module": module, "data": data, "children": children})
}

fn variables(vars: Value, export: bool) -> Value {
    node(
        "set_variables",
        json!({"custom_application_vars": vars, "export": export}),
    )
}

/// The channel variables of the only leg.
async fn of_leg(scenario: &Scenario) -> Value {
    let requests = scenario.asterisk.requests().await;
    let leg = requests.iter().find(|r| r.path == "channels/create");
    leg.unwrap().params["variables"].clone()
}

// Callflow check 71.
// Proves pivot.cdr_url.
#[tokio::test(start_paused = true)]
async fn variables_are_told_to_the_web_application_a_webhook_and_the_call_record() {
    let scenario = Scenario::new().await;
    let mut pivot = ask("/next");
    pivot["data"]["cdr_url"] = json!("{app}/cdr");
    let flow = chain([
        variables(json!({"customer": "4711", "vip": true}), false),
        node("webhook", json!({"uri": "{app}/hook"})),
        pivot,
    ]);
    scenario.answer_with("/voice", &flow);
    scenario.web.on("/hook", Reply::status(200));
    scenario.web.on("/cdr", Reply::status(200));
    scenario
        .web
        .on("/next", Reply::xml("<Response><Hangup/></Response>"));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    for (path, name) in [
        ("/next", "Custom-Application-Vars"),
        ("/hook", "custom_application_vars"),
        ("/cdr", "Custom-Application-Vars"),
    ] {
        let mut seen = scenario.web.at(path);
        for _ in 0..50 {
            if !seen.is_empty() {
                break;
            }
            tokio::time::sleep(ms(100)).await;
            seen = scenario.web.at(path);
        }
        let seen = seen
            .first()
            .unwrap_or_else(|| panic!("{path} was not asked"));
        for (variable, value) in [("customer", "4711"), ("vip", "true")] {
            let told = seen.param(&format!("{name}[{variable}]"));
            assert_eq!(told.as_deref(), Some(value), "{path}");
        }
    }
}

// Callflow check 71.
// Proves set_variable.channel, set_variables.export.
#[test]
fn exported_variables_reach_the_legs_and_others_do_not() {
    let set = |channel: &str| {
        node(
            "set_variable",
            json!({"variable": "Call-Priority", "value": 5, "channel": channel}),
        )
    };
    for (nodes, expected) in [
        (
            vec![variables(json!({"customer": 4711}), true)],
            json!({"__customer": "4711"}),
        ),
        (vec![variables(json!({"customer": 4711}), false)], json!({})),
        (
            vec![
                variables(json!({"a": 1, "b": "x"}), true),
                variables(json!({"a": 2}), true),
            ],
            json!({"__a": "2", "__b": "x"}),
        ),
        // Nobody runs functions of Asterisk's by naming a variable like one.
        (
            vec![variables(
                json!({"CURL(http://x)": 1, "SHELL(id)": 1, "__x": 1}),
                true,
            )],
            json!({}),
        ),
        (vec![set("both")], json!({"__call_priority": "5"})),
        (vec![set("a")], json!({})),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            let behaviour = Behaviour::answers(ms(100)).hangs_up_after(ms(500));
            scenario.asterisk.callee("*", behaviour).await;
            let ring = node("resources", json!({"to_did": "5551234"}));
            scenario.answer_with("/voice", &chain(nodes.into_iter().chain([ring])));
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            let mut variables = of_leg(&scenario).await;
            variables
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !name.starts_with("CONNECTEDLINE"));
            assert_eq!(variables, expected);
        });
    }
}

// Callflow check 73.
#[test]
fn a_variable_takes_the_child_of_its_value() {
    for (set, variable, children, taken) in [
        (
            json!({"vip": true}),
            json!("vip"),
            &["true", "_"][..],
            "true",
        ),
        (
            json!({"vip": false}),
            json!("vip"),
            &["true", "false"],
            "false",
        ),
        (json!({"level": 3}), json!("level"), &["3", "_"], "3"),
        (
            json!({"city": "Bonn"}),
            json!("city"),
            &["Bonn", "bonn", "_"],
            "Bonn",
        ),
        (json!({"city": "Bonn"}), json!("city"), &["bonn", "_"], "_"),
        (json!({"city": "Bonn"}), json!("town"), &["Bonn", "_"], "_"),
        (
            json!({"Cust-Class": "a"}),
            json!("cust_class"),
            &["a", "_"],
            "a",
        ),
        (
            json!({"cust_class": "a"}),
            json!("CUST-CLASS"),
            &["a", "_"],
            "a",
        ),
        (
            json!({"cust_class": "a"}),
            json!(["cust_class"]),
            &["a", "_"],
            "a",
        ),
        (json!({"x": "_"}), json!("x"), &["a", "_"], "_"),
    ] {
        for scope in [None, Some("custom_application_vars")] {
            let (set, variable) = (set.clone(), variable.clone());
            in_virtual_time(async move {
                let mut data = json!({"variable": variable});
                if let Some(scope) = scope {
                    data["scope"] = json!(scope);
                }
                let branch = branching("branch_variable", data, children);
                let mut flow = variables(set, false);
                flow["children"] = json!({"_": branch});
                let (scenario, phone) = Scenario::flow(flow).await;
                scenario.heard(&phone, &[&format!("took-{taken}")]).await;
            });
        }
    }
}

// Callflow check 72. Callflow check 73.
#[test]
fn a_priority_is_no_variable_of_the_application() {
    for (scope, taken) in [
        ("custom_channel_vars", "5"),
        ("custom_application_vars", "_"),
    ] {
        in_virtual_time(async move {
            let set = json!({"variable": "Call-Priority", "value": "5"});
            let data = json!({"variable": "call_priority", "scope": scope});
            let mut flow = node("set_variable", set);
            flow["children"] = json!({"_": branching("branch_variable", data, &["5", "_"])});
            let (scenario, phone) = Scenario::flow(flow).await;
            scenario.heard(&phone, &[&format!("took-{taken}")]).await;
        });
    }
}

#[test]
fn a_channel_variable_is_read_and_a_function_is_not() {
    for (variable, taken) in [
        ("CUSTOMER_CLASS", "gold"),
        ("customer_class", "_"),
        ("CHANNEL(language)", "_"),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            let data = json!({"variable": variable, "scope": "channel"});
            let flow = branching("branch_variable", data, &["gold", "en", "_"]);
            scenario.answer_with("/voice", &flow);
            let variables = [("CUSTOMER_CLASS".to_owned(), "gold".to_owned())];
            let phone = scenario
                .call_from(Caller {
                    variables: variables.into(),
                    ..Caller::default()
                })
                .await;
            scenario.heard(&phone, &[&format!("took-{taken}")]).await;
            let asked = scenario.asterisk.requests().await;
            assert!(
                !asked
                    .iter()
                    .any(|r| r.params["variable"] == "CHANNEL(language)")
            );
        });
    }
}

/// A shop with a phone, its user and an account, whose call branches like this.
async fn branching_inside(data: Value, children: &[&str], endpoint: &str) -> Vec<String> {
    let scenario = Scenario::stored().await;
    let account = scenario.pivot.services.account.to_string();
    scenario
        .put(
            Kind::Account,
            &account,
            json!({"name": "shop", "timezone": "UTC", "language": "de-de"}),
        )
        .await;
    scenario
        .put(Kind::User, "alice", json!({"first_name": "A", "last_name": "A", "language": "en-us", "do_not_disturb": {"enabled": true}}))
        .await;
    scenario
        .put(Kind::Device, "phone", json!({"name": "phone", "owner_id": "alice", "device_type": "sip_device", "sip": {"username": endpoint}}))
        .await;
    let flow = branching("branch_variable", data, children);
    scenario.callflow("branch", &["2000"], flow).await;
    let phone = scenario.dial("2000", &["internal=yes"]).await;
    scenario.end(&phone).await;
    phone.heard_media().await
}

// Callflow check 73.
#[test]
fn stored_things_are_branched_on() {
    for (variable, scope, children, endpoint, taken) in [
        (
            json!("timezone"),
            "account",
            &["UTC", "_"][..],
            "sipp",
            "UTC",
        ),
        (
            json!("language"),
            "account",
            &["de-de", "_"],
            "sipp",
            "de-de",
        ),
        (json!("language"), "user", &["en-us", "_"], "sipp", "en-us"),
        (
            json!("do_not_disturb.enabled"),
            "user",
            &["true", "_"],
            "sipp",
            "true",
        ),
        (
            json!(["do_not_disturb", "enabled"]),
            "user",
            &["true", "_"],
            "sipp",
            "true",
        ),
        (
            json!(["enabled", "do_not_disturb"]),
            "user",
            &["true", "_"],
            "sipp",
            "_",
        ),
        (
            json!("device_type"),
            "device",
            &["sip_device", "_"],
            "sipp",
            "sip_device",
        ),
        (
            json!("device_type"),
            "device",
            &["sip_device", "_"],
            "other",
            "_",
        ),
        (json!("language"), "user", &["en-us", "_"], "other", "_"),
        (
            json!("language"),
            "merged",
            &["en-us", "de-de", "_"],
            "sipp",
            "en-us",
        ),
        (json!("timezone"), "merged", &["UTC", "_"], "sipp", "UTC"),
        (json!("timezone"), "merged", &["UTC", "_"], "other", "_"),
        (json!("timezone"), "merged", &["CET", "_"], "sipp", "_"),
    ] {
        in_virtual_time(async move {
            let data = json!({"variable": variable, "scope": scope});
            let heard = branching_inside(data.clone(), children, endpoint).await;
            assert_eq!(heard, [format!("sound:took-{taken}")], "{data} {endpoint}");
        });
    }
}

/// A shop whose `*5` code is this node.
async fn code(data: Value, children: &[&str]) -> Scenario {
    let scenario = Scenario::stored().await;
    let flow = branching("branch_bnumber", data, children);
    let body =
        json!({"name": "code", "numbers": ["55"], "patterns": [r"^\*5(\d*)$"], "flow": flow});
    scenario.put(Kind::Callflow, "code", body).await;
    scenario.callflow("found", &["200"], play("found")).await;
    scenario.callflow("rest", &["no_match"], play("rest")).await;
    scenario
}

// Callflow check 74.
// Proves branch_bnumber.hunt, branch_bnumber.hunt_allow, branch_bnumber.hunt_deny.
#[test]
fn a_captured_number_takes_its_child_or_its_own_flow() {
    let hunt = || json!({"hunt": true});
    for (data, dialled, arguments, sounds) in [
        (json!({}), "*5200", &[][..], &["took-200"][..]),
        (json!({}), "*5201", &[], &["took-_"]),
        // Nothing was captured.
        (json!({}), "55", &[], &["took-_"]),
        (json!({}), "*5", &[], &["took-_"]),
        (hunt(), "*5200", &[], &["found", "took-_"]),
        (
            json!({"hunt": true, "hunt_allow": "^2"}),
            "*5200",
            &[],
            &["found", "took-_"],
        ),
        (
            json!({"hunt": true, "hunt_allow": "^3"}),
            "*5200",
            &[],
            &["took-_"],
        ),
        (
            json!({"hunt": true, "hunt_allow": "("}),
            "*5200",
            &[],
            &["took-_"],
        ),
        (
            json!({"hunt": true, "hunt_deny": "00$"}),
            "*5200",
            &[],
            &["took-_"],
        ),
        (
            json!({"hunt": true, "hunt_deny": "("}),
            "*5200",
            &[],
            &["found", "took-_"],
        ),
        (hunt(), "*5999", &[], &["took-_"]),
        (hunt(), "*5999", &["internal=yes"], &["rest", "took-_"]),
    ] {
        in_virtual_time(async move {
            let scenario = code(data.clone(), &["200", "_"]).await;
            let phone = scenario.dial(dialled, arguments).await;
            scenario.end(&phone).await;
            let heard = phone.heard_media().await;
            let expected: Vec<_> = sounds.iter().map(|s| format!("sound:{s}")).collect();
            assert_eq!(heard, expected, "{data} {dialled} {arguments:?}");
        });
    }
}
