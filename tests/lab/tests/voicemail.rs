//! Voicemail and conferences of callflows on real calls: a message that is left is
//! heard by whoever knows the PIN, and two callers hear each other.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot::objects::Kind;
use pivot_lab::ears::Heard;
use pivot_lab::house::House;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::stage::ms;
use pivot_lab::webapp::Answer;
use serde_json::{Value, json};

async fn stage(version: &str) -> Option<House> {
    let house = House::with(version, |mut config| {
        config.default.push_str("req_format = \"kazoo\"\n");
        config
    });
    house.await.unwrap()
}

/// A call whose first document is this node.
async fn runs(s: &House, module: &str, data: Value) -> Call {
    let node = json!({ "module": module, "data": data });
    let mut call = s.call_for(Answer::json(node.to_string())).await.unwrap();
    call.wait_answered().await.unwrap();
    call
}

/// Waits until so much of a tone was heard.
async fn hears(s: &House, call: &Call, hertz: f64, length: Duration) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while call.heard_answered().mixed_tone_duration(hertz) < length {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{hertz} Hz is not heard\n{}",
            s.trace().await.unwrap()
        );
        tokio::time::sleep(ms(50)).await;
    }
}

/// Waits until pivot's timeline says this so often.
async fn says(s: &House, text: &str, times: usize) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    loop {
        let trace = s.trace().await.unwrap();
        if trace.matches(text).count() >= times {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{times} × {text:?} did not come\n{trace}"
        );
        tokio::time::sleep(ms(100)).await;
    }
}

/// Seconds of these tones, one after the other.
fn tones(all: &[(f64, u32)]) -> Heard {
    let mut samples = Vec::new();
    for (hertz, seconds) in all {
        let step = hertz * std::f64::consts::TAU / 8000.0;
        let sine = |n: u32| (f64::from(n) * step).sin() * 8000.0;
        samples.extend((0..seconds * 8000).map(|n| sine(n) as i16));
    }
    Heard::new(samples)
}

const ASKS: &str = "waits for keys";

on_each_asterisk! {
    a_message_is_left_and_heard_by_whoever_knows_the_pin => async |s: &House| {
        let mailbox = json!({ "name": "Bob", "mailbox": "4001", "pin": "1234", "is_setup": true, "media_extension": "mp3" });
        s.put(Kind::Vmbox, "box", mailbox).await.unwrap();
        let mut call = runs(s, "voicemail", json!({ "id": "box" })).await;
        says(s, "RecordingStarted", 1).await;
        tokio::time::sleep(ms(300)).await;
        call.send_tone(600.0, ms(2500)).await.unwrap();
        call.press("#").await.unwrap();
        says(s, ASKS, 1).await;
        call.press("1").await.unwrap();
        s.over(&mut call).await.unwrap();
        let messages = s.all(Kind::Message).await.unwrap();
        assert_eq!((messages.len(), &messages[0]["folder"]), (1, &json!("new")), "{}", s.trace().await.unwrap());
        let length = messages[0]["length"].as_u64().unwrap();
        assert!((2500..5000).contains(&length), "{length}");
        assert!(s.pivot.recordings().is_empty(), "{:?}", s.pivot.recordings());

        let mut call = runs(s, "voicemail", json!({ "id": "box", "action": "check" })).await;
        says(s, ASKS, 1).await;
        call.press("4321#").await.unwrap();
        says(s, ASKS, 2).await;
        call.press("1234#").await.unwrap();
        says(s, ASKS, 3).await;
        call.press("1").await.unwrap();
        hears(s, &call, 600.0, ms(2000)).await;
        call.press("7").await.unwrap();
        says(s, ASKS, 4).await;
        call.press("#").await.unwrap();
        s.over(&mut call).await.unwrap();
        assert_eq!(s.all(Kind::Message).await.unwrap()[0]["folder"], "deleted", "{}", s.trace().await.unwrap());
    };

    the_owner_is_called_and_hears_the_message => async |s: &House| {
        s.put(Kind::User, "owner", json!({ "first_name": "Alice", "last_name": "Smith" })).await.unwrap();
        s.put(Kind::Device, "alice", json!({ "name": "alice", "owner_id": "owner", "sip": { "username": "alice" } })).await.unwrap();
        s.flow("101", json!({ "module": "user", "data": { "id": "owner" } })).await.unwrap();
        let callback = json!({ "callback": { "number": "101", "schedule": [1, 1] } });
        let mailbox = json!({ "name": "Sales", "mailbox": "4001", "pin": "1234", "is_setup": true, "owner_id": "owner", "notify": callback });
        s.put(Kind::Vmbox, "box", mailbox).await.unwrap();
        let mut alice = s.asterisk.phone("alice");
        let mut call = runs(s, "voicemail", json!({ "id": "box" })).await;
        says(s, "RecordingStarted", 1).await;
        tokio::time::sleep(ms(300)).await;
        call.send_tone(600.0, ms(2500)).await.unwrap();
        call.hangup().await.unwrap();
        let mut owner = alice.next_call().await.unwrap();
        let from = owner.invite.clone().unwrap().header("From").unwrap_or_default().to_owned();
        assert!(from.contains("4001") && from.contains("Sales"), "{from}");
        // Without the PIN, since it is the owner's phone.
        says(s, ASKS, 1).await;
        owner.press("1").await.unwrap();
        hears(s, &owner, 600.0, ms(2000)).await;
        owner.hangup().await.unwrap();
        s.over(&mut owner).await.unwrap();
    };

    keys_wind_within_a_message => async |s: &House| {
        let mailbox = json!({ "name": "Bob", "mailbox": "4001", "pin": "1234", "is_setup": true,
            "is_voicemail_ff_rw_enabled": true, "seek_duration_ms": 20_000 });
        s.put(Kind::Vmbox, "box", mailbox).await.unwrap();
        let sound = tones(&[(500.0, 20), (900.0, 20)]);
        let message = json!({ "folder": "new", "length": 40_000 });
        s.put_sound(Kind::Message, "box/202611-1", message, &sound).await.unwrap();
        let mut call = runs(s, "voicemail", json!({ "id": "box", "action": "check" })).await;
        says(s, ASKS, 1).await;
        call.press("1234#").await.unwrap();
        says(s, ASKS, 2).await;
        call.press("1").await.unwrap();
        hears(s, &call, 500.0, ms(2000)).await;
        call.press("8").await.unwrap();
        // Without the key the other tone would come 18 seconds later.
        hears(s, &call, 900.0, ms(2000)).await;
        let before = call.heard_answered().mixed_tone_duration(500.0);
        assert!(before < ms(5000), "{before:?}\n{}", s.trace().await.unwrap());
        call.press("5").await.unwrap();
        hears(s, &call, 500.0, before + ms(2000)).await;
        let after = call.heard_answered().mixed_tone_duration(900.0);
        assert!(after < ms(5000), "{after:?}\n{}", s.trace().await.unwrap());
        // Any other key ends it, and is obeyed.
        call.press("7").await.unwrap();
        says(s, ASKS, 3).await;
        call.press("#").await.unwrap();
        s.over(&mut call).await.unwrap();
        assert_eq!(s.all(Kind::Message).await.unwrap()[0]["folder"], "deleted", "{}", s.trace().await.unwrap());
    };

    a_moderator_locks_the_conference => async |s: &House| {
        let room = json!({ "name": "Team", "member": { "join_muted": false }, "play_entry_tone": false, "play_exit_tone": false });
        s.put(Kind::Conference, "team", room).await.unwrap();
        let as_member = json!({ "id": "team", "welcome_prompt": { "play": false } });
        let mut as_moderator = as_member.clone();
        as_moderator["moderator"] = true.into();
        let mut moderator = runs(s, "conference", as_moderator).await;
        says(s, "/moh", 1).await;
        let mut member = runs(s, "conference", as_member.clone()).await;
        says(s, "/addChannel", 1).await;
        tokio::time::sleep(ms(1000)).await;
        moderator.press("*").await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        let mut late = runs(s, "conference", as_member.clone()).await;
        late.wait_ended().await.unwrap();
        s.traced("the conference is locked", 1).await.unwrap();
        moderator.press("*").await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        let mut third = runs(s, "conference", as_member).await;
        says(s, "/addChannel", 1).await;
        tokio::time::sleep(ms(1000)).await;
        // Who mutes and unmutes oneself is told so, and is heard afterwards.
        third.press("00").await.unwrap();
        tokio::time::sleep(ms(4000)).await;
        third.start_tone(700.0);
        for call in [&member, &moderator] {
            hears(s, call, 700.0, ms(1500)).await;
        }
        third.stop_sending();
        for call in [&mut member, &mut moderator, &mut third] {
            call.hangup().await.unwrap();
        }
        s.nothing_left().await.unwrap();
    };

    whoever_hangs_up_has_left_a_message => async |s: &House| {
        s.put(Kind::Vmbox, "box", json!({ "name": "Bob", "mailbox": "4001", "skip_greeting": true, "skip_instructions": true })).await.unwrap();
        let mut call = runs(s, "voicemail", json!({ "id": "box" })).await;
        says(s, "RecordingStarted", 1).await;
        call.send_tone(600.0, ms(1500)).await.unwrap();
        call.hangup().await.unwrap();
        says(s, "message box/", 1).await;
        assert_eq!(s.all(Kind::Message).await.unwrap().len(), 1);
        s.nothing_left().await.unwrap();
    };

    two_callers_hear_each_other_in_a_conference_with_a_pin => async |s: &House| {
        let room = json!({ "name": "Team", "member": { "pins": ["11"], "join_muted": false }, "play_entry_tone": false, "play_exit_tone": false });
        s.put(Kind::Conference, "team", room).await.unwrap();
        let data = json!({ "id": "team", "welcome_prompt": { "play": false } });
        let mut first = runs(s, "conference", data.clone()).await;
        says(s, ASKS, 1).await;
        first.press("11#").await.unwrap();
        says(s, "/moh", 1).await;
        let mut second = runs(s, "conference", data).await;
        says(s, ASKS, 1).await;
        second.press("11#").await.unwrap();
        says(s, "/addChannel", 1).await;
        tokio::time::sleep(ms(1000)).await;
        first.start_tone(700.0);
        second.start_tone(1100.0);
        hears(s, &first, 1100.0, ms(1500)).await;
        hears(s, &second, 700.0, ms(1500)).await;
        first.stop_sending();
        first.press("#").await.unwrap();
        first.wait_ended().await.unwrap();
        second.hangup().await.unwrap();
        s.nothing_left().await.unwrap();
    };
}
