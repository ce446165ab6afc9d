//! Web applications that are late, broken or not there, at every URL that a document
//! can name: each is asked as often as Twilio would ask, nobody is dropped who need
//! not be, and nothing stays.

mod cases;

use std::collections::BTreeSet;

use pivot::simulate::{Behaviour, Caller, Sound};
use pivot::twiml::table::{Reading, Values, definitions};

use cases::{CASES, Case, Then};

use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, nobody, seconds, twiml};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// Longer than Twilio waits.
    Late,
    Error,
    /// Nobody listens there.
    Missing,
    Broken,
}

const FAILURES: [Failure; 4] = [
    Failure::Late,
    Failure::Error,
    Failure::Missing,
    Failure::Broken,
];

impl Failure {
    fn reply(self) -> Reply {
        match self {
            Self::Late => twiml("<Play>sound:never</Play>").after(seconds(20)),
            Self::Error | Self::Missing => Reply::status(500),
            Self::Broken => Reply::xml("<Response><Play>sound:never"),
        }
    }

    /// As the fallback URL is told it.
    fn code(self) -> &'static str {
        match self {
            Self::Late => "11203",
            Self::Error => "11200",
            Self::Missing => "11202",
            Self::Broken => "12100",
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Broken => "DOCUMENT_ERROR",
            _ => "HTTP_ERROR",
        }
    }
}

/// A called party sends a REFER there: `twiml_refer::dial` has what comes of it.
const ELSEWHERE: &str = "Dial.referUrl";

#[test]
fn every_url_that_a_document_can_name_has_its_case() {
    let about: BTreeSet<&str> = CASES.iter().map(|case| case.about).collect();
    for definition in definitions() {
        for attribute in &definition.attributes {
            let asked =
                attribute.values == Some(Values::Url) && matches!(attribute.reading, Reading::Used);
            let name = format!("{}.{}", definition.name, attribute.name);
            assert!(
                !asked || name == ELSEWHERE || about.contains(name.as_str()),
                "{name} is a URL, and no case says what happens when it fails"
            );
        }
    }
}

#[test]
fn a_document_that_cannot_be_had_leads_down_the_ladder() {
    for fallback in [false, true] {
        all(Then::Ladder, fallback);
    }
}

#[test]
fn the_document_of_a_leg_costs_the_leg_and_not_the_call() {
    all(Then::Leg, true);
}

#[test]
fn whoever_waits_waits_on_with_music() {
    all(Then::Wait, true);
}

#[test]
fn what_is_told_or_played_beside_touches_nothing() {
    all(Then::Next, true);
}

#[test]
fn a_recording_is_offered_again_and_the_call_goes_on() {
    all(Then::Upload, true);
}

fn all(then: Then, fallback: bool) {
    let cases: Vec<_> = CASES.iter().filter(|case| case.then == then).collect();
    assert!(!cases.is_empty());
    for case in cases {
        for failure in FAILURES {
            run(case, failure, fallback);
        }
    }
}

#[test]
fn whoever_leaves_while_it_is_late_leaves_nothing() {
    let late = |case: &&Case| matches!(case.then, Then::Ladder | Then::Leg | Then::Wait);
    for case in CASES.iter().filter(late) {
        on_its_own(leaves(case));
    }
}

fn run(case: &Case, failure: Failure, fallback: bool) {
    on_its_own(story(case, failure, fallback));
}

/// In a runtime of its own: what is left of one cannot slow the next.
fn on_its_own(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(story);
}

/// A web application of which one URL fails, and who may be called.
struct Set {
    scenario: Scenario,
    /// The URL at which nobody listens.
    nobody: String,
    _reserved: tokio::net::TcpSocket,
}

async fn set(case: &Case, failure: Failure, fallback: bool) -> Set {
    let Case { document, then, .. } = case;
    let (reserved, nobody) = nobody();
    let nobody = format!("{nobody}/x");
    let broken = match failure {
        Failure::Missing => nobody.as_str(),
        _ => "/x",
    };
    let application = match failure {
        Failure::Missing => nobody.as_str(),
        _ => "{app}/x",
    };
    let fallback_url = match fallback {
        true => "fallback_url = '{app}/fallback'\n",
        false => "",
    };
    let scenario = Scenario::configured(&format!(
        "[default]\nvoice_url = '{{app}}/voice'\n{fallback_url}\
         [[route]]\nnumbers = ['2000']\nvoice_url = '{{app}}/other'\n\
         [applications]\nfails = '{application}'\nfine = '{{app}}/fine'\n"
    ))
    .await;
    let web = &scenario.web;
    let document = document.replace("{x}", broken);
    web.on(
        "/voice",
        twiml(&format!("{document}<Play>sound:after</Play>")),
    );
    web.on("/x", failure.reply());
    web.on("/x/call_recording_abc.mp3", failure.reply());
    web.on("/other", twiml(&case.other.replace("{x}", broken)));
    web.on("/fine", twiml("<Play>sound:fine</Play>"));
    web.on("/leave", twiml("<Play>sound:wait</Play><Leave/>"));
    web.on("/fallback", twiml("<Play>sound:fallback</Play>"));
    web.on("/dialled", twiml("<Play>sound:dialled</Play>"));
    web.on("/left", twiml("<Play>sound:never</Play>"));
    let talks = if *then == Then::Leg { 60 } else { 4 };
    let callee = Behaviour::answers(seconds(1)).hangs_up_after(seconds(talks));
    scenario.asterisk.callee("*", callee).await;
    Set {
        scenario,
        nobody,
        _reserved: reserved,
    }
}

/// The caller hangs up a second after it was asked.
async fn leaves(case: &Case) {
    let Case { document, then, .. } = case;
    let Set { scenario, .. } = set(case, Failure::Late, true).await;
    let phone = scenario.call().await;
    phone.talk_at(seconds(0), seconds(5));
    phone.press_at(seconds(3), "1*");
    called_party_refers(&scenario, document).await;
    let called = tokio::time::Instant::now();
    while scenario.web.at("/x").is_empty() {
        tokio::time::sleep(ms(100)).await;
        assert!(called.elapsed() < seconds(60), "{document}: never asked");
    }
    tokio::time::sleep(seconds(1)).await;
    phone.hangup().await;
    scenario.nothing_left().await;
    tokio::time::sleep(seconds(60)).await;
    let lines = lines_of(&scenario).await;
    assert_eq!(scenario.web.at("/x").len(), 1, "{document}\n{lines}");
    assert!(scenario.web.at("/fallback").is_empty(), "{document}");
    // What is owed is told once, and that is all.
    let owed = match then {
        Then::Leg => "/dialled",
        Then::Wait => "/left",
        _ => "/nothing",
    };
    for path in ["/dialled", "/left"] {
        let times = usize::from(path == owed);
        assert_eq!(scenario.web.at(path).len(), times, "{document}\n{lines}");
    }
    let ended = phone.ended().await.unwrap();
    assert!(ended.by_phone && phone.continued().await.is_none());
    let heard = phone.heard_media().await;
    assert!(
        !heard.contains(&"sound:after".to_owned()),
        "{document}\n{lines}"
    );
}

/// Where somebody else is asked because the called party sends a REFER.
async fn called_party_refers(scenario: &Scenario, document: &str) {
    if document.contains("referUrl") {
        tokio::time::sleep(seconds(3)).await;
        let called = scenario.asterisk.called("*bob*").await.remove(0);
        called.refer("sip:5551234@other.example").await;
    }
}

async fn story(case: &Case, failure: Failure, fallback: bool) {
    let Case { document, then, .. } = case;
    let about = format!("{document}: {failure:?}, fallback URL: {fallback}");
    let Set {
        scenario,
        nobody,
        _reserved,
    } = set(case, failure, fallback).await;
    let other = match case.other {
        "" => None,
        _ => {
            let caller = Caller {
                to: "2000".into(),
                ..Caller::default()
            };
            let phone = scenario.call_from(caller).await;
            tokio::time::sleep(seconds(1)).await;
            Some(phone)
        }
    };
    let caller = Caller {
        call_id: Some("abc".into()),
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    phone.talk_at(seconds(0), seconds(5));
    phone.press_at(seconds(3), "1*");
    if *then == Then::Wait {
        phone.hangup_at(seconds(24));
    }
    called_party_refers(&scenario, document).await;
    let ended = phone.wait_ended().await.unwrap();
    if let Some(other) = other {
        other.hangup().await;
    }
    scenario.nothing_left().await;
    // What is told beside the call may take its time.
    let upload = *then == Then::Upload;
    tokio::time::sleep(seconds(if upload { 1000 } else { 60 })).await;
    let lines = lines_of(&scenario).await;
    let about = format!("{about}\n{lines}");

    assert_eq!(ended.by_phone, *then == Then::Wait, "{about}");
    let heard = phone.heard_media().await;
    assert!(!heard.contains(&"sound:never".into()), "{about}");
    let last = heard.last().map_or("", String::as_str);
    let asked = |path: &str| scenario.web.at(path);
    let seen = scenario.web.seen();
    let continued = phone.continued().await;
    match then {
        Then::Ladder if fallback => {
            assert_eq!(last, "sound:fallback", "{about}");
            let told = asked("/fallback");
            assert_eq!(told.len(), 1, "{about}");
            assert_eq!(told[0].param("ErrorCode").as_deref(), Some(failure.code()));
            let url = told[0].param("ErrorUrl").unwrap();
            assert!(url.ends_with("/x"), "{url}: {about}");
            assert!(continued.is_none(), "{about}");
        }
        Then::Ladder => {
            let told = continued.unwrap_or_else(|| panic!("not handed back: {about}"));
            assert_eq!(told.variables["PIVOT_STATUS"], failure.status(), "{about}");
            assert!(told.variables["PIVOT_REASON"].contains("/x"), "{about}");
        }
        Then::Leg => {
            assert_eq!(last, "sound:dialled", "{about}");
            let told = asked("/dialled");
            assert_eq!(told.len(), 1, "{about}");
            let of = |name: &str| told[0].param(name).unwrap_or_default();
            assert_eq!(of("DialCallStatus"), "failed", "{about}");
            assert_eq!(of("DialBridged"), "false", "{about}");
        }
        Then::Wait => {
            assert_eq!(asked("/left").len(), 1, "{about}");
            let music = |sound: &Sound| matches!(sound, Sound::Music(_));
            let heard = phone.heard().await;
            assert!(heard.iter().any(|heard| music(&heard.what)), "{about}");
        }
        Then::Next | Then::Upload => assert_eq!(last, "sound:after", "{about}"),
    }
    assert!(*then == Then::Ladder || asked("/fallback").is_empty());
    let times = match failure {
        Failure::Missing => tries(&lines, &nobody),
        _ => {
            let here = |seen: &&Seen| seen.path.starts_with("/x");
            seen.iter().filter(here).count()
        }
    };
    let expected = match (then, failure) {
        // Again and again for a quarter of an hour.
        (Then::Upload, Failure::Error | Failure::Missing) => 5,
        // Each takes a quarter of a minute.
        (Then::Wait, Failure::Late) => 1,
        _ => case.times,
    };
    assert_eq!(times, expected, "{about}");
}

/// Requests that nobody answered, as the timelines tell them.
fn tries(lines: &str, url: &str) -> usize {
    let count = |kind: &str| {
        let about = |line: &&str| line.contains(kind) && line.contains(url);
        lines.lines().filter(about).count()
    };
    match count(" Http ") {
        _ if lines.contains("(tried 5 times)") => 5,
        0 => count(" Warning "),
        requests => requests,
    }
}

/// The timelines of all calls, for messages of failing tests.
async fn lines_of(scenario: &Scenario) -> String {
    let mut text = String::new();
    for call in scenario.pivot.traces.calls().await {
        let timeline = scenario.pivot.traces.find(&call.id).await.unwrap();
        text += &format!("--- {}\n", call.id);
        for entry in &timeline.entries {
            let at = entry.at.since(timeline.summary.began).as_secs_f64();
            text += &format!("{at:>8.3} {:?} {}\n", entry.kind, entry.text);
        }
    }
    text
}
