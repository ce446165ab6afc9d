//! Calls that ask for keys: `collect_dtmf`, `flush_dtmf`, `menu`.

use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Scenario, ms, seconds};
use pivot::simulate::Phone;

/// A call that collects keys and tells them at `/collected`.
async fn collecting(data: Value) -> (Scenario, Phone) {
    collecting_after(None, data).await
}

async fn collecting_after(first: Option<Value>, data: Value) -> (Scenario, Phone) {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("long", seconds(5)).await;
    let collect = node("collect_dtmf", data);
    let flow = chain(
        first
            .into_iter()
            .chain([collect, ask("/collected")])
            .collect::<Vec<_>>(),
    );
    scenario.answer_with("/voice", &flow);
    scenario.answer_with("/collected", &node("hangup", json!({})));
    let phone = scenario.call().await;
    (scenario, phone)
}

async fn collected(scenario: &Scenario, phone: &Phone, name: &str) -> Option<String> {
    scenario
        .told(phone, "/collected", &format!("Digits[{name}]"))
        .await
}

// Callflow check 25. Callflow check 29.
#[tokio::test(start_paused = true)]
async fn four_digits_end_the_collection_at_once() {
    let (scenario, phone) =
        collecting(json!({"max_digits": 4, "collection_name": "my_dtmf"})).await;
    phone.press_at(seconds(1), "1234");
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(3), "{ended:?}");
    assert_eq!(
        collected(&scenario, &phone, "my_dtmf").await.as_deref(),
        Some("1234")
    );
}

// Callflow check 25. Callflow check 28.
// Proves collect_dtmf.terminator, collect_dtmf.terminators.
#[test]
fn the_terminator_ends_the_collection_and_is_not_in_it() {
    for (data, keys, expected) in [
        (json!({"max_digits": 4}), "12#", "12"),
        (json!({"max_digits": 4, "terminator": "*"}), "1#2*", "1#2"),
        (
            json!({"max_digits": 4, "terminators": ["*", "9"]}),
            "1#9",
            "1#",
        ),
        (json!({"max_digits": 4, "terminators": ["*"]}), "1#*", "1#"),
        (json!({"max_digits": 4}), "#", ""),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = collecting(data.clone()).await;
            phone.press_at(seconds(1), keys);
            let ended = phone.wait_ended().await.unwrap();
            assert!(ended.at < seconds(3), "{data}: {ended:?}");
            assert_eq!(
                collected(&scenario, &phone, "default").await.as_deref(),
                Some(expected),
                "{data}"
            );
        });
    }
}

// Callflow check 25. Callflow check 27.
// Proves collect_dtmf.interdigit_timeout, collect_dtmf.timeout.
#[test]
fn timeouts_give_what_there_is() {
    for (data, keys, ends) in [
        (json!({"max_digits": 4}), "", ms(5000)),
        (json!({"max_digits": 4, "timeout": 1500}), "", ms(1500)),
        (json!({"max_digits": 4}), "12", ms(1000 + 300 + 2000)),
        (
            json!({"max_digits": 4, "interdigit_timeout": 500}),
            "12",
            ms(1000 + 300 + 500),
        ),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = collecting(data.clone()).await;
            phone.press_at(seconds(1), keys);
            let ended = phone.wait_ended().await.unwrap();
            assert!(
                ended.at >= ends && ended.at < ends + ms(300),
                "{data}: {ended:?}"
            );
            assert_eq!(
                collected(&scenario, &phone, "default").await.as_deref(),
                Some(keys),
                "{data}"
            );
        });
    }
}

// Callflow check 26.
#[test]
fn keys_typed_during_a_prompt_count_for_the_next_collection() {
    for (terminators, keys, expected) in [
        (json!(null), "1", "1"),
        (json!([]), "12345", "1234"),
        (json!([]), "12#9", "12"),
    ] {
        in_virtual_time(async move {
            let prompt = node(
                "play",
                json!({"id": "sound:long", "terminators": terminators}),
            );
            let (scenario, phone) = collecting_after(Some(prompt), json!({"max_digits": 4})).await;
            phone.press_at(seconds(1), keys);
            let told = collected(&scenario, &phone, "default").await;
            assert_eq!(
                told.as_deref(),
                Some(expected),
                "{}",
                scenario.lines().await
            );
        });
    }
}

#[tokio::test(start_paused = true)]
async fn typed_and_awaited_keys_make_one_collection() {
    let prompt = node("tts", json!({"text": "Please enter your number"}));
    let (scenario, phone) = collecting_after(
        Some(prompt),
        json!({"max_digits": 4, "collection_name": "n"}),
    )
    .await;
    phone.press_at(ms(300), "1");
    phone.press_at(ms(2500), "234");
    assert_eq!(
        collected(&scenario, &phone, "n").await.as_deref(),
        Some("1234")
    );
}

// Proves collect_dtmf.collection_name, collect_dtmf.max_digits.
#[tokio::test(start_paused = true)]
async fn flush_forgets_what_was_typed() {
    let prompt = node("play", json!({"id": "sound:long", "terminators": []}));
    let flow = chain([
        prompt,
        node("flush_dtmf", json!({})),
        node(
            "collect_dtmf",
            json!({"max_digits": 2, "collection_name": "n"}),
        ),
        node("flush_dtmf", json!({"collection_name": "other"})),
        ask("/collected"),
    ]);
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("long", seconds(5)).await;
    scenario.answer_with("/voice", &flow);
    scenario.answer_with("/collected", &node("hangup", json!({})));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "99");
    phone.press_at(seconds(7), "12");
    assert_eq!(
        collected(&scenario, &phone, "n").await.as_deref(),
        Some("12")
    );
}

/// A menu with these settings, and children that say which was taken.
fn menu(mut data: Value, children: &[&str]) -> Value {
    if data["id"].is_null() && data["media"]["greeting"].is_null() {
        data["media"]["greeting"] = "sound:greeting".into();
    }
    let children: serde_json::Map<_, _> = children
        .iter()
        .map(|key| ((*key).to_owned(), play(&format!("took-{key}"))))
        .collect();
    json!({"module": "menu", "data": data, "children": children})
}

// Callflow check 38.
#[tokio::test(start_paused = true)]
async fn a_key_takes_its_child() {
    let (scenario, phone) =
        Scenario::flow(menu(json!({"max_extension_length": 1}), &["1", "2", "_"])).await;
    phone.press_at(ms(1500), "2");
    scenario.heard(&phone, &["greeting", "took-2"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_stops_the_greeting() {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("greeting", seconds(30)).await;
    scenario.answer_with("/voice", &menu(json!({"max_extension_length": 1}), &["*"]));
    let phone = scenario.call().await;
    phone.press_at(seconds(2), "*");
    scenario.heard(&phone, &["greeting", "took-*"]).await;
    assert!(!phone.heard().await[0].complete);
}

// Callflow check 40.
#[test]
fn with_longer_extensions_a_key_waits_for_the_next_or_a_hash() {
    for (keys, ends) in [("1", ms(1100 + 2000)), ("1#", ms(1300))] {
        in_virtual_time(async move {
            let (scenario, phone) = Scenario::flow(menu(json!({}), &["1"])).await;
            phone.press_at(seconds(1), keys);
            scenario.heard(&phone, &["greeting", "took-1"]).await;
            let taken = phone.heard().await[1].from;
            assert!(taken >= ends && taken < ends + ms(400), "{keys}: {taken:?}");
        });
    }
}

// Callflow check 38.
#[test]
fn wrong_entries_use_up_the_retries() {
    for (children, sounds) in [
        (&["1", "max_retries", "_"][..], &["took-max_retries"][..]),
        (&["1", "_"], &["pbx-transfer", "took-_"]),
        (&["1"], &["vm-goodbye"]),
    ] {
        in_virtual_time(async move {
            let data = json!({"max_extension_length": 1, "retries": 2, "media": {"exit_media": "sound:exit"}});
            let (scenario, phone) = Scenario::flow(menu(data, children)).await;
            phone.press_at(ms(1200), "7");
            phone.press_at(ms(4000), "8");
            let mut expected = vec!["greeting", "vm-sorry", "greeting", "vm-sorry", "exit"];
            expected.extend(sounds);
            scenario.heard(&phone, &expected).await;
        });
    }
}

// Callflow check 39.
#[tokio::test(start_paused = true)]
async fn pressing_nothing_takes_the_timeout_child_at_once() {
    let (scenario, phone) =
        Scenario::flow(menu(json!({"timeout": 2000}), &["1", "timeout", "_"])).await;
    scenario.heard(&phone, &["greeting", "took-timeout"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_hash_alone_counts_as_nothing() {
    let (scenario, phone) = Scenario::flow(menu(json!({}), &["1", "timeout"])).await;
    phone.press_at(ms(1500), "#");
    scenario.heard(&phone, &["greeting", "took-timeout"]).await;
}

// Callflow check 39.
#[tokio::test(start_paused = true)]
async fn without_a_timeout_child_silence_uses_up_retries_without_a_word() {
    let data = json!({"timeout": 2000, "retries": 3, "media": {"exit_media": false, "transfer_media": "false"}});
    let (scenario, phone) = Scenario::flow(menu(data, &["1", "_"])).await;
    scenario
        .heard(&phone, &["greeting", "greeting", "greeting", "took-_"])
        .await;
}

// Callflow check 42.
#[test]
fn the_announcement_of_a_wrong_entry_can_be_changed_or_left_out() {
    for (settings, said) in [
        (json!({"media": {"invalid_media": false}}), None),
        (json!({"suppress_media": true}), None),
        (
            json!({"media": {"invalid_media": "sound:wrong"}}),
            Some("wrong"),
        ),
    ] {
        in_virtual_time(async move {
            let mut data = settings.clone();
            data["max_extension_length"] = 1.into();
            let (scenario, phone) = Scenario::flow(menu(data, &["1"])).await;
            phone.press_at(ms(1200), "7");
            phone.press_at(ms(3600), "1");
            let mut expected = vec!["greeting"];
            expected.extend(said);
            expected.extend(["greeting", "took-1"]);
            scenario.heard(&phone, &expected).await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_menu_is_used() {
    let scenario = Scenario::new().await;
    let stored = json!({"name": "Main", "max_extension_length": "1", "hunt": false, "media": {"greeting": "sound:stored"}});
    scenario.store("main", &stored);
    scenario.answer_with("/voice", &menu(json!({"id": "main"}), &["1"]));
    let phone = scenario.call().await;
    phone.press_at(ms(500), "1");
    scenario.heard(&phone, &["stored", "took-1"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_menu_that_is_not_stored_has_the_defaults() {
    let (scenario, phone) = Scenario::flow(menu(json!({"id": "main"}), &["1"])).await;
    phone.press_at(ms(500), "1#");
    scenario.end(&phone).await;
    let heard = phone.heard_media().await;
    assert_eq!(
        heard.last().map(String::as_str),
        Some("sound:took-1"),
        "{heard:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn keys_pressed_during_an_announcement_count_for_the_next_round() {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("wrong", seconds(5)).await;
    let data = json!({"max_extension_length": 1, "media": {"greeting": "sound:greeting", "invalid_media": "sound:wrong"}});
    scenario.answer_with("/voice", &menu(data, &["1"]));
    let phone = scenario.call().await;
    phone.press_at(ms(500), "7");
    phone.press_at(ms(1500), "1");
    scenario
        .heard(&phone, &["greeting", "wrong", "took-1"])
        .await;
}

#[tokio::test(start_paused = true)]
async fn keys_typed_before_the_menu_are_taken_by_it() {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("welcome", seconds(5)).await;
    let data = json!({"max_extension_length": 1});
    scenario.answer_with("/voice", &chain([play("welcome"), menu(data, &["3"])]));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "3");
    scenario.heard(&phone, &["welcome", "took-3"]).await;
}
