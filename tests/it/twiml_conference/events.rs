//! What is told of a conference, to whom, and in which order.

use super::*;
use crate::support::seconds;

#[tokio::test(start_paused = true)]
async fn a_conference_of_two_tells_six_events_in_order() {
    let meeting = Meeting::new().await;
    let label = format!("participantLabel='anna' {ALL_EVENTS}");
    let first = meeting.join("first", &label).await;
    let second = meeting
        .join("second", "muted='true' endConferenceOnExit='false'")
        .await;
    first.hangup().await;
    tokio::time::sleep(seconds(1)).await;
    second.hangup().await;
    meeting.nothing_left().await;
    let told = meeting.web.at("/events");
    assert_eq!(
        meeting.events(&[
            "SequenceNumber",
            "ParticipantLabel",
            "Muted",
            "ReasonParticipantLeft",
            "ParticipantCallStatus"
        ]),
        [
            "participant-join 1 anna false - -",
            "participant-join 2 - true - -",
            "conference-start 3 - - - -",
            "participant-leave 4 anna false participant_hung_up completed",
            "participant-leave 5 - true participant_hung_up completed",
            "conference-end 6 - - - -",
        ]
    );
    for seen in &told {
        assert_eq!(
            param(seen, "ConferenceSid"),
            param(&told[0], "ConferenceSid")
        );
        assert_eq!(param(seen, "ConferenceSid").len(), 34);
        assert_eq!(param(seen, "FriendlyName"), "Room");
        assert!(param(seen, "AccountSid").starts_with("AC"));
        assert!(param(seen, "Timestamp").ends_with("+0000"));
        assert_eq!(seen.method, "POST");
    }
    let join = &told[0];
    assert_eq!(param(join, "CallSid"), param(&told[3], "CallSid"));
    assert_eq!(param(join, "Hold"), "false");
    assert_eq!(param(join, "Coaching"), "false");
    assert_eq!(param(join, "EndConferenceOnExit"), "false");
    assert_eq!(param(join, "StartConferenceOnEnter"), "true");
    let end = &told[5];
    assert_eq!(param(end, "ReasonConferenceEnded"), "last-participant-left");
    assert_eq!(
        param(end, "CallSidEndingConference"),
        param(&told[4], "CallSid")
    );
    assert!(param(end, "Reason").contains("last"));
}

// Proves Conference.statusCallback, Conference.statusCallbackMethod, Conference.statusCallbackEvent.
// Check 168.
#[tokio::test(start_paused = true)]
async fn the_first_participants_status_callback_rules() {
    let meeting = Meeting::new().await;
    let first = meeting
        .join(
            "first",
            "statusCallback='/events' statusCallbackMethod='GET' statusCallbackEvent='join'",
        )
        .await;
    let second = meeting
        .join(
            "second",
            "statusCallback='/other' statusCallbackEvent='join leave start end'",
        )
        .await;
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
    assert_eq!(
        meeting.events(&["SequenceNumber"]),
        ["participant-join 1", "participant-join 2"]
    );
    assert_eq!(meeting.web.at("/events")[0].method, "GET");
    assert!(meeting.web.at("/other").is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_words_start_and_end_are_told() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", "statusCallback='/events'").await;
    let second = meeting.join("second", "").await;
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
    assert_eq!(meeting.events(&[]), ["conference-start", "conference-end"]);
}

// Check 175. Without its REST part.
#[tokio::test(start_paused = true)]
async fn the_same_name_opens_another_conference_when_the_last_is_over() {
    let meeting = Meeting::new().await;
    for round in ["a", "b"] {
        let first = meeting.join(&format!("first{round}"), ALL_EVENTS).await;
        let second = meeting.join(&format!("second{round}"), "").await;
        first.hangup().await;
        second.hangup().await;
        tokio::time::sleep(seconds(1)).await;
    }
    meeting.nothing_left().await;
    let sids: Vec<String> = meeting
        .web
        .at("/events")
        .iter()
        .map(|s| param(s, "ConferenceSid"))
        .collect();
    assert_eq!(sids.len(), 12);
    assert!(sids[..6].iter().all(|sid| *sid == sids[0]), "{sids:?}");
    assert!(sids[6..].iter().all(|sid| *sid == sids[6]), "{sids:?}");
    assert_ne!(sids[0], sids[6]);
}
