//! Dial.

use super::*;

/// A Dial, what follows it, and what the called parties do.
async fn dialling(dial: &str, behaviour: Behaviour) -> Scenario {
    let scenario = with(&format!("{dial}<Play>sound:after</Play>")).await;
    scenario.web.on("/dialled", twiml("<Hangup/>"));
    scenario.asterisk.callee("*", behaviour).await;
    scenario
}

fn talks(length: u64) -> Behaviour {
    Behaviour::answers(seconds(2)).hangs_up_after(seconds(length))
}

// Proves Dial.action.
// Check 131. Check 132. Check 133.
#[tokio::test(start_paused = true)]
async fn a_conversation_is_told_and_takes_over() {
    let scenario = dialling("<Dial action='/dialled'>+1 415 555 1212</Dial>", talks(12)).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallStatus"),
        "completed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialCallDuration"), "12");
    assert_eq!(param(&dialled, "DialBridged"), "true");
    assert!(param(&dialled, "DialCallSid").starts_with("CA"));
    assert_ne!(param(&dialled, "DialCallSid"), param(&dialled, "CallSid"));
    assert!(
        !phone
            .heard_media()
            .await
            .contains(&"sound:after".to_owned())
    );
    let number = "Local/+14155551212@pivot-outbound/n";
    assert_eq!(scenario.asterisk.called(number).await.len(), 1);
    scenario.nothing_left().await;
}

// Check 130.
#[tokio::test(start_paused = true)]
async fn without_an_action_the_next_verb_runs() {
    let mut kept = Vec::new();
    for behaviour in [talks(3), Behaviour::busy(), Behaviour::unregistered()] {
        let scenario = dialling("<Dial>100</Dial>", behaviour.clone()).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let last = phone.heard_media().await.pop();
        assert_eq!(
            last.as_deref(),
            Some("sound:after"),
            "{behaviour:?}\n{}",
            scenario.lines().await
        );
        assert_eq!(scenario.web.seen().len(), 1);
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 129.
#[tokio::test(start_paused = true)]
async fn failures_are_told_apart() {
    let mut kept = Vec::new();
    for (behaviour, status) in [
        (Behaviour::busy(), "busy"),
        (Behaviour::rejects(600), "busy"),
        (Behaviour::rejects(404), "failed"),
        (Behaviour::rejects(503), "failed"),
        (Behaviour::rejects(480), "no-answer"),
        (Behaviour::unregistered(), "no-answer"),
        (Behaviour::no_answer(), "no-answer"),
    ] {
        let scenario = dialling(
            "<Dial action='/dialled'><User>u1</User></Dial>",
            behaviour.clone(),
        )
        .await;
        scenario.call().await.wait_ended().await.unwrap();
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(
            param(&dialled, "DialCallStatus"),
            status,
            "{behaviour:?}\n{}",
            scenario.lines().await
        );
        assert_eq!(param(&dialled, "DialBridged"), "false", "{behaviour:?}");
        assert_eq!(param(&dialled, "DialCallDuration"), "-", "{behaviour:?}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Proves Dial.timeout.
// Check 128.
#[tokio::test(start_paused = true)]
async fn it_rings_for_its_timeout() {
    let mut kept = Vec::new();
    for (attribute, rings) in [("", 30), ("timeout='10'", 10)] {
        let dial = format!("<Dial action='/dialled' {attribute}>100</Dial>");
        let scenario = dialling(&dial, Behaviour::no_answer()).await;
        let ended = scenario.call().await.wait_ended().await.unwrap();
        assert!(
            (seconds(rings)..seconds(rings + 3)).contains(&ended.at),
            "{ended:?}"
        );
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_cancels_it_and_the_action_is_told() {
    let scenario = dialling("<Dial action='/dialled'>100</Dial>", Behaviour::no_answer()).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(5));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallStatus"),
        "canceled",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "CallStatus"), "completed");
    let callee = &scenario.asterisk.called("Local/*").await[0];
    let ended = callee.wait_ended().await.unwrap();
    assert!(!ended.by_phone && ended.at < seconds(6), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_ends_the_conversation_and_the_action_is_told() {
    let scenario = dialling("<Dial action='/dialled'>100</Dial>", talks(600)).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(12));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "DialCallStatus"),
        "completed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialBridged"), "true");
    let talked: u64 = param(&dialled, "DialCallDuration").parse().unwrap();
    assert!((9..=10).contains(&talked), "{talked}");
}

// Proves Dial.hangupOnStar.
// Check 134.
#[tokio::test(start_paused = true)]
async fn the_callers_star_ends_the_conversation_only_when_asked_for() {
    let mut kept = Vec::new();
    for (attribute, talked) in [("hangupOnStar='true'", 6), ("", 20)] {
        let dial = format!("<Dial {attribute} action='/dialled'>100</Dial>");
        let scenario = dialling(&dial, talks(20)).await;
        let phone = scenario.call().await;
        phone.press_at(seconds(5), "1");
        phone.press_at(seconds(8), "*");
        phone.wait_ended().await.unwrap();
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(param(&dialled, "DialCallStatus"), "completed");
        assert_eq!(
            param(&dialled, "DialCallDuration"),
            talked.to_string(),
            "{attribute}"
        );
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 134.
#[tokio::test(start_paused = true)]
async fn the_called_partys_star_does_nothing() {
    let behaviour = talks(20).presses(seconds(3), "*");
    let scenario = dialling(
        "<Dial hangupOnStar='true' action='/dialled'>100</Dial>",
        behaviour,
    )
    .await;
    scenario.call().await.wait_ended().await.unwrap();
    assert_eq!(
        param(&asked(&scenario, "/dialled").await, "DialCallDuration"),
        "20"
    );
    scenario.nothing_left().await;
}

// Proves Dial.timeLimit.
// Check 135.
#[tokio::test(start_paused = true)]
async fn the_time_limit_ends_the_conversation_and_not_the_call() {
    let scenario = dialling("<Dial timeLimit='10'>100</Dial>", talks(600)).await;
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!((seconds(12)..seconds(15)).contains(&ended.at), "{ended:?}");
    assert_eq!(
        phone.heard_media().await.last().map(String::as_str),
        Some("sound:after")
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn nouns_ring_together_and_the_first_to_answer_wins() {
    let scenario = with(
        "<Dial action='/dialled'><Number>1</Number><Sip>sip:b@example.com</Sip><User>u</User>\
         <Device>d</Device><Client>c</Client></Dial>",
    )
    .await;
    scenario.web.on("/dialled", twiml("<Hangup/>"));
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    scenario.asterisk.callee("PJSIP/d", talks(5)).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    for endpoint in [
        "Local/1@pivot-outbound/n",
        "PJSIP/pivot-out/sip:b@example.com",
        "PJSIP/u",
        "PJSIP/c",
    ] {
        let called = scenario.asterisk.called(endpoint).await;
        assert_eq!(called.len(), 1, "{endpoint}\n{}", scenario.lines().await);
        let ended = called[0].wait_ended().await.unwrap();
        assert!(
            !ended.by_phone && ended.at < seconds(4),
            "{endpoint}: {ended:?}"
        );
    }
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&dialled, "DialCallDuration"), "5");
    scenario.nothing_left().await;
}

// Proves Dial.answerOnBridge.
// Check 66.
#[tokio::test(start_paused = true)]
async fn an_answer_on_bridge_leaves_the_caller_ringing() {
    let scenario = dialling("<Dial answerOnBridge='true'>100</Dial>", talks(5)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(ms(1500)).await;
    assert_ne!(phone.state().await.as_deref(), Some("Up"));
    assert!(
        phone.wait_answered(seconds(2)).await,
        "{}",
        scenario.lines().await
    );
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_on_bridge_that_never_comes_never_answers() {
    let scenario = with("<Dial answerOnBridge='true'>100</Dial>").await;
    scenario.asterisk.callee("*", Behaviour::busy()).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert!(!answered(&phone).await, "{}", scenario.lines().await);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn without_it_the_caller_is_answered_at_once() {
    let scenario = dialling("<Dial>100</Dial>", talks(5)).await;
    let phone = scenario.call().await;
    assert!(phone.wait_answered(seconds(1)).await);
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

// Proves Dial.callerId.
// Check 143.
#[tokio::test(start_paused = true)]
async fn the_called_party_sees_the_callers_number_or_the_given_one() {
    let mut kept = Vec::new();
    for (attribute, number) in [("", "+15550001"), ("callerId='+15559999'", "+15559999")] {
        let scenario = dialling(&format!("<Dial {attribute}>100</Dial>"), talks(1)).await;
        scenario.call().await.wait_ended().await.unwrap();
        let requests = scenario.asterisk.requests().await;
        let create = requests
            .iter()
            .find(|r| r.path == "channels/create")
            .unwrap();
        assert_eq!(
            create.params["variables"]["CONNECTEDLINE(num)"], number,
            "{}",
            create.params
        );
        // What the phone saw: the leg rings in the caller's bridge.
        let phone = &scenario.asterisk.called("Local/*").await[0];
        assert_eq!(phone.shown().await.unwrap().0, number);
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 151.
#[tokio::test(start_paused = true)]
async fn the_query_of_a_sip_address_becomes_headers() {
    let scenario = dialling(
        "<Dial><Sip>sip:b@example.com?x-order=4%2F7&amp;User-to-User=00</Sip></Dial>",
        talks(1),
    )
    .await;
    scenario.call().await.wait_ended().await.unwrap();
    let requests = scenario.asterisk.requests().await;
    let create = requests
        .iter()
        .find(|r| r.path == "channels/create")
        .unwrap();
    assert_eq!(
        create.params["endpoint"],
        "PJSIP/pivot-out/sip:b@example.com"
    );
    let variables = create.params["variables"].to_string();
    assert!(
        variables.contains("X-Order") && variables.contains("4/7"),
        "{variables}"
    );
    assert!(variables.contains("User-to-User"), "{variables}");
    scenario.nothing_left().await;
}

// Proves Dial.record.
#[tokio::test(start_paused = true)]
async fn a_recorded_conversation_is_told_with_its_url() {
    let mut kept = Vec::new();
    for record in [
        "true",
        "record-from-answer",
        "record-from-ringing",
        "record-from-answer-dual",
    ] {
        let dial = format!("<Dial action='/dialled' record='{record}'>100</Dial>");
        let scenario = dialling(&dial, talks(6)).await;
        scenario.call().await.wait_ended().await.unwrap();
        let dialled = asked(&scenario, "/dialled").await;
        let url = param(&dialled, "RecordingUrl");
        assert!(
            url.contains("/Recordings/RE"),
            "{record}: {url}\n{}",
            scenario.lines().await
        );
        let length: u64 = param(&dialled, "RecordingDuration").parse().unwrap();
        let expected = if record == "record-from-ringing" {
            7..=9
        } else {
            5..=7
        };
        assert!(expected.contains(&length), "{record}: {length}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
    let scenario = dialling(
        "<Dial action='/dialled' record='do-not-record'>100</Dial>",
        talks(6),
    )
    .await;
    scenario.call().await.wait_ended().await.unwrap();
    assert_eq!(
        param(&asked(&scenario, "/dialled").await, "RecordingUrl"),
        "-"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_to_ring_runs_the_next_verb_and_a_bad_number_has_failed() {
    let scenario = dialling("<Dial action='/dialled'/>", talks(1)).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:after"]);
    assert!(scenario.web.at("/dialled").is_empty());
    scenario.nothing_left().await;

    let scenario = dialling("<Dial action='/dialled'>nobody</Dial>", talks(1)).await;
    scenario.call().await.wait_ended().await.unwrap();
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&dialled, "DialCallStatus"), "failed");
    assert_eq!(param(&dialled, "DialBridged"), "false");
    scenario.nothing_left().await;
}

// Check 157.
#[tokio::test(start_paused = true)]
async fn an_empty_answer_to_its_action_hangs_up() {
    let scenario = with("<Dial action='/dialled'>100</Dial><Play>sound:after</Play>").await;
    scenario.asterisk.callee("*", talks(2)).await;
    scenario.web.on("/dialled", twiml(""));
    let phone = scenario.call().await;
    assert!(!phone.wait_ended().await.unwrap().by_phone);
    assert!(
        !phone
            .heard_media()
            .await
            .contains(&"sound:after".to_owned())
    );
    scenario.nothing_left().await;
}
