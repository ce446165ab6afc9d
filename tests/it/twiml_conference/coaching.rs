//! Coaches, and what may be ordered of a conference from outside.

use pivot::call::rooms::{Hold, Order};
use pivot::config::Method;

use super::*;
use crate::support::seconds;

// Proves Conference.coach.
// Check 171.
#[tokio::test(start_paused = true)]
async fn a_coach_is_outside_of_the_bridge_and_whispers_to_the_coached() {
    let meeting = Meeting::new().await;
    let agent = meeting.join("agent", ALL_EVENTS).await;
    let customer = meeting.join("customer", "").await;
    let coach = meeting
        .join("coach", &format!("coach='{}'", call_id(&meeting, "agent")))
        .await;
    // Nobody in the conference has the coach's channel in its ears.
    assert_eq!(hears(&customer).await, channels(&[&agent]));
    assert_eq!(hears(&agent).await, channels(&[&customer]));
    let snoop = meeting
        .asterisk
        .requests()
        .await
        .into_iter()
        .find(|r| r.path.contains("/snoop/"))
        .unwrap();
    assert!(snoop.path.contains(agent.channel()));
    assert_eq!(
        (
            snoop.params["spy"].as_str(),
            snoop.params["whisper"].as_str()
        ),
        (Some("both"), Some("out"))
    );
    let heard = hears(&coach).await;
    assert_eq!(heard.len(), 1);
    assert!(snoop.path.ends_with(&heard[0]), "{heard:?}");
    let told = meeting.web.at("/events");
    assert_eq!(param(&told[3], "Coaching"), "true");
    // The coached leaves: the coach hears the others and stays unheard.
    agent.hangup().await;
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(
        hears(&coach).await,
        channels(&[&customer]),
        "{}",
        meeting.all_lines().await
    );
    assert!(hears(&customer).await.is_empty());
    customer.hangup().await;
    coach.hangup().await;
    meeting.nothing_left().await;
    meeting.nothing_waited().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_to_coach_is_13240_and_the_action_is_asked() {
    let mut kept = Vec::new();
    let stranger = format!("CA{}", "0".repeat(32));
    for coach in ["anna", stranger.as_str()] {
        let meeting = Meeting::new().await;
        let agent = meeting.join("agent", "").await;
        let phone = meeting.join("coach", &format!("coach='{coach}'")).await;
        phone.wait_ended().await.unwrap();
        assert_eq!(
            param(&meeting.left("coach").await, "DialCallStatus"),
            "failed"
        );
        assert!(meeting.all_lines().await.contains("13240"));
        assert!(hears_music(&agent).await);
        agent.hangup().await;
        meeting.nothing_left().await;
        kept.push(meeting);
    }
}

#[tokio::test(start_paused = true)]
async fn participants_are_muted_held_and_removed_by_order() {
    let meeting = Meeting::new().await;
    let first = meeting.join("first", ALL_EVENTS).await;
    let second = meeting.join("second", "").await;
    let room = param(&meeting.web.at("/events")[0], "ConferenceSid");
    let rooms = meeting.pivot.services.rooms.clone();
    let who = call_id(&meeting, "second");
    let order = async |order: Order| {
        rooms.order(&room, order).await.unwrap();
        tokio::time::sleep(seconds(1)).await;
    };
    order(Order::Mute {
        call: who.clone(),
        on: true,
    })
    .await;
    assert!(hears(&first).await.is_empty());
    order(Order::Mute {
        call: who.clone(),
        on: true,
    })
    .await;
    order(Order::Mute {
        call: who.clone(),
        on: false,
    })
    .await;
    assert_eq!(hears(&first).await, channels(&[&second]));
    // Held: hears the sound alone, and is not heard.
    meeting
        .web
        .on("/hold", twiml("<Play loop='0'>sound:held</Play>"));
    let url = Some(format!("{}/hold", meeting.web.url()));
    let hold = Hold {
        url,
        method: Method::Get,
    };
    order(Order::Hold {
        call: who.clone(),
        hold: Some(hold),
    })
    .await;
    assert!(hears(&first).await.is_empty() && hears(&second).await.is_empty());
    assert_eq!(
        second.heard_media().await.last().map(String::as_str),
        Some("sound:held")
    );
    order(Order::Hold {
        call: who.clone(),
        hold: None,
    })
    .await;
    assert_eq!(
        hears(&second).await,
        channels(&[&first]),
        "{}",
        meeting.all_lines().await
    );
    order(Order::Kick { call: who.clone() }).await;
    assert_eq!(
        meeting
            .left("second")
            .await
            .param("DialCallStatus")
            .as_deref(),
        Some("answered")
    );
    order(Order::End).await;
    first.wait_ended().await.unwrap();
    second.wait_ended().await.unwrap();
    meeting.nothing_left().await;
    let told = meeting.events(&["ReasonParticipantLeft", "ReasonConferenceEnded"]);
    assert_eq!(
        told[3..],
        [
            "participant-mute - -",
            "participant-unmute - -",
            "participant-hold - -",
            "participant-unhold - -",
            "participant-leave participant_updated_via_api -",
            "participant-leave conference_ended_via_api -",
            "conference-end - conference-ended-via-api",
        ]
    );
    assert!(rooms.order(&room, Order::End).await.is_err());
}
