//! What each verb does on a call: what the caller hears, and what is asked of
//! the web application.

mod dial;
mod flow;
mod gather;
mod record;
mod sounds;
mod values;

use std::time::Duration;

use pivot::simulate::{Behaviour, Heard, Phone, Sound};

use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, seconds, twiml};

/// A pivot whose `/voice` answers with these verbs.
async fn with(verbs: &str) -> Scenario {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml(verbs));
    scenario
}

/// The one request for `path`, which has come.
async fn asked(scenario: &Scenario, path: &str) -> Seen {
    let mut seen = scenario.web.at(path);
    assert_eq!(seen.len(), 1, "{path}\n{}", scenario.lines().await);
    seen.remove(0)
}

/// A parameter; `-` when it is not there.
fn param(seen: &Seen, name: &str) -> String {
    seen.param(name).unwrap_or_else(|| "-".into())
}

async fn heard(phone: &Phone) -> Vec<(String, Heard)> {
    let all = phone.heard().await;
    all.into_iter()
        .filter_map(|heard| match &heard.what {
            Sound::Media(uri) => Some((uri.clone(), heard)),
            _ => None,
        })
        .collect()
}

/// Was it ever answered?
async fn answered(phone: &Phone) -> bool {
    phone.responses().await.contains(&200)
}
