//! What goes on in a conference: who hears whom, and of whom.

use pivot::simulate::Sound;
use serde_json::json;

use super::{enters, heard, hears, on_bridges, settle, shop};
use crate::callflow_flows::in_virtual_time;
use crate::callflow_talk::{A_WHILE, about};
use crate::support::ms;

// Callflow check 83.
// Proves conference.id, conference.moderator.
#[tokio::test(start_paused = true)]
async fn two_members_meet_muted_and_a_moderator_is_heard() {
    let scenario = shop(json!({})).await;
    let member = scenario.dial("1", &[]).await;
    settle().await;
    assert!(heard(&member, "conf-onlyperson").await);
    let moderator = scenario.dial("3", &[]).await;
    settle().await;
    assert_eq!((hears(&member).await, hears(&moderator).await), (1, 0));
    // `0` lets the member speak, and ends that; the member alone is told.
    for (others, told) in [(1, "conf-unmuted"), (0, "conf-muted")] {
        member.press("0").await;
        settle().await;
        assert_eq!(hears(&moderator).await, others);
        assert!(heard(&member, told).await && !heard(&moderator, told).await);
    }
    // `#` leaves, and the call ends: no child runs.
    member.press("#").await;
    let ended = member.wait_ended().await.unwrap();
    assert!(!ended.by_phone);
    assert!(!heard(&member, "never").await);
    moderator.hangup().await;
    scenario.nothing_left().await;
}

// Proves conference.require_moderator, conference.wait_for_moderator.
#[test]
fn members_wait_for_a_moderator_where_one_is_required() {
    for field in ["require_moderator", "wait_for_moderator"] {
        in_virtual_time(async move {
            let scenario = shop(json!({field: true})).await;
            let first = scenario.dial("1", &[]).await;
            let second = scenario.dial("1", &[]).await;
            settle().await;
            assert_eq!((hears(&first).await, hears(&second).await), (0, 0));
            assert!(heard(&first, "conf-waitforleader").await);
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
    scenario.no_recordings().await;
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
