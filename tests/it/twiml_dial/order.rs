//! In which order legs are rung, what the caller hears meanwhile, what is sent to
//! the one who answers, and what `action` is told.

use super::*;

const ACTION: &str = "action='/dialled'";

// Check 137.
#[tokio::test(start_paused = true)]
async fn one_after_the_other_each_rings_for_the_whole_timeout() {
    let dial = format!(
        "<Dial {ACTION} sequential='true' timeout='10'><Number>1</Number><Number>2</Number><Number>3</Number></Dial>"
    );
    let scenario = dialling(&dial).await;
    scenario
        .asterisk
        .callee("Local/1@*", Behaviour::no_answer())
        .await;
    scenario
        .asterisk
        .callee("Local/2@*", Behaviour::busy())
        .await;
    scenario.asterisk.callee("Local/3@*", rings(8)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(5)).await;
    assert!(scenario.asterisk.called("Local/2@*").await.is_empty());
    tokio::time::sleep(seconds(7)).await;
    assert_eq!(scenario.asterisk.called("Local/3@*").await.len(), 1);
    // It has rung for 2 of its 10 seconds, 12 after the Dial began.
    tokio::time::sleep(seconds(8)).await;
    scenario.asterisk.called("Local/3@*").await[0]
        .hangup()
        .await;
    phone.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallStatus"),
        "completed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialBridged"), "true");
    scenario.nothing_left().await;
}

// Proves Dial.sequential.
#[tokio::test(start_paused = true)]
async fn the_second_is_not_rung_when_the_first_answers() {
    let dial = "<Dial sequential='true'><Number>1</Number><Number>2</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario.asterisk.callee("*", talks(3)).await;
    scenario.call().await.wait_ended().await.unwrap();
    assert_eq!(scenario.asterisk.called("Local/1@*").await.len(), 1);
    assert!(scenario.asterisk.called("Local/2@*").await.is_empty());
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn when_all_in_turn_fail_the_last_decides() {
    let dial = format!(
        "<Dial {ACTION} sequential='true'><Number>1</Number><Sip>b@example.com</Sip></Dial>"
    );
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("Local/*", Behaviour::busy()).await;
    scenario
        .asterisk
        .callee("PJSIP/*", Behaviour::rejects(404))
        .await;
    scenario.call().await.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallStatus"),
        "failed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialSipResponseCode"), "404");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn of_several_that_fail_together_the_last_to_end_decides() {
    let mut kept = Vec::new();
    for (first, second, status) in [
        (
            refuses(486, seconds(1)),
            refuses(480, seconds(3)),
            "no-answer",
        ),
        (refuses(480, seconds(1)), refuses(486, seconds(3)), "busy"),
        (
            refuses(486, seconds(1)),
            Behaviour::no_answer(),
            "no-answer",
        ),
        (refuses(404, seconds(3)), refuses(486, seconds(1)), "failed"),
    ] {
        let dial = format!(
            "<Dial {ACTION} timeout='5'><Sip>a@example.com</Sip><Sip>b@example.com</Sip></Dial>"
        );
        let scenario = dialling(&dial).await;
        scenario.asterisk.callee("*sip:a@*", first.clone()).await;
        scenario.asterisk.callee("*sip:b@*", second.clone()).await;
        scenario.call().await.wait_ended().await.unwrap();
        let dialled = asked(&scenario, "/dialled").await;
        let told = param(&dialled, "DialCallStatus");
        assert_eq!(
            told,
            status,
            "{first:?} {second:?}\n{}",
            scenario.lines().await
        );
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 150.
// Proves Dial.ringTone.
#[tokio::test(start_paused = true)]
async fn the_caller_hears_the_ring_tone_of_the_country() {
    let mut kept = Vec::new();
    for (attributes, tone) in [
        (
            "ringTone='uk'",
            Some("tone:400+450/400,0/200,400+450/400,0/2000"),
        ),
        (
            "ringTone='us-old' answerOnBridge='true'",
            Some("tone:420*40/2000,0/4000"),
        ),
        ("ringTone='automatic'", None),
    ] {
        let scenario = dialling(&format!("<Dial {attributes}>100</Dial>")).await;
        scenario.asterisk.callee("*", talks(5)).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let heard = phone.heard_media().await;
        let rang = heard.iter().find(|uri| uri.starts_with("tone:"));
        assert_eq!(
            rang.map(String::as_str),
            tone,
            "{attributes}\n{}",
            scenario.lines().await
        );
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 142.
// Proves Number.sendDigits.
#[tokio::test(start_paused = true)]
async fn digits_are_sent_after_the_answer_and_before_the_bridge() {
    let dial = format!(
        "<Dial {ACTION}><Number sendDigits='wW12#' statusCallback='/leg'>100</Number></Dial>"
    );
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("*", talks(20)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(3)).await;
    // Answered after 2 s; a pause of 1.5 s comes before the digits.
    let callee = scenario.asterisk.called("Local/*").await.remove(0);
    assert_eq!(callee.state().await.as_deref(), Some("Up"));
    assert!(phone.heard_media().await.contains(&"tone:ring".to_owned()));
    assert!(!bridged(&scenario).await, "{}", scenario.lines().await);
    tokio::time::sleep(seconds(2)).await;
    assert!(bridged(&scenario).await, "{}", scenario.lines().await);
    assert_eq!(callee.digits().await.replace('w', ""), "12#");
    phone.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&dialled, "DialBridged"), "true");
    assert_eq!(param(&dialled, "DialCallDuration"), "20");
    scenario.nothing_left().await;
}

/// Did two enter the same bridge?
async fn bridged(scenario: &Scenario) -> bool {
    let requests = scenario.asterisk.requests().await;
    requests
        .iter()
        .filter(|r| r.path.ends_with("/addChannel"))
        .count()
        == 2
}

#[tokio::test(start_paused = true)]
async fn one_who_hangs_up_while_digits_are_sent_was_never_bridged() {
    let dial = format!("<Dial {ACTION}><Number sendDigits='WWWW1'>100</Number></Dial>");
    let scenario = dialling(&dial).await;
    scenario.asterisk.callee("*", talks(2)).await;
    scenario.call().await.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallStatus"),
        "completed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialBridged"), "false");
    assert_eq!(param(&dialled, "DialCallDuration"), "2");
    scenario.nothing_left().await;
}

// Check 152.
#[tokio::test(start_paused = true)]
async fn the_action_is_told_what_sip_said() {
    let mut kept = Vec::new();
    for (behaviour, code) in [(talks(2), "200"), (Behaviour::busy(), "486")] {
        let scenario = dialling(&format!("<Dial {ACTION}><Sip>b@example.com</Sip></Dial>")).await;
        scenario.asterisk.callee("*", behaviour).await;
        scenario.call().await.wait_ended().await.unwrap();
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(param(&dialled, "DialSipResponseCode"), code);
        assert!(
            param(&dialled, "DialSipCallId").contains("@127.0.0.1"),
            "{}",
            dialled.body
        );
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_picked_up_goes_on_with_the_next_in_turn() {
    let dial = "<Dial sequential='true' timeout='10'><Number>1</Number><Number sendDigits='WW5'>2</Number></Dial>";
    let scenario = dialling(dial).await;
    scenario
        .asterisk
        .callee("Local/1@*", Behaviour::no_answer())
        .await;
    scenario.asterisk.callee("Local/2@*", talks(10)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(5)).await;
    scenario.kill_and_resume().await;
    tokio::time::sleep(seconds(8)).await;
    // In the middle of the digits.
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    let callee = scenario.asterisk.called("Local/2@*").await;
    assert_eq!(callee.len(), 1, "{}", scenario.lines().await);
    assert_eq!(callee[0].digits().await.replace('w', ""), "5");
    assert!(bridged(&scenario).await);
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:after")
    );
    scenario.nothing_left().await;
}
