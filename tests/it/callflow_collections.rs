//! What callers type: into which collection it goes, and what becomes of it there.

use pivot::simulate::Phone;
use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node};
use crate::support::web_app::Seen;
use crate::support::{Scenario, ms, seconds};

/// A call that goes through these nodes and then asks `/told`.
async fn typing(nodes: Vec<Value>) -> (Scenario, Phone) {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("long", seconds(6)).await;
    scenario.answer_with("/voice", &chain(nodes.into_iter().chain([ask("/told")])));
    scenario.answer_with("/told", &node("hangup", json!({})));
    let phone = scenario.call().await;
    (scenario, phone)
}

async fn told(scenario: &Scenario, phone: &Phone) -> Seen {
    scenario.end(phone).await;
    let mut seen = scenario.web.at("/told");
    assert_eq!(seen.len(), 1, "{}", scenario.lines().await);
    seen.remove(0)
}

fn digits(seen: &Seen, collection: &str) -> Option<String> {
    seen.param(&format!("Digits[{collection}]"))
}

fn collect(name: &str, max: u32) -> Value {
    let data = json!({"collection_name": name, "max_digits": max, "timeout": 2000});
    node("collect_dtmf", data)
}

/// Half a minute of a text.
fn long_text() -> String {
    "This is said again, so that there is time to press keys. ".repeat(8)
}

// Callflow check 24.
#[test]
fn keys_pressed_during_what_is_played_go_into_the_default_collection() {
    let sound = json!({"id": "sound:long"});
    let text = json!({"text": long_text()});
    let macros = json!({"macros": [{"macro": "play", "id": "sound:long"}, {"macro": "tts", "text": long_text()}]});
    for (module, data) in [("play", sound), ("tts", text), ("audio_macro", macros)] {
        for (terminators, keys, expected) in [
            // The key that ends it is kept, and those that do not are, too.
            (json!(["#"]), "12#", "12#"),
            (json!(null), "5", "5"),
            (json!([]), "4711*", "4711*"),
        ] {
            let mut data = data.clone();
            data["terminators"] = terminators;
            in_virtual_time(async move {
                let (scenario, phone) = typing(vec![node(module, data.clone())]).await;
                phone.press_at(seconds(1), keys);
                let told = told(&scenario, &phone).await;
                assert_eq!(
                    digits(&told, "default").as_deref(),
                    Some(expected),
                    "{data}"
                );
            });
        }
    }
}

// Callflow check 26.
#[tokio::test(start_paused = true)]
async fn a_collection_takes_what_was_typed_drops_the_rest_and_replaces_the_old_value() {
    let prompt = node("play", json!({"id": "sound:long", "terminators": []}));
    // What was typed: five keys for four, so nothing is waited for, and nothing is left.
    let nodes = vec![
        prompt.clone(),
        collect("first", 4),
        collect("second", 4),
        prompt,
        collect("third", 2),
        collect("third", 1),
    ];
    let (scenario, phone) = typing(nodes).await;
    phone.press_at(seconds(1), "12345");
    phone.press_at(seconds(9), "67");
    phone.press_at(seconds(15), "8");
    let told = told(&scenario, &phone).await;
    assert_eq!(digits(&told, "first").as_deref(), Some("1234"));
    assert_eq!(digits(&told, "second").as_deref(), Some(""));
    assert_eq!(digits(&told, "third").as_deref(), Some("8"));
    assert_eq!(digits(&told, "default"), None);
}

// Callflow check 29.
#[tokio::test(start_paused = true)]
async fn every_collection_is_told_by_its_name() {
    let nodes = vec![
        collect("pin", 2),
        collect("customer no", 3),
        collect("default", 1),
    ];
    let (scenario, phone) = typing(nodes).await;
    phone.press_at(ms(500), "12");
    phone.press_at(ms(1500), "345");
    phone.press_at(ms(2500), "6");
    let told = told(&scenario, &phone).await;
    for (name, value) in [("pin", "12"), ("customer no", "345"), ("default", "6")] {
        assert_eq!(digits(&told, name).as_deref(), Some(value), "{name}");
    }
}

// Callflow check 30.
// Proves flush_dtmf.collection_name.
#[test]
fn flushing_forgets_one_collection_and_no_other() {
    for (data, left) in [
        (
            json!({"collection_name": "a"}),
            [None, Some("2"), Some("3")],
        ),
        (
            json!({"collection_name": "b"}),
            [Some("1"), None, Some("3")],
        ),
        (json!({}), [Some("1"), Some("2"), None]),
        (
            json!({"collection_name": "c"}),
            [Some("1"), Some("2"), Some("3")],
        ),
    ] {
        in_virtual_time(async move {
            let nodes = vec![
                collect("a", 1),
                collect("b", 1),
                collect("default", 1),
                node("flush_dtmf", data.clone()),
            ];
            let (scenario, phone) = typing(nodes).await;
            for (at, key) in [(500, "1"), (1000, "2"), (1500, "3")] {
                phone.press_at(ms(at), key);
            }
            let told = told(&scenario, &phone).await;
            let kept = ["a", "b", "default"].map(|name| digits(&told, name));
            assert_eq!(kept, left.map(|value| value.map(str::to_owned)), "{data}");
        });
    }
}
