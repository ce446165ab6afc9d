//! How it ends, for one and for all.

use pivot::ari::Request;

use super::*;
use crate::support::seconds;

// Proves Conference.endConferenceOnExit.
// Check 162.
#[tokio::test(start_paused = true)]
async fn a_moderator_who_leaves_ends_it_for_all() {
    let meeting = Meeting::new().await;
    let moderator = format!("endConferenceOnExit='true' participantLabel='chair' {ALL_EVENTS}");
    let chair = meeting.join("chair", &moderator).await;
    let guest = meeting.join("guest", "").await;
    let other = meeting.join("other", "").await;
    tokio::time::sleep(seconds(5)).await;
    chair.hangup().await;
    for phone in [&guest, &other] {
        phone.wait_ended().await.unwrap();
        assert_eq!(
            phone.heard_media().await.last().map(String::as_str),
            Some("sound:after")
        );
    }
    meeting.nothing_left().await;
    for name in ["guest", "other", "chair"] {
        let left = meeting.left(name).await;
        assert_eq!(param(&left, "DialCallStatus"), "answered", "{name}");
        assert_eq!(param(&left, "DialCallSid"), "-");
        assert_eq!(param(&left, "DialCallDuration"), "-");
    }
    assert_eq!(
        param(&meeting.left("chair").await, "CallStatus"),
        "completed"
    );
    assert_eq!(
        param(&meeting.left("guest").await, "CallStatus"),
        "in-progress"
    );
    let told = meeting.events(&[
        "ReasonParticipantLeft",
        "ParticipantCallStatus",
        "ReasonConferenceEnded",
        "ParticipantLabelEndingConference",
    ]);
    assert_eq!(
        told[4..],
        [
            "participant-leave participant_hung_up completed - -",
            "participant-leave moderator_ended_conference in-progress - -",
            "participant-leave moderator_ended_conference in-progress - -",
            "conference-end - - participant-with-end-conference-on-exit-left chair",
        ]
    );
    meeting.nothing_waited().await;
}

#[tokio::test(start_paused = true)]
async fn without_an_action_the_next_verb_runs_and_star_and_time_limit_end_it_for_one() {
    let mut kept = Vec::new();
    for (attributes, at) in [("hangupOnStar='true'", 4), ("timeLimit='10'", 10), ("", 0)] {
        let meeting = Meeting::new().await;
        let dial = format!(
            "<Dial {attributes}><Conference>Room</Conference></Dial><Play>sound:after</Play>"
        );
        let phone = meeting.document("one", &dial).await;
        let other = meeting.join("other", "").await;
        phone.press_at(seconds(4), "1*");
        tokio::time::sleep(seconds(20)).await;
        let heard = phone.heard().await;
        let after = heard
            .iter()
            .find(|h| h.what == Sound::Media("sound:after".into()));
        match after {
            None => assert_eq!(at, 0, "{attributes}\n{}", meeting.all_lines().await),
            Some(after) => {
                let began = heard
                    .iter()
                    .find(|h| matches!(h.what, Sound::Bridge(_)))
                    .unwrap();
                let stayed = after.from - began.from;
                assert!(
                    at > 0 && (seconds(at)..seconds(at + 2)).contains(&stayed),
                    "{attributes}: {stayed:?}"
                );
            }
        }
        assert!(other.ended().await.is_none());
        phone.hangup().await;
        other.hangup().await;
        meeting.nothing_left().await;
        kept.push(meeting);
    }
}

// Proves Conference.participantLabel.
// Check 169.
#[tokio::test(start_paused = true)]
async fn a_label_that_is_taken_is_16025_and_the_next_verb_runs() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", "participantLabel='anna'").await;
    for action in ["", "action='/left-second'"] {
        let noun = format!(
            "<Dial {action}><Conference participantLabel='anna'>Room</Conference></Dial>\
             <Play>sound:next</Play>"
        );
        let second = meeting.document("second", &noun).await;
        second.wait_ended().await.unwrap();
        assert_eq!(second.heard_media().await, ["sound:next"], "{action}");
    }
    assert!(meeting.web.at("/left-second").is_empty());
    let warned = meeting.all_lines().await.matches("16025").count();
    assert_eq!(warned, 2);
    assert!(hears_music(&first).await, "nobody has joined");
    first.hangup().await;
    meeting.nothing_left().await;
}

// Proves Conference.maxParticipants.
// Check 173.
#[tokio::test(start_paused = true)]
async fn the_dial_of_one_too_many_ends() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", "maxParticipants='2'").await;
    let second = meeting.join("second", "").await;
    let third = meeting.join("third", "").await;
    third.wait_ended().await.unwrap();
    let left = meeting.left("third").await;
    assert_eq!(param(&left, "DialCallStatus"), "failed");
    assert_eq!(third.heard_media().await, ["sound:after"]);
    assert_eq!(hears(&first).await, channels(&[&second]));
    second.hangup().await;
    tokio::time::sleep(seconds(1)).await;
    let fourth = meeting.join("fourth", "").await;
    assert_eq!(hears(&first).await, channels(&[&fourth]));
    first.hangup().await;
    fourth.hangup().await;
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_conference_without_a_name_is_not_joined() {
    let meeting = Meeting::new().await;
    let phone = meeting.dial("one", "", "<Conference/>").await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        param(&meeting.left("one").await, "DialCallStatus"),
        "failed"
    );
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_while_waiting_owes_the_action_once() {
    let meeting = Meeting::new().await;
    let phone = meeting.join("one", ALL_EVENTS).await;
    phone.hangup().await;
    meeting.nothing_left().await;
    let left = meeting.left("one").await;
    assert_eq!(param(&left, "DialCallStatus"), "answered");
    assert_eq!(param(&left, "CallStatus"), "completed");
    assert_eq!(
        meeting.events(&[]),
        ["participant-join", "participant-leave", "conference-end"]
    );
}

#[tokio::test(start_paused = true)]
async fn when_its_bridge_vanishes_all_go_on_with_what_follows() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", ALL_EVENTS).await;
    let second = meeting.join("second", "").await;
    let made = meeting.asterisk.requests().await;
    let bridge = made
        .iter()
        .find_map(|r| r.path.strip_prefix("bridges/pv-room-"))
        .map(|rest| format!("pv-room-{rest}"))
        .unwrap();
    let ari = &meeting.pivot.services.ari;
    ari.send(Request::destroy_bridge(&bridge)).await.unwrap();
    for phone in [&first, &second] {
        phone.wait_ended().await.unwrap();
        assert_eq!(
            phone.heard_media().await.last().map(String::as_str),
            Some("sound:after")
        );
    }
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_leaves_nothing_in_asterisk() {
    let meeting = Meeting::new().await;
    let waiting = meeting
        .dial("waiting", "", "<Conference>Other</Conference>")
        .await;
    let first = meeting.join("first", "").await;
    let second = meeting.join("second", "").await;
    meeting.pivot.services.shutdown.cancel();
    for phone in [&waiting, &first, &second] {
        tokio::time::sleep(seconds(1)).await;
        assert!(phone.continued().await.is_some());
        assert!(!hears_music(phone).await);
    }
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_in_the_room_leaves_the_others_in_it() {
    let failing = Arc::new(Failing::default());
    let meeting = Meeting::failing(&failing).await;
    let first = meeting.join("first", ALL_EVENTS).await;
    let second = meeting.join("second", "").await;
    let third = meeting.join("third", "").await;
    failing.breaks(call_id(&meeting, "first"));
    first.press("1").await;
    first.wait_ended().await.unwrap();
    assert_eq!(hears(&second).await, channels(&[&third]));
    second.hangup().await;
    third.hangup().await;
    meeting.nothing_left().await;
    let told = meeting.events(&["ReasonConferenceEnded"]);
    let ends = [
        "participant-leave -",
        "conference-end last-participant-left",
    ];
    assert_eq!(told[told.len() - 2..], ends);
    assert_eq!(
        told.iter()
            .filter(|t| t.starts_with("participant-leave"))
            .count(),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_while_it_waits_is_in_the_room_no_more() {
    let failing = Arc::new(Failing::default());
    let meeting = Meeting::failing(&failing).await;
    let first = meeting.join("first", "").await;
    failing.breaks(call_id(&meeting, "first"));
    first.press("1").await;
    first.wait_ended().await.unwrap();
    let second = meeting.join("second", "").await;
    assert!(hears_music(&second).await, "{}", meeting.all_lines().await);
    second.hangup().await;
    meeting.nothing_left().await;
}
