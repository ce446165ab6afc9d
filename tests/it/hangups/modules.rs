//! The caller hangs up, in every module.

use pivot::simulate::Behaviour;
use serde_json::{Value, json};

use crate::support::{Reply, Scenario, ms, seconds, twiml};

fn modules(web: &str) -> Vec<(Value, u64)> {
    let device = || json!({ "module": "device", "data": { "id": "bob", "timeout": 20 } });
    vec![
        (
            json!({ "module": "answer", "children": { "_": { "module": "sleep", "data": { "duration": 20 } } } }),
            3_000,
        ),
        (
            json!({ "module": "sleep", "data": { "duration": 20 } }),
            3_000,
        ),
        (
            json!({ "module": "tts", "data": { "text": "A sentence that takes a while to be spoken, so that there is time." } }),
            1_000,
        ),
        (
            json!({ "module": "play", "data": { "id": "sound:hello-world", "endless_playback": true } }),
            4_500,
        ),
        (
            json!({ "module": "audio_macro", "data": { "macros": [
            { "macro": "tts", "text": "One" }, { "macro": "prompt", "id": "vm-goodbye" }, { "macro": "say", "text": "1234567" }
        ] } }),
            1_500,
        ),
        (
            json!({ "module": "collect_dtmf", "data": { "max_digits": 4, "timeout": 20_000 } }),
            3_000,
        ),
        (
            json!({ "module": "menu", "data": { "timeout": 10_000, "retries": 3 } }),
            4_000,
        ),
        (
            json!({ "module": "record_caller", "data": { "time_limit": 30 } }),
            3_000,
        ),
        (
            json!({ "module": "record_call", "data": { "action": "start" }, "children": { "_":
            { "module": "play", "data": { "id": "sound:hello-world", "endless_playback": true } } } }),
            4_000,
        ),
        (device(), 1_500),
        (device(), 8_000),
        (
            json!({ "module": "user", "data": { "id": "bob", "timeout": 20 } }),
            1_500,
        ),
        (
            json!({ "module": "resources", "data": { "to_did": "5550001" } }),
            1_500,
        ),
        (
            json!({ "module": "ring_group", "data": { "repeats": 3, "endpoints": [
            { "id": "bob", "endpoint_type": "device" }, { "id": "ann", "endpoint_type": "device" }
        ] } }),
            1_500,
        ),
        (
            json!({ "module": "offnet", "data": { "to_did": "5550001" } }),
            8_000,
        ),
        (
            json!({ "module": "record_call", "data": { "action": "start", "record_on_answer": true }, "children": { "_":
            { "module": "resources", "data": { "to_did": "5550001" } } } }),
            8_000,
        ),
        (
            json!({ "module": "send_dtmf", "data": { "digits": "123456789", "duration_ms": 900 } }),
            2_000,
        ),
        (
            json!({ "module": "response", "data": { "code": 486, "media": "tone_stream://%(500,500,480,620);loops=20" } }),
            1_500,
        ),
        (
            json!({ "module": "pivot", "data": { "voice_url": format!("{web}/slow") } }),
            1_500,
        ),
        (
            json!({ "module": "set_variables", "data": { "custom_application_vars": { "a": "b" } }, "children": { "_":
            { "module": "noop", "children": { "_": { "module": "flush_dtmf", "children": { "_": { "module": "sleep", "data": { "duration": 9 } } } } } } } }),
            2_000,
        ),
    ]
}

/// The last node of a flow, to which its default children lead.
fn last(node: &mut Value) -> &mut Value {
    let children = node.as_object_mut().unwrap().entry("children");
    let children = children.or_insert_with(|| json!({}));
    if children["_"].is_object() {
        return last(&mut children["_"]);
    }
    children
}

// Callflow check 18.
#[tokio::test(start_paused = true)]
async fn the_caller_hangs_up_in_every_module() {
    let count = modules("").len();
    for number in 0..count {
        let scenario =
            Scenario::configured("[default]\nvoice_url = '{app}/voice'\nreq_format = 'kazoo'\n")
                .await;
        scenario
            .asterisk
            .callee("*", Behaviour::answers(seconds(3)))
            .await;
        let (mut flow, at) = modules(&scenario.web.url()).remove(number);
        // Whatever would come next: it needs no caller to be told of.
        let hook = format!("{}/never", scenario.web.url());
        let hook = json!({ "module": "webhook", "data": { "uri": hook } });
        last(&mut flow)["_"] = json!({ "module": "noop", "children": { "_": hook } });
        scenario.web.on("/voice", Reply::json(&flow));
        scenario
            .web
            .on("/slow", twiml("<Play>sound:never</Play>").after(seconds(4)));
        let phone = scenario.call().await;
        phone.hangup_at(ms(at));
        let ended = phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        assert!(ended.by_phone, "{flow}\n{lines}");
        assert!(!phone.heard_media().await.contains(&"sound:never".into()));
        let state = scenario.timeline().await.summary.state;
        assert!(state.starts_with("the caller hung up"), "{flow}: {state}");
        tokio::time::sleep(seconds(5)).await;
        assert!(scenario.web.at("/never").is_empty(), "{flow}\n{lines}");
        scenario.nothing_loops().await;
    }
}
