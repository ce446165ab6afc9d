//! Keys that are sent to the caller: the flow goes on meanwhile, and what needs the
//! channel waits.

use std::time::Duration;

use pivot::simulate::Behaviour;
use serde_json::{Value, json};

use crate::callflow_dialling::talked;
use crate::callflow_flows::{ask, chain, node, play};
use crate::support::{Reply, Scenario, ms, seconds};

fn send(data: Value) -> Value {
    node("send_dtmf", data)
}

impl Scenario {
    /// When the web application was asked, by the log of the call's own requests: the
    /// answer is a `hangup` or a sound.
    async fn first(&self, method: &str, ending: &str) -> Duration {
        let sent = self.sent(method, ending).await;
        assert!(!sent.is_empty(), "{}", self.lines().await);
        sent[0].at
    }
}

// Callflow check 31.
// Proves send_dtmf.duration_ms.
#[tokio::test(start_paused = true)]
async fn the_flow_goes_on_while_keys_are_sent() {
    for (data, each, lasts) in [
        (json!({"digits": "1234"}), 2000, ms(4 * 2100)),
        (
            json!({"digits": "1234", "duration_ms": 500}),
            500,
            ms(4 * 600),
        ),
    ] {
        let (scenario, phone) =
            Scenario::flow(chain([node("answer", json!({})), send(data), ask("/next")])).await;
        scenario.answer_with("/next", &play("after"));
        // The web application is asked at once.
        tokio::time::sleep(seconds(1)).await;
        assert_eq!(
            scenario.web.at("/next").len(),
            1,
            "{}",
            scenario.lines().await
        );
        scenario.heard(&phone, &["after"]).await;
        assert_eq!(phone.digits().await, "1234");
        let sent = &scenario.sent("POST", "/dtmf").await[0];
        let between = sent.params["between"].to_string();
        assert_eq!(
            sent.params["duration"].to_string().trim_matches('"'),
            each.to_string()
        );
        assert_eq!(between.trim_matches('"'), "100");
        // What is played comes after the keys.
        let heard = phone.heard().await;
        let from = heard.iter().find_map(|h| match &h.what {
            pivot::simulate::Sound::Media(_) => Some(h.from),
            _ => None,
        });
        let waited = from.unwrap() - sent.at;
        assert!(waited >= lasts && waited < lasts + ms(500), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_joins_the_caller_while_keys_are_sent() {
    let behaviour = Behaviour::answers(ms(500)).hangs_up_after(seconds(2));
    let scenario = Scenario::new().await;
    scenario.asterisk.callee("*", behaviour).await;
    let flow = [
        node("answer", json!({})),
        send(json!({"digits": "123"})),
        node("device", json!({"id": "bob"})),
    ];
    scenario.answer_with("/voice", &chain(flow));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    assert!(talked(&phone).await, "{}", scenario.lines().await);
    scenario.nothing_waited().await;
}

/// A flow that has nothing more to do ends when the keys are sent.
#[tokio::test(start_paused = true)]
async fn the_call_ends_when_the_keys_are_sent() {
    for last in [None, Some(node("hangup", json!({})))] {
        let mut flow = vec![node("answer", json!({})), send(json!({"digits": "12"}))];
        flow.push(send(json!({"digits": "3", "duration_ms": 800})));
        flow.extend(last);
        let (scenario, phone) = Scenario::flow(chain(flow)).await;
        let ended = scenario.end(&phone).await;
        let lasts = ms(2 * 2100 + 900);
        assert!(
            ended.at >= lasts && ended.at < lasts + seconds(1),
            "{ended:?}\n{}",
            scenario.lines().await
        );
        assert_eq!(phone.digits().await, "123");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_while_keys_are_sent_sends_them_once() {
    let flow = [
        node("answer", json!({})),
        send(json!({"digits": "1234"})),
        node("sleep", json!({"duration": 3})),
        play("after"),
    ];
    let (scenario, phone) = Scenario::flow(chain(flow)).await;
    tokio::time::sleep(seconds(2)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &["after"]).await;
    assert_eq!(phone.digits().await, "1234");
    assert!(phone.heard().await.last().unwrap().from >= ms(4 * 2100));
}

/// `sleep` and `noop` beside it: the one counts from now, the other waits for the keys.
// Callflow check 35.
#[tokio::test(start_paused = true)]
async fn noop_waits_for_all_that_the_caller_is_to_hear() {
    for (first, lasts) in [
        (send(json!({"digits": "12"})), ms(2 * 2100)),
        (play("long"), seconds(7)),
        (node("tts", json!({"text": "Hello there."})), ms(300)),
        (node("sleep", json!({"duration": 1})), seconds(1)),
    ] {
        let scenario = Scenario::new().await;
        scenario.asterisk.sound("long", seconds(7)).await;
        let flow = chain([
            node("answer", json!({})),
            first,
            node("noop", json!({})),
            ask("/next"),
        ]);
        scenario.answer_with("/voice", &flow);
        scenario
            .web
            .on("/next", Reply::json(&node("hangup", json!({}))));
        let phone = scenario.call().await;
        let answered = {
            assert!(phone.wait_answered(seconds(5)).await);
            tokio::time::Instant::now()
        };
        while scenario.web.at("/next").is_empty() {
            tokio::time::sleep(ms(20)).await;
        }
        let waited = answered.elapsed();
        assert!(waited >= lasts && waited < lasts + seconds(2), "{waited:?}");
        scenario.end(&phone).await;
        assert!(scenario.first("POST", "/answer").await < seconds(2));
    }
}
