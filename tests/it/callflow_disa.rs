//! `disa`: a dial tone for callers from outside.

use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::callflow_talk::about;
use crate::support::{Scenario, ms, seconds};

/// A dial tone behind number 1, extension 2030, and a flow that takes the rest.
async fn shop(data: Value) -> Scenario {
    shop_with("", data).await
}

async fn shop_with(config: &str, data: Value) -> Scenario {
    let scenario = Scenario::stored_with(config).await;
    let flow = chain([node("disa", data), play("after")]);
    scenario.callflow("disa", &["1"], flow).await;
    scenario
        .callflow("sales", &["2030"], chain([play("sales")]))
        .await;
    scenario
}

// Callflow check 85. The PIN, then the dial tone.
// Proves disa.pin.
#[tokio::test(start_paused = true)]
async fn after_the_pin_there_is_a_dial_tone_and_the_number_s_flow_runs() {
    let scenario = shop(json!({"pin": "1234"})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("99#")
        .await
        .answer("1234#")
        .await
        .answer("2030#")
        .await;
    talk.end().await;
    let heard = talk.heard().await;
    assert_eq!(
        heard,
        [
            "agent-pass",
            "auth-incorrect",
            "agent-pass",
            "*",
            "sales",
            "after"
        ],
        "{}",
        talk.lines().await
    );
    let lengths = talk.lengths().await;
    assert!(about(lengths[0], seconds(10)), "{lengths:?}");
}

// Callflow check 85. So many PINs.
// Proves disa.retries.
#[tokio::test(start_paused = true)]
async fn wrong_pins_end_the_flow() {
    let scenario = shop(json!({"pin": "1234", "retries": 2})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("1#").await.answer("12345#").await;
    talk.end().await;
    let round = ["agent-pass", "auth-incorrect"];
    let expected: Vec<_> = [&round[..], &round, &["vm-goodbye"]].concat();
    assert_eq!(talk.heard().await, expected);
}

// Callflow check 85. An invalid extension, then `_`.
#[tokio::test(start_paused = true)]
async fn numbers_that_nothing_takes_lead_on_after_the_retries() {
    let scenario = shop(json!({"retries": 2})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("77#").await;
    // Nothing pressed: the caller is waited for without a new tone.
    talk.question().await;
    talk.answer("88#").await;
    talk.end().await;
    assert_eq!(
        talk.heard().await,
        ["*", "pbx-invalid", "*", "pbx-invalid", "after"]
    );
    assert!(talk.lines().await.contains("everybody who calls may dial"));
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_takes_the_rest_may_be_dialled() {
    let scenario = shop(json!({"pin": "1"})).await;
    scenario.callflow("rest", &["no_match"], play("rest")).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("1#").await.answer("5551234#").await;
    talk.end().await;
    assert_eq!(talk.times("rest").await, 1);
}

// Proves disa.preconnect_audio, disa.ring_repeat_count.
#[test]
fn the_tone_is_as_the_flow_says() {
    for (data, length) in [
        (json!({"preconnect_audio": "ringing"}), 6),
        (
            json!({"preconnect_audio": "ringing", "ring_repeat_count": 2}),
            12,
        ),
        (json!({}), 10),
    ] {
        in_virtual_time(async move {
            let scenario = shop(data).await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.question().await;
            let lengths = talk.lengths().await;
            assert!(about(lengths[0], seconds(length)), "{lengths:?}");
        });
    }
}

// Proves disa.max_digits, disa.interdigit.
#[test]
fn a_number_ends_at_its_last_digit_or_after_the_pause() {
    for (data, keys, waits) in [
        (json!({"max_digits": 4}), "2030", ms(0)),
        (json!({}), "2030", ms(2000)),
        (json!({"interdigit": 4000}), "2030", ms(4000)),
    ] {
        in_virtual_time(async move {
            let scenario = shop(data.clone()).await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.answer(keys).await;
            let pressed = tokio::time::Instant::now();
            talk.hears("sales", 1).await;
            assert!(
                about(pressed.elapsed(), waits),
                "{data}: {:?}",
                pressed.elapsed()
            );
        });
    }
}

// Callflow check 85. Whose caller id is shown.
// Proves disa.use_account_caller_id.
// Proves account.caller_id.*.number.
#[test]
fn whoever_is_called_sees_the_account_unless_the_flow_says_otherwise() {
    for (data, from, called) in [
        (json!({}), "+4930555", "2030"),
        (json!({"use_account_caller_id": false}), "+15550001", "2030"),
    ] {
        in_virtual_time(async move {
            let scenario = shop(data).await;
            let id = json!({"external": {"number": "+4930555", "name": "Shop"}});
            scenario.account(json!({"caller_id": id})).await;
            let flow = ask("/next")
                .to_string()
                .replace("{app}", &scenario.web.url());
            scenario
                .callflow("sales", &["2030"], serde_json::from_str(&flow).unwrap())
                .await;
            scenario.answer_with("/next", &node("hangup", json!({})));
            let mut talk = scenario.talk("1", &[]).await;
            talk.answer("2030#").await;
            talk.end().await;
            let seen = scenario.web.at("/next");
            assert_eq!(seen[0].param("Caller-ID-Number").as_deref(), Some(from));
            assert_eq!(
                seen[0]
                    .param("Request")
                    .as_deref()
                    .map(|to| to.split('@').next().unwrap()),
                Some(called)
            );
        });
    }
}

// Proves disa.enforce_call_restriction, account.call_restriction.*.action.
#[test]
fn what_the_account_denies_is_not_dialled() {
    let own = "[[numbers.classifiers]]\nname = 'premium'\nregex = '^0900'\n";
    for (config, denied, number, enforced, said) in [
        ("", "international", "0044207123456", true, "ss-noservice"),
        ("", "international", "0044207123456", false, "rest"),
        ("", "international", "0900555", true, "rest"),
        ("", "unknown", "0900555", true, "ss-noservice"),
        // What kinds of numbers there are the shop says.
        (own, "premium", "0900555", true, "ss-noservice"),
        (own, "unknown", "0044207123456", true, "ss-noservice"),
    ] {
        in_virtual_time(async move {
            let data = json!({"enforce_call_restriction": enforced});
            let scenario = shop_with(config, data).await;
            scenario.callflow("rest", &["no_match"], play("rest")).await;
            let restrictions = json!({denied: {"action": "deny"}});
            scenario
                .account(json!({"call_restriction": restrictions}))
                .await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.answer(&format!("{number}#")).await;
            talk.end().await;
            let heard = talk.heard().await;
            assert!(heard.contains(&said.to_owned()), "{number}: {heard:?}");
            // Who is refused is hung up.
            assert_eq!(heard.contains(&"after".to_owned()), said == "rest");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_is_picked_up_need_not_give_the_pin_again() {
    let scenario = shop(json!({"pin": "1234"})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("1234#").await.question().await;
    talk.kill_and_resume().await;
    talk.phone.press("2030#").await;
    talk.end().await;
    assert_eq!(
        (talk.times("agent-pass").await, talk.times("sales").await),
        (1, 1),
        "{}",
        talk.lines().await
    );
}
