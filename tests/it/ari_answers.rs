//! Requests to Asterisk that are refused, not answered, or answered too late:
//! what never left is told apart from what may have been carried out.

use pivot::ari::{AriError, Client, Router};
use pivot::simulate::{Behaviour, Fault, Matching, Version};

use crate::support::{Scenario, Setting, seconds, twiml};

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_not_there_ends_the_call() {
    for path in ["/answer", "/play/", "/record", "/silence"] {
        let scenario = Scenario::new().await;
        scenario
            .asterisk
            .fault(Matching::next("POST", path), Fault::Refuse(404))
            .await;
        scenario.web.on(
            "/voice",
            twiml(
                "<Play>sound:hello-world</Play><Pause length='2'/><Record maxLength='3' timeout='0'/>\
                 <Play>sound:never</Play>",
            ),
        );
        let phone = scenario.call().await;
        let ended = phone.wait_ended().await.unwrap();
        assert!(ended.at < seconds(10), "{path}");
        let heard = phone.heard_media().await;
        assert!(!heard.contains(&"sound:never".to_owned()), "{path}");
        scenario.nothing_loops().await;
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_asked_for_twice_and_the_call_goes_on() {
    let faults = [Fault::LoseAnswer, Fault::Reset];
    for fault in faults {
        for (method, path) in [
            ("POST", "/answer"),
            ("POST", "/play/"),
            ("POST", "/record"),
            ("POST", "channels/create"),
            ("POST", "/dial"),
            ("POST", "bridges/"),
            ("POST", "/addChannel"),
            ("POST", "/stop"),
        ] {
            let scenario = Scenario::with(Setting {
                version: Version::V16,
                ..Setting::default()
            })
            .await;
            scenario
                .asterisk
                .fault(Matching::next(method, path), fault.clone())
                .await;
            scenario
                .asterisk
                .callee(
                    "*",
                    Behaviour::answers(seconds(12)).hangs_up_after(seconds(20)),
                )
                .await;
            scenario.web.on(
                "/voice",
                twiml(
                    "<Play>sound:hello-world</Play><Record maxLength='2' timeout='0' playBeep='false'/>\
                     <Dial action='/d'>1</Dial>",
                ),
            );
            scenario.web.on("/d", twiml("<Play>sound:goodbye</Play>"));
            let phone = scenario.call().await;
            phone.wait_ended().await.unwrap();
            let lines = scenario.lines().await;
            let about = format!("{fault:?} {path}\n{lines}");
            assert_eq!(
                phone.heard_media().await,
                ["sound:hello-world", "sound:goodbye"],
                "{about}"
            );
            let told = scenario.web.at("/d");
            assert_eq!(
                told[0].param("DialCallStatus").as_deref(),
                Some("completed"),
                "{about}"
            );
            assert_eq!(scenario.sent("POST", "channels/create").await.len(), 1);
            assert_eq!(scenario.sent("POST", "/record").await.len(), 1, "{about}");
            scenario.nothing_left().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_asterisk_ignores_does_not_hang_the_call() {
    for path in [
        "/answer",
        "/play/",
        "/record",
        "channels/create",
        "/dial",
        "bridges/",
    ] {
        let scenario = Scenario::new().await;
        scenario
            .asterisk
            .fault(Matching::next("POST", path), Fault::Ignore)
            .await;
        scenario
            .asterisk
            .callee(
                "*",
                Behaviour::answers(seconds(1)).hangs_up_after(seconds(2)),
            )
            .await;
        scenario.web.on(
            "/voice",
            twiml(
                "<Play>sound:hello-world</Play><Record maxLength='2' timeout='0'/>\
                 <Dial action='/d' timeout='10'>1</Dial>",
            ),
        );
        scenario.web.on("/d", twiml("<Hangup/>"));
        let phone = scenario.call().await;
        let ended = phone.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        assert!(ended.at < seconds(60), "{path}: {:?}\n{lines}", ended.at);
        assert_eq!(scenario.web.at("/d").len(), 1, "{path}\n{lines}");
        scenario.nothing_loops().await;
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn never_left_is_told_apart_from_outcome_unknown() {
    let scenario = Scenario::with(Setting {
        version: Version::V16,
        ..Setting::default()
    })
    .await;
    let ari = scenario.pivot.services.ari.clone();
    for fault in [Fault::Ignore, Fault::LoseAnswer, Fault::Reset] {
        scenario
            .asterisk
            .fault(Matching::next("GET", "asterisk/ping"), fault.clone())
            .await;
        let error = ari.send(pivot::ari::Request::ping()).await.unwrap_err();
        assert!(
            matches!(error, AriError::Unknown { .. }),
            "{fault:?}: {error}"
        );
    }
    let (arrivals, _) = tokio::sync::mpsc::unbounded_channel();
    let (router, _) = Router::start(arrivals);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = scenario.pivot.services.config.ari.clone();
    config.url = format!("http://{}", nobody.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(nobody);
    let client = Client::new(&config, router).unwrap();
    let error = client.send(pivot::ari::Request::ping()).await.unwrap_err();
    assert!(matches!(error, AriError::NotSent { .. }), "{error}");
    let refused = ari
        .send(pivot::ari::Request::get_channel("nobody"))
        .await
        .unwrap_err();
    assert!(refused.is_gone(), "{refused}");
}
