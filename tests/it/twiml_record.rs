//! Recordings: what is in them, and what web servers are told about them.

mod beside;
mod dial;
mod status;
mod transcribe;

use std::time::Duration;

use pivot::simulate::Phone;

use crate::support::web_app::Seen;
use crate::support::{Scenario, ms, seconds, twiml};

/// A pivot whose `/voice` answers with these verbs, `/status` with 204.
async fn with(verbs: &str) -> Scenario {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml(verbs));
    scenario.web.on("/action", twiml("<Hangup/>"));
    scenario
        .web
        .on("/status", crate::support::Reply::status(204));
    scenario
}

/// A parameter; `-` when it is not there.
fn param(seen: &Seen, name: &str) -> String {
    seen.param(name).unwrap_or_else(|| "-".into())
}

fn number(seen: &Seen, name: &str) -> u64 {
    param(seen, name)
        .parse()
        .unwrap_or_else(|_| panic!("{name} in {}", seen.body))
}

/// The call is over, and so is all that is told about it.
async fn over(scenario: &Scenario, phone: &Phone) {
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    // Callbacks and what they wait for.
    tokio::time::sleep(seconds(20)).await;
}

/// The `RecordingStatus` of every callback.
fn told(scenario: &Scenario) -> Vec<String> {
    let seen = scenario.web.at("/status");
    seen.iter()
        .map(|seen| param(seen, "RecordingStatus"))
        .collect()
}

/// The paths asked for, in their order.
fn paths(scenario: &Scenario) -> Vec<String> {
    scenario
        .web
        .seen()
        .into_iter()
        .map(|seen| seen.path)
        .collect()
}

/// How a recording begins and ends is told; the file is there.
fn length_of(scenario: &Scenario, sid: &str) -> Duration {
    let path = scenario.dir.join(format!("recordings/{sid}.wav"));
    let reader = hound::WavReader::open(path).unwrap();
    Duration::from_millis(u64::from(reader.duration()) * 1000 / 8000)
}
