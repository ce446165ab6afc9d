//! The event socket is lost and comes back; Asterisk restarts, is not there, or
//! is taken by another program; pivot that is gone leaves calls behind.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use pivot::app::{App, Options};
use pivot::ari::SocketState;
use pivot::call::MemoryCheckpoints;
use pivot::config::Config;
use pivot::simulate::{self, Behaviour, FakeAsterisk};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{Folder, Reply, Scenario, Setting, ms, seconds, twiml};

/// How long the socket is away; several attempts to come back fail meanwhile.
const DOWN: Duration = seconds(3);

async fn hears_hello(scenario: &Scenario) {
    scenario
        .web
        .on("/new", twiml("<Play>sound:hello-again</Play>"));
    let url = format!("{}/new", scenario.web.url());
    let phone = scenario
        .call_from(simulate::Caller {
            args: vec![url],
            ..simulate::Caller::default()
        })
        .await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await,
        ["sound:hello-again"],
        "a new call is served"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_call_does_goes_on_over_a_lost_socket() {
    // When the socket breaks, in milliseconds, and what is heard in the end.
    let cases: &[(&str, u64)] = &[
        ("<Play>sound:long</Play>", 2_000),
        ("<Play>sound:long</Play>", 9_000),
        (
            "<Gather timeout='12' numDigits='1'><Play>sound:long</Play></Gather>",
            3_000,
        ),
        ("<Gather timeout='12' numDigits='1'/>", 3_000),
        (
            "<Record timeout='0' maxLength='12' playBeep='false'/>",
            3_000,
        ),
        (
            "<Record timeout='0' maxLength='4' playBeep='false'/>",
            3_000,
        ),
        ("<Dial>1</Dial>", 1_000),
        ("<Dial>1</Dial>", 3_500),
        ("<Dial>1</Dial>", 10_000),
        ("<Dial><Number>1</Number><Number>2</Number></Dial>", 1_000),
        ("<Dial><Number>1</Number><Number>2</Number></Dial>", 3_500),
        (
            "<Dial record='record-from-answer'><Number>1</Number><Number>2</Number></Dial>",
            10_000,
        ),
        ("<Pause length='8'/>", 3_000),
        ("<Redirect>/slow</Redirect>", 1_000),
    ];
    for version in [simulate::Version::V22, simulate::Version::V16] {
        for (document, at) in cases {
            let scenario = Scenario::with(Setting {
                version,
                ..Setting::default()
            })
            .await;
            scenario.asterisk.sound("long", seconds(10)).await;
            scenario
                .asterisk
                .callee(
                    "*",
                    Behaviour::answers(seconds(5)).hangs_up_after(seconds(6)),
                )
                .await;
            let rest = "<Play>sound:goodbye</Play>";
            scenario
                .web
                .on("/voice", twiml(&format!("{document}{rest}")));
            scenario.web.on("/slow", twiml(rest).after(seconds(6)));
            let phone = scenario.call().await;
            tokio::time::sleep(ms(*at)).await;
            scenario.asterisk.drop_sockets(DOWN).await;
            let ended = phone.wait_ended().await.unwrap();
            let about = format!("{version:?} {document} at {at}\n{}", scenario.lines().await);
            assert!(!ended.by_phone, "{about}");
            assert!(ended.at < seconds(40), "{:?} {about}", ended.at);
            assert_eq!(
                phone.heard_media().await.last().map(String::as_str),
                Some("sound:goodbye"),
                "{about}"
            );
            if document.contains("<Dial") {
                assert!(about.contains("dial ended: Completed"), "{about}");
            }
            hears_hello(&scenario).await;
            scenario.nothing_left().await;
            scenario.nothing_loops().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_that_nobody_was_told_of_is_found_out() {
    let cases = [
        ("<Play>sound:long</Play>", None),
        ("<Pause length='100'/>", None),
        ("<Gather action='/a' timeout='100'/>", None),
        (
            "<Record action='/a' timeout='0'/>",
            Some(("Digits", "hangup")),
        ),
        (
            "<Dial action='/a'>1</Dial>",
            Some(("DialCallStatus", "completed")),
        ),
    ];
    for (document, told) in cases {
        let scenario = Scenario::new().await;
        scenario.asterisk.sound("long", seconds(100)).await;
        scenario
            .asterisk
            .callee("*", Behaviour::answers(seconds(1)))
            .await;
        scenario.web.on("/voice", twiml(document));
        scenario.web.on("/a", twiml("<Hangup/>"));
        let phone = scenario.call().await;
        tokio::time::sleep(seconds(4)).await;
        scenario.asterisk.drop_sockets(DOWN).await;
        phone.hangup_at(seconds(1));
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        let asked = scenario.web.at("/a");
        assert_eq!(
            asked.len(),
            usize::from(told.is_some()),
            "{document}\n{lines}"
        );
        if let Some((name, value)) = told {
            assert_eq!(
                asked[0].param(name).as_deref(),
                Some(value),
                "{document}\n{lines}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_callee_who_left_meanwhile_is_found_out_and_the_next_verb_runs() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(1)).hangs_up_after(seconds(4)),
        )
        .await;
    scenario
        .web
        .on("/voice", twiml("<Dial action='/d'>1</Dial>"));
    scenario.web.on("/d", twiml("<Play>sound:goodbye</Play>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    scenario.asterisk.drop_sockets(DOWN).await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    assert_eq!(phone.heard_media().await, ["sound:goodbye"], "{lines}");
    let told = &scenario.web.at("/d")[0];
    assert_eq!(told.param("DialCallStatus").as_deref(), Some("completed"));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_a_restarted_asterisk_has_lost_are_over() {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/voice'\nstatus_callback = '{app}/status'\n",
    )
    .await;
    scenario
        .asterisk
        .callee("*", Behaviour::answers(seconds(1)))
        .await;
    scenario.web.on(
        "/voice",
        twiml("<Dial action='/d' record='record-from-answer'>1</Dial>"),
    );
    scenario.web.on("/d", twiml("<Hangup/>"));
    scenario.web.on("/status", Reply::status(204));
    let _phone = scenario.call().await;
    tokio::time::sleep(seconds(5)).await;
    scenario.asterisk.restart(DOWN).await;
    tokio::time::sleep(seconds(20)).await;
    let ended = scenario.timeline().await.summary.ended;
    assert!(ended.is_some(), "{}", scenario.lines().await);
    assert_eq!(scenario.web.at("/d").len(), 1);
    assert_eq!(scenario.web.at("/status").len(), 1);
    scenario.nothing_loops().await;
    hears_hello(&scenario).await;
    let mut left = scenario.asterisk.leftovers().await;
    // Files survive the crash of the Asterisk that wrote them.
    left.stored_recordings.clear();
    assert!(left.is_empty(), "{left:?}");
}

/// Connects to the fake as another program would, with the same name.
async fn other_program(asterisk: &FakeAsterisk) -> impl Sized + use<> {
    let url = format!(
        "{}/ari/events?app=pivot",
        asterisk.url().replace("http", "ws")
    );
    let mut request = url.into_client_request().unwrap();
    let basic = "Basic cGl2b3Q6c2VjcmV0".parse().unwrap();
    request.headers_mut().insert("authorization", basic);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} })
}

#[tokio::test(start_paused = true)]
async fn another_program_that_takes_the_name_is_not_fought() {
    let scenario = Scenario::new().await;
    let _other = other_program(&scenario.asterisk).await;
    let mut state = scenario.pivot.connection.state.clone();
    let replaced = state.wait_for(|state| *state == SocketState::Replaced);
    tokio::time::timeout(seconds(10), replaced)
        .await
        .unwrap()
        .unwrap();
    let connects = |log: &[simulate::Entry]| {
        log.iter()
            .filter(|entry| entry.kind() == "ApplicationReplaced")
            .count()
    };
    tokio::time::sleep(seconds(600)).await;
    assert_eq!(
        connects(&scenario.asterisk.log().await),
        1,
        "pivot does not take it back"
    );
    assert!(
        !*scenario.pivot.ready.borrow(),
        "and says that it is not ready"
    );
}

/// Starts a pivot at this fake without waiting for it.
async fn pivot_at(url: &str, password: &str, dir: &std::path::Path) -> App {
    let text = format!(
        "[ari]\nurl = '{url}'\nusername = 'pivot'\npassword = '{password}'\n[default]\nvoice_url = 'http://127.0.0.1:9/'\n\
         [recordings]\ndir = '{dir}/recordings'\n[media]\ndir = '{dir}/media'\nasterisk_dir = '{dir}/media'\n",
        dir = dir.display()
    );
    let path = dir.join("pivot.toml");
    std::fs::write(&path, text).unwrap();
    let (config, _) = Config::load_with(Some(&path), []).unwrap();
    let options = Options {
        checkpoints: Some(Arc::new(MemoryCheckpoints::default())),
        quiet: true,
        ..Options::default()
    };
    App::start(config, options).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_said_with_where_to_look() {
    let asterisk = FakeAsterisk::start(simulate::Options::default())
        .await
        .unwrap();
    let dir = Folder::new();
    let pivot = pivot_at(&asterisk.url(), "wrong-one", &dir.0).await;
    tokio::time::sleep(seconds(3)).await;
    let SocketState::Connecting(Some(reason)) = pivot.connection.state.borrow().clone() else {
        panic!("{:?}", pivot.connection.state.borrow());
    };
    assert!(
        reason.contains("401") && reason.contains("[ari]"),
        "{reason}"
    );
    assert!(reason.contains("ari.conf"), "{reason}");
    assert!(!reason.contains("wrong-one"), "no secret in it: {reason}");
}

#[tokio::test(start_paused = true)]
async fn an_asterisk_that_is_not_there_at_start_is_waited_for() {
    let asterisk = FakeAsterisk::start(simulate::Options::default())
        .await
        .unwrap();
    asterisk.restart(seconds(30)).await;
    let dir = Folder::new();
    let mut pivot = pivot_at(&asterisk.url(), "secret", &dir.0).await;
    tokio::time::sleep(seconds(10)).await;
    assert!(!*pivot.ready.borrow());
    assert!(matches!(
        &*pivot.connection.state.borrow(),
        SocketState::Connecting(Some(_))
    ));
    let ready = tokio::time::timeout(seconds(60), pivot.wait_ready()).await;
    assert_eq!(ready, Ok(true), "{:?}", pivot.connection.state.borrow());
}

#[tokio::test(start_paused = true)]
async fn what_a_pivot_that_is_gone_has_left_is_cleared_away() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee("*", Behaviour::answers(seconds(1)))
        .await;
    scenario.web.on("/voice", twiml("<Dial>1</Dial>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(5)).await;
    // Its tasks stop as with kill -9: nothing is told to Asterisk.
    let id = scenario.checkpoints.calls().remove(0);
    scenario.pivot.drop_call(&id).await;
    let dir = Folder::new();
    let mut next = pivot_at(&scenario.asterisk.url(), "secret", &dir.0).await;
    assert!(next.wait_ready().await);
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(30), "{:?}", ended.at);
    let continued = phone.continued().await.expect("the caller is handed back");
    assert_eq!(
        continued.variables.get("PIVOT_STATUS").map(String::as_str),
        Some("INTERNAL_ERROR")
    );
    assert!(!continued.variables["PIVOT_REASON"].is_empty());
    tokio::time::sleep(seconds(1)).await;
    let left = scenario.asterisk.leftovers().await;
    assert!(left.is_empty(), "{left:?}");
}
