//! What a parking slot has of its own.

use serde_json::json;

use super::shop;
use crate::callflow_flows::{node, play};
use crate::support::{ms, seconds};
use pivot::objects::Kind;
use pivot::simulate::Behaviour;

/// The parker is rung for as long as the slot says, whatever holds for the others.
// Proves park.slots.*.callback_timeout.
#[tokio::test(start_paused = true)]
async fn a_slot_says_how_long_the_parker_is_rung() {
    for (slot, rings) in [("101", seconds(7)), ("102", seconds(20))] {
        let scenario = shop().await;
        let mut park = node(
            "park",
            json!({
                "default_ringback_timeout": 5000, "default_callback_timeout": 20_000,
                "slots": {"101": {"callback_timeout": 7000}}
            }),
        );
        park["children"] = json!({"_": play("nobody")});
        scenario.feature("3", park).await;
        scenario
            .asterisk
            .callee("PJSIP/bob*", Behaviour::no_answer())
            .await;
        let transferred = [("BLINDTRANSFER", "PJSIP/bob-00000007")];
        let number = format!("*3{slot}");
        let caller = scenario.dials_with("ann", &number, &transferred).await;
        while scenario.asterisk.called("PJSIP/bob*").await.is_empty() {
            tokio::time::sleep(ms(50)).await;
        }
        let began = tokio::time::Instant::now();
        let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
        bob.wait_ended().await.unwrap();
        let rang = began.elapsed();
        assert!(
            rang >= rings - ms(200) && rang < rings + seconds(1),
            "{slot}: {rang:?}"
        );
        caller.wait_ended().await.unwrap();
        assert_eq!(
            scenario.words(&caller).await.last().unwrap(),
            "sound:nobody"
        );
        scenario.nothing_left().await;
    }
}

/// Whose music it is: that of the phone that has parked, else its user's, else the
/// account's, else Asterisk's own.
// Proves account.music_on_hold.media_id, user.music_on_hold.media_id.
// Proves device.music_on_hold.media_id.
#[tokio::test(start_paused = true)]
async fn who_is_parked_hears_the_music_of_who_has_parked() {
    let music = |name: &str| json!({"media_id": format!("sound:{name}")});
    for (chosen, expected) in [
        (vec![], ""),
        (vec!["account"], "sound:account"),
        (vec!["account", "user"], "sound:user"),
        (vec!["account", "user", "device"], "sound:device"),
    ] {
        let scenario = shop().await;
        let account = scenario.pivot.services.account.to_string();
        for (kind, id) in [
            (Kind::Account, account.as_str()),
            (Kind::User, "u-bob"),
            (Kind::Device, "d-bob"),
        ] {
            if !chosen.contains(&kind.one()) {
                continue;
            }
            let catalog = &scenario.pivot.services.catalog;
            let own = &scenario.pivot.services.account;
            let stored = catalog.get(own, kind, id).await.unwrap();
            let mut body = stored.map(|document| document.body).unwrap_or_default();
            body.insert("name".into(), kind.one().into());
            body.insert("music_on_hold".into(), music(kind.one()));
            scenario.put(kind, id, body.into()).await;
        }
        let park = node("park", json!({"action": "direct_park"}));
        scenario.feature("3", park).await;
        let transferred = [("BLINDTRANSFER", "PJSIP/bob-00000007")];
        let caller = scenario.dials_with("ann", "*3101", &transferred).await;
        tokio::time::sleep(seconds(10)).await;
        let heard = scenario.words(&caller).await;
        let own = heard.iter().filter(|sound| *sound == expected).count();
        if expected.is_empty() {
            assert!(heard.is_empty(), "{heard:?}");
        } else {
            // Over and over.
            assert!(own >= 3 && own == heard.len(), "{chosen:?}: {heard:?}");
        }
        caller.hangup().await;
        scenario.nothing_left().await;
    }
}

/// The lamp of a slot is lit while somebody is in it, also while the parker is rung in vain.
// Proves park.default_presence_type, park.custom_presence_id, park.slots.*.presence_type.
// Proves park.slots.*.presence_id.
#[tokio::test(start_paused = true)]
async fn the_lamp_of_an_occupied_slot_is_lit() {
    for (data, feature, lamp, lit) in [
        (json!({}), true, "*3101", "RINGING"),
        (json!({"slot": "101"}), false, "700101", "RINGING"),
        (
            json!({"default_presence_type": "confirmed", "custom_presence_id": "lot@example.com"}),
            true,
            "lot",
            "INUSE",
        ),
        (
            json!({"custom_presence_id": "lot", "slots": {"101": {"presence_id": "first"}}}),
            true,
            "first",
            "RINGING",
        ),
        (
            json!({"slots": {"101": {"presence_type": "confirmed"}}}),
            true,
            "*3101",
            "INUSE",
        ),
    ] {
        let scenario = shop().await;
        let mut settings = json!({"action": "auto"});
        let more = data.as_object().unwrap().clone();
        settings.as_object_mut().unwrap().extend(more);
        let park = node("park", settings);
        let number = match feature {
            true => {
                scenario.feature("3", park).await;
                "*3101"
            }
            false => {
                scenario.callflow("park", &["700"], park).await;
                "700"
            }
        };
        let state = || scenario.asterisk.device_state(lamp);
        for taken in [true, false] {
            let caller = scenario.dials("ann", number).await;
            tokio::time::sleep(seconds(2)).await;
            assert_eq!(state().await.as_deref(), Some(lit), "{data}");
            if taken {
                let taker = scenario.dials("bob", number).await;
                tokio::time::sleep(seconds(2)).await;
                assert_eq!(state().await.as_deref(), Some("NOT_INUSE"), "{data}");
                taker.hangup().await;
            } else {
                caller.hangup().await;
            }
            caller.wait_ended().await.unwrap();
            scenario.nothing_left().await;
            assert_eq!(state().await.as_deref(), Some("NOT_INUSE"), "{data}");
        }
    }
}
