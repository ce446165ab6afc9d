//! Queues: callers who wait, agents who take them, and who is told what.

mod agents;
mod ends;
mod resume;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use pivot::call::Checkpoints;
use pivot::id::CallId;
use pivot::simulate::{Caller, Heard, Phone, Sound};
use pivot::trace::Timeline;

use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, Setting, ms, seconds, twiml};

/// `/voice` for those who dial 1000, `/agent` for those who dial 2000, and what the
/// documents of both ask for.
async fn queue(caller: &str, agent: &str) -> Scenario {
    queue_with(caller, agent, None).await
}

/// The same with checkpoints of the test's own.
async fn queue_with(
    caller: &str,
    agent: &str,
    checkpoints: Option<Arc<dyn Checkpoints>>,
) -> Scenario {
    let config = "[default]\nvoice_url = \"{app}/docs/voice\"\n\
        [[route]]\nnumbers = ['2000']\nvoice_url = \"{app}/desk/agent\"\n";
    let scenario = Scenario::with(Setting {
        config: config.into(),
        checkpoints,
        ..Setting::default()
    })
    .await;
    let web = &scenario.web;
    web.on("/docs/voice", twiml(caller));
    web.on("/desk/agent", twiml(agent));
    web.on("/docs/wait", twiml("<Play>sound:wait</Play>"));
    web.on("/docs/left", twiml("<Play>sound:left</Play>"));
    web.on("/desk/greet", twiml("<Play>sound:greet</Play>"));
    web.on("/desk/done", twiml("<Play>sound:done</Play>"));
    scenario.asterisk.sound("wait", seconds(5)).await;
    scenario.asterisk.sound("greet", seconds(3)).await;
    scenario
}

const ENQUEUE: &str = "<Enqueue waitUrl='wait' action='left'>support</Enqueue>";
const DIAL: &str = "<Dial action='done'><Queue>support</Queue></Dial>";

/// Somebody comes to the agent's number.
async fn agent(scenario: &Scenario) -> Phone {
    let caller = Caller {
        number: "+15559999".into(),
        name: "Bob".into(),
        to: "2000".into(),
        ..Caller::default()
    };
    scenario.call_from(caller).await
}

/// The one request for `path`, which has come.
async fn asked(scenario: &Scenario, path: &str) -> Seen {
    let mut seen = scenario.web.at(path);
    assert_eq!(seen.len(), 1, "{path}\n{}", all_lines(scenario).await);
    seen.remove(0)
}

fn param(seen: &Seen, name: &str) -> String {
    seen.param(name).unwrap_or_else(|| "-".into())
}

fn params(seen: &Seen, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| param(seen, name)).collect()
}

/// The values of a parameter in all requests for a path.
fn each(scenario: &Scenario, path: &str, name: &str) -> Vec<String> {
    scenario
        .web
        .at(path)
        .iter()
        .map(|seen| param(seen, name))
        .collect()
}

/// The call of a phone.
async fn timeline(scenario: &Scenario, number: usize) -> Timeline {
    let mut calls = scenario.pivot.traces.calls().await;
    calls.sort_by_key(|call| call.began);
    scenario.pivot.traces.find(&calls[number].id).await.unwrap()
}

async fn call_id(scenario: &Scenario, number: usize) -> CallId {
    let id = timeline(scenario, number).await.summary.id;
    serde_json::from_value(id.into()).unwrap()
}

/// Every call's timeline, for messages of failing tests.
async fn all_lines(scenario: &Scenario) -> String {
    let mut text = String::new();
    for number in 0..scenario.pivot.traces.calls().await.len() {
        let timeline = timeline(scenario, number).await;
        text += &format!("--- {} to {}\n", timeline.summary.id, timeline.summary.to);
        for entry in &timeline.entries {
            let at = entry.at.since(timeline.summary.began).as_secs_f64();
            text += &format!("{at:>8.3} {:?} {}\n", entry.kind, entry.text);
        }
    }
    text
}

async fn over(scenario: &Scenario) {
    let waited = tokio::time::Instant::now();
    while scenario
        .pivot
        .traces
        .calls()
        .await
        .iter()
        .any(|call| call.ended.is_none())
    {
        tokio::time::sleep(ms(100)).await;
        assert!(
            waited.elapsed() < seconds(60),
            "a call does not end:\n{}",
            all_lines(scenario).await
        );
    }
    let left = scenario.asterisk.leftovers().await;
    assert!(left.is_empty(), "{left:?}\n{}", all_lines(scenario).await);
}

/// How long a phone was in a bridge with somebody.
async fn talked(phone: &Phone) -> Duration {
    let heard = phone.heard().await;
    heard
        .iter()
        .filter(|heard| matches!(heard.what, Sound::Bridge(_)))
        .map(|heard| heard.to.unwrap_or_default() - heard.from)
        .sum()
}

async fn music(phone: &Phone) -> Vec<Heard> {
    let heard = phone.heard().await;
    heard
        .into_iter()
        .filter(|heard| matches!(heard.what, Sound::Music(_)))
        .collect()
}

fn about(seconds: f64) -> impl Fn(Duration) -> bool {
    move |duration| (duration.as_secs_f64() - seconds).abs() < 0.5
}

/// Two scenarios in one paused runtime hang.
fn on_its_own(story: impl Future<Output = ()> + Send) {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .start_paused(true)
                    .build()
                    .unwrap()
                    .block_on(story);
            })
            .join()
            .unwrap();
    });
}
