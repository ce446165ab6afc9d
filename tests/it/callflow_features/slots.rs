//! What a parking slot has of its own.

use serde_json::json;

use super::shop;
use crate::callflow_flows::{node, play};
use crate::support::{ms, seconds};
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
