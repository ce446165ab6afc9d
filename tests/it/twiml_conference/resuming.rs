//! A participant whose call is dropped and picked up again stays where it was.

use super::*;
use crate::support::{ms, seconds};

/// Drops the call that asked for `/{name}` and goes on with it from its checkpoint.
async fn drop_and_resume(meeting: &Meeting, name: &str) {
    let id = call_id(meeting, name);
    meeting.pivot.drop_call(&id).await;
    tokio::time::sleep(ms(500)).await;
    let state = meeting.checkpoints.read(&id).unwrap();
    meeting.pivot.resume_call(state).await;
    tokio::time::sleep(ms(500)).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_waits_on_and_joins_as_if_nothing_had_happened() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", ALL_EVENTS).await;
    drop_and_resume(&meeting, "first").await;
    assert!(hears_music(&first).await);
    let second = meeting.join("second", "").await;
    assert_eq!(
        hears(&first).await,
        channels(&[&second]),
        "{}",
        meeting.all_lines().await
    );
    assert_eq!(
        meeting.events(&[]),
        ["participant-join", "participant-join", "conference-start"]
    );
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_in_stays_in() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", ALL_EVENTS).await;
    let second = meeting.join("second", "muted='true'").await;
    for name in ["first", "second"] {
        drop_and_resume(&meeting, name).await;
    }
    assert_eq!(hears(&second).await, channels(&[&first]));
    assert!(hears(&first).await.is_empty());
    assert_eq!(meeting.sent("POST", "/addChannel").await.len(), 2);
    assert_eq!(meeting.sent("POST", "/mute").await.len(), 1);
    first.hangup().await;
    second.hangup().await;
    meeting.nothing_left().await;
    assert_eq!(meeting.events(&[]).len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_conference_that_ended_meanwhile_is_left() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", "endConferenceOnExit='true'").await;
    let second = meeting.join("second", "").await;
    let id = call_id(&meeting, "second");
    meeting.pivot.drop_call(&id).await;
    first.hangup().await;
    tokio::time::sleep(seconds(2)).await;
    let state = meeting.checkpoints.read(&id).unwrap();
    meeting.pivot.resume_call(state).await;
    second.wait_ended().await.unwrap();
    assert_eq!(
        param(&meeting.left("second").await, "DialCallStatus"),
        "answered"
    );
    meeting.nothing_left().await;
}
