//! `voicemail`: leaving messages and hearing them.

mod calling;
mod greeting;
mod hearing;
mod keys;
mod leaving;
mod opening;
mod resumed;
mod settings;
mod telling;
mod winding;

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, node, play, with};
use crate::callflow_talk::{Talk, about, wave};
use crate::support::{Scenario, ms};

/// A shop with box 4001 of Bob's behind number 1 (to leave messages) and 2 (to
/// hear them).
async fn shop(fields: Value) -> Scenario {
    shop_with("", fields).await
}

async fn shop_with(config: &str, fields: Value) -> Scenario {
    let scenario = Scenario::stored_with(config).await;
    let usual = json!({"name": "Bob", "mailbox": "4001", "pin": "1234", "is_setup": true, "owner_id": "bob",
        "timezone": "Europe/Berlin"});
    scenario.put(Kind::Vmbox, "box", with(usual, &fields)).await;
    let user = json!({"first_name": "Bob", "last_name": "Builder", "email": "bob@example.com"});
    scenario.put(Kind::User, "bob", user).await;
    for (number, action) in [("1", "compose"), ("2", "check")] {
        let visit = node("voicemail", json!({"id": "box", "action": action}));
        scenario
            .callflow(action, &[number], chain([visit, play("after")]))
            .await;
    }
    scenario
        .callflow("operator", &["0"], play("operator"))
        .await;
    scenario
}

/// Bob calls to hear his messages, from his own phone.
async fn bobs_visit(scenario: &Scenario) -> Talk<'_> {
    is_bob(scenario).await;
    scenario.talk("2", &["internal=yes"]).await
}

/// The caller's phone, which the fake calls `sipp`, is Bob's.
async fn is_bob(scenario: &Scenario) {
    let device = json!({"name": "Bob's", "sip": {"username": "sipp"}, "owner_id": "bob"});
    scenario.put(Kind::Device, "phone", device).await;
}

/// Puts messages into the box, the oldest first.
async fn messages(scenario: &Scenario, all: &[(&str, u32)]) {
    for (place, (folder, milliseconds)) in all.iter().enumerate() {
        let id = format!("box/202611-{place}");
        let document = json!({"timestamp": 63_900_000_000_i64 + place as i64, "folder": folder,
            "caller_id_number": "2030", "caller_id_name": "Alice", "length": milliseconds});
        scenario
            .put_sound(Kind::Message, &id, document, wave(*milliseconds))
            .await;
    }
}

async fn folders(scenario: &Scenario) -> Vec<String> {
    let all = scenario.all_of(Kind::Message).await;
    all.iter()
        .map(|m| m.body["folder"].as_str().unwrap_or("new").to_owned())
        .collect()
}

/// Which of the files that were heard last about so long.
async fn played(talk: &Talk<'_>, milliseconds: u64) -> usize {
    let lengths = talk.lengths().await;
    lengths
        .iter()
        .filter(|length| about(**length, ms(milliseconds)))
        .count()
}
