//! What a caller gets when something around pivot fails, with the dialplan that
//! pivot ships: an unanswered caller gets SIP 503, so that carriers try elsewhere.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::asterisk::{self, Asterisk};
use pivot_lab::phone::OnCall;
use pivot_lab::pivot::{self, Pivot};
use pivot_lab::webapp::{Answer, WebApp};

const CALLER: &str = "15550001";
const OTHER: &str = "15557001";

async fn refused(asterisk: &Asterisk) {
    let mut call = asterisk.phone(CALLER).call("2100").await.unwrap();
    call.wait_ended().await.ok();
    assert_eq!(call.state().code, Some(503));
    let left = asterisk.settled_leftovers().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

async fn a_web_application_that_is_down_sends_the_call_on_in_the_dialplan(version: &str) {
    let Some(asterisk) = asterisk::start_or_skip(version).await.unwrap() else {
        return;
    };
    let config = pivot::Config::voice_url("http://127.0.0.1:9/voice");
    let pivot = Pivot::start(&asterisk, &config).await.unwrap();
    refused(&asterisk).await;
    let calls = pivot.calls().await.unwrap();
    assert!(calls.contains("HTTP_ERROR"), "{calls}");
}

async fn without_a_pivot_calls_go_on_in_the_dialplan_at_once(version: &str) {
    if let Some(asterisk) = asterisk::start_or_skip(version).await.unwrap() {
        refused(&asterisk).await;
    }
}

/// The first pivot dies in the middle of a conversation; the next one clears
/// away what it left and gives the caller back to the dialplan.
async fn a_pivot_that_died_leaves_nothing_behind_for_long(version: &str) {
    let Some(asterisk) = asterisk::start_or_skip(version).await.unwrap() else {
        return;
    };
    let app = WebApp::start().await.unwrap();
    app.on(
        "/voice",
        [Answer::xml(format!(
            "<Response><Dial>{OTHER}</Dial></Response>"
        ))],
    );
    let config = pivot::Config::voice_url(&app.url("/voice"));
    let first = Pivot::start(&asterisk, &config).await.unwrap();
    let mut phone = asterisk.phone(OTHER);
    phone.on_call(OnCall::Answer {
        after: Duration::from_millis(300),
    });
    let mut call = asterisk.phone(CALLER).call("2100").await.unwrap();
    let mut callee = phone.next_call().await.unwrap();
    callee.wait_answered().await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(first);
    let second = Pivot::start(&asterisk, &config).await.unwrap();
    let limit = Duration::from_secs(20);
    call.wait_ended_within(limit).await.unwrap();
    callee.wait_ended_within(limit).await.unwrap();
    let left = asterisk.settled_leftovers().await.unwrap();
    assert!(left.is_empty(), "{left:?}\n{}", second.log());
}

macro_rules! on_each_asterisk {
    ($($name:ident;)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_22() { super::$name("22").await }
            #[tokio::test]
            async fn on_16() { super::$name("16").await }
        }
    )*};
}

on_each_asterisk! {
    a_web_application_that_is_down_sends_the_call_on_in_the_dialplan;
    without_a_pivot_calls_go_on_in_the_dialplan_at_once;
    a_pivot_that_died_leaves_nothing_behind_for_long;
}
