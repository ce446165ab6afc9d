//! Documents whose call is dropped and picked up again at awkward moments: what
//! the caller hears and what is requested is the same as without.

use std::time::Duration;

use pivot::simulate::{Behaviour, Fault, Matching, Sound};

use crate::support::{Scenario, ms, seconds, twiml};

/// What a call came to.
#[derive(Debug, PartialEq, Eq)]
struct Story {
    heard: Vec<String>,
    digits: String,
    /// Path, and what the request says of the verb.
    requests: Vec<String>,
}

/// Runs a document whose caller presses `12#` after four seconds, and drops and
/// resumes the call at each of these times.
fn story(verbs: &str, hangs_up: Option<Duration>, drops: &[Duration]) -> Story {
    // A runtime of its own: what is left of one story cannot slow the next.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(tell(verbs, hangs_up, drops))
}

async fn tell(verbs: &str, hangs_up: Option<Duration>, drops: &[Duration]) -> Story {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml(verbs));
    scenario.web.on("/next", twiml("<Play>sound:next</Play>"));
    scenario.asterisk.sound("long", seconds(3)).await;
    let answers = Behaviour::answers(seconds(2)).hangs_up_after(seconds(5));
    scenario.asterisk.callee("*", answers).await;
    let phone = scenario.call().await;
    phone.talk_at(Duration::ZERO, seconds(30));
    phone.press_at(seconds(4), "12#");
    if let Some(after) = hangs_up {
        phone.hangup_at(after);
    }
    let began = tokio::time::Instant::now();
    for drop in drops {
        tokio::time::sleep_until(began + *drop).await;
        if phone.ended().await.is_none() {
            scenario.kill_and_resume().await;
        }
    }
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let told = [
        "Digits",
        "FinishedOnKey",
        "DialCallStatus",
        "DialCallDuration",
        "ReferCallStatus",
        "key",
    ];
    let requests = scenario.web.seen().into_iter().map(|seen| {
        let told = told
            .iter()
            .filter_map(|name| Some(format!(" {name}={}", seen.param(name)?)));
        format!("{}{}", seen.path, told.collect::<String>())
    });
    Story {
        heard: phone.heard_media().await,
        digits: phone.digits().await,
        requests: requests.collect(),
    }
}

const DOCUMENTS: &[&str] = &[
    "<Play digits='1w2' loop='3'>sound:long</Play><Play>sound:after</Play>",
    "<Pause length='6'/><Play>sound:after</Play>",
    "<Set><Variable key='key' value='v'/></Set><Gather action='/next'><Play>sound:long</Play></Gather>",
    "<Gather action='/next' numDigits='9' timeout='3'><Play loop='2'>sound:long</Play></Gather>",
    "<Record action='/next' timeout='0'/>",
    "<Record maxLength='7' finishOnKey='' timeout='0'/><Play>sound:after</Play>",
    "<Dial action='/next'>100</Dial>",
    "<Dial><Number>1</Number><Number>2</Number></Dial><Play>sound:after</Play>",
    "<Play>sound:long</Play><Redirect>/next</Redirect>",
    "<Play>sound:long</Play><Refer action='/next'><Sip>a@b.example</Sip></Refer>",
];

#[test]
fn a_call_dropped_once_comes_to_the_same() {
    for document in DOCUMENTS {
        let expected = story(document, None, &[]);
        for after in [450, 2450, 4150, 6450] {
            let drop = ms(after);
            let got = story(document, None, &[drop]);
            assert_eq!(got, expected, "{document} dropped after {drop:?}");
        }
    }
}

#[test]
fn a_call_dropped_again_and_again_comes_to_the_same() {
    let drops: Vec<Duration> = (1..20).map(|n| ms(n * 470)).collect();
    for document in DOCUMENTS {
        let expected = story(document, None, &[]);
        let got = story(document, None, &drops);
        assert_eq!(got, expected, "{document}");
    }
}

#[test]
fn a_hang_up_after_the_call_was_picked_up_is_told_once() {
    for document in [
        "<Record action='/next' finishOnKey='' timeout='0'/>",
        "<Dial action='/next'>100</Dial>",
        "<Gather action='/next' numDigits='9'><Play>sound:long</Play></Gather>",
    ] {
        let hangs_up = Some(ms(6200));
        let expected = story(document, hangs_up, &[]);
        let got = story(document, hangs_up, &[ms(1500), ms(3500), ms(5500)]);
        assert_eq!(got, expected, "{document}");
    }
}

#[test]
fn a_hang_up_in_any_verb_leaves_nothing_behind() {
    for document in DOCUMENTS {
        for tenths in [1, 12, 30, 43, 71] {
            story(document, Some(ms(tenths * 100)), &[]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_echo_goes_on_through_the_one_snoop_channel() {
    let mut kept = Vec::new();
    // Right before the snoop channel, while it is made, when it is there, and later.
    for drop in [ms(290), seconds(1), ms(2400), seconds(5)] {
        let scenario = Scenario::new().await;
        let late = Fault::Late(seconds(2));
        scenario
            .asterisk
            .fault(Matching::next("POST", "/snoop/"), late)
            .await;
        scenario.web.on(
            "/voice",
            twiml("<Echo/><Play>sound:never</Play>").after(ms(300)),
        );
        let phone = scenario.call().await;
        phone.hangup_at(seconds(9));
        tokio::time::sleep(drop).await;
        scenario.kill_and_resume().await;
        tokio::time::sleep(seconds(8) - drop).await;
        let lines = scenario.lines().await;
        let heard = phone.heard().await;
        let now = heard.iter().filter(|heard| heard.to.is_none());
        let echoes: Vec<_> = now
            .filter_map(|heard| match &heard.what {
                Sound::Bridge(others) => Some(others.clone()),
                _ => None,
            })
            .collect();
        let mut snoops = scenario.asterisk.requests().await;
        snoops.retain(|request| request.path.contains("/snoop/"));
        assert_eq!((snoops.len(), echoes.len()), (1, 1), "{drop:?}\n{lines}");
        assert!(snoops[0].path.ends_with(&echoes[0][0]), "{drop:?}\n{lines}");
        assert!(phone.wait_ended().await.unwrap().by_phone);
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}
