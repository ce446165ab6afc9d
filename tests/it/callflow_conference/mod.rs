//! `conference`: which room, as what, and what is heard.

mod entering;
mod inside;
mod locking;

use pivot::objects::Kind;
use pivot::simulate::{Phone, Sound};
use serde_json::{Value, json};

use crate::callflow_flows::{chain, node, play, with};
use crate::support::{Scenario, seconds};

/// A stored conference behind number 1, and 3 for moderators; one that asks for its
/// number behind 2.
async fn shop(fields: Value) -> Scenario {
    let scenario = Scenario::stored().await;
    let usual = json!({"name": "Team", "conference_numbers": ["500"], "member": {"numbers": ["501"]},
        "moderator": {"numbers": ["502"]}});
    scenario
        .put(Kind::Conference, "team", with(usual, &fields))
        .await;
    for (number, data) in [
        ("1", json!({"id": "team"})),
        ("2", json!({})),
        ("3", json!({"id": "team", "moderator": true})),
    ] {
        let quiet = json!({"welcome_prompt": {"play": false}});
        enters(&scenario, number, with(quiet, &data)).await;
    }
    scenario
}

/// A flow behind this number that leads into a conference.
async fn enters(scenario: &Scenario, number: &str, data: Value) {
    let flow = chain([node("conference", data), play("never")]);
    scenario.callflow(number, &[number], flow).await;
}

/// The others whom a phone hears at this moment.
async fn hears(phone: &Phone) -> usize {
    let heard = phone.heard().await;
    let now = heard.into_iter().filter(|heard| heard.to.is_none());
    now.map(|heard| match heard.what {
        Sound::Bridge(others) => others.len(),
        _ => 0,
    })
    .sum()
}

async fn settle() {
    tokio::time::sleep(seconds(6)).await;
}

/// The media that bridges were asked to play.
async fn on_bridges(scenario: &Scenario) -> Vec<String> {
    let requests = scenario.asterisk.requests().await;
    requests
        .iter()
        .filter(|r| r.path.starts_with("bridges/") && r.path.contains("/play"))
        .map(|r| r.params["media"][0].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Whether a phone has heard this sound of Asterisk's.
async fn heard(phone: &Phone, sound: &str) -> bool {
    let uri = format!("sound:{sound}");
    phone.heard_media().await.contains(&uri)
}
