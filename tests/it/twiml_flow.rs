//! What comes after what, and the verbs that end at once or for ever: the checks
//! 58 to 69 of the compatibility notes that no other file has.

use pivot::simulate::{Behaviour, Sound};

use crate::support::{Reply, Scenario, ms, seconds, twiml};

async fn with(verbs: &str) -> Scenario {
    configured("", verbs).await
}

async fn configured(config: &str, verbs: &str) -> Scenario {
    let scenario =
        Scenario::configured(&format!("[default]\nvoice_url = '{{app}}/voice'\n{config}")).await;
    scenario.web.on("/voice", twiml(verbs));
    scenario.web.on("/after", twiml("<Play>sound:after</Play>"));
    scenario
}

// Check 64.
#[tokio::test(start_paused = true)]
async fn a_refused_call_has_its_status() {
    for (reason, sip, status) in [("busy", 486, "busy"), ("rejected", 404, "no-answer")] {
        let scenario = configured(
            "status_callback = '{app}/status'\n",
            &format!("<Reject reason='{reason}'/>"),
        )
        .await;
        scenario.web.on("/status", Reply::status(204));
        let phone = scenario.call().await;
        assert_eq!(phone.wait_ended().await.unwrap().sip, Some(sip));
        scenario.nothing_left().await;
        tokio::time::sleep(ms(500)).await;
        let told = scenario.web.at("/status");
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].param("CallStatus").as_deref(), Some(status));
        assert_eq!(told[0].param("CallDuration").as_deref(), Some("0"));
    }
}

// Check 32.
#[tokio::test(start_paused = true)]
async fn a_timeout_that_is_no_number_is_thirty_seconds() {
    let scenario = with("<Dial timeout='abc'>5550001</Dial><Play>sound:b</Play>").await;
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard().await;
    let next = heard
        .iter()
        .find(|heard| heard.what == Sound::Media("sound:b".into()))
        .unwrap();
    assert!(
        (seconds(30)..seconds(33)).contains(&next.from),
        "{:?}",
        next.from
    );
    assert!(scenario.lines().await.contains("13212"));
    scenario.nothing_left().await;
}

// Check 67.
#[tokio::test(start_paused = true)]
async fn a_callee_who_is_busy_leaves_the_caller_unanswered_until_the_next_verb() {
    for (next, answered) in [("", false), ("<Play>sound:b</Play>", true)] {
        let scenario = with(&format!("<Dial answerOnBridge='true'>5550001</Dial>{next}")).await;
        scenario.asterisk.callee("*", Behaviour::busy()).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        assert_eq!(phone.responses().await.contains(&200), answered, "{next}");
        scenario.nothing_left().await;
    }
}

// Check 69.
#[tokio::test(start_paused = true)]
async fn a_stream_that_is_started_and_followed_by_nothing_hangs_up() {
    let scenario = with("<Start><Stream url='wss://x.example/'/></Start>").await;
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(!ended.by_phone && ended.at < seconds(2), "{ended:?}");
    scenario.nothing_left().await;
}

// Proves Connect.action, Connect.method.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_connected_is_told_to_the_action() {
    for (noun, told) in [
        (
            "<Stream url='wss://x.example/'/>",
            vec![("SessionStatus", None)],
        ),
        (
            "<ConversationRelay url='wss://x.example/'/>",
            vec![
                ("SessionStatus", Some("failed")),
                ("SessionDuration", Some("0")),
                ("ErrorCode", Some("39001")),
            ],
        ),
        (
            "<VirtualAgent connectorName='x'/>",
            vec![("VirtualAgentStatus", Some("failed"))],
        ),
    ] {
        let scenario = with(&format!(
            "<Connect action='/after' method='GET'>{noun}</Connect><Play>sound:never</Play>"
        ))
        .await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        assert_eq!(phone.heard_media().await, ["sound:after"], "{noun}");
        let after = &scenario.web.at("/after")[0];
        assert_eq!(after.method, "GET");
        assert_eq!(
            after.param("CallStatus").as_deref(),
            Some("in-progress"),
            "it was answered"
        );
        for (name, value) in told {
            assert_eq!(after.param(name).as_deref(), value, "{noun} {name}");
        }
        assert!(scenario.lines().await.contains("is not done yet"), "{noun}");
        scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_exists_at_twilio_only_is_skipped() {
    for verb in [
        "<Connect action='/after'><Room>a</Room></Connect>",
        "<Connect><Stream url='wss://x.example/'/></Connect>",
        "<Pay/>",
    ] {
        let scenario = with(&format!("{verb}<Play>sound:next</Play>")).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        assert_eq!(phone.heard_media().await, ["sound:next"], "{verb}");
        scenario.nothing_left().await;
    }
}

// Proves Pay.action, Pay.method, Pay.paymentMethod.
#[tokio::test(start_paused = true)]
async fn a_payment_has_failed_before_it_began() {
    let scenario = with(
        "<Pay action='/after' method='GET' paymentMethod='ach-debit' chargeAmount='19.90'>\
         <Prompt for='postal-code'><Play>sound:never</Play></Prompt></Pay><Play>sound:never</Play>",
    )
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:after"]);
    let after = &scenario.web.at("/after")[0];
    assert_eq!(after.method, "GET");
    assert_eq!(
        after.param("Result").as_deref(),
        Some("payment-connector-error")
    );
    assert_eq!(after.param("PaymentMethod").as_deref(), Some("ach-debit"));
    scenario.nothing_left().await;
}

// Proves Sms.to, Sms.from, Sms.action, Sms.method, Sms.statusCallback.
#[tokio::test(start_paused = true)]
async fn a_message_is_handed_over_and_the_call_goes_on() {
    let scenario = configured(
        "[sms]\nurl = '{app}/sms'\n[account]\nauth_token = 'topsecret'\n",
        "<Sms to='+15557777' from='+15558888' action='/after' method='GET' statusCallback='/delivered'>Hello &amp; thanks</Sms>",
    )
    .await;
    scenario
        .web
        .on("/sms", Reply::status(202).after(seconds(5)));
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(
        ended.at < seconds(4),
        "nobody waits for the sender: {ended:?}"
    );
    assert_eq!(phone.heard_media().await, ["sound:after"]);
    scenario.nothing_left().await;
    let sms = &scenario.web.at("/sms")[0];
    for (name, value) in [
        ("To", "+15557777".to_owned()),
        ("From", "+15558888".to_owned()),
        ("Body", "Hello & thanks".to_owned()),
        (
            "StatusCallback",
            format!("{}/delivered", scenario.web.url()),
        ),
    ] {
        assert_eq!(sms.param(name), Some(value), "{name}");
    }
    assert!(sms.headers.contains_key("x-twilio-signature"));
    let after = &scenario.web.at("/after")[0];
    assert_eq!(after.method, "GET");
    assert_eq!(after.param("SmsStatus").as_deref(), Some("sent"));
    assert_eq!(after.param("SmsSid"), sms.param("MessageSid"));
    assert!(sms.param("MessageSid").unwrap().starts_with("SM"));
}

// Proves Message.to, Message.from, Message.action, Message.method, Message.statusCallback.
#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_sends_has_failed_and_the_call_goes_on() {
    let scenario = with(
        "<Message to='+15557777' from='+15558888' action='/after' method='GET' statusCallback='/status'>\
         <Body>Hello</Body><Media>/a.png</Media></Message>",
    )
    .await;
    scenario.web.on("/status", Reply::status(204));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    tokio::time::sleep(ms(500)).await;
    let after = &scenario.web.at("/after")[0];
    assert_eq!(
        (after.method.as_str(), after.param("SmsStatus").as_deref()),
        ("GET", Some("failed"))
    );
    let status = &scenario.web.at("/status")[0];
    for (name, value) in [
        ("To", "+15557777".to_owned()),
        ("From", "+15558888".to_owned()),
        ("Body", "Hello".to_owned()),
        ("MediaUrl0", format!("{}/a.png", scenario.web.url())),
        ("MessageStatus", "failed".to_owned()),
    ] {
        assert_eq!(status.param(name), Some(value), "{name}");
    }
    assert!(scenario.lines().await.contains("13803"));

    let scenario = with("<Sms>Hello</Sms><Play>sound:next</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:next"]);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn callers_hear_themselves_until_they_hang_up() {
    let scenario = with("<Play>sound:a</Play><Echo/><Play>sound:never</Play>").await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(10));
    assert!(phone.wait_ended().await.unwrap().by_phone);
    let heard = phone.heard().await;
    let echo = heard.iter().find_map(|heard| match &heard.what {
        Sound::Bridge(others) => Some((others.clone(), heard.from)),
        _ => None,
    });
    let (others, from) = echo.unwrap_or_else(|| panic!("{heard:?}"));
    assert_eq!(others.len(), 1);
    assert!(from < seconds(3), "{from:?}");
    let snoops = scenario.asterisk.requests().await;
    let snoop = snoops
        .iter()
        .find(|request| request.path.contains("/snoop/"))
        .unwrap();
    assert!(
        snoop.path.ends_with(&others[0]),
        "it hears the snoop: {}",
        snoop.path
    );
    assert_eq!(
        snoop.params["spy"], "in",
        "which hears what the caller says"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn an_echo_that_cannot_be_had_is_told_and_the_next_verb_runs() {
    let scenario = with("<Echo/><Play>sound:next</Play>").await;
    scenario
        .asterisk
        .fault(
            pivot::simulate::Matching::next("POST", "/snoop/"),
            pivot::simulate::Fault::Refuse(500),
        )
        .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await,
        ["sound:next"],
        "{}",
        scenario.lines().await
    );
    assert!(scenario.lines().await.contains("there is no echo"));
    scenario.nothing_left().await;
}
