//! Hang-ups at every moment: what is owed is requested once, nothing is asked
//! about a channel that is gone again and again, and nothing stays.

mod callees;
mod modules;
mod verbs;

use std::os::unix::fs::PermissionsExt;

use pivot::simulate::{Behaviour, Caller, Fault, Matching};
use serde_json::json;

use crate::support::{Folder, Reply, Scenario, Setting, ms, seconds, twiml};

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_while_the_document_is_fetched() {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/voice'\nstatus_callback = '{app}/status'\n",
    )
    .await;
    scenario.web.on(
        "/voice",
        twiml("<Play>sound:never</Play>").after(seconds(5)),
    );
    scenario.web.on("/status", Reply::status(204));
    let phone = scenario.call().await;
    phone.hangup_at(seconds(1));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(1)).await;
    let told = scenario.web.at("/status");
    assert_eq!(told.len(), 1, "{}", scenario.lines().await);
    assert_eq!(told[0].param("CallStatus").as_deref(), Some("canceled"));
    assert!(scenario.sent("POST", "/answer").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_while_the_call_is_answered() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .fault(Matching::next("POST", "/answer"), Fault::Late(seconds(5)))
        .await;
    scenario.web.on("/voice", twiml("<Play>sound:never</Play>"));
    let phone = scenario.call().await;
    phone.hangup_at(seconds(1));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert!(
        scenario
            .asterisk
            .requests()
            .await
            .iter()
            .all(|r| !r.path.contains("/play/"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_while_speech_is_made() {
    let folder = Folder::new();
    let slow = folder.0.join("slow-engine");
    std::fs::write(&slow, "#!/bin/sh\nexec sleep 30\n").unwrap();
    std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
    let scenario = Scenario::configured(&format!(
        "[default]\nvoice_url = '{{app}}/voice'\n[speech.espeak-ng]\ncommand = '{}'\n",
        slow.display()
    ))
    .await;
    scenario
        .web
        .on("/voice", twiml("<Say>Hello</Say><Play>sound:never</Play>"));
    let phone = scenario.call().await;
    // Virtual time stands still while a command runs.
    while scenario.sent("POST", "/answer").await.is_empty() {
        tokio::task::yield_now().await;
    }
    phone.hangup().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert!(phone.heard_media().await.is_empty());
    let state = scenario.timeline().await.summary.state;
    assert!(state.starts_with("the caller hung up"), "{state}");
}

#[tokio::test(start_paused = true)]
async fn a_result_is_reported_although_the_caller_hangs_up_at_the_same_moment() {
    // The key that ends the recording and the hang-up come together.
    for after in 0..6 {
        let scenario = Scenario::new().await;
        scenario.web.on(
            "/voice",
            twiml("<Record action='/r' timeout='0' finishOnKey='#'/>"),
        );
        scenario
            .web
            .on("/r", twiml("<Play>sound:never</Play>").after(ms(300)));
        let phone = scenario.call().await;
        phone.talk_at(seconds(0), seconds(5));
        phone.press_at(seconds(3), "#");
        phone.hangup_at(seconds(3) + ms(100 + after));
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let told = scenario.web.at("/r");
        assert_eq!(told.len(), 1, "{after} ms\n{}", scenario.lines().await);
        assert!(
            matches!(told[0].param("Digits").as_deref(), Some("#" | "hangup")),
            "{after} ms"
        );
    }
}

/// Numbers that are the same each time, so that a failure can be looked at.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Uses everything, for about a minute.
async fn everything(scenario: &Scenario) {
    scenario.web.on(
        "/voice",
        twiml(
            "<Play>sound:hello-world</Play>\
             <Gather action='/gathered' numDigits='2' timeout='3'><Play loop='3'>sound:prompt</Play></Gather>\
             <Redirect>/gathered</Redirect>",
        ),
    );
    scenario.web.on(
        "/gathered",
        twiml("<Record action='/recorded' timeout='0' maxLength='8' finishOnKey='#'/>")
            .after(ms(700)),
    );
    scenario.web.on(
        "/recorded",
        twiml(
            "<Dial action='/dialled' record='record-from-answer'><Number>1</Number><Number>2</Number></Dial>",
        ),
    );
    scenario.web.on(
        "/dialled",
        twiml("<Dial timeout='8' hangupOnStar='true'>3</Dial><Redirect>/flow</Redirect>"),
    );
    let flow = json!({
        "module": "collect_dtmf", "data": { "max_digits": 2, "timeout": 2_000 },
        "children": { "_": { "module": "device", "data": { "id": "bob", "timeout": 5 },
            "children": { "_": { "module": "play", "data": { "id": "sound:goodbye" } } } } }
    });
    scenario.web.on("/flow", Reply::json(&flow));
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_at_any_moment_ends_the_call_clean() {
    for round in 0..100 {
        let mut dice = Dice(round);
        let mut pick = |from: u64, to: u64| from + dice.roll() % (to - from);
        let (hangup, answers, talks) = (pick(0, 60_000), pick(0, 7_000), pick(0, 15_000));
        let keys: Vec<_> = (0..pick(0, 6))
            .map(|_| (pick(0, 50_000), pick(0, 12)))
            .collect();
        let responses = [0, 0, 3, 40][usize::try_from(pick(0, 4)).unwrap()];
        let about = format!(
            "round {round}: hangs up at {hangup}, answers {answers}, talks {talks}, keys {keys:?}, responses {responses}"
        );
        let scenario = Scenario::with(Setting {
            version: if round % 3 == 0 {
                pivot::simulate::Version::V16
            } else {
                pivot::simulate::Version::V22
            },
            ..Setting::default()
        })
        .await;
        scenario
            .asterisk
            .turn(move |dials| dials.response_delay = ms(responses))
            .await;
        everything(&scenario).await;
        scenario
            .asterisk
            .callee(
                "*",
                Behaviour::answers(ms(answers)).hangs_up_after(ms(talks)),
            )
            .await;
        let phone = scenario.call_from(Caller::default()).await;
        for (at, key) in keys {
            let key = "0123456789*#".as_bytes()[usize::try_from(key).unwrap()];
            phone.press_at(ms(at), &char::from(key).to_string());
        }
        phone.hangup_at(ms(hangup));
        assert!(phone.wait_ended().await.is_some(), "{about}");
        scenario.nothing_left().await;
        scenario.nothing_loops().await;
        let lines = scenario.lines().await;
        let recorded = scenario.sent("POST", "/record").await;
        let began = recorded
            .iter()
            .any(|r| r.path.starts_with(&format!("channels/{}", phone.channel())));
        assert_eq!(
            scenario.web.at("/recorded").len(),
            usize::from(began),
            "{about}\n{lines}"
        );
        let dialled = lines.contains("calls Local/1@");
        assert_eq!(
            scenario.web.at("/dialled").len(),
            usize::from(dialled),
            "{about}\n{lines}"
        );
        assert!(scenario.web.at("/gathered").len() <= 1, "{about}");
    }
}
