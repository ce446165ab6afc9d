//! Who hears whom.

use super::*;
use crate::support::seconds;

#[tokio::test(start_paused = true)]
async fn two_to_ten_callers_hear_all_others() {
    let meeting = Meeting::new().await;
    let mut phones = Vec::new();
    for n in 0..10 {
        phones.push(meeting.join(&format!("c{n}"), "").await);
        if n == 0 {
            continue;
        }
        for phone in &phones {
            let others: Vec<&Phone> = phones
                .iter()
                .filter(|p| p.channel() != phone.channel())
                .collect();
            assert_eq!(hears(phone).await, channels(&others), "{n}");
        }
    }
    for phone in &phones {
        phone.hangup().await;
    }
    meeting.nothing_left().await;
    meeting.nothing_waited().await;
}

// Proves Conference.muted.
// Check 166. Without its REST part.
#[tokio::test(start_paused = true)]
async fn a_muted_caller_hears_and_is_not_heard_and_is_heard_again_after_it() {
    let meeting = Meeting::new().await;
    let talker = meeting.join("talker", "").await;
    let muted = meeting
        .dial(
            "muted",
            "timeLimit='5'",
            "<Conference muted='true'>Room</Conference>",
        )
        .await;
    assert_eq!(hears(&muted).await, channels(&[&talker]));
    assert_eq!(hears(&talker).await, channels(&[]));
    tokio::time::sleep(seconds(6)).await;
    // Each mute was taken back, or a Gather's speech and a Record would be deaf.
    assert_eq!(meeting.sent("POST", "/mute").await.len(), 1);
    assert_eq!(meeting.sent("DELETE", "/mute").await.len(), 1);
    talker.hangup().await;
    meeting.nothing_left().await;
}

// Proves Conference.beep.
// Check 165.
#[tokio::test(start_paused = true)]
async fn beeps_sound_when_they_are_asked_for_and_never_for_the_first() {
    let mut kept = Vec::new();
    for (beep, enter, exit) in [
        ("", 1, 1),
        ("beep='true'", 1, 1),
        ("beep='false'", 0, 0),
        ("beep='onEnter'", 1, 0),
        ("beep='onExit'", 0, 1),
    ] {
        let meeting = Meeting::new().await;
        let first = meeting.join("first", "beep='false'").await;
        let second = meeting.join("second", beep).await;
        tokio::time::sleep(seconds(1)).await;
        let beeps =
            |phone: Vec<String>| phone.iter().filter(|uri| uri.starts_with("sound:")).count();
        assert_eq!(
            beeps(first.heard_media().await),
            enter,
            "{beep:?}\n{}",
            meeting.all_lines().await
        );
        second.hangup().await;
        tokio::time::sleep(seconds(1)).await;
        assert_eq!(beeps(first.heard_media().await), enter + exit, "{beep:?}");
        first.hangup().await;
        meeting.nothing_left().await;
        kept.push(meeting);
    }
}
