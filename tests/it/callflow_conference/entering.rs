//! How a caller comes into a conference: by which number and PIN, as what.

use pivot::objects::Kind;
use serde_json::json;

use super::{enters, heard, hears, settle, shop};
use crate::callflow_flows::{in_virtual_time, node};
use crate::callflow_talk::{about, wave};
use crate::support::ms;

// Callflow check 83.
// Proves conference.moderator.join_muted, conference.moderator.join_deaf.
#[tokio::test(start_paused = true)]
async fn moderators_come_in_as_the_conference_has_it() {
    let scenario = shop(json!({"moderator": {"join_muted": true}})).await;
    let first = scenario.dial("3", &[]).await;
    let second = scenario.dial("3", &[]).await;
    settle().await;
    assert_eq!((hears(&first).await, hears(&second).await), (0, 0));
    let scenario = shop(json!({"moderator": {"join_deaf": true}})).await;
    scenario.dial("3", &[]).await;
    scenario.dial("3", &[]).await;
    settle().await;
    let deafened = scenario.sent("POST", "/mute").await;
    assert!(deafened.len() == 2 && deafened.iter().all(|r| r.params["direction"] == "out"));
}

// Proves conference.member.play_entry_prompt.
// Proves conference.moderator.play_entry_prompt.
#[test]
fn whoever_comes_in_hears_so_as_the_conference_has_it() {
    for (fields, number, told) in [
        (json!({}), "1", true),
        (json!({"member": {"play_entry_prompt": false}}), "1", false),
        (json!({}), "3", false),
        (json!({"moderator": {"play_entry_prompt": true}}), "3", true),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            let phone = scenario.dial(number, &[]).await;
            settle().await;
            assert_eq!(heard(&phone, "conf-placeintoconf").await, told, "{fields}");
            assert!(heard(&phone, "conf-onlyperson").await);
        });
    }
}

// Proves conference.language.
#[tokio::test(start_paused = true)]
async fn a_conference_speaks_its_language() {
    let scenario = shop(json!({"language": "fr-FR"})).await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("500#").await;
    settle().await;
    let other = scenario.dial("1", &[]).await;
    settle().await;
    talk.phone.press("0").await;
    settle().await;
    let requests = scenario.asterisk.requests().await;
    let languages = |sound: &str| {
        let uri = format!("sound:{sound}");
        let of_sound = requests.iter().filter(|r| r.params["media"][0] == *uri);
        let languages: Vec<_> = of_sound.map(|r| r.params["lang"].clone()).collect();
        languages
    };
    // Before the number is known nobody can tell.
    assert_eq!(languages("conf-getconfno"), [json!(null)]);
    assert_eq!(languages("conf-onlyperson"), ["fr_FR"]);
    assert_eq!(languages("conf-unmuted"), ["fr_FR"]);
    other.hangup().await;
}

// Callflow check 83.
// Proves conference.member.join_muted, conference.member.join_deaf.
#[tokio::test(start_paused = true)]
async fn members_come_in_as_the_conference_has_it() {
    let scenario = shop(json!({"member": {"join_muted": false}})).await;
    let first = scenario.dial("1", &[]).await;
    let second = scenario.dial("1", &[]).await;
    settle().await;
    assert_eq!((hears(&first).await, hears(&second).await), (1, 1));
    let scenario = shop(json!({"member": {"join_muted": false, "join_deaf": true}})).await;
    scenario.dial("1", &[]).await;
    scenario.dial("1", &[]).await;
    settle().await;
    let deafened = scenario.sent("POST", "/mute").await;
    let directions: Vec<_> = deafened
        .iter()
        .map(|r| r.params["direction"].clone())
        .collect();
    assert_eq!(directions, ["out", "out"]);
}

// Callflow check 83.
// Proves conference.conference_numbers, conference.member.numbers.
// Proves conference.moderator.numbers.
#[test]
fn the_number_leads_to_the_conference_and_may_fix_the_role() {
    for (entered, muted, pins) in [
        ("500#", true, json!(null)),
        ("501#", true, json!(null)),
        ("502#", false, json!(null)),
        // Members need no PIN; moderators by their number do.
        ("501#", true, json!({"pins": ["99"], "numbers": ["502"]})),
    ] {
        in_virtual_time(async move {
            let fields = if pins.is_null() {
                json!({})
            } else {
                json!({"moderator": pins})
            };
            let scenario = shop(fields).await;
            let mut talk = scenario.talk("2", &[]).await;
            talk.answer(entered).await;
            settle().await;
            assert_eq!(talk.times("conf-getpin").await, 0);
            assert_eq!(talk.times("conf-onlyperson").await, 1, "{entered}");
            let mut other = scenario.talk("2", &[]).await;
            other.answer("501#").await;
            settle().await;
            let mutes = scenario.sent("POST", "/mute").await;
            let own = mutes
                .iter()
                .filter(|r| r.path.contains(talk.phone.channel()))
                .count();
            assert_eq!(own, usize::from(muted), "{entered}");
        });
    }
}

// Callflow check 83.
#[tokio::test(start_paused = true)]
async fn three_numbers_that_no_conference_has_end_the_call() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("7#").await.answer("8#").await.answer("#").await;
    talk.end().await;
    let round = ["conf-getconfno", "conf-invalid"];
    let expected: Vec<_> = [&round[..], &round, &round, &["vm-goodbye"]].concat();
    assert_eq!(talk.heard().await, expected);
}

// Callflow check 83.
// Proves conference.member.pins, conference.moderator.pins.
#[test]
fn a_pin_opens_the_conference_and_says_as_what() {
    for (entered, muted) in [("11#", Some(true)), ("22#", Some(false)), ("33#", None)] {
        in_virtual_time(async move {
            let pins = json!({"member": {"pins": ["11"]}, "moderator": {"pins": ["22"]}});
            let scenario = shop(pins).await;
            let mut talk = scenario.talk("1", &[]).await;
            match muted {
                Some(muted) => {
                    talk.answer(entered).await;
                    talk.hears("conf-onlyperson", 1).await;
                    let mut other = scenario.talk("1", &[]).await;
                    other.answer("22#").await;
                    settle().await;
                    let mutes = scenario.sent("POST", "/mute").await;
                    let own = mutes
                        .iter()
                        .filter(|r| r.path.contains(talk.phone.channel()))
                        .count();
                    assert_eq!(own, usize::from(muted), "{entered}\n{}", talk.lines().await);
                }
                None => {
                    talk.answer(entered)
                        .await
                        .answer("#")
                        .await
                        .answer("44#")
                        .await;
                    talk.end().await;
                    assert_eq!(talk.times("conf-invalidpin").await, 3);
                    assert_eq!(talk.heard().await.last().unwrap(), "vm-goodbye");
                }
            }
        });
    }
}

// Callflow check 83.
// Proves conference.max_participants, conference.max_members_media.
#[test]
fn a_full_conference_lets_nobody_in() {
    for (fields, said) in [
        (json!({"max_participants": 2}), "sound:conf-full"),
        (
            json!({"max_participants": 2, "max_members_media": "sound:sold-out"}),
            "sound:sold-out",
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields).await;
            let first = scenario.dial("1", &[]).await;
            settle().await;
            let second = scenario.dial("1", &[]).await;
            settle().await;
            // Not even a moderator.
            let third = scenario.dial("3", &[]).await;
            third.wait_ended().await.unwrap();
            assert_eq!(third.heard_media().await, [said]);
            first.hangup().await;
            second.hangup().await;
            scenario.nothing_left().await;
        });
    }
}

// Callflow check 83. Q24.
// Proves conference.config.
#[tokio::test(start_paused = true)]
async fn an_id_that_nothing_stored_has_is_a_room_of_that_name() {
    let scenario = shop(json!({})).await;
    let config =
        json!({"id": "adhoc", "moderator": {"join_muted": true}, "member": {"join_muted": false}});
    enters(&scenario, "3", json!({"id": "adhoc", "moderator": true})).await;
    enters(&scenario, "4", json!({"config": config})).await;
    let first = scenario.dial("3", &[]).await;
    settle().await;
    let second = scenario.dial("4", &[]).await;
    settle().await;
    assert_eq!((hears(&first).await, hears(&second).await), (1, 1));
    // Both were welcomed, in words.
    assert!(first.heard_media().await[0].starts_with("sound:/"));
}

// Proves conference.play_welcome, conference.welcome_prompt.play.
// Proves conference.welcome_prompt.media_id.
#[tokio::test(start_paused = true)]
async fn the_welcome_is_as_the_node_or_the_conference_has_it() {
    let scenario = shop(json!({"play_welcome": false})).await;
    scenario
        .put_sound(Kind::Media, "hi", json!({"name": "hi"}), wave(700))
        .await;
    enters(&scenario, "3", json!({"id": "team"})).await;
    enters(
        &scenario,
        "4",
        json!({"id": "team", "welcome_prompt": {"play": true, "media_id": "hi"}}),
    )
    .await;
    for (number, welcome) in [("3", None), ("4", Some(ms(700)))] {
        let talk = scenario.talk(number, &[]).await;
        settle().await;
        let lengths = talk.lengths().await;
        match welcome {
            Some(length) => assert!(
                lengths.len() == 1 && about(lengths[0], length),
                "{lengths:?}"
            ),
            None => assert!(lengths.is_empty(), "{lengths:?}"),
        }
        talk.phone.hangup().await;
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn as_a_feature_the_number_is_what_was_captured() {
    let scenario = shop(json!({})).await;
    let feature = node(
        "conference_feature",
        json!({"welcome_prompt": {"play": false}}),
    );
    let flow = json!({"patterns": [r"^\*7(\d+)$"], "flow": feature});
    scenario.put(Kind::Callflow, "feature", flow).await;
    let first = scenario.dial("*7502", &[]).await;
    let second = scenario.dial("1", &[]).await;
    settle().await;
    assert_eq!((hears(&first).await, hears(&second).await), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn rooms_of_two_accounts_are_two() {
    let scenario = shop(json!({})).await;
    let other = "0123456789abcdef0123456789abcdef";
    let theirs = pivot::id::AccountId::parse(other).unwrap();
    let data = json!({"id": "team", "welcome_prompt": {"play": false}});
    let flow = json!({"numbers": ["1"], "flow": node("conference", data)});
    let body = flow.as_object().unwrap().clone();
    let catalog = &scenario.pivot.services.catalog;
    catalog
        .put(
            &theirs,
            Kind::Callflow,
            "theirs",
            body,
            pivot::store::Expected::Nothing,
        )
        .await
        .unwrap();
    let ours = scenario.dial("1", &[]).await;
    let account = format!("account={other}");
    let them = scenario.dial("1", &[&account]).await;
    settle().await;
    for phone in [ours, them] {
        assert!(heard(&phone, "conf-onlyperson").await);
    }
}

/// Who knows the number and the PIN does not wait for what is said before.
#[tokio::test(start_paused = true)]
async fn digits_count_that_cut_short_what_is_said_before_they_are_asked_for() {
    let pins = json!({"member": {"numbers": ["501"], "pins": ["4321"]}});
    let scenario = shop(pins).await;
    enters(&scenario, "4", json!({})).await;
    // The first digits come with the welcome, the PIN's with what is said about a wrong one.
    let phone = scenario.dial("4", &[]).await;
    tokio::time::sleep(ms(500)).await;
    phone.press("501#").await;
    tokio::time::sleep(ms(3000)).await;
    phone.press("1111#").await;
    tokio::time::sleep(ms(200)).await;
    assert!(
        heard(&phone, "conf-invalidpin").await,
        "{}",
        scenario.lines().await
    );
    phone.press("4321#").await;
    settle().await;
    assert!(
        heard(&phone, "conf-placeintoconf").await,
        "{}",
        scenario.lines().await
    );
    assert!(!heard(&phone, "conf-getconfno").await && !heard(&phone, "conf-invalid").await);
    // A key that only ends the welcome is no number.
    let other = scenario.dial("4", &[]).await;
    tokio::time::sleep(ms(500)).await;
    other.press("#").await;
    tokio::time::sleep(ms(3000)).await;
    assert!(heard(&other, "conf-getconfno").await && !heard(&other, "conf-invalid").await);
    other.hangup().await;
    phone.hangup().await;
    scenario.nothing_left().await;
}
