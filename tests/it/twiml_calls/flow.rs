//! The document as a whole, and the verbs that lead elsewhere.

use super::*;

// Check 10.
// Check 11.
#[tokio::test(start_paused = true)]
async fn an_empty_document_hangs_up() {
    let scenario = with("<!-- nothing -->").await;
    let phone = scenario.call().await;
    assert!(!phone.wait_ended().await.unwrap().by_phone);
    assert!(!answered(&phone).await);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_verb_is_skipped_and_told() {
    let scenario = with("<Play>sound:a</Play><Sing/><Play>sound:b</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:a", "sound:b"]);
    let lines = scenario.lines().await;
    assert!(
        lines.contains("12200 at line 1, column 31: `<Sing>`"),
        "{lines}"
    );
    scenario.nothing_left().await;
}

// Check 60.
// Check 61.
#[tokio::test(start_paused = true)]
async fn redirect_does_not_answer_and_what_follows_it_is_not_reached() {
    let scenario = with("<Redirect>/next?a=1</Redirect><Play>sound:a</Play>").await;
    scenario
        .web
        .on("/next", twiml("<Reject/>").after(seconds(2)));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(!answered(&phone).await);
    let next = asked(&scenario, "/next").await;
    assert_eq!((next.method.as_str(), next.query.as_str()), ("POST", "a=1"));
    assert_eq!(param(&next, "CallStatus"), "ringing");
    assert!(phone.heard_media().await.is_empty());
    scenario.nothing_left().await;
}

// Proves Redirect.method.
// Check 63.
#[tokio::test(start_paused = true)]
async fn redirect_by_get_puts_parameters_into_the_query() {
    let scenario = with("<Redirect method='GET'>next?a=1&amp;b=2</Redirect>").await;
    scenario.web.on("/next", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    let next = asked(&scenario, "/next").await;
    assert_eq!((next.method.as_str(), next.body.as_str()), ("GET", ""));
    assert_eq!(
        (param(&next, "a"), param(&next, "b")),
        ("1".into(), "2".into())
    );
    assert_eq!(param(&next, "To"), "1000");
    scenario.nothing_left().await;
}

// Check 62.
#[tokio::test(start_paused = true)]
async fn an_empty_redirect_asks_for_the_document_again() {
    let scenario = with("<Redirect/>").await;
    scenario.web.on("/voice", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    assert_eq!(scenario.web.at("/voice").len(), 2);
    scenario.nothing_left().await;
}

// Proves Reject.reason.
#[tokio::test(start_paused = true)]
async fn reject_refuses_a_call_that_was_not_answered() {
    let mut kept = Vec::new();
    for (reason, sip) in [
        ("", 404),
        ("reason='rejected'", 404),
        ("reason='busy'", 486),
    ] {
        let scenario = with(&format!("<Reject {reason}/><Play>sound:a</Play>")).await;
        let phone = scenario.call().await;
        let ended = phone.wait_ended().await.unwrap();
        assert_eq!(ended.sip, Some(sip), "{reason}");
        assert!(!answered(&phone).await, "{reason}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 65.
#[tokio::test(start_paused = true)]
async fn reject_after_an_answer_hangs_up() {
    let scenario = with("<Play>sound:a</Play><Reject reason='busy'/>").await;
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(answered(&phone).await);
    assert_eq!((ended.by_phone, ended.cause), (false, 16));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn hangup_first_never_answers_and_hangup_ends_the_document() {
    let scenario = with("<Hangup/>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(!answered(&phone).await);
    scenario.nothing_left().await;

    let scenario = with("<Play>sound:a</Play><Hangup/><Play>sound:b</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:a"]);
    scenario.nothing_left().await;
}

// Proves Variable.key, Variable.value.
#[tokio::test(start_paused = true)]
async fn set_adds_to_all_later_requests_and_overrides_none_of_pivots_own() {
    let scenario = with(
        "<Set><Variable key='order' value='47 11'/><Variable key='From' value='evil'/></Set>\
         <Redirect>/one</Redirect>",
    )
    .await;
    scenario.web.on("/one", twiml("<Redirect>/two</Redirect>"));
    scenario.web.on("/two", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(!answered(&phone).await, "Set does not answer");
    assert_eq!(scenario.web.at("/voice")[0].param("order"), None);
    for path in ["/one", "/two"] {
        let seen = asked(&scenario, path).await;
        assert_eq!(param(&seen, "order"), "47 11", "{path}");
        assert_eq!(param(&seen, "From"), "+15550001", "{path}");
    }
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_with_an_error_runs_no_verb_and_goes_back_to_the_dialplan() {
    let scenario = with("<Play>sound:a</Play><Say>AT&T</Say>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(phone.heard_media().await.is_empty());
    let continued = phone.continued().await.unwrap();
    assert_eq!(continued.variables["PIVOT_STATUS"], "DOCUMENT_ERROR");
}

#[tokio::test(start_paused = true)]
async fn strict_reading_takes_an_unknown_verb_for_an_error() {
    let config = "[default]\nvoice_url = \"{app}/voice\"\nstrict = true\n";
    let scenario = Scenario::configured(config).await;
    scenario.web.on("/voice", twiml("<Sing/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let continued = phone.continued().await.unwrap();
    assert_eq!(continued.variables["PIVOT_STATUS"], "DOCUMENT_ERROR");
}
