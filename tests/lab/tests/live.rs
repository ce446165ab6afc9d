//! What the API sees and does of real calls: phones, both ends, conferences.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use pivot::objects::{Kind, Token};
use pivot_lab::house::House;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::stage::{CALLER, ms};
use serde_json::{Value, json};

const TOKEN: &str = "a token of the test's own";

/// Alice's phone, which 101 rings.
async fn stage(version: &str) -> Option<House> {
    let house = House::new(version).await.unwrap()?;
    let token = json!({ "name": "test" });
    house
        .put(Kind::Token, &Token::id_of(TOKEN), token)
        .await
        .unwrap();
    for (id, name) in [("alice", "alice"), ("away", "nobody-there")] {
        let device = json!({ "name": name, "sip": { "username": name } });
        house.put(Kind::Device, id, device).await.unwrap();
    }
    let alice = json!({ "module": "device", "data": { "id": "alice" } });
    house.flow("101", alice).await.unwrap();
    Some(house)
}

/// What the API answers.
async fn ask(house: &House, verb: &str, path: &str, data: Option<Value>) -> Value {
    let url = format!("{}/v2/{path}", house.pivot.url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(verb.parse().unwrap(), url);
    request = request.header("x-auth-token", TOKEN);
    if let Some(data) = data {
        request = request.header("content-type", "application/json");
        request = request.body(json!({ "data": data }).to_string());
    }
    let text = request.send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["status"], "success", "{answer:#}");
    answer["data"].clone()
}

/// Whether this is so within eight seconds.
async fn soon(mut is: impl AsyncFnMut() -> bool) -> bool {
    for _ in 0..80 {
        if is().await {
            return true;
        }
        tokio::time::sleep(ms(100)).await;
    }
    false
}

async fn hears(call: &Call, tone: f64) -> bool {
    let before = call.heard().mixed_tone_duration(tone);
    soon(async || call.heard().mixed_tone_duration(tone) > before + ms(500)).await
}

on_each_asterisk! {
    phones_and_both_ends_of_a_call_are_seen_and_it_is_sent_to_another_flow => async |s: &House| {
        let mut alice = s.asterisk.phone("alice");
        let status = ask(s, "GET", "devices/status", None).await;
        assert_eq!(status[0]["registered"], true, "{status:#}");
        assert_eq!((&status[1]["registered"], &status[1]["state"]), (&json!(false), &json!("unknown")));
        // Where the call is sent.
        s.flow("300", json!({ "module": "conference", "data": { "id": "room", "moderator": true, "welcome_prompt": { "play": false } } })).await.unwrap();
        let mut caller = s.dial(CALLER, "101").await.unwrap();
        let mut answered = alice.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        answered.start_tone(900.0);
        assert!(hears(&caller, 900.0).await, "{}", s.trace().await.unwrap());
        let live = ask(s, "GET", "channels", None).await;
        assert_eq!(live[1]["authorizing_id"], "alice", "{live:#}");
        assert_eq!(live[0]["other_leg"], live[1]["uuid"]);
        let path = format!("channels/{}", live[0]["call_sid"].as_str().unwrap());
        ask(s, "POST", &path, Some(json!({ "action": "transfer", "target": "300" }))).await;
        answered.wait_ended().await.unwrap();
        // Somebody else comes into the conference, is heard, made silent and deaf.
        let mut other = s.dial("bob", "300").await.unwrap();
        other.wait_answered().await.unwrap();
        let participants = "conferences/room/participants";
        let both = soon(async || ask(s, "GET", participants, None).await.as_array().is_some_and(|p| p.len() == 2)).await;
        assert!(both, "{}", s.traces().await.unwrap());
        other.start_tone(700.0);
        caller.start_tone(500.0);
        assert!(hears(&caller, 700.0).await && hears(&other, 500.0).await, "{}", s.traces().await.unwrap());
        ask(s, "PUT", "conferences/room/participants/2", Some(json!({ "action": "mute" }))).await;
        ask(s, "PUT", "conferences/room/participants/2", Some(json!({ "action": "deaf" }))).await;
        tokio::time::sleep(ms(500)).await;
        assert!(!hears_now(&caller, 700.0).await && !hears_now(&other, 500.0).await);
        ask(s, "PUT", "conferences/room/participants/2", Some(json!({ "action": "unmute" }))).await;
        ask(s, "PUT", "conferences/room/participants/2", Some(json!({ "action": "undeaf" }))).await;
        assert!(hears(&caller, 700.0).await && hears(&other, 500.0).await, "{}", s.traces().await.unwrap());
        ask(s, "PUT", "conferences/room/participants/2", Some(json!({ "action": "kick" }))).await;
        other.wait_ended().await.unwrap();
        ask(s, "POST", &path, Some(json!({ "action": "hangup" }))).await;
        s.over(&mut caller).await.unwrap();
        assert_eq!(ask(s, "GET", "channels", None).await, json!([]));
    };

    a_click_rings_a_phone_which_then_calls_the_number => async |s: &House| {
        s.put(Kind::Device, "bob", json!({ "name": "bob", "sip": { "username": "bob" } })).await.unwrap();
        s.flow("102", json!({ "module": "device", "data": { "id": "bob" } })).await.unwrap();
        let (mut alice, mut bob) = (s.asterisk.phone("alice"), s.asterisk.phone("bob"));
        ask(s, "GET", "devices/alice/quickcall/102?auto_answer=true", None).await;
        let mut first = alice.next_call().await.unwrap();
        let invite = first.invite.clone().unwrap();
        assert!(invite.header("From").is_some_and(|from| from.contains("102")), "{invite:?}");
        assert!(invite.header("Call-Info").is_some_and(|info| info.contains("answer-after=0")), "{invite:?}");
        let other = bob.next_call().await.unwrap();
        first.start_tone(600.0);
        other.start_tone(900.0);
        let hears = |call: &Call, tone: f64| call.heard().mixed_tone_duration(tone) > ms(800);
        assert!(soon(async || hears(&first, 900.0) && hears(&other, 600.0)).await, "{}", s.traces().await.unwrap());
        first.hangup().await.unwrap();
        s.over(&mut first).await.unwrap();
    };

    a_phone_is_called_into_a_conference_and_hears_what_is_played_there => async |s: &House| {
        let room = json!({ "name": "Team", "member": { "join_muted": false, "pins": ["77"] }, "play_entry_tone": false });
        s.put(Kind::Conference, "team", room).await.unwrap();
        let config = json!({ "id": "team", "member": { "join_muted": false }, "play_entry_tone": false });
        let enter = json!({ "config": config, "welcome_prompt": { "play": false } });
        s.flow("200", json!({ "module": "conference", "data": enter })).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        s.put(Kind::Device, "bob", json!({ "name": "bob", "sip": { "username": "bob" } })).await.unwrap();
        let mut caller = s.dial(CALLER, "200").await.unwrap();
        caller.wait_answered().await.unwrap();
        let dial = json!({ "action": "dial", "data": { "endpoints": ["bob"] } });
        ask(s, "PUT", "conferences/team", Some(dial)).await;
        let mut second = bob.next_call().await.unwrap();
        caller.start_tone(600.0);
        second.start_tone(900.0);
        let hears = |call: &Call, tone: f64| call.heard().mixed_tone_duration(tone) > ms(800);
        assert!(soon(async || hears(&caller, 900.0) && hears(&second, 600.0)).await, "{}", s.traces().await.unwrap());
        caller.stop_sending();
        second.stop_sending();
        let sound = pivot_lab::ears::Heard::new((0..16_000).map(|n| ((f64::from(n) * 1500.0 * std::f64::consts::TAU / 8000.0).sin() * 8000.0) as i16).collect());
        s.put_sound(Kind::Media, "tone", json!({ "name": "tone" }), &sound).await.unwrap();
        let play = json!({ "action": "play", "data": { "media_id": "tone" } });
        ask(s, "PUT", "conferences/team", Some(play)).await;
        assert!(soon(async || hears(&caller, 1500.0) && hears(&second, 1500.0)).await, "{}", s.traces().await.unwrap());
        second.hangup().await.unwrap();
        caller.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };

    who_was_transferred_into_a_slot_is_hung_up_by_the_api => async |s: &House| {
        s.put(Kind::Device, "bob", json!({ "name": "bob", "sip": { "username": "bob" } })).await.unwrap();
        s.flow("102", json!({ "module": "device", "data": { "id": "bob" } })).await.unwrap();
        s.flow("703", json!({ "module": "park", "data": { "slot": "103" } })).await.unwrap();
        let mut bob = s.asterisk.phone("bob");
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut talking = bob.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        let mut asked = s.dial("bob", "703").await.unwrap();
        asked.wait_answered().await.unwrap();
        asked.wait_prompt_over(ms(1500)).await.unwrap();
        talking.refer_into(&asked, "703");
        talking.wait_refer_over().await.unwrap();
        talking.hangup().await.unwrap();
        asked.wait_ended().await.unwrap();
        // The channel that Asterisk has put into the place of Bob's.
        s.traced("/moh", 1).await.unwrap();
        let live = ask(s, "GET", "channels", None).await;
        let parked = live.as_array().unwrap().iter().find(|row| row["destination"] == "703").unwrap();
        let path = format!("channels/{}", parked["call_sid"].as_str().unwrap());
        ask(s, "POST", &path, Some(json!({ "action": "hangup" }))).await;
        s.over(&mut caller).await.unwrap();
    };
}

/// Whether the tone is heard in the next second and a half.
async fn hears_now(call: &Call, tone: f64) -> bool {
    let before = call.heard().mixed_tone_duration(tone);
    tokio::time::sleep(ms(1500)).await;
    call.heard().mixed_tone_duration(tone) > before + ms(300)
}
