//! The owner of a box is called about new messages (`notify.callback`).

use pivot::objects::Kind;
use pivot::simulate::Behaviour;
use serde_json::{Value, json};

use super::{is_bob, messages, shop};
use crate::callflow_flows::with;
use crate::callflow_talk::A_WHILE;
use crate::support::{Scenario, seconds};

/// Somebody leaves a message in Bob's box.
async fn leave(scenario: &Scenario) {
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.answer("1").await;
    talk.end().await;
}

/// A shop whose box says this about calls to its owner; numbers outside go out through
/// a trunk.
async fn shop_that_calls(callback: Value) -> Scenario {
    let scenario = shop(json!({"notify": {"callback": callback}})).await;
    let trunk = json!({"name": "carrier", "dial": "PJSIP/{number}@carrier"});
    scenario.put(Kind::Resource, "carrier", trunk).await;
    scenario
}

async fn calls(scenario: &Scenario) -> usize {
    scenario.asterisk.called("PJSIP/5551@carrier*").await.len()
}

// Proves vmbox.notify.callback.number.
#[tokio::test(start_paused = true)]
async fn the_owner_is_called_and_hears_the_messages_after_the_pin() {
    let scenario = shop_that_calls(json!({"number": "5551"})).await;
    scenario
        .asterisk
        .callee(
            "PJSIP/5551@carrier*",
            Behaviour::answers(seconds(2)).presses(seconds(5), "1234#"),
        )
        .await;
    leave(&scenario).await;
    tokio::time::sleep(seconds(290)).await;
    assert_eq!(calls(&scenario).await, 0);
    tokio::time::sleep(seconds(40)).await;
    let bob = scenario
        .asterisk
        .called("PJSIP/5551@carrier*")
        .await
        .remove(0);
    assert_eq!(bob.shown().await, Some(("4001".into(), "Bob".into())));
    let heard = bob.heard_media().await;
    assert_eq!(heard[0], "sound:vm-password", "{heard:?}");
    assert!(
        heard.iter().any(|media| media == "sound:vm-youhave"),
        "{heard:?}"
    );
    bob.hangup().await;
    scenario.end(&bob).await;
    // He has answered, and is called no more.
    tokio::time::sleep(seconds(3000)).await;
    assert_eq!(calls(&scenario).await, 1);
    scenario.nothing_left().await;
}

/// Who has been told meanwhile, who has no number, who wants none.
// Proves vmbox.notify.callback.disabled.
#[tokio::test(start_paused = true)]
async fn nobody_is_called_without_need() {
    for (callback, user, account, heard, expected) in [
        (json!({"number": "5551"}), json!({}), json!({}), false, 5),
        (json!({"number": "5551"}), json!({}), json!({}), true, 0),
        (json!({}), json!({}), json!({}), false, 0),
        (
            json!({"number": "5551", "disabled": true}),
            json!({}),
            json!({}),
            false,
            0,
        ),
        // The box decides before its owner.
        (
            json!({"number": "5551", "disabled": false}),
            json!({"disabled": true}),
            json!({}),
            false,
            5,
        ),
        (
            json!({"number": "5551"}),
            json!({"disabled": true}),
            json!({}),
            false,
            0,
        ),
        (json!({}), json!({"number": "5551"}), json!({}), false, 5),
        (json!({}), json!({}), json!({"number": "5551"}), false, 0),
        (json!({"number": "5551"}), json!(null), json!({}), false, 0),
    ] {
        let scenario = shop_that_calls(callback.clone()).await;
        scenario
            .asterisk
            .callee("PJSIP/5551@carrier*", Behaviour::busy())
            .await;
        let of = |callback: &Value| json!({"voicemail": {"notify": {"callback": callback}}});
        let bob = json!({"first_name": "Bob", "last_name": "Builder"});
        if user.is_null() {
            let nobodys = json!({"name": "Bob", "mailbox": "4001", "pin": "1234", "is_setup": true,
                "notify": {"callback": callback}});
            scenario.put(Kind::Vmbox, "box", nobodys).await;
        } else {
            scenario.put(Kind::User, "bob", with(bob, &of(&user))).await;
        }
        let id = scenario.pivot.services.account.to_string();
        scenario
            .put(
                Kind::Account,
                &id,
                with(json!({"name": "shop"}), &of(&account)),
            )
            .await;
        leave(&scenario).await;
        if heard {
            let kept = scenario.all_of(Kind::Message).await.remove(0);
            let saved = with(Value::Object(kept.body), &json!({"folder": "saved"}));
            scenario.put(Kind::Message, &kept.id, saved).await;
        }
        tokio::time::sleep(seconds(4000)).await;
        let called = calls(&scenario).await;
        assert_eq!(called, expected, "{callback} {user} {account} {heard}");
        scenario.nothing_left().await;
    }
}

// Proves vmbox.notify.callback.schedule, vmbox.notify.callback.attempts.
// Proves vmbox.notify.callback.interval_s, vmbox.notify.callback.timeout_s.
// Proves user.voicemail.notify.callback.schedule, user.voicemail.notify.callback.attempts.
// Proves user.voicemail.notify.callback.interval_s, user.voicemail.notify.callback.timeout_s.
// Proves account.voicemail.notify.callback.schedule, account.voicemail.notify.callback.attempts.
// Proves account.voicemail.notify.callback.interval_s, account.voicemail.notify.callback.timeout_s.
#[tokio::test(start_paused = true)]
async fn the_pace_is_that_of_the_box_its_owner_or_the_account() {
    for whose in 0..3 {
        // Seconds after the message, each with the calls until then; each rings for so long.
        for (pace, until, rings) in [
            (
                json!({}),
                vec![(290, 0), (330, 1), (1700, 5), (4000, 5)],
                20,
            ),
            (
                json!({"schedule": [10, 100]}),
                vec![(15, 1), (125, 1), (140, 2), (900, 2)],
                20,
            ),
            (
                json!({"attempts": 2}),
                vec![(330, 1), (660, 2), (4000, 2)],
                20,
            ),
            (
                json!({"interval_s": 30}),
                vec![(35, 1), (90, 2), (600, 5)],
                20,
            ),
            (json!({"timeout_s": 50}), vec![(330, 1), (4000, 5)], 50),
        ] {
            let mut said = [json!({}), json!({}), json!({})];
            said[whose] = pace.clone();
            let [of_box, of_user, of_account] = said;
            let scenario = shop_that_calls(with(json!({"number": "5551"}), &of_box)).await;
            scenario
                .asterisk
                .callee("PJSIP/5551@carrier*", Behaviour::no_answer())
                .await;
            let of = |callback: &Value| json!({"voicemail": {"notify": {"callback": callback}}});
            let bob = json!({"first_name": "Bob", "last_name": "Builder"});
            scenario
                .put(Kind::User, "bob", with(bob, &of(&of_user)))
                .await;
            let id = scenario.pivot.services.account.to_string();
            let account = with(json!({"name": "shop"}), &of(&of_account));
            scenario.put(Kind::Account, &id, account).await;
            leave(&scenario).await;
            let began = tokio::time::Instant::now();
            for (second, expected) in until {
                tokio::time::sleep_until(began + seconds(second)).await;
                let called = calls(&scenario).await;
                assert_eq!(called, expected, "{whose} {pace} after {second} s");
            }
            let dialled = scenario.sent("POST", "/dial").await.pop().unwrap();
            assert_eq!(
                dialled.params["timeout"],
                json!(rings.to_string()),
                "{pace}"
            );
            scenario.nothing_left().await;
        }
    }
}

// Proves user.voicemail.notify.callback.number, user.voicemail.notify.callback.disabled.
#[tokio::test(start_paused = true)]
async fn the_owner_may_say_the_number() {
    for (user, expected) in [
        (json!({"number": "5551"}), 5),
        (json!({"number": "5551", "disabled": true}), 0),
    ] {
        let scenario = shop_that_calls(json!({})).await;
        scenario
            .asterisk
            .callee("PJSIP/5551@carrier*", Behaviour::busy())
            .await;
        let bob = json!({"first_name": "Bob", "last_name": "Builder",
            "voicemail": {"notify": {"callback": user}}});
        scenario.put(Kind::User, "bob", bob).await;
        leave(&scenario).await;
        tokio::time::sleep(seconds(4000)).await;
        assert_eq!(calls(&scenario).await, expected, "{user}");
    }
}

/// A number of the shop's own: the owner's phone rings, and no PIN is asked for.
#[tokio::test(start_paused = true)]
async fn the_phone_behind_an_extension_rings_itself() {
    let scenario = shop_that_calls(json!({"number": "700", "schedule": [10]})).await;
    let ring = crate::callflow_flows::node("user", json!({"id": "bob"}));
    scenario.callflow("bob", &["700"], ring).await;
    scenario
        .asterisk
        .callee("PJSIP/sipp*", Behaviour::answers(seconds(2)))
        .await;
    leave(&scenario).await;
    is_bob(&scenario).await;
    tokio::time::sleep(seconds(25)).await;
    let bob = scenario.asterisk.called("PJSIP/sipp*").await.remove(0);
    let heard = bob.heard_media().await;
    assert_eq!(heard[0], "sound:vm-youhave", "{heard:?}");
    bob.hangup().await;
    scenario.end(&bob).await;
    scenario.nothing_left().await;
}

/// One call is about all messages that have come until then.
#[tokio::test(start_paused = true)]
async fn several_messages_are_one_call() {
    let scenario = shop_that_calls(json!({"number": "5551", "attempts": 1})).await;
    messages(&scenario, &[("saved", 2000)]).await;
    scenario
        .asterisk
        .callee("PJSIP/5551@carrier*", Behaviour::busy())
        .await;
    leave(&scenario).await;
    leave(&scenario).await;
    tokio::time::sleep(seconds(1000)).await;
    assert_eq!(calls(&scenario).await, 1);
    leave(&scenario).await;
    tokio::time::sleep(seconds(1000)).await;
    assert_eq!(calls(&scenario).await, 2);
}
