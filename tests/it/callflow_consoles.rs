//! Documents as Kazoo's consoles write them, and as its stores have them.

use pivot::callflow::STACK;
use pivot::objects::Kind;
use serde_json::json;

use crate::api::Api;
use crate::callflow_flows::{chain, node, play, roomy};
use crate::callflow_ringing::house;

const SQLITE: &str = "[store]\nurl = 'sqlite:{dir}/pivot.db'\n";

#[test]
fn a_flow_may_have_hundreds_of_nodes_one_below_the_other() {
    roomy(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().thread_stack_size(STACK).build();
        runtime.unwrap().block_on(three_hundred_nodes());
    });
}

async fn three_hundred_nodes() {
    let api = Api::with(SQLITE).await;
    let document = |nodes| {
        let nodes = (0..nodes).map(|_| node("noop", json!({})));
        json!({"numbers": ["2030"], "flow": chain(nodes.chain([play("done")]))})
    };
    let refused = api.put("callflows", document(330)).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["message"], "parse_error");
    let id = api.create("callflows", document(300)).await;
    let stored = api.get(&format!("callflows/{id}")).await;
    let stored = stored.data()["flow"].to_string();
    assert_eq!(stored.matches(r#""noop""#).count(), 300);
    let phone = api.scenario.dial("2030", &[]).await;
    api.scenario.heard(&phone, &["done"]).await;
}

/// What forms leave empty is not there; what is unknown stays.
#[tokio::test]
async fn what_a_console_writes_is_taken() {
    let api = Api::start().await;
    let user = json!({"first_name": "Zoë", "last_name": "Müller", "dial_plan": {"system": ["us"]},
        "call_forward": {"enabled": "false", "number": "", "failover": false},
        "caller_id": {"internal": {"name": "Zoë", "number": "1001"}, "external": {}},
        "contact_list": {"exclude": false}, "metaflows": {"numbers": {}, "patterns": {}},
        "hotdesk": {"id": "", "enabled": false}, "profile": {}, "music_on_hold": {},
        "ui_metadata": {"ui": "console"}, "timezone": "", "directories": []});
    let user = api.create("users", user).await;
    let device = json!({"name": "Desk", "owner_id": user, "mac_address": "00:11:22:33:44:55",
        "sip": {"username": "zoe", "password": "12345", "expire_seconds": "300"},
        "media": {"audio": {"codecs": ["PCMU"]}, "fax_option": "auto"},
        "outbound_flags": {"static": ["fax"], "dynamic": ["zone"]},
        "dial_plan": {"system": ["us"], "^(\\d{7})$": {"prefix": "+1415"}},
        "provision": {"combo_keys": {"0": null}}, "hotdesk": {"users": {}}});
    let made = api.put("devices", device).await;
    let device = made.data();
    assert_eq!(device["outbound_flags"]["dynamic"], json!(["zone"]));
    assert_eq!(device["dial_plan"]["system"], json!(["us"]));
    assert_eq!(device["sip"]["expire_seconds"], 300);
    let device = made.id();

    let menu = json!({"name": "Main", "record_pin": "", "hunt_allow": "", "hunt_deny": "",
        "retries": "3", "timeout": "", "media": {"exit_media": true}});
    let made = api.put("menus", menu).await;
    for unfilled in ["record_pin", "hunt_allow", "timeout"] {
        assert!(made.data().get(unfilled).is_none(), "{}", made.body);
    }
    assert_eq!(made.data()["retries"], 3);
    let vmbox = json!({"name": "Zoë's box", "mailbox": "1001", "owner_id": user, "pin": ""});
    let made = api.put("vmboxes", vmbox).await;
    assert!(made.data().get("pin").is_none(), "{}", made.body);

    let children = json!({"_": node("disa", json!({"pin": "", "interdigit": "", "retries": ""}))});
    let name = "Zoë Müller’s Callflow, ".repeat(10);
    let flow = json!({"module": "device", "children": children,
        "data": {"id": device, "timeout": "", "delay": "", "can_call_self": "false"}});
    let document = json!({"numbers": ["1001"], "name": name, "flow": flow,
        "type": "mainUserCallflow", "owner_id": user, "featurecode": false, "metadata": {}});
    let made = api.put("callflows", document).await;
    let stored = made.data();
    assert_eq!(stored["name"], name.as_str());
    assert_eq!(stored["flow"]["data"]["id"], device.as_str());
    assert_eq!(stored["flow"]["data"]["can_call_self"], false);
    assert_eq!(stored["flow"]["data"]["timeout"], 0);
    let disa = &stored["flow"]["children"]["_"]["data"];
    assert_eq!((&disa["pin"], &disa["retries"]), (&json!(""), &json!(3)));
}

/// Kazoo's consoles write so where no user was chosen.
// Callflow check 49.
#[tokio::test(start_paused = true)]
async fn the_word_null_is_nobody_s_id() {
    let scenario = house().await;
    let mut user = node("user", json!({"id": "null"}));
    user["children"] = json!({"_": play("nobody")});
    let mut first = node("play", json!({"id": "null"}));
    first["children"] = json!({"_": user});
    let phone = scenario.runs(first).await;
    scenario.heard(&phone, &["nobody"]).await;
    assert_eq!(scenario.endpoints().await, Vec::<String>::new());
}

/// The timeline names what took the call, and what was heard.
#[tokio::test(start_paused = true)]
async fn the_trace_says_where_a_call_went_and_why() {
    let scenario = house().await;
    let flow = json!({"module": "callflow", "data": {"id": "hours"}});
    let document = json!({"name": "Boxes", "patterns": ["^\\*97([0-9]*)$"], "flow": flow});
    scenario.put(Kind::Callflow, "boxes", document).await;
    scenario
        .callflow("hours", &["undefined"], play("hello"))
        .await;
    let phone = scenario.dial("*97101", &[]).await;
    scenario.heard(&phone, &["hello"]).await;
    let lines = scenario.lines().await;
    for line in [
        r#"Decision "*97101" has the pattern ^\*97([0-9]*)$, which captures "101""#,
        r#"Decision callflow boxes "Boxes""#,
        r#"Decision callflow hours "hours""#,
        "1p sound:hello",
    ] {
        assert!(lines.contains(line), "{line}\n{lines}");
    }
}
