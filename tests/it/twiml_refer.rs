//! SIP REFER: the caller's phone is asked to call somebody else (`<Refer>`), and a called
//! party wants the caller to talk with somebody else (`referUrl` of `<Dial>`).

mod dial;

use pivot::id::CallId;
use pivot::simulate::{Caller, OnRefer, Phone};

use crate::support::web_app::Seen;
use crate::support::{Scenario, ms, seconds, twiml};

const REFER: &str = "<Refer action='/referred'><Sip>sip:anna@example.com?x-account=47%2011</Sip></Refer>\
    <Play>sound:after</Play>";

/// A pivot whose `/voice` answers with these verbs, and `/referred` with a sound.
async fn referring(verbs: &str) -> Scenario {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml(verbs));
    scenario
        .web
        .on("/referred", twiml("<Play>sound:again</Play>"));
    scenario
}

/// The one request for `path`, which has come.
async fn asked(scenario: &Scenario, path: &str) -> Seen {
    let mut seen = scenario.web.at(path);
    assert_eq!(seen.len(), 1, "{path}\n{}", scenario.lines().await);
    seen.remove(0)
}

/// `ReferCallStatus`, `ReferSipResponseCode` and `NotifySipResponseCode`.
fn told(seen: &Seen) -> String {
    [
        "ReferCallStatus",
        "ReferSipResponseCode",
        "NotifySipResponseCode",
    ]
    .map(|name| seen.param(name).unwrap_or_else(|| "-".into()))
    .join(" ")
}

/// Until `/referred` has been asked.
async fn until_asked(scenario: &Scenario) {
    for _ in 0..200 {
        if !scenario.web.at("/referred").is_empty() {
            return;
        }
        tokio::time::sleep(ms(50)).await;
    }
    panic!("not asked:\n{}", scenario.lines().await);
}

// Proves Refer.action.
#[tokio::test(start_paused = true)]
async fn a_caller_who_was_referred_goes_on_with_the_action() {
    let scenario = referring(REFER).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    let to = phone.referred().await;
    assert_eq!(
        to.as_deref(),
        Some("<sip:anna@example.com?X-Account=47%2011>"),
        "{lines}"
    );
    let action = asked(&scenario, "/referred").await;
    assert_eq!(
        (told(&action).as_str(), action.method.as_str()),
        ("in-progress 202 200", "POST")
    );
    assert_eq!(phone.heard_media().await, ["sound:again"], "{lines}");
    scenario.nothing_left().await;
}

// Proves Refer.method.
#[tokio::test(start_paused = true)]
async fn the_action_may_be_asked_for_by_get() {
    let scenario =
        referring("<Refer action='/referred' method='GET'><Sip>anna@example.com</Sip></Refer>")
            .await;
    scenario.call().await.wait_ended().await.unwrap();
    let action = asked(&scenario, "/referred").await;
    assert_eq!(
        (told(&action).as_str(), action.method.as_str()),
        ("in-progress 202 200", "GET")
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn what_came_of_it_is_told_as_far_as_asterisk_knows() {
    let mut kept = Vec::new();
    for (phone_does, expected) in [
        (OnRefer::follow(486), "busy - 486"),
        (OnRefer::follow(480), "no-answer - 480"),
        (OnRefer::follow(404), "failed - 404"),
        (OnRefer::refuse(405), "failed 405 -"),
        (OnRefer::refuse(403), "failed - 403"),
    ] {
        let scenario = referring(&format!("<Pause length='1'/>{REFER}")).await;
        let phone = scenario.call().await;
        phone.on_refer(phone_does).await;
        phone.wait_ended().await.unwrap();
        assert_eq!(told(&asked(&scenario, "/referred").await), expected);
        assert_eq!(phone.heard_media().await, ["sound:again"], "{expected}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_action_success_ends_the_call_and_failure_goes_on() {
    let mut kept = Vec::new();
    for (code, heard) in [(200, vec![]), (486, vec!["sound:after"])] {
        let scenario = referring(
            "<Pause length='1'/><Refer><Sip>anna@example.com</Sip></Refer>\
            <Play>sound:after</Play>",
        )
        .await;
        let phone = scenario.call().await;
        phone.on_refer(OnRefer::follow(code)).await;
        let ended = phone.wait_ended().await.unwrap();
        assert!(!ended.by_phone, "{code}");
        assert_eq!(
            phone.heard_media().await,
            heard,
            "{}",
            scenario.lines().await
        );
        assert_eq!(scenario.web.seen().len(), 1, "only /voice");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_before_it_is_known_has_cancelled() {
    let scenario = referring(&format!("<Pause length='1'/>{REFER}")).await;
    let phone = scenario.call().await;
    phone.on_refer(OnRefer::follow(180)).await;
    tokio::time::sleep(seconds(5)).await;
    phone.hangup().await;
    until_asked(&scenario).await;
    scenario.nothing_left().await;
    assert_eq!(told(&asked(&scenario, "/referred").await), "canceled - -");
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_leaves_as_soon_as_it_is_referred_was_referred() {
    let scenario = referring(&format!("<Pause length='1'/>{REFER}")).await;
    let phone = scenario.call().await;
    phone.on_refer(OnRefer::follow(200).and_leave()).await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(
        told(&asked(&scenario, "/referred").await),
        "in-progress 202 200"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refer_that_cannot_be_sent_has_failed_and_says_why() {
    let sip = Caller::default();
    let other = Caller {
        technology: "DAHDI".into(),
        ..Caller::default()
    };
    let mut kept = Vec::new();
    for (verbs, caller, context, why) in [
        (
            REFER,
            sip.clone(),
            "pivot-refer",
            "no context [pivot-refer]",
        ),
        (REFER, other, "none", "13801"),
        (
            "<Refer action='/referred'/>",
            sip,
            "none",
            "nobody to refer",
        ),
    ] {
        let scenario = referring(verbs).await;
        scenario.asterisk.no_context(context).await;
        let phone = scenario.call_from(caller).await;
        phone.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        assert_eq!(
            told(&asked(&scenario, "/referred").await),
            "failed - -",
            "{lines}"
        );
        assert!(lines.contains(why), "{why}\n{lines}");
        assert_eq!(phone.heard_media().await, ["sound:again"]);
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

/// How the call of this phone goes to its end, dropped for so long while it is away.
async fn dropped_while_away(scenario: &Scenario, phone: &Phone, gap: u64) {
    tokio::time::sleep(ms(1200)).await;
    assert!(
        phone.referred().await.is_some(),
        "{}",
        scenario.lines().await
    );
    let id: CallId = scenario.checkpoints.calls().remove(0);
    scenario.pivot.drop_call(&id).await;
    tokio::time::sleep(ms(gap)).await;
    let state = scenario.checkpoints.read(&id).unwrap();
    scenario.pivot.resume_call(state).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_while_its_caller_is_away_waits_on() {
    let mut kept = Vec::new();
    // Before the caller is back, and after.
    for gap in [50, 2_000] {
        for code in [200, 486] {
            let scenario = referring(&format!("<Pause length='1'/>{REFER}")).await;
            let phone = scenario.call().await;
            phone.on_refer(OnRefer::follow(code)).await;
            dropped_while_away(&scenario, &phone, gap).await;
            phone.wait_ended().await.unwrap();
            let expected = if code == 200 {
                "in-progress 202 200"
            } else {
                "busy - 486"
            };
            assert_eq!(
                told(&asked(&scenario, "/referred").await),
                expected,
                "{gap}"
            );
            assert_eq!(phone.heard_media().await, ["sound:again"]);
            scenario.nothing_left().await;
            kept.push(scenario);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_comes_back_while_pivot_is_not_connected_goes_on_in_the_dialplan() {
    let scenario = referring(&format!("<Pause length='1'/>{REFER}")).await;
    scenario.asterisk.dialplan_time(seconds(60)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(ms(1200)).await;
    scenario.asterisk.drop_sockets(seconds(2)).await;
    until_asked(&scenario).await;
    assert_eq!(told(&asked(&scenario, "/referred").await), "canceled - -");
    let place = phone.continued().await.unwrap();
    assert_eq!((place.context.as_str(), place.priority), ("default", 3));
    assert_eq!(
        phone.state().await.as_deref(),
        Some("Up"),
        "{}",
        scenario.lines().await
    );
    phone.hangup().await;
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_was_referred_twice_still_goes_back_to_where_the_call_came_from() {
    let config = "[default]\nvoice_url = '{app}/voice'\non_end = 'continue'\n";
    let scenario = Scenario::configured(config).await;
    for (path, next) in [("/voice", "/again"), ("/again", "/referred")] {
        let refer = format!("<Refer action='{next}'><Sip>anna@example.com</Sip></Refer>");
        scenario.web.on(path, twiml(&refer));
    }
    scenario
        .web
        .on("/referred", twiml("<Play>sound:again</Play>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    assert_eq!(
        told(&asked(&scenario, "/again").await),
        "in-progress 202 200"
    );
    assert_eq!(
        told(&asked(&scenario, "/referred").await),
        "in-progress 202 200"
    );
    let place = phone.continued().await.unwrap();
    let place = (
        place.context.as_str(),
        place.extension.as_str(),
        place.priority,
    );
    assert_eq!(place, ("default", "1000", 3), "{lines}");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_pivot_that_ends_leaves_a_caller_who_is_away_where_it_is() {
    let config = "[default]\nvoice_url = '{app}/voice'\n[limits]\ndrain_s = 2\n";
    let scenario = Scenario::configured(config).await;
    scenario
        .web
        .on("/voice", twiml(&format!("<Pause length='1'/>{REFER}")));
    let phone = scenario.call().await;
    phone.on_refer(OnRefer::follow(180)).await;
    tokio::time::sleep(ms(1200)).await;
    scenario.pivot.drain().await;
    assert_eq!(
        phone.state().await.as_deref(),
        Some("Up"),
        "{}",
        scenario.lines().await
    );
    assert!(scenario.web.at("/referred").is_empty());
    phone.hangup().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_comes_back_and_is_expected_by_nobody_goes_on_in_the_dialplan() {
    let scenario = referring("<Hangup/>").await;
    let variables = [("PIVOT_REFER_BACK".to_owned(), "default,1000,3".to_owned())].into();
    let caller = Caller {
        context: "pivot-refer".into(),
        args: ["referred", "SUCCESS", "0"].map(str::to_owned).to_vec(),
        variables,
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    phone.wait_ended().await.unwrap();
    let place = phone.continued().await.unwrap();
    assert_eq!((place.context.as_str(), place.priority), ("default", 3));
    assert_eq!(place.variables["PIVOT_STATUS"], "NO_ROUTE");
    assert!(scenario.web.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_application_that_has_the_call_meanwhile_may_refer_the_caller() {
    let config =
        "[default]\nvoice_url = '{app}/voice'\n[applications]\nsupport = '{app}/support'\n";
    let scenario = Scenario::configured(config).await;
    let dial =
        "<Pause length='1'/><Dial action='/dialled'><Application>support</Application></Dial>";
    scenario.web.on("/voice", twiml(dial));
    scenario.web.on("/support", twiml(REFER));
    scenario
        .web
        .on("/referred", twiml("<Play>sound:again</Play>"));
    scenario
        .web
        .on("/dialled", twiml("<Play>sound:dialled</Play>"));
    let phone = scenario.call().await;
    phone.on_refer(OnRefer::follow(486)).await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        told(&asked(&scenario, "/referred").await),
        "busy - 486",
        "{}",
        scenario.lines().await
    );
    assert_eq!(phone.heard_media().await, ["sound:again", "sound:dialled"]);
    scenario.nothing_left().await;
}
