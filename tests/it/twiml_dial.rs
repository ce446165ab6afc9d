//! The legs of a Dial: what is told about each, how they are rung, and what
//! happens between their answer and the bridge.

mod application;
mod callbacks;
mod machine;
mod nouns;
mod order;
mod screening;

use std::time::Duration;

use pivot::simulate::Behaviour;

use crate::support::web_app::Seen;
use crate::support::{Scenario, seconds, twiml};

/// A pivot whose `/voice` answers with this Dial and a sound after it.
async fn dialling(dial: &str) -> Scenario {
    with(Scenario::new().await, dial)
}

fn with(scenario: Scenario, dial: &str) -> Scenario {
    let document = twiml(&format!("{dial}<Play>sound:after</Play>"));
    scenario.web.on("/voice", document);
    scenario.web.on("/dialled", twiml("<Hangup/>"));
    scenario.web.on("/leg", twiml(""));
    scenario
}

/// Answers after two seconds and talks for so long.
fn talks(length: u64) -> Behaviour {
    Behaviour::answers(seconds(2)).hangs_up_after(seconds(length))
}

fn rings(ring: u64) -> Behaviour {
    Behaviour::answers(seconds(ring))
}

/// Hangs up without an answer after this long.
fn refuses(code: u16, after: Duration) -> Behaviour {
    Behaviour {
        outcome: pivot::simulate::Outcome::RejectAfter(code, after),
        ..Behaviour::answers(seconds(0))
    }
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

/// Of each request for `path` in turn.
fn params(scenario: &Scenario, path: &str, name: &str) -> Vec<String> {
    let seen = scenario.web.at(path);
    seen.iter().map(|seen| param(seen, name)).collect()
}
