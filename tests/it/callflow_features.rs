//! Feature codes: park, pickup, intercept, eavesdrop, move, intercom, paging, and
//! the switches of a phone.

mod camping;
mod hotdesk;
mod park;
pub(crate) mod pickup;
mod queued;
mod slots;
mod switches;
mod taken_over;
mod together;

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller, Phone, Sound};
use serde_json::{Value, json};

use crate::callflow_flows::{node, play};
use crate::support::{Scenario, seconds};

/// A shop with three people, each with a phone of the same name, and callflows that
/// ring them: 101 Ann, 102 Bob, 103 Carl.
async fn shop() -> Scenario {
    shop_in(Scenario::stored().await).await
}

async fn shop_in(scenario: Scenario) -> Scenario {
    for (name, extension) in [("ann", "101"), ("bob", "102"), ("carl", "103")] {
        let user = json!({"first_name": name, "last_name": "Smith"});
        scenario.put(Kind::User, &format!("u-{name}"), user).await;
        let device = json!({
            "name": name, "owner_id": format!("u-{name}"), "sip": {"username": name}
        });
        scenario
            .put(Kind::Device, &format!("d-{name}"), device)
            .await;
        let flow = node("device", json!({"id": format!("d-{name}")}));
        scenario.callflow(name, &[extension], flow).await;
    }
    let sales = json!({"name": "sales", "endpoints": {
        "d-ann": {"type": "device"}, "u-bob": {"type": "user"}
    }});
    scenario.put(Kind::Group, "sales", sales).await;
    scenario
}

impl Scenario {
    /// Somebody's phone dials this number, from inside.
    async fn dials(&self, who: &str, number: &str) -> Phone {
        self.dials_with(who, number, &[]).await
    }

    async fn dials_with(&self, who: &str, number: &str, variables: &[(&str, &str)]) -> Phone {
        let variables = variables.iter();
        self.call_from(Caller {
            number: who.into(),
            name: who.into(),
            endpoint: who.into(),
            to: number.into(),
            args: vec!["internal=yes".into()],
            variables: variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Caller::default()
        })
        .await
    }

    /// A flow that is reached by a pattern which captures what follows the code.
    async fn feature(&self, code: &str, flow: Value) {
        let pattern = format!("^\\*{code}(.*)$");
        let document = json!({"name": code, "patterns": [pattern], "flow": flow});
        self.put(Kind::Callflow, &format!("code{code}"), document)
            .await;
    }

    /// A phone that answers after so long, and stays.
    async fn answers_after(&self, who: &str, after: Duration) {
        let pattern = format!("PJSIP/{who}*");
        self.asterisk
            .callee(&pattern, Behaviour::answers(after))
            .await;
    }

    /// The timelines of all calls, for messages of failing tests.
    async fn all(&self) -> String {
        let mut text = String::new();
        for call in self.pivot.traces.calls().await {
            let Some(timeline) = self.pivot.traces.find(&call.id).await else {
                continue;
            };
            text += &format!("== {} → {}\n", call.from, call.to);
            for entry in timeline.entries {
                text += &format!("{:?} {}\n", entry.kind, entry.text);
            }
        }
        text
    }

    /// What somebody heard, in words.
    async fn words(&self, phone: &Phone) -> Vec<String> {
        phone.heard_media().await
    }
}

/// Ann dials a feature, and its `_` runs afterwards.
async fn ann_runs(scenario: &Scenario, module: &str, data: Value, keys: &[&str]) -> Vec<String> {
    let mut flow = node(module, data);
    flow["children"] = json!({"_": play("done")});
    scenario.callflow("feature", &["*1"], flow).await;
    let phone = scenario.dials("ann", "*1").await;
    for keys in keys {
        tokio::time::sleep(seconds(5)).await;
        phone.press(keys).await;
    }
    scenario.end(&phone).await;
    scenario.words(&phone).await
}

/// Whether the two have heard each other.
async fn talked(one: &Phone, other: &Phone) -> bool {
    hears(one, other).await && hears(other, one).await
}

/// Whether `one` was in a bridge with `other`.
async fn hears(one: &Phone, other: &Phone) -> bool {
    let heard = one.heard().await;
    heard.iter().any(|heard| match &heard.what {
        Sound::Bridge(others) => others.iter().any(|channel| channel == other.channel()),
        _ => false,
    })
}

/// Whether Asterisk was asked something whose path has this in it.
async fn asked(scenario: &Scenario, part: &str) -> bool {
    let requests = scenario.asterisk.requests().await;
    requests.iter().any(|request| request.path.contains(part))
}

/// A moment for what has been asked to come about.
async fn a_while() {
    tokio::time::sleep(seconds(2)).await;
}
