//! A conference that is locked.

use serde_json::json;

use super::{heard, hears, on_bridges, settle, shop};
use crate::callflow_flows::in_virtual_time;

/// Whether a caller of this number comes in.
async fn comes_in(scenario: &crate::support::Scenario, number: &str) -> bool {
    let phone = scenario.dial(number, &[]).await;
    settle().await;
    let inside = phone.state().await.is_some();
    assert_eq!(heard(&phone, "conf-locked").await, !inside);
    if inside {
        phone.hangup().await;
    }
    settle().await;
    inside
}

#[tokio::test(start_paused = true)]
async fn a_moderator_locks_the_conference_and_opens_it_again() {
    let scenario = shop(json!({"play_entry_tone": false, "play_exit_tone": false})).await;
    let member = scenario.dial("1", &[]).await;
    let moderator = scenario.dial("3", &[]).await;
    settle().await;
    assert!(comes_in(&scenario, "1").await);
    moderator.press("*").await;
    settle().await;
    assert!(!comes_in(&scenario, "1").await);
    // Those inside stay, and another moderator comes in.
    assert_eq!(hears(&member).await, 1);
    assert!(comes_in(&scenario, "3").await);
    moderator.press("*").await;
    settle().await;
    assert!(comes_in(&scenario, "1").await);
    let told = on_bridges(&scenario).await;
    assert_eq!(told, ["sound:conf-lockednow", "sound:conf-unlockednow"]);
    member.hangup().await;
    moderator.hangup().await;
    scenario.nothing_left().await;
}

#[test]
fn a_members_star_locks_nothing_and_a_new_conference_is_open() {
    for (number, again, open) in [("1", false, true), ("3", false, false), ("3", true, true)] {
        in_virtual_time(async move {
            let scenario = shop(json!({})).await;
            let mut inside = Vec::new();
            for caller in [number, "1"] {
                inside.push(scenario.dial(caller, &[]).await);
                settle().await;
            }
            inside[0].press("*").await;
            settle().await;
            if again {
                for phone in &inside {
                    phone.hangup().await;
                }
                scenario.nothing_left().await;
            }
            assert_eq!(comes_in(&scenario, "1").await, open, "{number} {again}");
        });
    }
}
