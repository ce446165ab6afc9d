//! A shop as Kazoo's console sets it up over the API, used with real phones: feature codes,
//! transfers, hold, and a conference whose number is typed ahead.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use pivot::objects::{Kind, Token};
use pivot_lab::house::House;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::{Call, OnCall};
use pivot_lab::stage::{CALLER, SOON, ms, until};
use serde_json::{Value, json};

const TOKEN: &str = "a token of the test's own";

/// Alice, Bob and Carol with a phone each, at 101 to 103.
async fn stage(version: &str) -> Option<House> {
    let house = House::new(version).await.unwrap()?;
    let token = json!({ "name": "test" });
    let id = Token::id_of(TOKEN);
    house.put(Kind::Token, &id, token).await.unwrap();
    for (name, number) in [("Alice", "101"), ("Bob", "102"), ("Carol", "103")] {
        let nobody = json!({ "name": "", "number": "" });
        let internal = json!({ "name": format!("{name} Smith"), "number": number });
        let user = json!({ "first_name": name, "last_name": "Smith", "priv_level": "user", "enabled": true,
            "caller_id": { "internal": internal, "external": nobody, "emergency": nobody },
            "call_forward": { "enabled": false, "number": "", "substitute": true },
            "hotdesk": { "enabled": false, "id": "" }, "presence_id": "", "language": "",
            "contact_list": { "exclude": false }, "ui_metadata": { "ui": "monster-ui" } });
        let user = made(&house, "users", user).await;
        let sip = json!({ "username": name.to_lowercase(), "invite_format": "contact", "static_invite": "",
            "expire_seconds": "360", "custom_sip_headers": { "in": {}, "out": {} } });
        let device = json!({ "name": format!("{name}'s desk"), "owner_id": user, "device_type": "sip_device",
            "sip": sip, "ringtones": { "internal": "", "external": "" }, "caller_id": {}, "provision": {} });
        made(&house, "devices", device).await;
        let ring = json!({ "module": "user", "data": { "id": user, "timeout": "20", "can_call_self": false }, "children": {} });
        flow(&house, json!({ "numbers": [number] }), ring).await;
    }
    Some(house)
}

/// Creates something over the API and gives its id.
async fn made(house: &House, what: &str, data: Value) -> String {
    let url = format!("{}/v2/{what}", house.pivot.url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .put(url)
        .header("x-auth-token", TOKEN)
        .header("content-type", "application/json")
        .body(json!({ "data": data }).to_string());
    let text = request.send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["status"], "success", "{answer:#}");
    answer["data"]["id"].as_str().unwrap().to_owned()
}

async fn flow(house: &House, mut document: Value, flow: Value) {
    document["flow"] = flow;
    document["ui_metadata"] =
        json!({ "version": "4.3", "ui": "monster-ui", "origin": "callflows" });
    made(house, "callflows", document).await;
}

/// A feature code as the console has it; with what follows it, when it takes something.
async fn code(house: &House, number: &str, takes: bool, module: &str, data: Value) {
    let mut document =
        json!({ "featurecode": { "name": module, "number": number }, "metadata": {} });
    if takes {
        document["patterns"] = json!([format!("^\\*{number}([0-9]*)$")]);
    } else {
        document["numbers"] = json!([format!("*{number}")]);
    }
    flow(
        house,
        document,
        json!({ "module": module, "data": data, "children": {} }),
    )
    .await;
}

/// Whether both hear each other within a while from now.
async fn talk(one: &Call, other: &Call) -> bool {
    let before = (
        one.heard().mixed_tone_duration(900.0),
        other.heard().mixed_tone_duration(600.0),
    );
    one.start_tone(600.0);
    other.start_tone(900.0);
    let both = until(SOON, || {
        one.heard().mixed_tone_duration(900.0) > before.0 + ms(500)
            && other.heard().mixed_tone_duration(600.0) > before.1 + ms(500)
    });
    let both = both.await;
    one.stop_sending();
    other.stop_sending();
    both
}

/// Whether something else than silence is heard within a while from now.
async fn hears_something(call: &Call) -> bool {
    let before = call.heard().duration();
    until(SOON, || {
        let sounds = call.heard().after(before).segments();
        sounds
            .iter()
            .map(|s| s.duration())
            .sum::<std::time::Duration>()
            > ms(800)
    })
    .await
}

fn from(call: &Call) -> String {
    let invite = call.invite.as_ref().unwrap();
    invite.header("From").unwrap_or_default().to_owned()
}

on_each_asterisk! {
    whoever_is_transferred_blindly_is_seen_by_the_next_phone => async |s: &House| {
        let (mut alice, mut bob, mut carol) = (s.asterisk.phone("alice"), s.asterisk.phone("bob"), s.asterisk.phone("carol"));
        // Alice, who is called, gives her caller to Bob.
        let mut caller = s.dial(CALLER, "101").await.unwrap();
        let mut first = alice.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(talk(&caller, &first).await, "{}", s.traces().await.unwrap());
        first.refer("<sip:102@lab>");
        first.wait_refer_over().await.unwrap();
        first.hangup().await.unwrap();
        let second = bob.next_call().await.unwrap();
        assert!(from(&second).contains(&format!("<sip:{CALLER}@")), "{}", from(&second));
        assert!(talk(&caller, &second).await, "{}", s.traces().await.unwrap());
        caller.hangup().await.unwrap();
        s.nothing_left().await.unwrap();
        // Alice, who calls, gives Bob to Carol.
        let mut calling = alice.call("102").await.unwrap();
        let mut second = bob.next_call().await.unwrap();
        calling.wait_answered().await.unwrap();
        assert!(from(&second).contains("\"Alice Smith\" <sip:101@"), "{}", from(&second));
        assert!(talk(&calling, &second).await, "{}", s.traces().await.unwrap());
        calling.refer("<sip:103@lab>");
        calling.wait_refer_over().await.unwrap();
        calling.hangup().await.unwrap();
        let third = carol.next_call().await.unwrap();
        assert!(from(&third).contains("\"Bob Smith\" <sip:102@"), "{}", from(&third));
        assert!(talk(&second, &third).await, "{}", s.traces().await.unwrap());
        second.hangup().await.unwrap();
        s.nothing_left().await.unwrap();
        assert!(!s.traces().await.unwrap().contains("did not tell the end"), "{}", s.traces().await.unwrap());
    };

    a_caller_on_hold_is_transferred_with_consultation => async |s: &House| {
        let (mut alice, mut carol) = (s.asterisk.phone("alice"), s.asterisk.phone("carol"));
        let mut caller = s.dial(CALLER, "101").await.unwrap();
        let mut first = alice.next_call().await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(talk(&caller, &first).await, "{}", s.traces().await.unwrap());
        first.hold(true);
        assert!(hears_something(&caller).await, "no music\n{}", s.traces().await.unwrap());
        let mut asks = alice.call("103").await.unwrap();
        let mut third = carol.next_call().await.unwrap();
        asks.wait_answered().await.unwrap();
        assert!(talk(&asks, &third).await, "{}", s.traces().await.unwrap());
        first.refer_into(&asks, "103");
        first.wait_refer_over().await.unwrap();
        first.hangup().await.unwrap();
        asks.wait_ended().await.unwrap();
        assert!(talk(&caller, &third).await, "{}", s.traces().await.unwrap());
        third.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
        assert!(!s.traces().await.unwrap().contains("did not tell the end"), "{}", s.traces().await.unwrap());
    };

    feature_codes_are_dialled_and_say_what_they_do => async |s: &House| {
        code(s, "72", true, "call_forward", json!({ "action": "activate" })).await;
        code(s, "3", true, "park", json!({ "action": "auto" })).await;
        code(s, "5", true, "park", json!({ "action": "retrieve" })).await;
        code(s, "8", true, "group_pickup_feature", json!({ "type": "extension" })).await;
        // Nothing to be taken up, or to be picked up: that is said.
        for number in ["*5199", "*8102"] {
            let mut call = s.dial("alice", number).await.unwrap();
            call.wait_answered().await.unwrap();
            assert!(hears_something(&call).await, "{number}\n{}", s.trace().await.unwrap());
            s.over(&mut call).await.unwrap();
        }
        // Calls of Bob's phone go to Carol's, from where they are parked and taken up again.
        let mut call = s.dial("bob", "*72103").await.unwrap();
        call.wait_answered().await.unwrap();
        assert!(hears_something(&call).await, "{}", s.trace().await.unwrap());
        s.over(&mut call).await.unwrap();
        let mut carol = s.asterisk.phone("carol");
        carol.on_call(OnCall::Answer { after: ms(300) });
        let mut caller = s.dial(CALLER, "102").await.unwrap();
        let mut taken = carol.next_call().await.unwrap();
        assert!(hears_something(&taken).await, "{}", s.traces().await.unwrap());
        taken.press("1").await.unwrap();
        caller.wait_answered().await.unwrap();
        assert!(talk(&caller, &taken).await, "{}", s.traces().await.unwrap());
        taken.refer("<sip:*3@lab>");
        taken.wait_refer_over().await.unwrap();
        taken.hangup().await.unwrap();
        assert!(hears_something(&caller).await, "no music\n{}", s.traces().await.unwrap());
        let mut alice = s.dial("alice", "*3101").await.unwrap();
        alice.wait_answered().await.unwrap();
        assert!(talk(&caller, &alice).await, "{}", s.traces().await.unwrap());
        alice.hangup().await.unwrap();
        s.over(&mut caller).await.unwrap();
    };

    the_number_and_the_pin_of_a_conference_are_typed_ahead => async |s: &House| {
        let room = json!({ "name": "Sales", "conference_numbers": ["801"], "member": { "pins": ["4711"], "join_muted": "false" },
            "play_entry_tone": "false", "play_exit_tone": "false", "max_participants": "" });
        made(s, "conferences", room).await;
        flow(s, json!({ "numbers": ["600"] }), json!({ "module": "conference", "data": {}, "children": {} })).await;
        let mut both = Vec::new();
        for _ in 0..2 {
            let mut call = s.dial(CALLER, "600").await.unwrap();
            call.wait_answered().await.unwrap();
            tokio::time::sleep(ms(400)).await;
            // Into the welcome; the PIN is wrong at first, and right into the word about that.
            call.press("801#1111#").await.unwrap();
            s.traced("sound:conf-invalidpin", both.len() + 1).await.unwrap();
            call.press("4711#").await.unwrap();
            both.push(call);
        }
        assert!(talk(&both[0], &both[1]).await, "{}", s.traces().await.unwrap());
        for call in &mut both {
            call.hangup().await.unwrap();
        }
        s.nothing_left().await.unwrap();
    };
}
