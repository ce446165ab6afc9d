//! Who calls: `check_cid`, `cidlistmatch`, `lookupcidname`, and `dynamic_cid`, which
//! chooses it.

use pivot::objects::Kind;
use pivot::simulate::Caller;
use serde_json::{Value, json};

use crate::callflow_caller_id::{device, everybody_answers, id, shown, shown_after};
use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Scenario, seconds};

// Callflow check 67.
// Proves check_cid.regex, check_cid.use_absolute_mode.
#[test]
fn check_cid_has_four_outcomes() {
    for (data, children, taken) in [
        (
            json!({"regex": "^\\+1555"}),
            &["match", "nomatch", "_"][..],
            "match",
        ),
        (json!({"regex": "50001"}), &["match", "nomatch"], "match"),
        (json!({}), &["match", "nomatch"], "match"),
        (json!({"regex": "^\\+1555"}), &["nomatch", "_"], "_"),
        (
            json!({"regex": "^\\+49"}),
            &["match", "nomatch", "_"],
            "nomatch",
        ),
        (json!({"regex": "^\\+49"}), &["match", "_"], "_"),
        (
            json!({"regex": "^\\+1", "use_absolute_mode": true}),
            &["match", "+15550001", "_"],
            "+15550001",
        ),
        (
            json!({"regex": "^\\+1", "use_absolute_mode": true}),
            &["match", "nomatch", "_"],
            "_",
        ),
        (
            json!({"regex": "^\\+49", "use_absolute_mode": true}),
            &["+15550001", "nomatch"],
            "nomatch",
        ),
        (json!({"regex": "("}), &["match", "nomatch", "_"], "_"),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = Scenario::flow(branching("check_cid", data, children)).await;
            scenario.heard(&phone, &[&format!("took-{taken}")]).await;
        });
    }
}

/// A node whose children say which was taken.
fn branching(module: &str, data: Value, children: &[&str]) -> Value {
    let children: serde_json::Map<_, _> = children
        .iter()
        .map(|key| ((*key).to_owned(), play(&format!("took-{key}"))))
        .collect();
    json!({"module": module, "data": data, "children": children})
}

// Proves check_cid.caller_id.external.name, check_cid.caller_id.external.number,
// check_cid.user_id.
#[test]
fn check_cid_gives_the_caller_another_identity_before_its_child_runs() {
    let external = json!({"name": "Customer", "number": "4711"});
    for (data, expected) in [
        (
            json!({"caller_id": {"external": external}, "user_id": "carol"}),
            id("4711", "Customer"),
        ),
        (
            json!({"caller_id": {"external": external}}),
            id("+15550001", "Alice"),
        ),
        (
            json!({"caller_id": {"external": {"name": "Customer"}}, "user_id": "carol"}),
            id("+15550001", "Alice"),
        ),
    ] {
        in_virtual_time(async move {
            let mut check = node("check_cid", data.clone());
            check["children"] = json!({"match": device()});
            let shown = shown_after(vec![], check).await;
            assert_eq!(shown, expected, "{data}");
        });
    }
}

/// A list with these entries.
async fn list(scenario: &Scenario, name: &str, entries: Value) {
    scenario.put(Kind::List, name, json!({"name": name})).await;
    for (number, entry) in entries.as_array().unwrap().iter().enumerate() {
        let id = format!("{name}/{number}");
        scenario.put(Kind::ListEntry, &id, entry.clone()).await;
    }
}

// Callflow check 68.
// Proves cidlistmatch.id, list_entry.number, list_entry.pattern, list_entry.prefix,
// list_entry.regexp.
#[test]
fn a_caller_is_in_a_list_by_prefix_or_expression_and_a_plus_makes_no_difference() {
    for (entries, taken) in [
        (json!([{"number": "15550001"}]), "match"),
        (json!([{"number": "99"}, {"number": "1555"}]), "match"),
        (json!([{"prefix": "+1555"}]), "match"),
        (json!([{"regexp": "50{3}1$"}]), "match"),
        (json!([{"pattern": "^1555"}]), "match"),
        (
            json!([{"number": "5550001"}, {"regexp": "^555"}]),
            "nomatch",
        ),
        (json!([]), "nomatch"),
        (json!([{"regexp": "("}]), "_"),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            list(&scenario, "vip", entries.clone()).await;
            let flow = branching(
                "cidlistmatch",
                json!({"id": "vip"}),
                &["match", "nomatch", "_"],
            );
            scenario.answer_with("/voice", &flow);
            let phone = scenario.call().await;
            scenario.heard(&phone, &[&format!("took-{taken}")]).await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_without_a_number_is_in_a_list() {
    let scenario = Scenario::new().await;
    list(&scenario, "vip", json!([{"regexp": ".*"}])).await;
    let flow = branching(
        "cidlistmatch",
        json!({"id": "vip"}),
        &["match", "nomatch", "_"],
    );
    scenario.answer_with("/voice", &flow);
    let caller = Caller {
        number: String::new(),
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    scenario.heard(&phone, &["took-_"]).await;
}

// Proves list_entry.displayname, list_entry.name, lookupcidname.lists.
#[test]
fn the_first_list_that_knows_a_number_names_the_caller() {
    let first = json!([
        {"number": "1", "name": "America"},
        {"number": "15550001", "name": "Alice at work", "cid_name": "unused"},
        {"regexp": ".*", "displayname": "Everybody"},
    ]);
    let second = json!([{"number": "15550001", "displayname": "Second"}]);
    for (lists, expected) in [
        (json!(["first", "second"]), "Alice at work"),
        (json!(["second", "first"]), "Second"),
        (json!(["none", "second"]), "Second"),
        (json!(["none"]), "Alice"),
    ] {
        let (first, second) = (first.clone(), second.clone());
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            list(&scenario, "first", first).await;
            list(&scenario, "second", second).await;
            let lookup = node("lookupcidname", json!({"lists": lists}));
            scenario.answer_with("/voice", &chain([lookup, ask("/who")]));
            scenario.answer_with("/who", &node("hangup", json!({})));
            let phone = scenario.call().await;
            let told = scenario.told(&phone, "/who", "Caller-ID-Name").await;
            assert_eq!(told.as_deref(), Some(expected));
        });
    }
}

// Callflow check 69.
// Proves dynamic_cid.min_digits, dynamic_cid.whitelist_regex.
#[test]
fn a_typed_in_caller_id_is_taken_when_it_is_long_enough() {
    for (keys, data, number) in [
        ("5551234567", json!({}), "5551234567"),
        ("555123#", json!({}), "+15550001"),
        ("555#", json!({"min_digits": 3}), "555"),
        ("4711", json!({"min_digits": 4, "max_digits": 4}), "4711"),
        (
            "555#",
            json!({"min_digits": 3, "whitelist_regex": "^9"}),
            "+15550001",
        ),
        ("#", json!({"min_digits": 1}), "+15550001"),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            everybody_answers(&scenario).await;
            let choose = node("dynamic_cid", data.clone());
            scenario.answer_with(
                "/voice",
                &chain([node("answer", json!({})), choose, device()]),
            );
            let phone = scenario.call().await;
            phone.press_at(seconds(2), keys);
            scenario.end(&phone).await;
            let shown = shown(&scenario).await;
            assert_eq!(
                shown,
                [id(number, "Alice")],
                "{keys} {data}\n{}",
                scenario.lines().await
            );
        });
    }
}

// Callflow check 69.
#[test]
fn a_fixed_caller_id_keeps_the_half_that_is_missing() {
    for (caller_id, expected) in [
        (json!({"name": "Shop", "number": "700"}), id("700", "Shop")),
        (json!({"number": "700"}), id("700", "Alice")),
        (json!({"name": "Shop"}), id("+15550001", "Shop")),
    ] {
        in_virtual_time(async move {
            let fixed = json!({"action": "static", "caller_id": caller_id});
            let shown = shown_after(vec![node("dynamic_cid", fixed)], device()).await;
            assert_eq!(shown, expected);
        });
    }
}

/// A shop whose `*4` code chooses a caller id from a list for the rest of the number.
async fn listed(data: Value, pattern: &str) -> Scenario {
    let scenario = Scenario::stored().await;
    everybody_answers(&scenario).await;
    let entries = json!([
        {"number": "700", "name": "Sales", "capture_group_key": "01"},
        {"number": "800", "name": "Help", "capture_group_key": "2", "capture_group_length": 1},
    ]);
    list(&scenario, "ids", entries).await;
    let code = node("dynamic_cid", data);
    let body = json!({"name": "code", "patterns": [pattern], "flow": code});
    scenario.put(Kind::Callflow, "code", body).await;
    let out = node("resources", json!({}));
    scenario.callflow("out", &["no_match"], out).await;
    scenario.callflow("own", &["1000"], play("own")).await;
    scenario
}

// Callflow check 69.
// Proves dynamic_cid.id, list_entry.capture_group_length.
#[test]
fn a_caller_id_from_a_list_is_chosen_by_what_was_captured() {
    let data = || json!({"action": "list", "id": "ids"});
    for (dialled, leg, caller) in [
        (
            "*4015551234",
            "Local/5551234@pivot-outbound/n",
            id("700", "Sales"),
        ),
        (
            "*425551234",
            "Local/5551234@pivot-outbound/n",
            id("800", "Help"),
        ),
    ] {
        in_virtual_time(async move {
            let scenario = listed(data(), r"^\*4(\d+)$").await;
            let phone = scenario.dial(dialled, &["internal=yes"]).await;
            scenario.end(&phone).await;
            let requests = scenario.asterisk.requests().await;
            let leg_made = requests
                .iter()
                .find(|r| r.path == "channels/create")
                .unwrap();
            assert_eq!(leg_made.params["endpoint"], leg);
            assert_eq!(shown(&scenario).await, [caller]);
        });
    }
}

// Callflow check 6.
// Proves dynamic_cid.idx_name.
#[test]
fn a_list_chooses_by_a_named_group_too() {
    for (dialled, found) in [("*401*5551234", true), ("*499*5551234", false)] {
        in_virtual_time(async move {
            let data = json!({"action": "list", "id": "ids", "idx_name": "who"});
            let scenario = listed(data, r"^\*4(?P<who>\d\d)\*(\d+)$").await;
            let phone = scenario.dial(dialled, &["internal=yes"]).await;
            scenario.end(&phone).await;
            let shown = shown(&scenario).await;
            assert_eq!(
                shown,
                if found {
                    vec![id("700", "Sales")]
                } else {
                    vec![]
                }
            );
        });
    }
}

/// A group that captured nothing is not there, and so is no key of an entry.
// Callflow check 6.
#[tokio::test(start_paused = true)]
async fn a_named_group_that_captured_nothing_is_not_there() {
    for (dialled, found) in [("*4*5551234", false), ("*401*5551234", true)] {
        let data = json!({"action": "list", "id": "keys", "idx_name": "who"});
        let scenario = listed(data, r"^\*4(?P<who>\d*)\*(?P<other>x*)(\d+)$").await;
        let entries = json!([
            {"number": "900", "name": "Nobody", "capture_group_key": ""},
            {"number": "700", "name": "Sales", "capture_group_key": "01"},
        ]);
        list(&scenario, "keys", entries).await;
        let phone = scenario.dial(dialled, &["internal=yes"]).await;
        scenario.end(&phone).await;
        let expected = if found {
            vec![id("700", "Sales")]
        } else {
            vec![]
        };
        assert_eq!(shown(&scenario).await, expected, "{dialled}");
    }
}

/// What asks for the number, how many keys there are to it, and how long it waits.
// Callflow check 69.
// Proves dynamic_cid.media_id, dynamic_cid.max_digits, dynamic_cid.interdigit_timeout.
#[tokio::test(start_paused = true)]
async fn a_caller_id_is_asked_for_as_the_node_says() {
    let scenario = Scenario::new().await;
    everybody_answers(&scenario).await;
    let data = json!({"media_id": "sound:who-are-you", "min_digits": 3, "max_digits": 4});
    let mut pauses = data.clone();
    pauses["interdigit_timeout"] = json!(6000);
    let flow = |data: Value| {
        chain([
            node("answer", json!({})),
            node("dynamic_cid", data),
            device(),
        ])
    };
    // No more keys are taken than that.
    scenario.answer_with("/voice", &flow(data));
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "47118888");
    scenario.end(&phone).await;
    assert_eq!(phone.heard_media().await[0], "sound:who-are-you");
    assert_eq!(shown(&scenario).await, [id("4711", "Alice")]);
    // Five seconds between two keys are not the end of it.
    let scenario = Scenario::new().await;
    everybody_answers(&scenario).await;
    scenario.answer_with("/voice", &flow(pauses));
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "47");
    phone.press_at(seconds(7), "11");
    scenario.end(&phone).await;
    assert_eq!(shown(&scenario).await, [id("4711", "Alice")]);
}

// Proves dynamic_cid.permit_custom_callflow.
#[test]
fn a_number_with_a_flow_of_its_own_is_called_only_where_that_is_permitted() {
    for (permitted, sounds) in [(true, &["own"][..]), (false, &["pbx-invalid"])] {
        in_virtual_time(async move {
            let data = json!({"action": "lists", "id": "ids", "permit_custom_callflow": permitted});
            let scenario = listed(data, r"^\*4(\d+)$").await;
            let phone = scenario.dial("*4011000", &["internal=yes"]).await;
            scenario.heard(&phone, sounds).await;
        });
    }
}
