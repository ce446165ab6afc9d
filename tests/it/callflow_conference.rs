//! `conference`: which room, as what, and what is heard.

use pivot::objects::Kind;
use pivot::simulate::{Phone, Sound};
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::callflow_talk::{A_WHILE, about, wave};
use crate::support::{Scenario, ms, seconds};

/// A stored conference behind number 1, one that asks for its number behind 2.
async fn shop(fields: Value) -> Scenario {
    let scenario = Scenario::stored().await;
    let mut document = json!({"name": "Team", "conference_numbers": ["500"], "member": {"numbers": ["501"]},
        "moderator": {"numbers": ["502"]}});
    for (key, value) in fields.as_object().unwrap() {
        document[key] = value.clone();
    }
    scenario.put(Kind::Conference, "team", document).await;
    let quiet = json!({"play": false});
    enters(
        &scenario,
        "1",
        json!({"id": "team", "welcome_prompt": quiet}),
    )
    .await;
    enters(&scenario, "2", json!({"welcome_prompt": quiet})).await;
    scenario
}

/// A flow behind this number that leads into a conference.
async fn enters(scenario: &Scenario, number: &str, data: Value) {
    let flow = chain([node("conference", data), play("never")]);
    scenario.callflow(number, &[number], flow).await;
}

/// The others whom a phone hears at this moment.
async fn hears(phone: &Phone) -> usize {
    let heard = phone.heard().await;
    let now = heard.into_iter().filter(|heard| heard.to.is_none());
    now.map(|heard| match heard.what {
        Sound::Bridge(others) => others.len(),
        _ => 0,
    })
    .sum()
}

async fn settle() {
    tokio::time::sleep(seconds(6)).await;
}

// Callflow check 83.
// Proves conference.id, conference.moderator.
#[tokio::test(start_paused = true)]
async fn two_members_meet_muted_and_a_moderator_is_heard() {
    let scenario = shop(json!({})).await;
    enters(
        &scenario,
        "3",
        json!({"id": "team", "moderator": true, "welcome_prompt": {"play": false}}),
    )
    .await;
    let member = scenario.dial("1", &[]).await;
    settle().await;
    assert!(
        member
            .heard_media()
            .await
            .contains(&"sound:conf-onlyperson".to_owned())
    );
    let moderator = scenario.dial("3", &[]).await;
    settle().await;
    assert_eq!((hears(&member).await, hears(&moderator).await), (1, 0));
    // `0` lets the member speak, and ends that.
    member.press("0").await;
    settle().await;
    assert_eq!(hears(&moderator).await, 1);
    member.press("0").await;
    settle().await;
    assert_eq!(hears(&moderator).await, 0);
    // `#` leaves, and the call ends: no child runs.
    member.press("#").await;
    let ended = member.wait_ended().await.unwrap();
    assert!(!ended.by_phone);
    assert!(
        !member
            .heard_media()
            .await
            .contains(&"sound:never".to_owned())
    );
    moderator.hangup().await;
    scenario.nothing_left().await;
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
// Proves conference.max_participants.
#[tokio::test(start_paused = true)]
async fn a_full_conference_lets_nobody_in() {
    let scenario = shop(json!({"max_participants": 2})).await;
    let first = scenario.dial("1", &[]).await;
    settle().await;
    let second = scenario.dial("1", &[]).await;
    settle().await;
    let third = scenario.dial("1", &[]).await;
    third.wait_ended().await.unwrap();
    assert_eq!(third.heard_media().await, ["sound:conf-full"]);
    first.hangup().await;
    second.hangup().await;
    scenario.nothing_left().await;
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

// Proves conference.require_moderator, conference.wait_for_moderator.
#[test]
fn members_wait_for_a_moderator_where_one_is_required() {
    for field in ["require_moderator", "wait_for_moderator"] {
        in_virtual_time(async move {
            let scenario = shop(json!({field: true})).await;
            enters(
                &scenario,
                "3",
                json!({"id": "team", "moderator": true, "welcome_prompt": {"play": false}}),
            )
            .await;
            let first = scenario.dial("1", &[]).await;
            let second = scenario.dial("1", &[]).await;
            settle().await;
            assert_eq!((hears(&first).await, hears(&second).await), (0, 0));
            assert!(
                first
                    .heard_media()
                    .await
                    .contains(&"sound:conf-waitforleader".to_owned())
            );
            let music = first
                .heard()
                .await
                .into_iter()
                .any(|h| h.to.is_none() && matches!(h.what, Sound::Music(_)));
            assert!(music);
            scenario.dial("3", &[]).await;
            settle().await;
            assert_eq!(hears(&second).await, 1);
        });
    }
}

/// The media that bridges were asked to play.
async fn on_bridges(scenario: &Scenario) -> Vec<String> {
    let requests = scenario.asterisk.requests().await;
    requests
        .iter()
        .filter(|r| r.path.starts_with("bridges/") && r.path.contains("/play"))
        .map(|r| r.params["media"][0].as_str().unwrap_or_default().to_owned())
        .collect()
}

// Proves conference.play_entry_tone.
// Proves conference.play_exit_tone.
#[test]
fn the_others_hear_who_comes_and_goes_as_the_node_or_the_conference_has_it() {
    for (stored, data, heard) in [
        (json!({}), json!({}), ["*", "*"].as_slice()),
        (
            json!({"play_entry_tone": false, "play_exit_tone": false}),
            json!({}),
            &[],
        ),
        (
            json!({"play_entry_tone": "sound:ding", "play_exit_tone": "sound:dong"}),
            json!({}),
            &["sound:ding", "sound:dong"],
        ),
        (
            json!({"play_entry_tone": "sound:ding"}),
            json!({"play_entry_tone": false, "play_exit_tone": "sound:dong"}),
            &["sound:dong"],
        ),
    ] {
        in_virtual_time(async move {
            let scenario = shop(stored.clone()).await;
            let mut data = data;
            data["id"] = "team".into();
            data["welcome_prompt"] = json!({"play": false});
            enters(&scenario, "1", data).await;
            let first = scenario.dial("1", &[]).await;
            settle().await;
            let second = scenario.dial("1", &[]).await;
            settle().await;
            second.hangup().await;
            settle().await;
            first.hangup().await;
            scenario.nothing_left().await;
            let played: Vec<_> = on_bridges(&scenario)
                .await
                .into_iter()
                .map(|uri| {
                    if uri.starts_with("sound:/") {
                        "*".into()
                    } else {
                        uri
                    }
                })
                .collect();
            assert_eq!(played, heard, "{stored}");
        });
    }
}

// Proves conference.play_name.
#[tokio::test(start_paused = true)]
async fn names_are_recorded_and_said_to_the_others() {
    let scenario =
        shop(json!({"play_name": true, "play_entry_tone": false, "play_exit_tone": false})).await;
    let mut first = scenario.talk("1", &[]).await;
    first.say(A_WHILE).await;
    settle().await;
    let mut second = scenario.talk("1", &[]).await;
    second.say(A_WHILE).await;
    settle().await;
    second.phone.hangup().await;
    settle().await;
    first.phone.hangup().await;
    scenario.nothing_left().await;
    let played = on_bridges(&scenario).await;
    let [came, joined, went, left] = &played[..] else {
        panic!("{played:?}")
    };
    assert_eq!(
        (came, joined.as_str(), left.as_str()),
        (went, "sound:conf-hasjoin", "sound:conf-hasleft")
    );
    let file = came.strip_prefix("sound:").unwrap();
    let length = hound::WavReader::open(format!("{file}.wav"))
        .unwrap()
        .duration()
        / 8;
    assert!(about(ms(length.into()), A_WHILE), "{length}");
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

// Proves conference.play_welcome, conference.welcome_prompt.play.
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
    for (number, welcomed) in [("3", 0), ("4", 1)] {
        let phone = scenario.dial(number, &[]).await;
        settle().await;
        let heard = phone.heard_media().await;
        let files = heard
            .iter()
            .filter(|uri| uri.starts_with("sound:/"))
            .count();
        assert_eq!(files, welcomed, "{heard:?}");
        phone.hangup().await;
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
        assert!(
            phone
                .heard_media()
                .await
                .contains(&"sound:conf-onlyperson".to_owned())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stay_that_is_picked_up_goes_on() {
    let scenario = shop(json!({"member": {"pins": ["11"], "join_muted": false}})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("11#").await;
    settle().await;
    talk.kill_and_resume().await;
    settle().await;
    let mut other = scenario.talk("1", &[]).await;
    other.answer("11#").await;
    settle().await;
    assert_eq!(
        (hears(&talk.phone).await, hears(&other.phone).await),
        (1, 1)
    );
    assert_eq!(talk.times("conf-getpin").await, 1);
    talk.phone.press("#").await;
    talk.phone.wait_ended().await.unwrap();
    other.phone.hangup().await;
    scenario.nothing_left().await;
}
