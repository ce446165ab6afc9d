//! The caller hangs up in every module, and calls that are picked up by another
//! process in the middle of one.

use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Reply, Scenario, ms, seconds};
use pivot::simulate::{Behaviour, Caller, Sound};

/// Every module that takes time, with nothing that would end it within two seconds.
fn waiting() -> Vec<Value> {
    vec![
        node("play", json!({"id": "sound:long"})),
        node("play", json!({"id": "sound:long", "answer": false})),
        node(
            "play",
            json!({"id": "sound:hello-world", "endless_playback": true}),
        ),
        node(
            "audio_macro",
            json!({"macros": [{"macro": "play", "id": "sound:long"}]}),
        ),
        node("collect_dtmf", json!({"max_digits": 4})),
        node("menu", json!({"media": {"greeting": "sound:long"}})),
        node("menu", json!({"media": {"greeting": "sound:hello-world"}})),
        node("sleep", json!({"duration": 10})),
        node("record_caller", json!({"time_limit": 60})),
        node("resources", json!({"to_did": "5551234"})),
        node("device", json!({"id": "bob"})),
        node("user", json!({"id": "bob"})),
        node("device", json!({"id": "talker"})),
        node("response", json!({"media": "sound:long"})),
        json!({"module": "send_dtmf", "data": {"digits": "1234567890"}, "children": {"_":
            {"module": "noop", "data": {}, "children": {"_": ask("/never")}}}}),
        chain([
            node("record_call", json!({})),
            node("sleep", json!({"duration": 10})),
        ]),
        node("callflow", json!({"id": "sleeping"})),
        node("dead_air", json!({})),
        node("wait_for_hangup", json!({})),
        node("dynamic_cid", json!({"media_id": "sound:long"})),
        node("dynamic_cid", json!({})),
        node(
            "nomorobo",
            json!({"username": "a", "url": "{app}/slow-score"}),
        ),
        ask("/slow"),
    ]
}

#[test]
fn a_caller_who_leaves_leaves_nothing_behind() {
    for module in waiting() {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            scenario.asterisk.sound("long", seconds(30)).await;
            scenario.asterisk.callee("*", Behaviour::no_answer()).await;
            scenario
                .asterisk
                .callee("PJSIP/talker", Behaviour::answers(ms(500)))
                .await;
            scenario.store("sleeping", &node("sleep", json!({"duration": 10})));
            scenario
                .web
                .on("/slow", Reply::json(&play("late")).after(seconds(4)));
            scenario
                .web
                .on("/slow-score", Reply::status(200).after(seconds(4)));
            let children = json!({"_": ask("/never")});
            let flow = match &module["children"] {
                Value::Null => {
                    json!({"module": module["module"], "data": module["data"], "children": children})
                }
                _ => module.clone(),
            };
            scenario.answer_with("/voice", &flow);
            let phone = scenario.call().await;
            phone.hangup_at(seconds(2));
            let ended = scenario.end(&phone).await;
            assert!(ended.by_phone, "{module}\n{}", scenario.lines().await);
            assert!(scenario.web.at("/never").is_empty(), "{module}");
            let dead = scenario.asterisk.requests().await;
            let late = dead
                .iter()
                .filter(|r| r.at > ended.at + seconds(1) && r.method != "GET")
                .count();
            assert!(
                late <= 10,
                "{module}: {late} requests about a call that is gone\n{}",
                scenario.lines().await
            );
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_menu_goes_on_after_its_first_key() {
    let menu = json!({"module": "menu", "data": {"max_extension_length": 2, "media": {"greeting": "sound:greeting"}},
        "children": {"12": play("took-12"), "2": play("took-2"), "1": play("took-1")}});
    let (scenario, phone) = Scenario::flow(menu).await;
    tokio::time::sleep(ms(500)).await;
    phone.press("1").await;
    scenario.kill_and_resume().await;
    phone.press("2").await;
    scenario.heard(&phone, &["greeting", "took-12"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_menu_remembers_its_retries() {
    let data = json!({"max_extension_length": 1, "retries": 2, "timeout": 2000, "media": {"greeting": "sound:greeting", "exit_media": false}});
    let menu = json!({"module": "menu", "data": data, "children": {"1": play("took-1"), "max_retries": play("enough")}});
    let (scenario, phone) = Scenario::flow(menu).await;
    tokio::time::sleep(ms(500)).await;
    phone.press("7").await;
    tokio::time::sleep(ms(1500)).await;
    scenario.kill_and_resume().await;
    scenario
        .heard(&phone, &["greeting", "vm-sorry", "greeting", "enough"])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_collection_goes_on_after_two_digits() {
    let (scenario, phone) = Scenario::flow(chain([
        node(
            "collect_dtmf",
            json!({"max_digits": 4, "collection_name": "pin"}),
        ),
        ask("/collected"),
    ]))
    .await;
    scenario.answer_with("/collected", &node("hangup", json!({})));
    tokio::time::sleep(ms(500)).await;
    phone.press("12").await;
    scenario.kill_and_resume().await;
    phone.press("34").await;
    let told = scenario.told(&phone, "/collected", "Digits[pin]").await;
    assert_eq!(told.as_deref(), Some("1234"), "{}", scenario.lines().await);
}

#[tokio::test(start_paused = true)]
async fn sounds_are_not_played_twice_and_keys_not_lost() {
    let items = json!([{"macro": "play", "id": "sound:a"}, {"macro": "play", "id": "sound:b"}, {"macro": "play", "id": "sound:c"}]);
    let flow = chain([
        node("answer", json!({})),
        node("audio_macro", json!({"macros": items, "terminators": []})),
        node(
            "play",
            json!({"id": "sound:d", "loop_count": 3, "terminators": []}),
        ),
        node("collect_dtmf", json!({"max_digits": 2})),
        ask("/collected"),
    ]);
    let (scenario, phone) = Scenario::flow(flow).await;
    scenario.answer_with("/collected", &node("hangup", json!({})));
    tokio::time::sleep(ms(300)).await;
    phone.press("1").await;
    tokio::time::sleep(ms(1000)).await;
    scenario.kill_and_resume().await;
    tokio::time::sleep(ms(3000)).await;
    phone.press("2").await;
    scenario.kill_and_resume().await;
    scenario
        .heard(&phone, &["a", "b", "c", "d", "d", "d"])
        .await;
    assert_eq!(
        scenario.web.at("/collected")[0]
            .param("Digits[default]")
            .as_deref(),
        Some("12")
    );
}

#[tokio::test(start_paused = true)]
async fn a_stored_flow_still_returns_to_its_caller() {
    let scenario = Scenario::new().await;
    scenario.store(
        "inner",
        &chain([play("inner"), node("sleep", json!({"duration": 3}))]),
    );
    scenario.answer_with(
        "/voice",
        &chain([node("callflow", json!({"id": "inner"})), play("outer")]),
    );
    let phone = scenario.call().await;
    tokio::time::sleep(ms(2500)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &["inner", "outer"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_goes_on() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(1)).hangs_up_after(seconds(10)),
        )
        .await;
    let flow =
        json!({"module": "device", "data": {"id": "bob"}, "children": {"_": play("failed")}});
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    scenario.kill_and_resume().await;
    let ended = scenario.end(&phone).await;
    assert!(ended.at >= seconds(11) && !ended.by_phone, "{ended:?}");
    assert!(
        phone.heard_media().await.is_empty(),
        "{}",
        scenario.lines().await
    );
}

#[tokio::test(start_paused = true)]
async fn a_recording_of_the_caller_goes_on_and_is_uploaded_once() {
    let scenario = Scenario::new().await;
    let record = node("record_caller", json!({"url": "{app}/store"}));
    scenario.answer_with("/voice", &chain([record, play("thanks")]));
    scenario
        .web
        .on("/store/call_recording_abc.mp3", Reply::status(200));
    let caller = Caller {
        call_id: Some("abc".into()),
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    phone.talk_at(ms(0), seconds(20));
    tokio::time::sleep(seconds(4)).await;
    scenario.kill_and_resume().await;
    phone.press_at(seconds(4), "#");
    scenario.heard(&phone, &["thanks"]).await;
    tokio::time::sleep(seconds(5)).await;
    let uploads = scenario.web.seen();
    let uploads = uploads.iter().filter(|s| s.path.starts_with("/store"));
    assert_eq!(uploads.count(), 1, "{}", scenario.lines().await);
}

#[tokio::test(start_paused = true)]
async fn a_phone_goes_on_ringing() {
    let scenario = Scenario::new().await;
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    let flow = json!({"module": "device", "data": {"id": "bob"}, "children": {"NO_ANSWER": play("nobody")}});
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(8)).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &["nobody"]).await;
    assert_eq!(scenario.asterisk.called("PJSIP/bob").await.len(), 1);
    let heard = phone.heard().await;
    let nobody = heard
        .iter()
        .find(|h| matches!(h.what, Sound::Media(_)))
        .unwrap()
        .from;
    assert!(nobody >= seconds(20) && nobody < seconds(23), "{nobody:?}");
}
