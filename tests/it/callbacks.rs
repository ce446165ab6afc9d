//! What web servers are told beside the calls: order, bound, retries, draining.

use std::time::Duration;

use pivot::callbacks::{Callback, Callbacks};
use pivot::clock;
use pivot::id::CallId;
use pivot::trace::{Kind, Summary, Trace, Traces};
use pivot::web::Web;
use tokio_util::task::TaskTracker;

use crate::support::{Reply, Scenario, WebApp, ms, seconds, twiml};

struct Office {
    callbacks: Callbacks,
    trace: Trace,
    traces: Traces,
    background: TaskTracker,
    app: WebApp,
}

impl Office {
    async fn new() -> (Self, impl Future<Output = ()> + Send) {
        pivot::web::install_crypto();
        let web = Web::new(&pivot::config::Web::default()).unwrap();
        let (callbacks, sending) = Callbacks::start(web, None);
        let (traces, keeping) = Traces::start(10);
        tokio::spawn(keeping);
        let id = CallId::new();
        let trace = traces.begin(&id, summary(&id));
        let office = Self {
            callbacks,
            trace,
            traces,
            background: TaskTracker::new(),
            app: WebApp::start().await,
        };
        (office, sending)
    }

    /// One that sends.
    async fn open() -> Self {
        let (office, sending) = Self::new().await;
        tokio::spawn(sending);
        office
    }

    fn send(&self, about: &str, path: &str, number: usize) {
        self.callbacks.send(Callback {
            about: about.into(),
            what: "test",
            url: format!("{}{path}", self.app.url()),
            method: http::Method::POST,
            params: vec![("n".into(), number.to_string())],
            trace: self.trace.clone(),
            taken: None,
            held: self.background.token(),
        });
    }

    /// The numbers that came, in their order.
    fn came(&self) -> Vec<String> {
        let seen = self.app.seen();
        seen.iter().filter_map(|seen| seen.param("n")).collect()
    }

    async fn warnings(&self) -> Vec<String> {
        let calls = self.traces.calls().await;
        let timeline = self.traces.find(&calls[0].id).await.unwrap();
        let entries = timeline.entries.into_iter();
        entries
            .filter(|entry| entry.kind == Kind::Warning)
            .map(|entry| entry.text)
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn those_about_one_thing_come_one_after_the_other() {
    let office = Office::open().await;
    office.app.on("/slow", Reply::status(204).after(seconds(3)));
    office.app.on("/quick", Reply::status(204));
    office.send("RE1", "/slow", 1);
    office.send("RE1", "/quick", 2);
    office.send("RE1", "/quick", 3);
    tokio::time::sleep(seconds(2)).await;
    assert_eq!(office.came(), ["1"], "the first is not answered yet");
    tokio::time::sleep(seconds(2)).await;
    assert_eq!(office.came(), ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn others_go_on_while_one_server_is_slow() {
    let office = Office::open().await;
    office
        .app
        .on("/slow", Reply::status(204).after(seconds(10)));
    office.app.on("/quick", Reply::status(204));
    office.send("RE1", "/slow", 1);
    for other in 2..20 {
        office.send(&format!("RE{other}"), "/quick", other);
    }
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(office.came().len(), 19);
}

#[tokio::test(start_paused = true)]
async fn a_failure_lets_the_next_pass_and_is_told_with_its_code() {
    let office = Office::open().await;
    office.app.on("/broken", Reply::status(500));
    office.app.on("/quick", Reply::status(204));
    office.send("RE1", "/broken", 1);
    office.send("RE1", "/quick", 2);
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(office.came(), ["1", "2"], "not tried again");
    let warnings = office.warnings().await;
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("15003") && warnings[0].contains("500"),
        "{warnings:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_again_as_the_url_says() {
    let office = Office::open().await;
    for status in [500, 503, 204] {
        office.app.on("/flaky", Reply::status(status));
    }
    office.send("RE1", "/flaky#rc=2&rp=5xx", 1);
    office.send("RE1", "/never#rc=3&rp=5xx", 2);
    tokio::time::sleep(seconds(20)).await;
    // 404 is not among what is tried again.
    assert_eq!(office.came(), ["1", "1", "1", "2"]);
    let tokens: Vec<_> = office
        .app
        .at("/flaky")
        .iter()
        .map(|seen| seen.headers["i-twilio-idempotency-token"].clone())
        .collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_are_dropped_with_a_warning() {
    // Nobody sends.
    let (office, _sending) = Office::new().await;
    for number in 0..10_001 {
        office.send("RE1", "/x", number);
    }
    let warnings = office.warnings().await;
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("10000 callbacks wait"), "{warnings:?}");
    assert_eq!(office.background.len(), 10_000, "it holds nothing back");
}

// Check 193.
#[tokio::test(start_paused = true)]
async fn a_call_never_waits_for_a_callback_nor_for_its_failure() {
    let mut kept = Vec::new();
    for reply in [
        Reply::status(204).after(seconds(14)),
        Reply::status(500).after(seconds(5)),
    ] {
        let record = "<Record maxLength='2' timeout='0' recordingStatusCallback='/status' \
                      recordingStatusCallbackEvent='in-progress completed absent'/><Pause length='1'/>";
        let scenario = Scenario::new().await;
        scenario.web.on("/voice", twiml(record));
        scenario.web.on("/status", reply);
        let phone = scenario.call().await;
        let ended = phone.wait_ended().await.unwrap();
        assert!(ended.at < seconds(5), "{ended:?}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_what_is_yet_to_be_told() {
    let record = "<Record maxLength='2' timeout='0' recordingStatusCallback='/status' \
                  recordingStatusCallbackEvent='in-progress completed absent'/>";
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml(record));
    scenario
        .web
        .on("/status", Reply::status(204).after(seconds(6)));
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(5));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(scenario.web.at("/status").len(), 1, "the second waits");
    let began = tokio::time::Instant::now();
    scenario.pivot.drain().await;
    assert!(began.elapsed() > seconds(7), "{:?}", began.elapsed());
    assert!(began.elapsed() < seconds(20), "{:?}", began.elapsed());
    tokio::time::sleep(ms(100)).await;
    let told: Vec<_> = scenario
        .web
        .at("/status")
        .iter()
        .filter_map(|seen| seen.param("RecordingStatus"))
        .collect();
    assert_eq!(told, ["in-progress", "completed"]);
}

fn summary(id: &CallId) -> Summary {
    Summary {
        id: id.to_string(),
        channel: String::new(),
        from: String::new(),
        to: String::new(),
        began: clock::now(),
        ended: None,
        state: String::new(),
    }
}
