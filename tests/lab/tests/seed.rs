//! Every sample flow on a real Asterisk, with sound and keys: the examples that
//! the project began with.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use pivot_lab::asterisk;
use pivot_lab::paths;
use pivot_lab::pivot::{MediaBy, Pivot};
use pivot_lab::sample;
use pivot_lab::webapp::{Seen, WebApp};

/// Calls one number and returns what the web application saw.
async fn call(number: &str, version: &str, media: MediaBy) -> Vec<Seen> {
    let Some(asterisk) = asterisk::start_or_skip(version).await.unwrap() else {
        return Vec::new();
    };
    let app = WebApp::start().await.unwrap();
    let flows = paths::build()
        .join("flows")
        .join(app.addr.port().to_string());
    let config = sample::serve(&app, &flows).unwrap().media(media);
    let pivot = Pivot::start(&asterisk, &config).await.unwrap();
    let sample = sample::by_number(number).unwrap();
    let outcome = sample::run(sample, &asterisk, &app, &pivot).await.unwrap();
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
    let seen = app.requests();
    std::fs::remove_dir_all(flows).unwrap();
    seen
}

/// The samples with nothing special about their requests.
macro_rules! samples {
    ($($name:ident: $number:literal;)*) => {$(
        mod $name {
            use super::*;
            #[tokio::test]
            async fn on_22() {
                call($number, "22", MediaBy::Http).await;
            }
            #[tokio::test]
            async fn on_16() {
                call($number, "16", MediaBy::Folder).await;
            }
        }
    )*};
}

samples! {
    say_is_heard: "2031";
    tts_is_heard: "2032";
    say_of_the_pair_is_heard: "2033";
    json_is_taken_in_the_twiml_format: "2034";
    resources_reaches_the_second_party: "2035";
    dial_reaches_the_second_party: "2036";
    record_call_records_both_parties: "2037";
    dial_say_record_say_run_in_order: "2038";
    dial_records_from_the_answer: "2039";
}

async fn pivot_module_asks_in_the_kazoo_format(version: &str, media: MediaBy) {
    let seen = call("2030", version, media).await;
    let Some(first) = seen.first() else { return };
    assert_eq!((first.method.as_str(), first.body.len()), ("GET", 0));
    assert!(first.param("To").unwrap().starts_with("2030"));
    assert!(first.param("From").unwrap().starts_with(sample::CALLER));
    assert!(!first.param("Call-ID").unwrap().is_empty());
}

async fn collected_digits_are_in_the_nested_request(version: &str, media: MediaBy) {
    let seen = call("2040", version, media).await;
    let Some(nested) = seen.get(1) else { return };
    assert_eq!(
        (nested.method.as_str(), nested.path.as_str()),
        ("GET", "/collected.xml")
    );
    assert_eq!(nested.param("Digits[my_dtmf]").as_deref(), Some("1379"));
    let first = seen[0].param("Call-ID");
    assert!(first.is_some() && nested.param("Call-ID") == first);
}

async fn gathered_digits_are_posted_to_the_action(version: &str, media: MediaBy) {
    let seen = call("2041", version, media).await;
    let Some(action) = seen.get(1) else { return };
    assert_eq!(
        (action.method.as_str(), action.path.as_str()),
        ("POST", "/gathered.json")
    );
    // The finish key is not among them.
    assert_eq!(action.param("Digits").as_deref(), Some("1379"));
    let sid = action.param("CallSid").unwrap();
    assert!(sid.len() == 34 && sid.starts_with("CA"), "{sid}");
    assert_eq!(seen[0].param("CallSid").as_deref(), Some(sid.as_str()));
}

macro_rules! with_requests {
    ($($name:ident => $check:ident;)*) => {$(
        mod $name {
            use super::*;
            #[tokio::test]
            async fn on_22() {
                $check("22", MediaBy::Folder).await;
            }
            #[tokio::test]
            async fn on_16() {
                $check("16", MediaBy::Http).await;
            }
        }
    )*};
}

with_requests! {
    pivot_module => pivot_module_asks_in_the_kazoo_format;
    collect_dtmf => collected_digits_are_in_the_nested_request;
    gather => gathered_digits_are_posted_to_the_action;
}
