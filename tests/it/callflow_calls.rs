//! Calls that run Callflow JSON: what the caller hears, what the web
//! application is asked, how the call ends.

use serde_json::json;

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Reply, Scenario, ms, seconds};

// Proves tts.text.
#[tokio::test(start_paused = true)]
async fn speech_and_sounds_follow_each_other() {
    let (scenario, phone) = Scenario::flow(chain([
        play("hello-world"),
        node("tts", json!({"text": "Hello"})),
        play("vm-goodbye"),
    ]))
    .await;
    let ended = scenario.end(&phone).await;
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 3, "{}", scenario.lines().await);
    assert_eq!(
        (heard[0].as_str(), heard[2].as_str()),
        ("sound:hello-world", "sound:vm-goodbye")
    );
    assert!(!ended.by_phone && ended.cause == 16, "{ended:?}");
}

// Callflow check 21.
#[tokio::test(start_paused = true)]
async fn play_answers_and_waits_a_tenth_of_a_second_first() {
    let (scenario, phone) = Scenario::flow(play("hello-world")).await;
    scenario.end(&phone).await;
    let requests = scenario.asterisk.requests().await;
    let at = |what: &str| requests.iter().find(|r| r.path.contains(what)).unwrap().at;
    assert!(
        at("/play") - at("/answer") >= ms(100),
        "{}",
        scenario.lines().await
    );
}

// Callflow check 21.
// Proves play.answer.
#[tokio::test(start_paused = true)]
async fn play_without_answer_is_early_media() {
    let early = node("play", json!({"id": "sound:hello-world", "answer": false}));
    let (scenario, phone) =
        Scenario::flow(chain([early, node("response", json!({"code": 486}))])).await;
    let ended = scenario.end(&phone).await;
    assert_eq!(ended.sip, Some(486));
    assert_eq!(phone.heard_media().await, ["sound:hello-world"]);
}

// Callflow check 22.
// Proves response.code.
#[tokio::test(start_paused = true)]
async fn play_without_a_sound_goes_on_and_does_not_answer() {
    for data in [json!({}), json!({"id": ""}), json!({"id": null})] {
        let flow = chain([node("play", data), node("response", json!({"code": 404}))]);
        let (scenario, phone) = Scenario::flow(flow).await;
        assert_eq!(scenario.end(&phone).await.sip, Some(404));
        assert!(phone.heard_media().await.is_empty());
    }
}

// Callflow check 37.
#[tokio::test(start_paused = true)]
async fn a_sound_that_does_not_exist_is_passed_over() {
    let scenario = Scenario::new().await;
    scenario.asterisk.no_sound("nowhere").await;
    let url = node(
        "play",
        json!({"id": format!("{}/gone.mp3", scenario.web.url())}),
    );
    let flow = chain([play("nowhere"), url, play("hello-world")]);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    assert_eq!(
        phone.heard_media().await.last().unwrap(),
        "sound:hello-world"
    );
    assert_eq!(scenario.web.at("/gone.mp3").len(), 1);
    let lines = scenario.lines().await;
    assert!(
        lines.contains("nowhere") && lines.contains("404"),
        "{lines}"
    );
}

// Callflow check 23.
// Proves play.terminators.
#[test]
fn only_terminators_stop_a_sound() {
    let any = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
    let any = any.map(|key| (json!(null), key, false));
    for (terminators, key, complete) in any.into_iter().chain([
        (json!([]), "5", true),
        (json!(["1"]), "5", true),
        (json!(["1"]), "1", false),
        (json!(["1", "#"]), "#", false),
        (json!(["1", "#"]), "*", true),
    ]) {
        in_virtual_time(async move {
            let sound = node(
                "play",
                json!({"id": "sound:hello-world", "terminators": terminators}),
            );
            let scenario = Scenario::new().await;
            scenario.asterisk.sound("hello-world", seconds(5)).await;
            scenario.answer_with("/voice", &sound);
            let phone = scenario.call().await;
            phone.press_at(seconds(2), key);
            scenario.end(&phone).await;
            assert_eq!(
                phone.heard().await[0].complete,
                complete,
                "{terminators} {key}"
            );
        });
    }
}

// Proves play.loop_count.
#[tokio::test(start_paused = true)]
async fn a_sound_is_repeated_as_often_as_the_flow_says() {
    let sound = node("play", json!({"id": "sound:hello-world", "loop_count": 3}));
    let (scenario, phone) = Scenario::flow(sound).await;
    scenario.heard(&phone, &["hello-world"; 3]).await;
}

// Proves play.endless_playback.
#[tokio::test(start_paused = true)]
async fn an_endless_sound_ends_with_the_call_and_not_with_a_key() {
    let sound = node(
        "play",
        json!({"id": "sound:hello-world", "endless_playback": true}),
    );
    let (scenario, phone) = Scenario::flow(chain([sound, play("vm-goodbye")])).await;
    phone.press_at(seconds(2), "1");
    phone.hangup_at(ms(5500));
    scenario.end(&phone).await;
    let heard = phone.heard_media().await;
    assert!(
        heard.len() >= 5 && heard.iter().all(|sound| sound == "sound:hello-world"),
        "{heard:?}"
    );
}

// Callflow check 32.
// Proves audio_macro.macros.text, audio_macro.macros.type.
#[tokio::test(start_paused = true)]
async fn an_audio_macro_plays_its_items_in_order_and_does_not_answer() {
    let items = json!([
        {"macro": "play", "id": "sound:hello-world"},
        {"macro": "prompt", "id": "vm-goodbye"},
        {"macro": "play"},
        {"macro": "say", "text": "12", "type": "number"},
    ]);
    let flow = chain([
        node("audio_macro", json!({"macros": items})),
        node("response", json!({"code": 486})),
    ]);
    let (scenario, phone) = Scenario::flow(flow).await;
    assert_eq!(scenario.end(&phone).await.sip, Some(486));
    let heard = phone.heard_media().await;
    assert_eq!(
        heard,
        ["sound:hello-world", "sound:vm-goodbye", "number:12"]
    );
}

// Callflow check 32.
// Proves audio_macro.macros.id, audio_macro.macros.macro, audio_macro.terminators.
#[tokio::test(start_paused = true)]
async fn a_key_skips_the_rest_of_an_audio_macro() {
    let items = json!([{"macro": "play", "id": "sound:a"}, {"macro": "play", "id": "sound:b"}, {"macro": "play", "id": "sound:c"}]);
    let macros = node(
        "audio_macro",
        json!({"macros": items, "terminators": ["1"]}),
    );
    let (scenario, phone) =
        Scenario::flow(chain([node("answer", json!({})), macros, play("end")])).await;
    phone.press_at(ms(500), "5");
    phone.press_at(ms(1500), "1");
    scenario.heard(&phone, &["a", "b", "end"]).await;
}

// Callflow check 34.
// Proves sleep.unit.
#[test]
fn sleep_lasts_as_long_as_it_says() {
    for (data, expected) in [
        (json!({"duration": 3}), seconds(3)),
        (json!({"duration": 250, "unit": "ms"}), ms(250)),
        (json!({"duration": 2, "unit": "m"}), seconds(120)),
        (json!({"duration": 1, "unit": "h"}), seconds(3600)),
        (json!({"duration": 2, "unit": "fortnights"}), seconds(2)),
        (json!({"duration": 2, "unit": "s"}), seconds(2)),
        (json!({"duration": "25", "unit": "h"}), seconds(24 * 3600)),
        (
            json!({"duration": 86_400_001, "unit": "h"}),
            seconds(24 * 3600),
        ),
        (
            json!({"duration": 86_400_001, "unit": "ms"}),
            seconds(24 * 3600),
        ),
        (json!({"duration": -5}), ms(0)),
        (json!({"duration": -5, "unit": "h"}), ms(0)),
        (json!({}), ms(0)),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = Scenario::flow(node("sleep", data.clone())).await;
            while phone.ended().await.is_none() {
                tokio::time::sleep(seconds(60)).await;
            }
            let lasted = phone.ended().await.unwrap().at;
            assert!(
                lasted >= expected && lasted < expected + ms(200),
                "{data}: {lasted:?}"
            );
            scenario.nothing_left().await;
        });
    }
}

// Callflow check 59.
#[test]
fn response_refuses_with_its_code() {
    for code in [404, 408, 480, 484, 486, 503, 603] {
        in_virtual_time(async move {
            let (scenario, phone) =
                Scenario::flow(node("response", json!({"code": code.to_string()}))).await;
            assert_eq!(
                scenario.end(&phone).await.sip,
                Some(code),
                "{}",
                scenario.lines().await
            );
            assert!(phone.heard_media().await.is_empty());
        });
    }
}

// Callflow check 59.
// Proves response.media.
#[tokio::test(start_paused = true)]
async fn response_plays_its_media_before_it_refuses() {
    let data = json!({"code": 404, "media": "/system_media/fault-can_not_be_completed_as_dialed"});
    let (scenario, phone) = Scenario::flow(node("response", data)).await;
    assert_eq!(scenario.end(&phone).await.sip, Some(404));
    assert_eq!(
        phone.heard_media().await,
        ["sound:cannot-complete-as-dialed"]
    );
}

#[tokio::test(start_paused = true)]
async fn response_on_an_answered_call_hangs_up() {
    let flow = chain([
        node("answer", json!({})),
        node("response", json!({})),
        play("hello-world"),
    ]);
    let (scenario, phone) = Scenario::flow(flow).await;
    let ended = scenario.end(&phone).await;
    assert_eq!((ended.cause, ended.sip), (17, None));
    assert!(phone.heard_media().await.is_empty());
}

// Proves send_dtmf.digits.
#[tokio::test(start_paused = true)]
async fn keys_are_sent_to_the_caller() {
    let keys = node("send_dtmf", json!({"digits": "12w#", "duration_ms": 100}));
    let (scenario, phone) =
        Scenario::flow(chain([node("answer", json!({})), keys, play("end")])).await;
    scenario.heard(&phone, &["end"]).await;
    assert_eq!(phone.digits().await.replace('w', ""), "12#");
}

// Callflow check 36.
// Proves language.language, set_variable.value, set_variable.variable,
// set_variables.custom_application_vars.
#[tokio::test(start_paused = true)]
async fn variables_and_language_reach_the_web_application() {
    let variables = node(
        "set_variables",
        json!({"custom_application_vars": {"customer": "4711", "vip": true}}),
    );
    let more = node(
        "set_variable",
        json!({"variable": "customer", "value": 4712}),
    );
    let language = node("language", json!({"language": "fr-FR"}));
    let (scenario, phone) = Scenario::flow(chain([variables, more, language, ask("/next")])).await;
    scenario.answer_with("/next", &node("hangup", json!({})));
    scenario.end(&phone).await;
    let seen = &scenario.web.at("/next")[0];
    assert_eq!(
        seen.param("Custom-Application-Vars[customer]").as_deref(),
        Some("4712")
    );
    assert_eq!(
        seen.param("Custom-Application-Vars[vip]").as_deref(),
        Some("true")
    );
    assert_eq!(seen.param("Language").as_deref(), Some("fr-fr"));
}

#[test]
fn a_module_that_is_skipped_or_unknown_goes_on_to_its_default_child() {
    for first in [
        node(
            "play",
            json!({"id": "sound:hello-world", "skip_module": true}),
        ),
        node(
            "play",
            json!({"id": "sound:hello-world", "skip_module": "true"}),
        ),
        node("teleport", json!({"where": "home"})),
        node("noop", json!({})),
    ] {
        in_virtual_time(async move {
            let (scenario, phone) = Scenario::flow(chain([first, play("end")])).await;
            scenario.heard(&phone, &["end"]).await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_with_an_error_does_not_run() {
    let (scenario, phone) =
        Scenario::flow(chain([play("hello-world"), node("tts", json!({}))])).await;
    phone.wait_ended().await;
    assert!(phone.heard_media().await.is_empty());
    assert!(
        scenario.lines().await.contains("`text` is missing"),
        "{}",
        scenario.lines().await
    );
    assert!(phone.continued().await.is_some());
    scenario.nothing_left().await;
}

#[test]
fn the_default_child_of_a_pivot_node_runs_only_when_its_request_fails() {
    for (status, sounds) in [(500, &["sorry"][..]), (404, &["sorry"]), (200, &["fine"])] {
        in_virtual_time(async move {
            let mut pivot = ask("/next");
            pivot["children"] = json!({"_": play("sorry")});
            let (scenario, phone) = Scenario::flow(pivot).await;
            let reply = Reply {
                status,
                ..Reply::json(&play("fine"))
            };
            scenario.web.on("/next", reply);
            scenario.heard(&phone, sounds).await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_switches_between_the_languages_both_ways() {
    let (scenario, phone) = Scenario::flow(chain([play("one"), ask("/two")])).await;
    let two = "<Response><Play>sound:two</Play><Redirect>/three</Redirect></Response>";
    scenario.web.on("/two", Reply::xml(two));
    scenario.answer_with("/three", &chain([play("three"), ask("/four")]));
    scenario.web.on(
        "/four",
        Reply::xml("<Response><Play>sound:four</Play></Response>"),
    );
    scenario
        .heard(&phone, &["one", "two", "three", "four"])
        .await;
    let methods: Vec<_> = scenario
        .web
        .seen()
        .iter()
        .map(|s| format!("{} {}", s.method, s.path))
        .collect();
    assert_eq!(
        methods,
        ["POST /voice", "GET /two", "POST /three", "GET /four"]
    );
}
