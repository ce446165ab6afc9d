//! `voicemail`: leaving messages and hearing them.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::callflow_talk::{A_WHILE, Talk, about, wave};
use crate::support::{Reply, Scenario, ms, seconds};

/// A shop with box 4001 of Bob's behind number 1 (to leave messages) and 2 (to
/// hear them).
async fn shop(fields: Value) -> Scenario {
    shop_with("", fields).await
}

async fn shop_with(config: &str, fields: Value) -> Scenario {
    let scenario = Scenario::stored_with(config).await;
    let mut document = json!({"name": "Bob", "mailbox": "4001", "pin": "1234", "is_setup": true, "owner_id": "bob",
        "timezone": "Europe/Berlin"});
    for (key, value) in fields.as_object().unwrap() {
        document[key] = value.clone();
    }
    scenario.put(Kind::Vmbox, "box", document).await;
    let user = json!({"first_name": "Bob", "last_name": "Builder", "email": "bob@example.com"});
    scenario.put(Kind::User, "bob", user).await;
    for (number, action) in [("1", "compose"), ("2", "check")] {
        let visit = node("voicemail", json!({"id": "box", "action": action}));
        scenario
            .callflow(action, &[number], chain([visit, play("after")]))
            .await;
    }
    scenario
        .callflow("operator", &["0"], play("operator"))
        .await;
    scenario
}

/// The caller's phone, which the fake calls `sipp`, is Bob's.
async fn is_bob(scenario: &Scenario) {
    let device = json!({"name": "Bob's", "sip": {"username": "sipp"}, "owner_id": "bob"});
    scenario.put(Kind::Device, "phone", device).await;
}

/// Puts messages into the box, the oldest first.
async fn messages(scenario: &Scenario, all: &[(&str, u32)]) {
    for (place, (folder, milliseconds)) in all.iter().enumerate() {
        let id = format!("box/202611-{place}");
        let document = json!({"timestamp": 63_900_000_000_i64 + place as i64, "folder": folder,
            "caller_id_number": "2030", "caller_id_name": "Alice", "length": milliseconds});
        scenario
            .put_sound(Kind::Message, &id, document, wave(*milliseconds))
            .await;
    }
}

async fn folders(scenario: &Scenario) -> Vec<String> {
    let all = scenario.all_of(Kind::Message).await;
    all.iter()
        .map(|m| m.body["folder"].as_str().unwrap_or("new").to_owned())
        .collect()
}

/// Which of the files that were heard last about so long.
async fn played(talk: &Talk<'_>, milliseconds: u64) -> usize {
    let lengths = talk.lengths().await;
    lengths
        .iter()
        .filter(|length| about(**length, ms(milliseconds)))
        .count()
}

// Callflow check 80.
// Proves voicemail.id, vmbox.mailbox.
#[tokio::test(start_paused = true)]
async fn a_caller_is_greeted_leaves_a_message_and_the_flow_goes_on() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(seconds(3)).await.answer("1").await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard,
        [
            "vm-theperson",
            "digits:4001",
            "vm-isunavail",
            "vm-intro",
            "*",
            "vm-review",
            "vm-msgsaved",
            "auth-thankyou",
            "after"
        ]
    );
    let all = scenario.all_of(Kind::Message).await;
    let [message] = &all[..] else {
        panic!("{all:?}\n{}", talk.lines().await)
    };
    let body = &message.body;
    assert_eq!(
        (&body["folder"], &body["caller_id_number"], &body["to"]),
        (&json!("new"), &json!("+15550001"), &json!("1"))
    );
    let length = body["length"].as_u64().unwrap();
    assert!(about(ms(length), seconds(3)), "{length}");
    let month_and_hex = message.id.strip_prefix("box/").unwrap();
    assert_eq!(body["media_id"], month_and_hex);
    let sound = scenario.sound_of(Kind::Message, &message.id).await.unwrap();
    assert_eq!(sound.content_type, "audio/mpeg");
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

// Callflow check 80.
// Proves vmbox.media_extension.
#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_has_left_a_message_unless_it_is_short() {
    for (length, kept) in [(seconds(2), 1), (ms(300), 0)] {
        let scenario = shop(json!({"media_extension": "wav"})).await;
        let mut talk = scenario.talk("1", &[]).await;
        talk.recording().await;
        talk.phone.talk(length).await;
        talk.phone.hangup().await;
        talk.end().await;
        let all = scenario.all_of(Kind::Message).await;
        assert_eq!(all.len(), kept, "{length:?}\n{}", talk.lines().await);
        for message in all {
            let sound = scenario.sound_of(Kind::Message, &message.id).await.unwrap();
            assert_eq!(sound.content_type, "audio/x-wav");
        }
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
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_at_the_question_has_left_a_message() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.question().await;
    talk.phone.hangup().await;
    talk.end().await;
    assert_eq!(scenario.all_of(Kind::Message).await.len(), 1);
}

// Callflow check 80.
#[tokio::test(start_paused = true)]
async fn a_message_is_listened_to_and_said_again_before_it_is_kept() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(seconds(5))
        .await
        .answer("2")
        .await
        .answer("3")
        .await;
    talk.say(A_WHILE).await;
    // Four questions without an answer keep it too.
    for _ in 0..4 {
        talk.question().await;
    }
    talk.end().await;
    let all = scenario.all_of(Kind::Message).await;
    let length = all[0].body["length"].as_u64().unwrap();
    assert!(all.len() == 1 && about(ms(length), A_WHILE), "{all:?}");
    assert_eq!(
        (played(&talk, 5000).await, talk.times("vm-review").await),
        (1, 6)
    );
    assert_eq!(talk.heard().await.last().unwrap(), "after");
}

// Callflow check 80.
// Proves vmbox.operator_number.
#[test]
fn zero_leads_to_the_operator_before_or_after_the_message() {
    for (fields, during, kept, last) in [
        (json!({}), true, 0, "operator"),
        (json!({}), false, 1, "operator"),
        (json!({"operator_number": "55"}), true, 0, "other"),
        // Nobody is there: the message is recorded.
        (json!({"operator_number": "66"}), true, 1, "after"),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            scenario.callflow("other", &["55"], play("other")).await;
            let mut talk = scenario.talk("1", &[]).await;
            if during {
                talk.hears("vm-theperson", 1).await;
                talk.phone.press("0").await;
            }
            if kept == 1 {
                talk.say(A_WHILE).await;
                talk.answer(if during { "1" } else { "0" }).await;
            }
            talk.end().await;
            assert_eq!(scenario.all_of(Kind::Message).await.len(), kept, "{fields}");
            let heard = talk.heard().await;
            assert!(heard.contains(&last.to_owned()), "{heard:?}");
            // An operator's flow is a branch: what follows the module runs after it.
            assert_eq!(heard.last().unwrap(), "after");
        });
    }
}

// Callflow check 80.
#[tokio::test(start_paused = true)]
async fn any_other_key_leads_to_the_tone_and_a_star_to_the_messages() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.hears("vm-theperson", 1).await;
    talk.phone.press("5").await;
    talk.recording().await;
    assert_eq!(talk.times("vm-intro").await, 0);
    talk.phone.hangup().await;
    talk.end().await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.hears("vm-theperson", 1).await;
    talk.phone.press("*").await;
    talk.answer("1234#").await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(talk.times("vm-password").await, 1);
}

/// What a caller hears up to the tone.
async fn greeted(scenario: &Scenario) -> Vec<String> {
    let mut talk = scenario.talk("1", &[]).await;
    talk.recording().await;
    talk.phone.hangup().await;
    talk.end().await;
    let mut heard = talk.heard().await;
    assert_eq!(heard.pop().as_deref(), Some("*"));
    heard
}

// Proves vmbox.skip_greeting.
// Proves vmbox.skip_instructions.
// Proves vmbox.use_person_not_available.
// Proves vmbox.play_greeting_intro.
#[test]
fn the_greeting_is_as_the_box_has_it() {
    let usual = ["vm-theperson", "digits:4001", "vm-isunavail", "vm-intro"];
    for (fields, expected) in [
        (json!({}), &usual[..]),
        (json!({"skip_greeting": true}), &usual[3..]),
        (json!({"skip_instructions": true}), &usual[..3]),
        (
            json!({"use_person_not_available": true}),
            &["vm-nobodyavail", "vm-intro"],
        ),
        (
            json!({"play_greeting_intro": true, "skip_greeting": true}),
            &["*", "vm-intro"],
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            assert_eq!(greeted(&scenario).await, expected, "{fields}");
        });
    }
}

// Callflow check 80.
// Proves vmbox.media.unavailable.
// Proves vmbox.media.temporary_unavailable.
#[tokio::test(start_paused = true)]
async fn a_temporary_greeting_comes_before_the_usual_one() {
    let scenario =
        shop(json!({"media": {"unavailable": "away", "temporary_unavailable": "ill"}})).await;
    scenario
        .put_sound(Kind::Media, "away", json!({"name": "a"}), wave(800))
        .await;
    scenario
        .put_sound(Kind::Media, "ill", json!({"name": "i"}), wave(1600))
        .await;
    for (fields, length) in [
        (
            json!({"unavailable": "away", "temporary_unavailable": "ill"}),
            1600,
        ),
        (json!({"unavailable": "away"}), 800),
    ] {
        let document = json!({"name": "Bob", "mailbox": "4001", "media": fields});
        scenario.put(Kind::Vmbox, "box", document).await;
        let mut talk = scenario.talk("1", &[]).await;
        talk.recording().await;
        assert_eq!(
            (played(&talk, length).await, talk.times("vm-intro").await),
            (1, 1)
        );
        talk.phone.hangup().await;
        talk.end().await;
    }
}

// Proves vmbox.max_message_length, voicemail.max_message_length.
#[test]
fn a_message_lasts_no_longer_than_the_box_or_the_node_allows() {
    for (fields, data, length) in [
        (json!({"max_message_length": 5}), json!({}), seconds(5)),
        (
            json!({"max_message_length": 5}),
            json!({"max_message_length": 3}),
            seconds(3),
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields).await;
            let mut data = data;
            data["id"] = "box".into();
            scenario
                .callflow(
                    "compose",
                    &["1"],
                    chain([node("voicemail", data), play("after")]),
                )
                .await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.recording().await;
            talk.phone.talk(seconds(9)).await;
            talk.answer("1").await;
            talk.end().await;
            let all = scenario.all_of(Kind::Message).await;
            let stored = all[0].body["length"].as_u64().unwrap();
            assert!(about(ms(stored), length), "{stored}");
        });
    }
}

// Callflow check 81.
// Proves vmbox.check_if_owner, vmbox.owner_id.
#[test]
fn the_owner_who_calls_the_own_box_hears_the_messages() {
    for (fields, mine, asked) in [
        (json!({}), true, true),
        (json!({"check_if_owner": false}), true, false),
        (json!({}), false, false),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            messages(&scenario, &[("new", 1000)]).await;
            if mine {
                is_bob(&scenario).await;
            }
            let mut talk = scenario.talk("1", &["internal=yes"]).await;
            if asked {
                talk.answer("#").await;
                talk.end().await;
                assert_eq!(
                    talk.heard().await[..4],
                    ["vm-youhave", "number:1", "vm-INBOX", "vm-message"]
                );
                assert_eq!(talk.times("vm-password").await, 0, "{fields}");
            } else {
                talk.recording().await;
            }
        });
    }
}

// Callflow check 81.
// Proves account.voicemail.max_message_count.
#[tokio::test(start_paused = true)]
async fn a_full_box_says_so_and_takes_nothing() {
    let config = "[voicemail]\nnotify_url = '{app}/told'\n";
    let scenario = shop_with(config, json!({})).await;
    scenario.web.on("/told", Reply::status(200));
    let account = scenario.pivot.services.account.to_string();
    let limits = json!({"name": "shop", "voicemail": {"max_message_count": 2}});
    scenario.put(Kind::Account, &account, limits).await;
    // What is deleted takes no place.
    messages(&scenario, &[("new", 500), ("deleted", 500)]).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard,
        [
            "vm-theperson",
            "digits:4001",
            "vm-isunavail",
            "vm-mailboxfull",
            "after"
        ]
    );
    assert_eq!(scenario.all_of(Kind::Message).await.len(), 3);
    let told: Vec<_> = scenario
        .web
        .at("/told")
        .iter()
        .map(|seen| seen.param("Event").unwrap())
        .collect();
    assert_eq!(told, ["voicemail.new", "voicemail.full"]);
}

// Callflow check 81.
#[tokio::test(start_paused = true)]
async fn a_box_that_is_not_there_is_said_not_to_be() {
    let scenario = Scenario::stored().await;
    let visit = node("voicemail", json!({"id": "gone"}));
    scenario
        .callflow("a", &["1"], chain([visit, play("after")]))
        .await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["vm-nobodyavail", "after"]);
}

// Proves vmbox.announcement_only.
#[tokio::test(start_paused = true)]
async fn a_box_may_only_announce_something() {
    let scenario = shop(json!({"announcement_only": true})).await;
    let talk = scenario.talk("1", &[]).await;
    talk.phone.press_at(ms(500), "5");
    talk.end().await;
    assert_eq!(
        talk.heard().await,
        ["vm-theperson", "digits:4001", "vm-isunavail", "after"]
    );
    assert!(scenario.all_of(Kind::Message).await.is_empty());
    // Its owner is not kept out.
    is_bob(&scenario).await;
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(talk.times("vm-youhave").await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_box_may_be_named_by_what_was_captured() {
    let scenario = shop(json!({})).await;
    let flow = json!({"patterns": [r"^\*98(\d+)$"], "flow": node("voicemail", json!({}))});
    scenario.put(Kind::Callflow, "direct", flow).await;
    let mut talk = scenario.talk("*984001", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
    assert!(
        scenario.all_of(Kind::Message).await[0]
            .id
            .starts_with("box/")
    );
}

// Callflow check 82.
// Proves vmbox.pin, voicemail.action.
#[tokio::test(start_paused = true)]
async fn three_wrong_pins_end_the_visit() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("1#")
        .await
        .answer("4321#")
        .await
        .answer("#")
        .await;
    talk.end().await;
    let heard = talk.heard().await;
    let round = ["vm-password", "vm-incorrect"];
    let expected: Vec<_> = [&round[..], &round, &round, &["vm-goodbye", "after"]].concat();
    assert_eq!(heard, expected);
}

// Callflow check 82.
// Proves vmbox.is_setup.
#[tokio::test(start_paused = true)]
async fn the_box_is_asked_for_and_opened_with_its_pin() {
    let scenario = shop(json!({})).await;
    let visit = node("voicemail", json!({"action": "check"}));
    scenario
        .callflow("check", &["2"], chain([visit, play("after")]))
        .await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("77#")
        .await
        .answer("4001#")
        .await
        .answer("1234#")
        .await
        .answer("#")
        .await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard[..4],
        ["vm-login", "vm-sorry", "vm-login", "vm-password"]
    );
    assert_eq!(heard.last().unwrap(), "after");
    // Three boxes that are none.
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("7#")
        .await
        .answer("8#")
        .await
        .answer("9#")
        .await;
    talk.end().await;
    assert_eq!(
        talk.heard().await.last_chunk().unwrap(),
        &["vm-goodbye", "after"]
    );
}

// Proves voicemail.single_mailbox_login, voicemail.callerid_match_login.
#[test]
fn a_caller_who_is_known_is_not_asked_for_the_box() {
    for (data, mailbox, mine) in [
        (json!({"single_mailbox_login": true}), "4001", true),
        (json!({"callerid_match_login": true}), "+15550001", false),
    ] {
        in_virtual_time(async move {
            let scenario = shop(json!({"mailbox": mailbox})).await;
            if mine {
                is_bob(&scenario).await;
            }
            let mut data = data;
            data["action"] = "check".into();
            scenario
                .callflow("check", &["2"], node("voicemail", data))
                .await;
            let mut talk = scenario.talk("2", &["internal=yes"]).await;
            if !mine {
                talk.answer("1234#").await;
            }
            talk.answer("#").await;
            talk.end().await;
            assert_eq!(
                (talk.times("vm-login").await, talk.times("vm-youhave").await),
                (0, 1)
            );
        });
    }
}

// Callflow check 82.
// Proves vmbox.require_pin.
#[test]
fn who_is_asked_for_the_pin() {
    for (fields, mine, asked) in [
        (json!({}), true, "vm-youhave"),
        (json!({"require_pin": true}), true, "vm-password"),
        (json!({}), false, "vm-password"),
        // A box without a PIN is the owner's phone's alone.
        (json!({"pin": null}), true, "vm-youhave"),
        (json!({"pin": null}), false, "after"),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            if mine {
                is_bob(&scenario).await;
            }
            let talk = scenario.talk("2", &["internal=yes"]).await;
            talk.hears(asked, 1).await;
            let heard = talk.heard().await;
            let first = heard.iter().find(|sound| *sound != "*").unwrap();
            assert_eq!(first, asked, "{fields}: {heard:?}");
        });
    }
}

// Callflow check 82.
#[tokio::test(start_paused = true)]
async fn the_first_visit_leads_through_the_settings() {
    let scenario = shop(json!({"is_setup": false, "pin": null})).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    // Too short; then two that differ; then the same twice.
    talk.answer("12#").await;
    talk.answer("5678#").await.answer("8765#").await;
    talk.answer("5678#").await.answer("5678#").await;
    talk.say(seconds(3)).await.answer("1").await;
    talk.answer("#").await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(heard[0], "vm-newuser");
    assert_eq!(
        (
            talk.times("vm-invalid-password").await,
            talk.times("vm-passchanged").await
        ),
        (2, 1),
        "{heard:?}"
    );
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    assert_eq!(
        (&stored["pin"], &stored["is_setup"]),
        (&json!("5678"), &json!(true))
    );
    let greeting = stored["media"]["unavailable"].as_str().unwrap();
    let medium = scenario.get(Kind::Media, greeting).await.unwrap();
    assert_eq!(
        (&medium["source_type"], &medium["source_id"]),
        (&json!("voicemail"), &json!("box"))
    );
    // Three that are none.
    scenario
        .put(
            Kind::Vmbox,
            "box",
            json!({"name": "Bob", "mailbox": "4001", "owner_id": "bob"}),
        )
        .await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1#")
        .await
        .answer("2#")
        .await
        .answer("3#")
        .await;
    talk.end().await;
    assert_eq!(talk.heard().await.last().unwrap(), "vm-goodbye");
}

// Callflow check 82.
// Proves message.folder.
#[tokio::test(start_paused = true)]
async fn messages_are_heard_kept_and_deleted_the_newest_first() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000), ("new", 2000), ("saved", 3000)]).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1").await;
    talk.question().await;
    assert_eq!(
        (played(&talk, 2000).await, played(&talk, 1000).await),
        (1, 0)
    );
    talk.phone.press("2").await;
    talk.question().await;
    assert_eq!(played(&talk, 2000).await, 2);
    talk.phone.press("1").await;
    talk.question().await;
    assert_eq!(played(&talk, 1000).await, 1);
    talk.phone.press("7").await;
    talk.question().await;
    talk.phone.press("#").await;
    talk.end().await;
    assert_eq!(folders(&scenario).await, ["deleted", "saved", "saved"]);
    let heard = talk.heard().await;
    let counts = [
        "vm-youhave",
        "number:2",
        "vm-INBOX",
        "vm-messages",
        "vm-and",
        "number:1",
        "vm-Old",
        "vm-message",
    ];
    assert_eq!(heard[..8], counts);
    for said in ["vm-msgsaved", "vm-deleted", "vm-nomore"] {
        assert_eq!(talk.times(said).await, 1, "{heard:?}");
    }
}

// Callflow check 82.
#[tokio::test(start_paused = true)]
async fn one_goes_to_the_next_and_the_previous_message_and_back_to_the_menu() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000), ("new", 2000)]).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1")
        .await
        .answer("6")
        .await
        .answer("4")
        .await
        .answer("5")
        .await
        .answer("0")
        .await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(
        (played(&talk, 2000).await, played(&talk, 1000).await),
        (2, 1),
        "{}",
        talk.lines().await
    );
    // A key that means nothing repeats the question alone; going to the menu keeps the message.
    assert_eq!(talk.times("vm-sorry").await, 1);
    assert_eq!(folders(&scenario).await, ["new", "saved"]);
}

// Proves vmbox.oldest_message_first.
// Proves vmbox.skip_envelope.
// Proves vmbox.timezone.
// Proves message.timestamp.
#[test]
fn the_order_and_the_envelope_are_as_the_box_has_them() {
    for (fields, first, received) in [
        (json!({}), 2000, 1),
        (json!({"oldest_message_first": true}), 1000, 1),
        (json!({"skip_envelope": true}), 2000, 0),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            messages(&scenario, &[("new", 1000), ("new", 2000)]).await;
            is_bob(&scenario).await;
            let mut talk = scenario.talk("2", &["internal=yes"]).await;
            talk.answer("1").await.question().await;
            assert_eq!(played(&talk, first).await, 1, "{fields}");
            assert_eq!(talk.times("vm-received").await, received, "{fields}");
            // 2024-11-28 08:00 UTC.
            let hour = usize::from(talk.heard().await.contains(&"number:9".to_owned()));
            assert_eq!(hour, received, "{:?}", talk.heard().await);
        });
    }
}

// Callflow check 82.
#[tokio::test(start_paused = true)]
async fn a_message_is_forwarded_to_another_box() {
    let scenario = shop(json!({})).await;
    let other = json!({"name": "Carol", "mailbox": "4002"});
    scenario.put(Kind::Vmbox, "carol", other).await;
    messages(&scenario, &[("new", 1000)]).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1")
        .await
        .answer("3")
        .await
        .answer("99#")
        .await
        .answer("4002#")
        .await;
    talk.answer("7").await.answer("#").await;
    talk.end().await;
    let all = scenario.all_of(Kind::Message).await;
    let there: Vec<_> = all
        .iter()
        .map(|m| {
            (
                m.id.split('/').next().unwrap(),
                m.body["folder"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(there, [("box", "deleted"), ("carol", "new")]);
    assert_eq!(all[1].body["caller_id_name"], "Alice");
    let sounds = [
        scenario.sound_of(Kind::Message, &all[0].id).await,
        scenario.sound_of(Kind::Message, &all[1].id).await,
    ];
    assert_eq!(sounds[0], sounds[1]);
    assert_eq!(
        (
            talk.times("vm-msgforwarded").await,
            talk.times("vm-sorry").await
        ),
        (1, 1)
    );
}

// Callflow check 82.
// Proves message.caller_id_number.
#[tokio::test(start_paused = true)]
async fn whoever_left_a_message_is_called_back() {
    let scenario = shop(json!({})).await;
    scenario.callflow("alice", &["2030"], play("alice")).await;
    messages(&scenario, &[("new", 1000)]).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1").await.answer("9").await;
    talk.end().await;
    assert_eq!(
        talk.heard().await.last_chunk().unwrap(),
        &["alice", "after"]
    );
    assert_eq!(folders(&scenario).await, ["saved"]);
}

#[tokio::test(start_paused = true)]
async fn a_box_without_messages_says_so_and_five_fruitless_keys_end_the_visit() {
    let scenario = shop(json!({})).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1").await;
    for key in ["9", "8", "7", "6", "4"] {
        talk.answer(key).await;
    }
    talk.end().await;
    assert_eq!(
        talk.heard().await.last_chunk().unwrap(),
        &["vm-goodbye", "after"]
    );
    assert_eq!(talk.times("vm-no").await, 7);
}

// Callflow check 80. Callflow check 82. What the settings change.
#[tokio::test(start_paused = true)]
async fn the_settings_change_greetings_the_pin_and_whether_messages_are_taken() {
    let scenario = shop(json!({})).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("5").await;
    talk.answer("1").await.say(A_WHILE).await.answer("1").await;
    talk.answer("2").await.say(ms(900)).await.answer("1").await;
    talk.answer("3")
        .await
        .answer("9999#")
        .await
        .answer("9999#")
        .await;
    talk.answer("4")
        .await
        .say(seconds(3))
        .await
        .answer("1")
        .await;
    talk.answer("6").await;
    talk.question().await;
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    let media = stored["media"].as_object().unwrap();
    assert_eq!(media.len(), 3, "{media:?}\n{}", talk.lines().await);
    assert_eq!(
        (&stored["pin"], &stored["announcement_only"]),
        (&json!("9999"), &json!(true))
    );
    let bob = scenario.get(Kind::User, "bob").await.unwrap();
    assert_eq!(bob["media"]["name"], media["name"]);
    talk.phone.press("5").await;
    talk.answer("6").await.answer("0").await.answer("#").await;
    talk.end().await;
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    assert!(stored["media"]["temporary_unavailable"].is_null());
    assert_eq!(stored["announcement_only"], json!(false));
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

// Proves vmbox.not_configurable.
#[tokio::test(start_paused = true)]
async fn a_box_may_not_be_configurable() {
    let scenario = shop(json!({"not_configurable": true})).await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("5").await.answer("#").await;
    talk.end().await;
    assert_eq!(talk.times("vm-sorry").await, 1);
}

// Proves vmbox.notify_email_addresses.
// Proves vmbox.include_message_on_notify.
#[test]
fn the_owner_is_told_of_each_message() {
    for (fields, linked) in [
        (json!({"notify_email_addresses": ["a@example.com"]}), true),
        (
            json!({"notify_email_addresses": ["a@example.com"], "include_message_on_notify": false}),
            false,
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop_with("[voicemail]\nnotify_url = '{app}/told'\n", fields).await;
            scenario.web.on("/told", Reply::status(204));
            let mut talk = scenario.talk("1", &[]).await;
            talk.say(A_WHILE).await.answer("1").await;
            talk.end().await;
            let told = scenario.web.at("/told");
            assert_eq!(told.len(), 1);
            let message = scenario.all_of(Kind::Message).await.remove(0);
            let param = |name: &str| told[0].param(name).unwrap_or_default();
            assert_eq!(param("Event"), "voicemail.new");
            assert_eq!(format!("box/{}", param("MessageId")), message.id);
            assert_eq!(
                (param("Mailbox"), param("From"), param("Duration")),
                ("4001".into(), "+15550001".into(), "2".into())
            );
            assert_eq!(param("Email"), "a@example.com,bob@example.com");
            let recordings = scenario.pivot.services.recordings.list().await.unwrap();
            assert_eq!(recordings.len(), usize::from(linked));
            assert!(param("RecordingUrl").ends_with(&param("RecordingSid")));
            assert_eq!(param("RecordingSid").starts_with("RE"), linked);
        });
    }
}

// Proves vmbox.save_after_notify.
// Proves vmbox.delete_after_notify.
#[test]
fn a_message_leaves_the_new_ones_when_the_owner_was_told() {
    for (fields, status, folder) in [
        (json!({"save_after_notify": true}), 200, "saved"),
        (json!({"delete_after_notify": true}), 200, "deleted"),
        (
            json!({"delete_after_notify": true, "save_after_notify": true}),
            200,
            "saved",
        ),
        // Nobody was told.
        (json!({"delete_after_notify": true}), 500, "new"),
    ] {
        in_virtual_time(async move {
            let scenario =
                shop_with("[voicemail]\nnotify_url = '{app}/told'\n", fields.clone()).await;
            scenario.web.on("/told", Reply::status(status));
            let mut talk = scenario.talk("1", &[]).await;
            talk.say(A_WHILE).await.answer("1").await;
            talk.end().await;
            tokio::time::sleep(seconds(1)).await;
            assert_eq!(folders(&scenario).await, [folder], "{fields}");
        });
    }
}

// Callflow check 82. MWI.
#[tokio::test(start_paused = true)]
async fn the_lamps_of_phones_are_set() {
    let scenario = shop_with("[voicemail]\nmwi = '{mailbox}@default'\n", json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
    is_bob(&scenario).await;
    let mut talk = scenario.talk("2", &["internal=yes"]).await;
    talk.answer("1").await.answer("1").await.answer("#").await;
    talk.end().await;
    let sent = scenario.sent("PUT", "mailboxes/4001@default").await;
    let counts: Vec<_> = sent
        .iter()
        .map(|r| {
            (
                r.params["newMessages"].clone(),
                r.params["oldMessages"].clone(),
            )
        })
        .collect();
    assert_eq!(counts, [(json!("1"), json!("0")), (json!("0"), json!("1"))]);
}

#[tokio::test(start_paused = true)]
async fn a_visit_that_is_picked_up_goes_on_where_it_was() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000), ("new", 2000)]).await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("1234#")
        .await
        .answer("1")
        .await
        .answer("6")
        .await
        .question()
        .await;
    talk.kill_and_resume().await;
    talk.phone.press("7").await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(
        folders(&scenario).await,
        ["deleted", "new"],
        "{}",
        talk.lines().await
    );
    assert_eq!(talk.times("vm-password").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_call_is_picked_up_is_left_once() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.question().await;
    talk.kill_and_resume().await;
    talk.phone.press("1").await;
    talk.end().await;
    assert_eq!(
        scenario.all_of(Kind::Message).await.len(),
        1,
        "{}",
        talk.lines().await
    );
    // And one whose caller hangs up after that.
    let mut talk = scenario.talk("1", &[]).await;
    talk.recording().await;
    talk.phone.talk(A_WHILE).await;
    talk.kill_and_resume().await;
    talk.phone.hangup().await;
    talk.end().await;
    assert_eq!(
        scenario.all_of(Kind::Message).await.len(),
        2,
        "{}",
        talk.lines().await
    );
}
