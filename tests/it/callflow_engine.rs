//! How a call goes through its flow: which node comes next, which are passed over, and
//! how it ends.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller};
use serde_json::{Value, json};

use crate::callflow_dialling::ringing;
use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Scenario, ms, seconds};

/// A phone that is busy, with children that say which was taken; `end` is `{}`.
fn busy(children: &[&str], end: Option<&str>) -> Value {
    let mut flow = ringing("device", json!({"id": "bob"}), children);
    if let Some(end) = end {
        flow["children"][end] = json!({});
    }
    flow
}

// Callflow check 7. Callflow check 8.
#[test]
fn a_module_goes_on_at_its_key_else_at_the_default_child_else_the_call_ends() {
    for (children, end, taken) in [
        (&["USER_BUSY", "_"][..], None, Some("took-USER_BUSY")),
        (&["NO_ANSWER", "_"], None, Some("took-_")),
        (&["NO_ANSWER"], None, None),
        (&[], None, None),
        (&[], Some("_"), None),
        (&["NO_ANSWER"], Some("_"), None),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            scenario.behaves("*", Behaviour::busy()).await;
            let mut flow = node("answer", json!({}));
            flow["children"] = json!({"_": busy(children, end)});
            let phone = scenario.runs(flow).await;
            let ended = scenario.end(&phone).await;
            let heard = phone.heard_media().await;
            let expected: Vec<_> = taken.iter().map(|key| format!("sound:{key}")).collect();
            assert_eq!(heard, expected, "{children:?} {end:?}");
            // A normal end, made by pivot.
            assert!(!ended.by_phone && ended.cause == 16, "{ended:?}");
            assert!(phone.continued().await.is_none());
        });
    }
}

/// A key that is there and empty ends the flow, although there is a `_`.
#[tokio::test(start_paused = true)]
async fn an_empty_child_is_taken_and_ends_the_call() {
    let scenario = Scenario::stored().await;
    let branch = json!({"module": "branch_variable", "data": {"variable": "answer"},
        "children": {"yes": {}, "_": play("other")}});
    let set = node(
        "set_variables",
        json!({"custom_application_vars": {"answer": "yes"}}),
    );
    let mut flow = chain([node("answer", json!({})), set]);
    flow["children"]["_"]["children"]["_"] = branch;
    let phone = scenario.runs(flow).await;
    let ended = scenario.end(&phone).await;
    assert!(!ended.by_phone && ended.cause == 16, "{ended:?}");
    assert!(phone.heard_media().await.is_empty());
}

// Callflow check 9.
#[test]
fn a_module_that_is_skipped_has_no_effect() {
    for skip in [json!(true), json!("true")] {
        for (module, data) in [
            ("answer", json!({})),
            ("play", json!({"id": "sound:hello-world"})),
            ("tts", json!({"text": "Hello"})),
            ("hangup", json!({})),
            ("response", json!({"code": 404})),
            ("device", json!({"id": "bob"})),
            ("sleep", json!({"duration": 60})),
            ("webhook", json!({"uri": "{app}/hook"})),
            ("callflow", json!({"id": "main"})),
            (
                "set_variables",
                json!({"custom_application_vars": {"a": "b"}}),
            ),
        ] {
            let mut data = data;
            data["skip_module"] = skip.clone();
            in_virtual_time(async move {
                let scenario = Scenario::stored().await;
                let asks = ask("/next").to_string();
                let skipped = node(module, data).to_string();
                let [asks, skipped] = [asks, skipped].map(|text| -> Value {
                    serde_json::from_str(&text.replace("{app}", &scenario.web.url())).unwrap()
                });
                let refuses = node("response", json!({"code": 486}));
                scenario.answer_with("/next", &refuses);
                let phone = scenario.runs(chain([skipped, asks])).await;
                let ended = scenario.end(&phone).await;
                // The call was not answered, nor ended, nor was anybody called or told.
                assert_eq!(ended.sip, Some(486), "{module}");
                assert!(phone.heard_media().await.is_empty(), "{module}");
                assert!(scenario.endpoints().await.is_empty(), "{module}");
                let seen = scenario.web.seen();
                assert_eq!(seen.len(), 1, "{module}");
                assert_eq!(seen[0].param("Custom-Application-Vars[a]"), None);
                assert!(ended.at < seconds(5), "{module}: {ended:?}");
            });
        }
    }
}

// Callflow check 10.
#[tokio::test(start_paused = true)]
async fn an_unknown_module_of_a_stored_flow_is_passed_over() {
    let scenario = Scenario::stored().await;
    let flow = chain([node("teleport", json!({"where": "home"})), play("after")]);
    let phone = scenario.runs(flow).await;
    scenario.heard(&phone, &["after"]).await;
    let lines = scenario.lines().await;
    assert!(lines.contains("no module `teleport`"), "{lines}");
}

/// What is kept of the requests of the calls.
async fn kept_records(scenario: &Scenario) -> String {
    // It is written beside the call.
    for _ in 0..50 {
        let kept = scenario.all_of(Kind::PivotDebug).await;
        let bodies: Vec<_> = kept.into_iter().map(|kept| kept.body).collect();
        let text = serde_json::to_string(&bodies).unwrap();
        if text.contains("schema_errors") {
            return text;
        }
        tokio::time::sleep(ms(100)).await;
    }
    panic!("no record:\n{}", scenario.lines().await);
}

/// The answer of a web application with an unknown module in it: nothing of it runs when
/// that is an error, and the record of it is there. What becomes of the call then is the
/// failure ladder's: it is hung up, or the dialplan gets it.
// Callflow check 10.
#[test]
fn where_unknown_modules_are_errors_the_answer_does_not_run() {
    for (profile, hung_up) in [("twilio", true), ("pivot", false)] {
        in_virtual_time(async move {
            let config = format!(
                "[default]\nvoice_url = '{{app}}/voice'\nstrict = true\ndebug = true\nprofile = '{profile}'\n"
            );
            let scenario = Scenario::configured(&config).await;
            let flow = chain([play("before"), node("teleport", json!({})), play("after")]);
            scenario.answer_with("/voice", &flow);
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            let heard = phone.heard_media().await;
            let ours = |sound: &String| sound.contains("before") || sound.contains("after");
            assert!(!heard.iter().any(ours), "{heard:?}");
            assert_eq!(phone.continued().await.is_none(), hung_up);
            let records = kept_records(&scenario).await;
            assert!(records.contains("no module `teleport`"), "{records}");
        });
    }
}

// Callflow check 11.
#[test]
fn a_node_may_have_neither_data_nor_children() {
    for flow in [
        json!({"module": "answer"}),
        json!({"module": "answer", "data": {}}),
        json!({"module": "answer", "children": {}}),
        json!({"module": "answer", "children": {"_": {"module": "hangup"}}}),
        json!({"module": "answer", "data": null, "children": null}),
        json!({"module": "answer", "children": {"_": {"module": "collect_dtmf"}}}),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            let phone = scenario.runs(flow.clone()).await;
            let ended = scenario.end(&phone).await;
            assert!(phone.responses().await.contains(&200), "{flow}");
            assert!(!ended.by_phone && ended.cause == 16, "{flow} {ended:?}");
            assert!(phone.continued().await.is_none(), "{flow}");
        });
    }
}

/// Stored things may come from elsewhere than the API, which takes no such node.
// Callflow check 19.
#[test]
fn a_node_whose_data_has_errors_goes_on_to_its_default_child() {
    for (module, data) in [
        ("tts", json!({})),
        ("tts", json!({"text": ["Hello"]})),
        ("tts", json!({"text": "x".repeat(1001)})),
        ("play", json!({"id": {"name": "hello"}})),
        ("sleep", json!({"duration": "long"})),
        ("collect_dtmf", json!({"terminators": ["##"]})),
        ("callflow", json!({"id": "../main"})),
        ("device", json!({"id": "bob", "timeout": []})),
        ("ring_group", json!({"endpoints": "everybody"})),
        ("audio_macro", json!({"macros": [{"macro": "dance"}]})),
        ("pivot", json!({"voice_url": "gopher://a"})),
        ("answer", json!("now")),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            let bad = node(module, data.clone());
            let flow = chain([play("before"), bad, play("after")]);
            let phone = scenario.runs(flow).await;
            scenario.heard(&phone, &["before", "after"]).await;
            assert!(scenario.endpoints().await.is_empty(), "{module} {data}");
            let lines = scenario.lines().await;
            assert!(lines.contains("child `_` runs"), "{module} {data}\n{lines}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_still_passes_over_what_has_errors() {
    let scenario = Scenario::stored().await;
    let flow = chain([
        node("sleep", json!({"duration": 5})),
        node("hangup", json!("now")),
        play("after"),
    ]);
    let phone = scenario.runs(flow).await;
    tokio::time::sleep(seconds(2)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &["after"]).await;
}

/// What is wrong in one branch does not keep the call from the others.
#[tokio::test(start_paused = true)]
async fn what_is_no_node_is_not_there() {
    let scenario = Scenario::stored().await;
    let mut flow = busy(&["_"], None);
    flow["children"]["USER_BUSY"] = json!({"data": {}});
    flow["children"]["NO_ANSWER"] = json!("hangup");
    flow["children"]["sip:404"] = json!({"module": 5});
    scenario.behaves("*", Behaviour::busy()).await;
    let phone = scenario.runs(flow).await;
    scenario.heard(&phone, &["took-_"]).await;
}

// Callflow check 20.
#[tokio::test(start_paused = true)]
async fn two_calls_in_one_flow_share_nothing() {
    let scenario = Scenario::stored().await;
    let set = |keys: &str| {
        let vars = json!({"custom_application_vars": {"who": keys, keys: "mine"}});
        let language = if keys == "1" { "fr-fr" } else { "de-de" };
        chain([
            node("set_variables", vars),
            node("language", json!({"language": language})),
            node("sleep", json!({"duration": 5})),
            serde_json::from_str(
                &ask("/told")
                    .to_string()
                    .replace("{app}", &scenario.web.url()),
            )
            .unwrap(),
        ])
    };
    let collect = json!({"collection_name": "n", "timeout": 4000});
    let mut flow = chain([node("collect_dtmf", collect)]);
    let data = json!({"id": "", "max_extension_length": 1, "timeout": 8000});
    flow["children"]["_"] =
        json!({"module": "menu", "data": data, "children": {"1": set("1"), "2": set("2")}});
    scenario.answer_with("/told", &node("hangup", json!({})));
    scenario.callflow("main", &["2030"], flow).await;
    let mut phones = Vec::new();
    for (number, keys) in [("1", ["7", "1"]), ("2", ["8", "2"])] {
        let caller = Caller {
            number: number.into(),
            to: "2030".into(),
            ..Caller::default()
        };
        let phone = scenario.call_from(caller).await;
        phone.press_at(seconds(1), keys[0]);
        phone.press_at(seconds(3), keys[1]);
        phones.push(phone);
        tokio::time::sleep(ms(700)).await;
    }
    for phone in &phones {
        phone.wait_ended().await.unwrap();
    }
    scenario.nothing_left().await;
    let told = scenario.web.at("/told");
    assert_eq!(told.len(), 2);
    for (seen, [number, key, language, other]) in told
        .iter()
        .zip([["1", "7", "fr-fr", "2"], ["2", "8", "de-de", "1"]])
    {
        let told = |name: &str| seen.param(name).unwrap_or_default();
        assert_eq!(told("Caller-ID-Number"), number);
        assert_eq!(told("Custom-Application-Vars[who]"), number);
        assert_eq!(told(&format!("Custom-Application-Vars[{number}]")), "mine");
        assert_eq!(told(&format!("Custom-Application-Vars[{other}]")), "");
        assert_eq!(told("Digits[n]"), key);
        assert_eq!(told("Language"), language);
    }
}
