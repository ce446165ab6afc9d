//! Stored documents that nobody has checked: what can be read of them counts, and the
//! timeline says what cannot.

use pivot::objects::Kind;
use pivot::simulate::Behaviour;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, node, play};
use crate::support::{Scenario, seconds};

/// A flow behind number 1 and what it reads.
async fn shop(kind: Kind, id: &str, document: Value, flow: Value) -> Scenario {
    let scenario = Scenario::stored().await;
    scenario.put(kind, id, document).await;
    scenario
        .callflow("flow", &["1"], chain([flow, play("after")]))
        .await;
    scenario
}

async fn warned(scenario: &Scenario, parts: &[&str]) {
    let lines = scenario.lines().await;
    assert!(!lines.contains("the store cannot be used"), "{lines}");
    let told = |line: &str| line.contains("Warning") && parts.iter().all(|p| line.contains(p));
    assert!(lines.lines().any(told), "{parts:?}\n{lines}");
}

#[tokio::test(start_paused = true)]
async fn a_box_is_opened_although_some_of_its_fields_cannot_be_read() {
    let document = json!({"name": "Bob", "mailbox": 4001, "pin": 1234, "is_setup": "true",
        "max_message_length": "ten", "skip_greeting": {"yes": 1}, "seek_duration_ms": "500"});
    let check = node("voicemail", json!({"id": "box", "action": "check"}));
    let scenario = shop(Kind::Vmbox, "box", document, check).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("1234#").await.answer("#").await;
    talk.end().await;
    assert!(
        talk.heard().await.contains(&"vm-youhave".to_owned())
            || talk.heard().await.contains(&"vm-nomore".to_owned()),
        "{:?}",
        talk.heard().await
    );
    warned(&scenario, &["vmbox box", "max_message_length", "\"ten\""]).await;
    warned(&scenario, &["vmbox box", "skip_greeting"]).await;
    // What is meant is clear of the others.
    let lines = scenario.lines().await;
    assert!(
        !lines.contains("seek_duration_ms") && !lines.contains("mailbox:"),
        "{lines}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_phone_rings_although_some_of_its_fields_cannot_be_read() {
    let document = json!({"name": "bob", "sip": {"username": "bob", "expire_seconds": "never"},
        "call_forward": {"enabled": "false", "number": "2"},
        "do_not_disturb": {"enabled": "perhaps"}, "flags": "none"});
    let ring = node("device", json!({"id": "d-bob"}));
    let scenario = shop(Kind::Device, "d-bob", document, ring).await;
    let behaviour = Behaviour::answers(seconds(1)).hangs_up_after(seconds(2));
    scenario.asterisk.callee("PJSIP/bob*", behaviour).await;
    let phone = scenario.dial("1", &[]).await;
    phone.wait_ended().await.unwrap();
    assert_eq!(scenario.asterisk.called("PJSIP/bob*").await.len(), 1);
    warned(&scenario, &["device d-bob", "sip.expire_seconds"]).await;
    warned(&scenario, &["device d-bob", "do_not_disturb.enabled"]).await;
    scenario.nothing_left().await;
}

/// It calls from its phone still, by the name that Asterisk knows that by.
#[tokio::test(start_paused = true)]
async fn a_phone_that_cannot_be_read_whole_is_its_owners_still() {
    let document = json!({"name": "Bob's", "owner_id": "bob", "sip": {"username": "sipp"},
        "exclude_from_queues": "sometimes"});
    let check = node("voicemail", json!({"id": "box", "action": "check"}));
    let scenario = shop(Kind::Device, "phone", document, check).await;
    let vmbox = json!({"name": "Bob", "mailbox": "4001", "is_setup": true, "owner_id": "bob"});
    scenario.put(Kind::Vmbox, "box", vmbox).await;
    let user = json!({"first_name": "Bob", "last_name": "Builder"});
    scenario.put(Kind::User, "bob", user).await;
    let mut talk = scenario.talk("1", &["internal=yes"]).await;
    talk.answer("#").await;
    talk.end().await;
    // No PIN is asked for.
    assert!(
        !talk.heard().await.iter().any(|uri| uri == "vm-password"),
        "{:?}",
        talk.heard().await
    );
    warned(&scenario, &["device phone", "exclude_from_queues"]).await;
}

/// A PIN that is a number keeps strangers out as one that is a text.
#[tokio::test(start_paused = true)]
async fn a_conference_is_not_open_because_its_document_is_odd() {
    let document = json!({"name": "board", "member": {"pins": [1234], "join_muted": "soon"},
        "max_participants": "many"});
    for stored in [true, false] {
        let data = match stored {
            true => json!({"id": "board"}),
            false => json!({"config": document}),
        };
        let conference = node("conference", data);
        let scenario = shop(Kind::Conference, "board", document.clone(), conference).await;
        let talk = scenario.talk("1", &[]).await;
        tokio::time::sleep(seconds(60)).await;
        assert!(talk.phone.state().await.is_none(), "{}", talk.lines().await);
        assert!(!talk.lines().await.contains("in conference"));
        let whose = if stored { "conference board" } else { "config" };
        warned(&scenario, &[whose, "max_participants"]).await;
        warned(&scenario, &[whose, "member.join_muted"]).await;
        scenario.nothing_left().await;
    }
}

/// Lists leave nothing out that can be read in part.
#[tokio::test(start_paused = true)]
async fn a_queue_and_its_agents_work_with_what_can_be_read() {
    let queue = json!({"name": "q", "agent_ring_timeout": "5", "max_queue_size": "no limit",
        "strategy": "most_busy"});
    let scenario = shop(
        Kind::Queue,
        "q",
        queue,
        node("acdc_member", json!({"id": "q"})),
    )
    .await;
    let user = json!({"first_name": "Ann", "queues": ["q"], "call_forward": "off"});
    scenario.put(Kind::User, "u", user).await;
    let device = json!({"owner_id": "u", "sip": {"username": "ann"}});
    scenario.put(Kind::Device, "d", device).await;
    let agent = json!({"status": "ready", "paused_until": "tomorrow"});
    scenario.put(Kind::Agent, "u", agent).await;
    let behaviour = Behaviour::answers(seconds(1)).hangs_up_after(seconds(2));
    scenario.asterisk.callee("PJSIP/ann*", behaviour).await;
    let phone = scenario.dial("1", &[]).await;
    phone.wait_ended().await.unwrap();
    assert_eq!(scenario.asterisk.called("PJSIP/ann*").await.len(), 1);
    warned(&scenario, &["queue q", "max_queue_size"]).await;
    warned(&scenario, &["queue q", "strategy"]).await;
    warned(&scenario, &["user u", "call_forward"]).await;
    warned(&scenario, &["agent u", "paused_until"]).await;
    scenario.nothing_left().await;
}

/// A box without a number is not the one of a caller who enters none.
#[tokio::test(start_paused = true)]
async fn nothing_entered_names_no_box() {
    let document = json!({"name": "nobody's", "pin": "1234", "is_setup": true});
    let check = node("voicemail", json!({"action": "check"}));
    let scenario = shop(Kind::Vmbox, "box", document, check).await;
    let talk = scenario.talk("1", &[]).await;
    talk.phone.wait_ended().await.unwrap();
    let heard = talk.heard().await;
    assert!(!heard.contains(&"vm-password".to_owned()), "{heard:?}");
}

/// A room of that name, which nothing limits, would let everybody in.
#[tokio::test(start_paused = true)]
async fn a_conference_whose_pins_cannot_be_read_is_no_open_room() {
    let document = json!({"name": "board", "member": {"pins": {"first": 1234}}});
    let conference = node("conference", json!({"id": "board"}));
    let scenario = shop(Kind::Conference, "board", document, conference).await;
    let phone = scenario.dial("1", &[]).await;
    phone.wait_ended().await.unwrap();
    assert!(!scenario.lines().await.contains("in conference"));
    warned(&scenario, &["conference board", "member.pins"]).await;
}

/// A rule without one of its fields would hold at other times.
#[tokio::test(start_paused = true)]
async fn a_schedule_that_cannot_be_read_holds_at_no_time() {
    let rule = json!({"name": "day", "cycle": "daily", "start_date": 62_586_115_200_u64,
        "interval": "1", "time_window_start": "early"});
    let mut route = node("temporal_route", json!({"rules": ["day"]}));
    route["children"] = json!({"day": play("open"), "_": play("closed")});
    let scenario = Scenario::stored().await;
    scenario.put(Kind::TemporalRule, "day", rule.clone()).await;
    scenario.callflow("flow", &["1"], route).await;
    let phone = scenario.dial("1", &[]).await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:closed"]);
    warned(&scenario, &["temporal_rule day", "time_window_start"]).await;
    // What says the same in another type is no fault.
    let mut rule = rule;
    rule["time_window_start"] = json!("0");
    scenario.put(Kind::TemporalRule, "day", rule).await;
    let phone = scenario.dial("1", &[]).await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:open"]);
}
