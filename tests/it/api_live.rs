//! What goes on now, over the API: phones and live calls.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller, Phone};
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::callflow_flows::{chain, node, play};
use crate::support::{Reply, ms, seconds};

pub(crate) async fn settle() {
    tokio::time::sleep(seconds(6)).await;
}

/// What the rows have under a name.
#[track_caller]
pub(crate) fn each(answer: &Answer, name: &str) -> Vec<Value> {
    let rows = answer.data().as_array().unwrap().iter();
    rows.map(|row| row[name].clone()).collect()
}

pub(crate) fn call(number: &str, endpoint: &str) -> Caller {
    Caller {
        number: "100".into(),
        endpoint: endpoint.into(),
        to: number.into(),
        ..Caller::default()
    }
}

/// Anna with her phone at 200, who answers after a second.
pub(crate) async fn shop() -> (Api, String, String) {
    let api = Api::start().await;
    let anna = json!({"first_name": "Anna", "last_name": "Berg"});
    let anna = api.create("users", anna).await;
    let phone = json!({"name": "hers", "owner_id": anna, "sip": {"username": "anna"}});
    let phone = api.create("devices", phone).await;
    let flow = node(
        "device",
        json!({"id": phone, "can_call_self": true, "timeout": 100}),
    );
    api.create("callflows", json!({"numbers": ["200"], "flow": flow}))
        .await;
    let behaviour = Behaviour::answers(seconds(1));
    api.scenario.asterisk.callee("PJSIP/anna", behaviour).await;
    let never = Behaviour::no_answer();
    api.scenario.asterisk.callee("*556*", never).await;
    (api, anna, phone)
}

#[tokio::test(start_paused = true)]
async fn devices_are_shown_with_what_asterisk_knows_of_them() {
    let (api, _, phone) = shop().await;
    let away = json!({"name": "away", "sip": {"username": "bob"}});
    let away = api.create("devices", away).await;
    let strange = api.create("devices", json!({"name": "no endpoint"})).await;
    let asterisk = &api.scenario.asterisk;
    asterisk.endpoint("PJSIP/anna", "online").await;
    asterisk.endpoint("PJSIP/bob", "offline").await;
    let status = api.get("devices/status").await;
    for (id, registered, state) in [
        (&phone, true, "online"),
        (&away, false, "offline"),
        (&strange, false, "unknown"),
    ] {
        let row = json!({"device_id": id, "registered": registered, "state": state, "channels": 0});
        let rows = status.data().as_array().unwrap();
        assert!(rows.contains(&row), "{row}: {rows:?}");
        assert_eq!(*api.get(&format!("devices/{id}/status")).await.data(), row);
    }
    api.scenario.dial("200", &[]).await;
    settle().await;
    let busy = api.get(&format!("devices/{phone}/status")).await;
    assert_eq!(busy.data()["channels"], 1);
    assert_eq!(api.get("devices/nobody/status").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn live_calls_are_listed_with_both_ends_and_those_of_a_user_or_device() {
    let (api, anna, phone) = shop().await;
    assert_eq!(*api.get("channels").await.data(), json!([]));
    let bob = json!({"name": "bob", "sip": {"username": "bob"}});
    let bob = api.create("devices", bob).await;
    let slowly = Behaviour::answers(seconds(60));
    api.scenario.asterisk.callee("PJSIP/anna", slowly).await;
    let caller = api.scenario.call_from(call("200", "bob")).await;
    settle().await;
    let ringing = api.get("channels").await;
    assert_eq!(each(&ringing, "answered"), [false]);
    tokio::time::sleep(seconds(60)).await;
    let live = api.get("channels").await;
    let [near, far] = live.data().as_array().unwrap().as_slice() else {
        panic!("{:#}", live.body);
    };
    for (row, field, expected) in [
        (near, "direction", json!("inbound")),
        (near, "answered", json!(true)),
        (near, "destination", json!("200")),
        (near, "caller_id_number", json!("100")),
        (near, "authorizing_id", json!(bob)),
        (near, "username", json!("bob")),
        (near, "other_leg", far["uuid"].clone()),
        (near, "channel_id", json!(caller.channel())),
        (far, "direction", json!("outbound")),
        (far, "authorizing_id", json!(phone)),
        (far, "authorizing_type", json!("device")),
        (far, "owner_id", json!(anna)),
        (far, "other_leg", near["uuid"].clone()),
        (far, "call_sid", near["call_sid"].clone()),
    ] {
        assert_eq!(row[field], expected, "{field}: {row:#}");
    }
    assert!(near["elapsed_s"].as_u64().unwrap() >= 6);
    for (path, uuid) in [
        (format!("users/{anna}/channels"), &far["uuid"]),
        (format!("devices/{phone}/channels"), &far["uuid"]),
        (format!("devices/{bob}/channels"), &near["uuid"]),
    ] {
        assert_eq!(
            each(&api.get(&path).await, "uuid"),
            std::slice::from_ref(uuid),
            "{path}"
        );
    }
    for (id, row) in [
        (&near["uuid"], near),
        (&near["call_sid"], near),
        (&near["channel_id"], near),
        (&far["uuid"], far),
        (&far["channel_id"], far),
    ] {
        let id = id.as_str().unwrap().replace('@', "%40");
        let mut one = api.get(&format!("channels/{id}")).await.data().clone();
        one["elapsed_s"] = row["elapsed_s"].clone();
        assert_eq!(one, *row, "{id}");
    }
    for nobody in ["users/x/channels", "devices/x/channels", "channels/x"] {
        assert_eq!(api.get(nobody).await.status, 404, "{nobody}");
    }
    caller.hangup().await;
    settle().await;
    assert_eq!(*api.get("channels").await.data(), json!([]));
    api.scenario.nothing_left().await;
}

/// Virtual time stands still meanwhile: else it would go on to the next timer whenever
/// an answer is awaited.
async fn held<T>(work: impl Future<Output = T>) -> T {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let holding = tokio::task::spawn_blocking(move || released.recv().is_ok());
    let done = work.await;
    drop(release);
    holding.await.unwrap();
    done
}

/// The path of the only caller's live call.
async fn channel(api: &Api) -> String {
    let live = api.get("channels").await;
    let sid = live.data()[0]["call_sid"].as_str().unwrap().to_owned();
    format!("channels/{sid}")
}

#[tokio::test(start_paused = true)]
async fn either_end_of_a_call_can_be_hung_up() {
    let (api, _, _) = shop().await;
    let caller = api.scenario.dial("200", &[]).await;
    settle().await;
    let path = channel(&api).await;
    let answer = api.post(&path, json!({"action": "hangup"})).await;
    assert_eq!(*answer.data(), json!({"action": "hangup"}));
    assert!(!caller.wait_ended().await.unwrap().by_phone);
    settle().await;
    assert_eq!(api.get(&path).await.status, 404);

    let caller = api.scenario.dial("200", &[]).await;
    settle().await;
    let live = api.get("channels").await;
    let far = live.data()[1]["channel_id"].as_str().unwrap();
    api.post(&format!("channels/{far}"), json!({"action": "hangup"}))
        .await
        .data();
    caller.wait_ended().await;
    let anna = api.scenario.asterisk.called("PJSIP/anna").await;
    assert!(!anna[1].wait_ended().await.unwrap().by_phone);
    api.scenario.nothing_left().await;
}

/// Callers in the middle of something, who are sent to 300.
async fn sent_from(flow: Value) -> (Api, Phone) {
    let (api, _, _) = shop().await;
    let queue = json!({"name": "q"});
    api.scenario.put(Kind::Queue, "q", queue).await;
    api.create(
        "callflows",
        json!({"numbers": ["300"], "flow": chain([node("answer", json!({})), play("there")])}),
    )
    .await;
    api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
        .await;
    let caller = api.scenario.dial("1", &[]).await;
    tokio::time::sleep(seconds(3)).await;
    let to = json!({"action": "transfer", "target": "300"});
    let sent = held(async { api.post(&channel(&api).await, to).await }).await;
    assert_eq!(sent.status, 200, "{}", api.scenario.lines().await);
    caller.wait_ended().await;
    let heard = caller.heard_media().await;
    assert_eq!(
        heard.last().map(String::as_str),
        Some("sound:there"),
        "{heard:?}"
    );
    settle().await;
    api.scenario.nothing_left().await;
    (api, caller)
}

#[test]
fn whoever_talks_waits_rings_or_hears_something_can_be_sent_elsewhere() {
    let talk = node("resources", json!({"to_did": "555"}));
    let ring = node("resources", json!({"to_did": "556"}));
    let queue = node("acdc_member", json!({"id": "q"}));
    let conference = node("conference", json!({"id": "room"}));
    let collect = node("collect_dtmf", json!({"max_digits": 4, "timeout": 60_000}));
    let record = node("record_caller", json!({"time_limit": 60}));
    let park = node("park", json!({}));
    for flow in [
        talk,
        ring,
        queue,
        conference,
        collect,
        record,
        park,
        node("sleep", json!({"duration": 60})),
    ] {
        crate::callflow_flows::in_virtual_time(async {
            let (api, _) = sent_from(chain([
                node("answer", json!({})),
                flow.clone(),
                play("never"),
            ]))
            .await;
            let lines = api.scenario.lines().await;
            assert!(lines.contains("is sent elsewhere"), "{flow}: {lines}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_sent_to_a_callflow_or_to_somebody_s_phone() {
    let (api, anna, phone) = shop().await;
    let flow = chain([node("answer", json!({})), play("flow")]);
    let flow = api
        .create("callflows", json!({"numbers": ["301"], "flow": flow}))
        .await;
    let waits = chain([
        node("answer", json!({})),
        node("sleep", json!({"duration": 600})),
    ]);
    api.create("callflows", json!({"numbers": ["1"], "flow": waits}))
        .await;
    let caller = api.scenario.dial("1", &[]).await;
    settle().await;
    api.post(
        &channel(&api).await,
        json!({"action": "callflow", "id": flow}),
    )
    .await
    .data();
    api.scenario.heard(&caller, &["flow"]).await;

    for (kind, id) in [("device", &phone), ("user", &anna)] {
        let caller = api.scenario.dial("1", &[]).await;
        settle().await;
        let path = channel(&api).await;
        let body = json!({"action": "intercept", "target_type": kind, "target_id": id});
        api.post(&path, body).await.data();
        settle().await;
        let live = api.get("channels").await;
        assert_eq!(
            live.data()[1]["authorizing_id"],
            phone.as_str(),
            "{kind}: {:#}",
            live.body
        );
        caller.hangup().await;
        settle().await;
    }

    api.scenario.dial("1", &[]).await;
    settle().await;
    let path = channel(&api).await;
    for (body, field, code) in [
        (json!({}), "action", "enum"),
        (json!({"action": "dance"}), "action", "enum"),
        (json!({"action": "transfer"}), "target", "not_found"),
        (
            json!({"action": "transfer", "target": "999"}),
            "target",
            "not_found",
        ),
        (json!({"action": "callflow", "id": "x"}), "id", "not_found"),
        (
            json!({"action": "intercept", "target_id": "x"}),
            "target_type",
            "enum",
        ),
        (
            json!({"action": "intercept", "target_type": "user", "target_id": phone}),
            "target_id",
            "not_found",
        ),
    ] {
        let refused = api.post(&path, body.clone()).await;
        assert!(
            refused.body["data"][field][code].is_object(),
            "{body}: {:#}",
            refused.body
        );
    }
    assert_eq!(
        api.post("channels/x", json!({"action": "hangup"}))
            .await
            .status,
        404
    );
}

/// The task of a call that is sent elsewhere dies on the way.
#[test]
fn a_call_that_is_picked_up_on_its_way_elsewhere_arrives_there() {
    for milliseconds in (25..1025).step_by(50) {
        crate::callflow_flows::in_virtual_time(async move {
            let (api, _, _) = shop().await;
            let there = chain([node("answer", json!({})), play("there")]);
            api.create("callflows", json!({"numbers": ["300"], "flow": there}))
                .await;
            // Two phones ring, and the caller hears that.
            let ring = json!({"endpoints": [
                {"id": "555", "endpoint_type": "device"}, {"id": "556", "endpoint_type": "device"}
            ]});
            for name in ["555", "556"] {
                let device = json!({"name": name, "sip": {"username": name}});
                api.scenario.put(Kind::Device, name, device).await;
                let never = Behaviour::no_answer();
                let pattern = format!("PJSIP/{name}");
                api.scenario.asterisk.callee(&pattern, never).await;
            }
            let flow = chain([
                node("answer", json!({})),
                node("ring_group", ring),
                play("never"),
            ]);
            api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
                .await;
            let caller = api.scenario.dial("1", &[]).await;
            tokio::time::sleep(seconds(5)).await;
            let slowly = |dials: &mut pivot::simulate::Dials| {
                (dials.response_delay, dials.event_delay) = (ms(100), ms(300));
            };
            api.scenario.asterisk.turn(slowly).await;
            let to = json!({"action": "transfer", "target": "300"});
            api.post(&channel(&api).await, to).await.data();
            tokio::time::sleep(ms(milliseconds)).await;
            if !api.scenario.checkpoints.calls().is_empty() {
                api.scenario.kill_and_resume().await;
            }
            caller.wait_ended().await;
            let heard = caller.heard_media().await;
            let lines = api.scenario.lines().await;
            assert_eq!(
                heard.iter().filter(|uri| *uri == "sound:there").count(),
                1,
                "{milliseconds} ms: {heard:?}\n{lines}"
            );
            assert!(!heard.contains(&"sound:never".to_owned()), "{heard:?}");
            api.scenario.nothing_left().await;
        });
    }
}

/// What lit the lamp of a slot puts it out, whichever way the caller leaves it.
#[tokio::test(start_paused = true)]
async fn who_is_sent_elsewhere_out_of_a_slot_leaves_its_lamp_dark() {
    let (api, _, _) = shop().await;
    let there = chain([node("answer", json!({})), play("there")]);
    api.create("callflows", json!({"numbers": ["300"], "flow": there}))
        .await;
    let park = json!({"action": "direct_park", "slot": "101", "custom_presence_id": "slot101"});
    api.create(
        "callflows",
        json!({"numbers": ["1"], "flow": node("park", park)}),
    )
    .await;
    let caller = api.scenario.dial("1", &[]).await;
    settle().await;
    let lamp = async || api.scenario.asterisk.device_state("slot101").await;
    assert_eq!(lamp().await.as_deref(), Some("RINGING"));
    let to = json!({"action": "transfer", "target": "300"});
    api.post(&channel(&api).await, to).await.data();
    caller.wait_ended().await;
    api.scenario.heard(&caller, &["there"]).await;
    assert_eq!(lamp().await.as_deref(), Some("NOT_INUSE"));
}

/// Its recording is of what is said with the queue's agents, and of nothing else.
#[tokio::test(start_paused = true)]
async fn who_is_sent_elsewhere_out_of_a_queue_is_not_recorded_by_it_any_more() {
    for answers in [false, true] {
        let (api, _, phone) = shop().await;
        let url = format!("{}/left", api.scenario.web.url());
        api.scenario.web.on("/left", Reply::xml("<Response/>"));
        let queue = json!({"name": "q", "record_caller": true, "cdr_url": url});
        api.scenario.put(Kind::Queue, "q", queue).await;
        let agent = json!({"first_name": "Bob", "queues": ["q"]});
        api.scenario.put(Kind::User, "bob", agent).await;
        let device = json!({"name": "bob", "owner_id": "bob", "sip": {"username": "bob"}});
        api.scenario.put(Kind::Device, "bob", device).await;
        let ready = json!({"status": "ready"});
        api.scenario.put(Kind::Agent, "bob", ready).await;
        let behaviour = match answers {
            true => Behaviour::answers(seconds(1)),
            false => Behaviour::no_answer(),
        };
        api.scenario.asterisk.callee("PJSIP/bob", behaviour).await;
        let flow = node("acdc_member", json!({"id": "q"}));
        api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
            .await;
        let caller = api.scenario.dial("1", &[]).await;
        tokio::time::sleep(seconds(4)).await;
        let records = async || api.scenario.sent("POST", "/record").await.len();
        assert_eq!(records().await, usize::from(answers));
        let to = json!({"action": "intercept", "target_type": "device", "target_id": phone});
        api.post(&channel(&api).await, to).await.data();
        settle().await;
        let anna = api.scenario.asterisk.called("PJSIP/anna").await;
        assert!(anna[0].state().await.is_some());
        assert_eq!(records().await, usize::from(answers), "{answers}");
        let stopped = api.scenario.sent("POST", "/stop").await;
        let recordings = stopped
            .iter()
            .filter(|r| r.path.contains("recordings/live"));
        assert_eq!(recordings.count(), usize::from(answers));
        let told = api.scenario.web.at("/left");
        let result = if answers { "talked" } else { "abandoned" };
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].param("result").as_deref(), Some(result));
        caller.hangup().await;
        api.scenario.nothing_left().await;
    }
}

/// Whoever clicks twice: what the caller was in is left whole before the second counts.
#[tokio::test(start_paused = true)]
async fn who_is_sent_elsewhere_twice_is_no_more_in_the_conference() {
    let (api, _, _) = shop().await;
    for (number, sound) in [("300", "first"), ("301", "second")] {
        let there = chain([node("answer", json!({})), play(sound)]);
        api.create("callflows", json!({"numbers": [number], "flow": there}))
            .await;
    }
    let room = node("conference", json!({"id": "room"}));
    api.create("callflows", json!({"numbers": ["1"], "flow": room}))
        .await;
    let caller = api.scenario.dial("1", &[]).await;
    settle().await;
    let path = channel(&api).await;
    let other = api.scenario.dial("1", &[]).await;
    settle().await;
    let slowly = |dials: &mut pivot::simulate::Dials| dials.response_delay = ms(100);
    api.scenario.asterisk.turn(slowly).await;
    for number in ["300", "301"] {
        let to = json!({"action": "transfer", "target": number});
        assert_eq!(api.post(&path, to).await.status, 200);
        tokio::time::sleep(ms(50)).await;
    }
    caller.wait_ended().await;
    let heard = caller.heard_media().await;
    assert_eq!(heard.last().map(String::as_str), Some("sound:second"));
    // Members come in muted, and are heard again where they go.
    let unmuted = format!("channels/{}/mute", caller.channel());
    let unmuted = api.scenario.sent("DELETE", &unmuted).await;
    assert_eq!(unmuted.len(), 1);
    let left = api.scenario.sent("POST", "/removeChannel").await;
    let left = left
        .iter()
        .filter(|r| r.params["channel"] == caller.channel());
    assert_eq!(left.count(), 1);
    other.hangup().await;
    api.scenario.nothing_left().await;
}
