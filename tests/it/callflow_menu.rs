//! Stored menus: extensions that are dialled from them, and greetings that are
//! recorded by telephone. What menus do with keys is in `callflow_keys`.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, play, with};
use crate::callflow_talk::{A_WHILE, about, wave};
use crate::support::{Scenario, ms, seconds};

/// A stored menu behind number 1, and extension 2030 beside it.
async fn menu(fields: Value, children: &[&str]) -> Scenario {
    let scenario = Scenario::stored().await;
    let usual = json!({"name": "Main", "media": {"greeting": "sound:greeting"}, "timeout": 3000});
    scenario.put(Kind::Menu, "main", with(usual, &fields)).await;
    let children: serde_json::Map<_, _> = children
        .iter()
        .map(|key| ((*key).to_owned(), play(&format!("took-{key}"))))
        .collect();
    let flow = json!({"module": "menu", "data": {"id": "main"}, "children": children});
    scenario.callflow("menu", &["1"], flow).await;
    scenario.callflow("sales", &["2030"], play("sales")).await;
    scenario.callflow("rest", &["no_match"], play("rest")).await;
    scenario
}

// Callflow check 41.
// Proves menu.hunt.
// Proves menu.hunt_allow.
// Proves menu.hunt_deny.
#[test]
fn extensions_are_dialled_as_far_as_the_menu_allows() {
    for (fields, keys, dialled) in [
        (json!({}), "2030", true),
        (json!({"hunt": false}), "2030", false),
        (json!({"hunt_allow": "^2"}), "2030", true),
        (json!({"hunt_allow": "^3"}), "2030", false),
        (json!({"hunt_allow": "("}), "2030", false),
        (json!({"hunt_deny": "30$"}), "2030", false),
        (json!({"hunt_deny": "("}), "2030", true),
        // What no other takes is not reached from a menu, not even from inside.
        (json!({}), "2999", false),
    ] {
        in_virtual_time(async move {
            let scenario = menu(fields.clone(), &["5"]).await;
            let mut talk = scenario.talk("1", &["internal=yes"]).await;
            talk.answer(keys).await;
            if !dialled {
                talk.answer("5#").await;
            }
            talk.end().await;
            let expected: &[&str] = if dialled {
                &["greeting", "pbx-transfer", "sales"]
            } else {
                &["greeting", "vm-sorry", "greeting", "took-5"]
            };
            assert_eq!(
                talk.heard().await,
                expected,
                "{fields}\n{}",
                talk.lines().await
            );
        });
    }
}

// Callflow check 41.
#[tokio::test(start_paused = true)]
async fn an_extension_returns_to_the_menu_s_child_and_sees_what_was_captured() {
    let scenario = Scenario::stored().await;
    scenario
        .put(Kind::Menu, "main", json!({"name": "Main"}))
        .await;
    let flow = json!({"module": "menu", "data": {"id": "main"}, "children": {"_": play("after")}});
    scenario.callflow("menu", &["1"], flow).await;
    let park = json!({"patterns": [r"^\*3(\d+)$"], "flow": chain([play("parked")])});
    scenario.put(Kind::Callflow, "park", park).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("*31#").await;
    talk.end().await;
    assert_eq!(talk.heard().await[1..], ["pbx-transfer", "parked", "after"]);
}

// Callflow check 42.
// Proves menu.id.
// Proves menu.media.invalid_media.
// Proves menu.media.greeting.
#[tokio::test(start_paused = true)]
async fn a_menu_says_stored_sounds() {
    let media = json!({"greeting": "hello", "invalid_media": "wrong", "exit_media": false});
    let scenario = menu(json!({"media": media, "retries": 1}), &["1", "max_retries"]).await;
    for (id, milliseconds) in [("hello", 400), ("wrong", 900)] {
        scenario
            .put_sound(Kind::Media, id, json!({"name": id}), wave(milliseconds))
            .await;
    }
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("7#").await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["*", "*", "took-max_retries"]);
    let lengths = talk.lengths().await;
    assert!(
        about(lengths[0], ms(400)) && about(lengths[1], ms(900)),
        "{lengths:?}"
    );
}

// Callflow check 38.
// Proves menu.retries.
// Proves menu.media.exit_media.
// Proves menu.media.transfer_media.
#[tokio::test(start_paused = true)]
async fn a_stored_menu_gives_up_after_its_retries() {
    let media = json!({"greeting": "sound:greeting", "exit_media": "sound:exit", "transfer_media": "sound:moving"});
    let fields = json!({"media": media, "retries": 2, "max_extension_length": 1, "hunt": false});
    let scenario = menu(fields, &["1", "_"]).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("7").await.answer("8").await;
    talk.end().await;
    let expected = [
        "greeting", "vm-sorry", "greeting", "vm-sorry", "exit", "moving", "took-_",
    ];
    assert_eq!(talk.heard().await, expected);
}

// Callflow check 40.
// Proves menu.interdigit_timeout.
// Proves menu.max_extension_length.
#[test]
fn a_stored_menu_waits_as_long_as_it_says_for_the_next_key() {
    for (fields, waits) in [
        (json!({"max_extension_length": 1}), ms(0)),
        (
            json!({"max_extension_length": 3, "interdigit_timeout": 4000}),
            ms(4000),
        ),
        (json!({}), ms(2000)),
    ] {
        in_virtual_time(async move {
            let scenario = menu(fields.clone(), &["1"]).await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.answer("1").await;
            let pressed = tokio::time::Instant::now();
            talk.hears("took-1", 1).await;
            let waited = pressed.elapsed();
            assert!(waited.abs_diff(waits) < ms(400), "{fields}: {waited:?}");
        });
    }
}

// Callflow check 39.
// Proves menu.timeout.
#[tokio::test(start_paused = true)]
async fn a_stored_menu_waits_as_long_as_it_says_for_the_first_key() {
    let scenario = menu(json!({"timeout": 7000}), &["timeout"]).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.question().await;
    let asked = tokio::time::Instant::now();
    talk.hears("took-timeout", 1).await;
    assert!(
        asked.elapsed().abs_diff(seconds(7)) < ms(400),
        "{:?}",
        asked.elapsed()
    );
}

// Callflow check 43.
// Proves menu.record_pin.
#[tokio::test(start_paused = true)]
async fn the_greeting_is_recorded_listened_to_and_heard_in_the_next_round() {
    let scenario = menu(json!({"record_pin": "987"}), &["5"]).await;
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("987#").await;
    // Too short, then once more, then again, which is kept.
    talk.say(ms(500)).await.say(A_WHILE).await;
    talk.answer("2").await.answer("3").await;
    talk.say(seconds(4)).await.answer("1").await;
    talk.answer("5#").await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard,
        [
            "greeting",
            "vm-rec-unv",
            "*",
            "vm-tooshort",
            "vm-rec-unv",
            "*",
            "vm-review",
            "*",
            "vm-review",
            "vm-rec-unv",
            "*",
            "vm-review",
            "vm-msgsaved",
            "*",
            "*",
            "took-5"
        ],
        "{}",
        talk.lines().await
    );
    let lengths = talk.lengths().await;
    assert!(about(lengths[2], A_WHILE), "{lengths:?}");
    assert!(about(*lengths.last().unwrap(), seconds(4)), "{lengths:?}");
    let stored = scenario.get(Kind::Menu, "main").await.unwrap();
    let greeting = stored["media"]["greeting"].as_str().unwrap();
    let medium = scenario.get(Kind::Media, greeting).await.unwrap();
    assert_eq!(medium["media_source"], "recording");
    assert!(scenario.sound_of(Kind::Media, greeting).await.is_some());
    // Nothing of it stays among the recordings of calls.
    assert!(
        scenario
            .pivot
            .services
            .recordings
            .list()
            .await
            .unwrap()
            .is_empty()
    );
    // The next one takes its place.
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("987#")
        .await
        .say(A_WHILE)
        .await
        .answer("1")
        .await;
    talk.question().await;
    assert_eq!(scenario.all_of(Kind::Media).await.len(), 1);
}

// Callflow check 43.
// Proves menu.allow_record_from_offnet.
#[test]
fn only_callers_from_inside_record_the_greeting_unless_the_menu_allows_others() {
    for (fields, arguments, opens) in [
        (json!({"record_pin": "987"}), &["internal=yes"][..], true),
        (json!({"record_pin": "987"}), &[], false),
        (
            json!({"record_pin": "987", "allow_record_from_offnet": true}),
            &[],
            true,
        ),
        (json!({}), &["internal=yes"], false),
    ] {
        in_virtual_time(async move {
            let scenario = menu(fields.clone(), &["5"]).await;
            let mut talk = scenario.talk("1", arguments).await;
            talk.answer("987#").await;
            let expected = if opens { "vm-rec-unv" } else { "vm-sorry" };
            talk.hears(expected, 1).await;
            assert_eq!(talk.heard().await[1], expected, "{fields}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_up_while_the_greeting_is_recorded_changes_nothing() {
    let scenario = menu(json!({"record_pin": "987"}), &["5"]).await;
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("987#").await.recording().await;
    talk.phone.talk(A_WHILE).await;
    talk.phone.hangup().await;
    talk.end().await;
    let stored = scenario.get(Kind::Menu, "main").await.unwrap();
    assert_eq!(stored["media"]["greeting"], "sound:greeting");
    assert!(
        scenario
            .pivot
            .services
            .recordings
            .list()
            .await
            .unwrap()
            .is_empty()
    );
}

// Callflow check 44.
#[tokio::test(start_paused = true)]
async fn a_menu_that_nobody_stored_works_with_the_defaults() {
    let scenario = Scenario::stored().await;
    let flow = json!({"module": "menu", "data": {"id": "gone"}, "children": {"1": play("took-1")}});
    scenario.callflow("menu", &["1"], flow).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("1#").await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["*", "took-1"]);
}

// Proves menu.suppress_media.
#[tokio::test(start_paused = true)]
async fn a_menu_may_say_nothing_after_a_wrong_entry() {
    let scenario = menu(json!({"suppress_media": true}), &["1"]).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("7#").await.answer("1#").await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["greeting", "greeting", "took-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_is_picked_up_goes_on_with_what_was_recorded() {
    let scenario = menu(json!({"record_pin": "987"}), &["5"]).await;
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("987#")
        .await
        .say(A_WHILE)
        .await
        .question()
        .await;
    talk.kill_and_resume().await;
    talk.phone.press("1").await;
    talk.answer("5#").await;
    talk.end().await;
    let heard = talk.heard().await;
    assert!(
        heard.ends_with(&[
            "vm-msgsaved".into(),
            "*".into(),
            "*".into(),
            "took-5".into()
        ]),
        "{heard:?}"
    );
}
