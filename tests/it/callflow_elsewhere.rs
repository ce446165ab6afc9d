//! Calls that go on elsewhere, or nowhere: `transfer`, `faxbox`, `receive_fax`,
//! `fax_detect`, `dead_air`, `wait_for_hangup`, `skel`, `set`, `after_bridge`, and
//! modules that cannot be had.

use pivot::simulate::{Context, Phone};
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::{Scenario, ms, seconds};

/// A shop with a dialplan of its own.
const SHOP: &str = "[dialplan]\ntransfer = 'internal'\nfax = 'fax-in'\nfax_detect = 'fax-listen'\n";

async fn shop(flow: Value) -> Scenario {
    let scenario = Scenario::stored_with(SHOP).await;
    scenario.callflow("start", &["2000"], flow).await;
    scenario.callflow("other", &["300"], play("other")).await;
    scenario.callflow("rest", &["no_match"], play("rest")).await;
    scenario
}

/// A node with `_`.
fn then(mut node: Value, child: Value) -> Value {
    node["children"] = json!({"_": child});
    node
}

async fn place(phone: &Phone) -> Option<(String, String)> {
    let place = phone.continued().await?;
    Some((place.context, place.extension))
}

// Callflow check 60.
// Proves transfer.captures, transfer.leg, transfer.transfer_type.
#[test]
fn a_transferred_caller_gets_the_flow_of_the_number_or_the_dialplan() {
    for (data, arguments, sounds, place_of) in [
        (json!({"target": "300"}), &[][..], &["other"][..], None),
        (
            json!({"target": "999"}),
            &[],
            &[],
            Some(("internal", "999")),
        ),
        (json!({"target": "999"}), &["internal=yes"], &["rest"], None),
        (json!({"target": "1,2"}), &[], &["after"], None),
        (json!({}), &["internal=yes"], &["rest"], None),
        (json!({}), &[], &["after"], None),
        (
            json!({"captures": ["300"], "leg": "self"}),
            &[],
            &["other"],
            None,
        ),
        (json!({"captures": "300"}), &[], &["after"], None),
        (
            json!({"target": "300", "leg": "bleg"}),
            &[],
            &["after"],
            None,
        ),
        (
            json!({"target": "300", "transfer_type": "attended"}),
            &[],
            &["other"],
            None,
        ),
    ] {
        in_virtual_time(async move {
            let flow = then(node("transfer", data.clone()), play("after"));
            let scenario = shop(flow).await;
            let phone = scenario.dial("2000", arguments).await;
            scenario.end(&phone).await;
            let heard = phone.heard_media().await;
            let expected: Vec<_> = sounds.iter().map(|s| format!("sound:{s}")).collect();
            assert_eq!(heard, expected, "{data}\n{}", scenario.lines().await);
            let expected = place_of.map(|(c, e): (&str, &str)| (c.to_owned(), e.to_owned()));
            assert_eq!(place(&phone).await, expected, "{data}");
            let warned = scenario
                .lines()
                .await
                .contains("carried out as a blind one");
            assert_eq!(warned, data["transfer_type"] == "attended", "{data}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_transferred_caller_does_not_come_back_to_flows_that_called() {
    let inner = node("transfer", json!({"target": "300"}));
    let scenario = shop(then(node("callflow", json!({"id": "inner"})), play("back"))).await;
    scenario.callflow("inner", &["301"], inner).await;
    let phone = scenario.dial("2000", &[]).await;
    scenario.heard(&phone, &["other"]).await;
}

// Proves transfer.target.
#[tokio::test(start_paused = true)]
async fn a_flow_that_transfers_to_itself_ends_the_call() {
    let scenario = shop(node("transfer", json!({"target": "2000"}))).await;
    let phone = scenario.dial("2000", &[]).await;
    scenario.end(&phone).await;
    assert!(scenario.lines().await.contains("branched 50 times"));
}

// Proves faxbox.id, faxbox.faxbox_id, faxbox.media.fax_option, receive_fax.media.fax_option,
// receive_fax.owner_id.
#[test]
fn faxes_are_handed_to_the_dialplan_with_what_it_must_know() {
    for (module, data, variable, value, t38) in [
        (
            "faxbox",
            json!({"id": "office"}),
            "PIVOT_FAXBOX",
            "office",
            "auto",
        ),
        (
            "faxbox",
            json!({"faxbox_id": "old", "media": {"fax_option": true}}),
            "PIVOT_FAXBOX",
            "old",
            "yes",
        ),
        (
            "receive_fax",
            json!({"owner_id": "alice", "media": {"fax_option": "auto"}}),
            "PIVOT_FAX_OWNER",
            "alice",
            "auto",
        ),
        (
            "receive_fax",
            json!({"owner_id": "alice", "media": {"fax_option": false}}),
            "PIVOT_FAX_OWNER",
            "alice",
            "no",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(then(node(module, data.clone()), play("after"))).await;
            let phone = scenario.dial("2000", &[]).await;
            scenario.end(&phone).await;
            let place = phone.continued().await.unwrap();
            assert_eq!(
                (place.context.as_str(), place.extension.as_str()),
                ("fax-in", "s")
            );
            assert_eq!(place.variables[variable], value, "{data}");
            assert_eq!(place.variables["PIVOT_FAX_T38"], t38, "{data}");
            assert!(phone.heard_media().await.is_empty());
        });
    }
}

#[test]
fn without_a_context_for_faxes_the_flow_goes_on() {
    for (module, data, taken) in [
        ("faxbox", json!({"id": "office"}), "_"),
        ("faxbox", json!({}), "_"),
        ("receive_fax", json!({}), "_"),
        ("fax_detect", json!({}), "ON_VOICE"),
    ] {
        in_virtual_time(async move {
            let children = json!({"_": play("took-_"), "ON_VOICE": play("took-ON_VOICE")});
            let flow = json!({"module": module, "data": data, "children": children});
            let (scenario, phone) = Scenario::flow(flow).await;
            scenario.heard(&phone, &[&format!("took-{taken}")]).await;
            assert!(scenario.lines().await.contains("Warning"));
        });
    }
}

/// A flow that listens for a fax, in a dialplan that takes so long and says so.
async fn listening(takes: std::time::Duration, sets: &[(&str, &str)]) -> (Scenario, Phone) {
    let children = json!({"ON_FAX": play("fax"), "ON_VOICE": play("voice")});
    let listen = json!({"module": "fax_detect", "data": {"duration": 3}, "children": children});
    let scenario = shop(then(node("answer", json!({})), listen)).await;
    let sets = sets
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let context = Context {
        takes,
        sets: sets.collect(),
    };
    scenario.asterisk.context("fax-listen", context).await;
    let phone = scenario.dial("2000", &[]).await;
    (scenario, phone)
}

// Proves fax_detect.duration.
#[test]
fn a_call_visits_the_dialplan_to_listen_for_a_fax_and_comes_back() {
    for (takes, sets, sound) in [
        (seconds(1), &[("PIVOT_FAX", "yes")][..], "fax"),
        (seconds(3), &[], "voice"),
        (seconds(3), &[("PIVOT_FAX", "no")], "voice"),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = listening(takes, sets).await;
            scenario.heard(&phone, &[sound]).await;
            let place = phone.continued().await.unwrap();
            assert_eq!(
                (place.context.as_str(), place.extension.as_str()),
                ("fax-listen", "s")
            );
            assert_eq!(place.variables["PIVOT_FAX_WAIT"], "3");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_picked_up_while_it_visits_the_dialplan() {
    let (scenario, phone) = listening(seconds(3), &[("PIVOT_FAX", "yes")]).await;
    tokio::time::sleep(ms(1500)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &["fax"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_return_was_not_told_is_found_again() {
    let (scenario, phone) = listening(seconds(3), &[("PIVOT_FAX", "yes")]).await;
    tokio::time::sleep(ms(2500)).await;
    // The event of its return is on its way when the socket breaks.
    scenario
        .asterisk
        .turn(|dials| dials.event_delay = seconds(1))
        .await;
    tokio::time::sleep(ms(1000)).await;
    scenario.asterisk.drop_sockets(ms(100)).await;
    scenario
        .asterisk
        .turn(|dials| dials.event_delay = ms(0))
        .await;
    scenario.heard(&phone, &["fax"]).await;
    assert!(
        scenario.lines().await.contains("/silence"),
        "{}",
        scenario.lines().await
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_in_the_dialplan_is_gone() {
    let (scenario, phone) = listening(seconds(3), &[]).await;
    phone.hangup_at(seconds(2));
    let ended = scenario.end(&phone).await;
    assert!(ended.by_phone);
    assert!(phone.heard_media().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_dialplan_keeps_is_given_up() {
    let children = json!({"_": play("after")});
    let listen = json!({"module": "fax_detect", "data": {"duration": 3}, "children": children});
    let scenario = shop(then(node("answer", json!({})), listen)).await;
    scenario.asterisk.dialplan_time(seconds(60)).await;
    let phone = scenario.dial("2000", &[]).await;
    let ended = scenario.end(&phone).await;
    assert!(phone.heard_media().await.is_empty());
    // The dialplan's own end, not ours.
    assert!(ended.at >= seconds(60), "{ended:?}");
    let lines = scenario.lines().await;
    assert!(lines.contains("did not bring the call back"), "{lines}");
}

#[test]
fn waiting_modules_wait_until_the_caller_leaves() {
    for (module, answers) in [("dead_air", true), ("wait_for_hangup", false)] {
        in_virtual_time(async move {
            let flow = then(node(module, json!({})), play("after"));
            let (scenario, phone) = Scenario::flow(flow).await;
            // Longer than one of their pauses.
            tokio::time::sleep(seconds(100_000)).await;
            phone.hangup_at(ms(0));
            let ended = scenario.end(&phone).await;
            assert!(ended.by_phone && ended.at >= seconds(100_000), "{ended:?}");
            assert!(phone.heard_media().await.is_empty());
            let answered = !scenario.sent("POST", "/answer").await.is_empty();
            assert_eq!(answered, answers, "{module}");
        });
    }
}

#[test]
fn modules_that_only_note_something_go_on() {
    for first in [
        node("skel", json!({"anything": [1]})),
        node("set", json!({"language": "french"})),
        node(
            "after_bridge",
            json!({"action": "transfer", "data": "1000"}),
        ),
        node("after_bridge", json!({})),
        node("function", json!({"id": "abc"})),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = Scenario::flow(chain([first, play("end")])).await;
            scenario.heard(&phone, &["end"]).await;
        });
    }
}

// Proves after_bridge.action, after_bridge.data.
#[tokio::test(start_paused = true)]
async fn what_an_agent_must_be_able_to_do_is_gathered() {
    let flow = chain([
        node("set", json!({"language": "french", "level": 1})),
        node("set", json!({"level": 2})),
        node(
            "after_bridge",
            json!({"action": "transfer", "data": "1000"}),
        ),
        node("sleep", json!({"duration": 5})),
    ]);
    let (scenario, phone) = Scenario::flow(flow).await;
    tokio::time::sleep(seconds(2)).await;
    let call = scenario.checkpoints.calls().remove(0);
    let state = scenario.checkpoints.read(&call).unwrap();
    let skills = Value::from(state.kept.skills);
    assert_eq!(skills, json!({"language": "french", "level": 2}));
    let then = pivot::call::AfterBridge::Transfer("1000".into());
    assert_eq!(state.kept.after_bridge, Some(then));
    scenario.end(&phone).await;
}

#[test]
fn modules_that_cannot_be_had_are_refused_with_the_reason() {
    let document = json!({"module": "function", "data": {}}).to_string();
    let (node, report) = pivot::callflow::read(document.as_bytes(), true);
    assert!(node.is_none());
    let help: Vec<_> = report
        .diagnostics
        .iter()
        .filter_map(|d| d.help.clone())
        .collect();
    let says = |help: &String| help.contains("web application");
    assert!(help.iter().any(says), "{help:?}");
}
