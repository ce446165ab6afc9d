//! What goes on now, over the API: phones, live calls, conferences, queues.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller, Phone};
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::callflow_flows::{chain, node, play};
use crate::support::{ms, seconds};

async fn settle() {
    tokio::time::sleep(seconds(6)).await;
}

/// What the rows have under a name.
#[track_caller]
fn each(answer: &Answer, name: &str) -> Vec<Value> {
    let rows = answer.data().as_array().unwrap().iter();
    rows.map(|row| row[name].clone()).collect()
}

fn call(number: &str, endpoint: &str) -> Caller {
    Caller {
        number: "100".into(),
        endpoint: endpoint.into(),
        to: number.into(),
        ..Caller::default()
    }
}

/// Anna with her phone at 200, who answers after a second.
async fn shop() -> (Api, String, String) {
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

#[tokio::test(start_paused = true)]
async fn participants_of_a_conference_are_listed_muted_and_removed() {
    let api = Api::start().await;
    let room = json!({"name": "room", "member": {"join_muted": false}});
    let room = api.create("conferences", room).await;
    for (number, moderator) in [("1", false), ("2", true)] {
        let flow = node("conference", json!({"id": room, "moderator": moderator}));
        api.create("callflows", json!({"numbers": [number], "flow": flow}))
            .await;
    }
    let participants = format!("conferences/{room}/participants");
    let item = format!("conferences/{room}");
    assert_eq!(*api.get(&participants).await.data(), json!([]));
    let empty = api.get(&item).await;
    assert_eq!(empty.data()["_read_only"]["participants"], json!([]));
    let refused = api.put(&item, json!({"action": "lock"})).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (404, &"not_found".into())
    );

    let member = api.scenario.dial("1", &[]).await;
    settle().await;
    let moderator = api.scenario.dial("2", &[]).await;
    settle().await;
    let listed = api.get(&participants).await;
    assert_eq!(each(&listed, "participant_id"), [1, 2]);
    assert_eq!(each(&listed, "is_moderator"), [false, true]);
    assert_eq!(each(&listed, "speak"), [true, true]);
    assert_eq!(each(&listed, "hear"), [true, true]);
    let of_list = api.get("conferences").await.data()[0].clone();
    assert_eq!(
        (&of_list["members"], &of_list["moderators"]),
        (&json!(1), &json!(1))
    );
    assert!(of_list["duration"].as_u64().unwrap() > 0);
    assert_eq!(of_list["is_locked"], false);
    let whole = api.get(&item).await;
    assert_eq!(whole.data()["_read_only"]["participants"], *listed.data());

    let one = |id: &str, action: &str| {
        let body = json!({"action": action});
        let path = format!("{participants}/{id}");
        let api = &api;
        async move {
            let done = api.put(&path, body.clone()).await;
            assert_eq!((done.status, done.data()), (200, &body));
            settle().await;
        }
    };
    one("1", "mute").await;
    assert_eq!(each(&api.get(&participants).await, "speak"), [false, true]);
    assert_eq!(api.scenario.sent("POST", "/mute").await.len(), 1);
    one("1", "unmute").await;
    // By the call as well.
    let sid = listed.data()[0]["call_sid"].as_str().unwrap();
    one(sid, "deaf").await;
    let now = api.get(&format!("{participants}/1")).await;
    assert_eq!(
        (&now.data()["speak"], &now.data()["hear"]),
        (&json!(true), &json!(false))
    );
    let deafened = api.scenario.sent("POST", "/mute").await;
    assert_eq!(deafened[1].params["direction"], "out");
    one("1", "undeaf").await;
    let ways = |requests: Vec<pivot::simulate::Request>| {
        let ways = requests.into_iter();
        ways.map(|r| r.params["direction"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ways(api.scenario.sent("DELETE", "/mute").await),
        ["in", "out"]
    );

    // All but the moderators.
    api.put(&participants, json!({"action": "mute"}))
        .await
        .data();
    settle().await;
    assert_eq!(each(&api.get(&participants).await, "speak"), [false, true]);

    // A locked room lets nobody in.
    api.put(&item, json!({"action": "lock"})).await.data();
    assert_eq!(api.get("conferences").await.data()[0]["is_locked"], true);
    let third = api.scenario.dial("1", &[]).await;
    third.wait_ended().await;
    let heard = third.heard_media().await;
    assert!(heard.contains(&"sound:conf-locked".to_owned()), "{heard:?}");
    api.put(&item, json!({"action": "unlock"})).await.data();
    let third = api.scenario.dial("1", &[]).await;
    settle().await;
    assert_eq!(
        each(&api.get(&participants).await, "participant_id"),
        [1, 2, 3]
    );

    for (path, body, status) in [
        (format!("{participants}/1"), json!({"action": "dance"}), 400),
        (format!("{participants}/9"), json!({"action": "mute"}), 404),
        (
            "conferences/x/participants".into(),
            json!({"action": "mute"}),
            404,
        ),
        (item.clone(), json!({"action": "kick"}), 400),
    ] {
        assert_eq!(api.put(&path, body).await.status, status, "{path}");
    }
    one("1", "kick").await;
    assert!(!member.wait_ended().await.unwrap().by_phone);
    assert_eq!(
        each(&api.get(&participants).await, "participant_id"),
        [2, 3]
    );
    api.put(&participants, json!({"action": "kick"}))
        .await
        .data();
    moderator.wait_ended().await;
    third.wait_ended().await;
    settle().await;
    assert_eq!(*api.get(&participants).await.data(), json!([]));
    api.scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn queues_tell_who_waits_who_was_taken_and_who_gave_up() {
    let (api, anna, _) = shop().await;
    let queue = api
        .create("queues", json!({"name": "q", "agent_ring_timeout": 10}))
        .await;
    let flow = node("acdc_member", json!({"id": queue}));
    api.create("callflows", json!({"numbers": ["500"], "flow": flow}))
        .await;
    let empty = api.get("queues/stats_summary").await;
    assert_eq!(empty.data()["Summarized"][0]["total_calls"], 0);
    let first = api.scenario.call_from(call("500", "bob")).await;
    tokio::time::sleep(seconds(20)).await;
    let second = api.scenario.dial("500", &[]).await;
    settle().await;
    let stats = api.get("queues/stats").await;
    let rows = stats.data()["stats"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["status"], &rows[0]["position"]),
        (&json!("waiting"), &json!(1))
    );
    assert_eq!(
        (&rows[0]["queue_id"], &rows[0]["caller_id_number"]),
        (&json!(queue), &json!("100"))
    );
    assert!(rows[0]["wait_time"].as_u64() > rows[1]["wait_time"].as_u64());
    second.hangup().await;
    settle().await;

    // Anna becomes an agent and takes the first.
    let roster = api
        .post(
            &format!("agents/{anna}/queue_status"),
            json!({"action": "login", "queue_id": queue}),
        )
        .await;
    assert_eq!(*roster.data(), json!([queue]));
    let status = format!("agents/{anna}/status");
    api.post(&status, json!({"status": "login"})).await.data();
    tokio::time::sleep(ms(1900)).await;
    assert_eq!(api.get(&status).await.data()["status"], "connecting");
    settle().await;
    let talks = api.get(&status).await;
    assert_eq!(talks.data()["status"], "connected");
    let sid = api.get("channels").await.data()[0]["call_sid"].clone();
    assert_eq!(talks.data()["call_sid"], sid);
    assert_eq!(api.get("agents/status").await.data()[&anna], *talks.data());
    first.hangup().await;
    settle().await;
    assert_eq!(*api.get(&status).await.data(), json!({"status": "ready"}));

    let stats = api.get(&format!("queues/{queue}/stats")).await;
    let rows = stats.data()["stats"].as_array().unwrap();
    let outcomes: Vec<_> = rows
        .iter()
        .map(|row| row["status"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["handled", "abandoned"]);
    assert_eq!(rows[0]["agent_id"], anna.as_str());
    assert!(rows[1]["abandoned_timestamp"].is_i64());
    let summary = api.get("queues/stats_summary").await;
    let summary = &summary.data()["Summarized"][0];
    for (field, expected) in [
        ("total_calls", 2),
        ("handled_calls", 1),
        ("abandoned_calls", 1),
        ("waiting_calls", 0),
    ] {
        assert_eq!(summary[field], expected, "{field}");
    }
    assert!(
        summary["average_wait_time"].as_u64().unwrap() >= 32,
        "{summary}"
    );
    let of_agents = api.get("agents/stats").await;
    assert_eq!(of_agents.data()[0]["answered_calls"], 1);
    assert_eq!(of_agents.data()[0]["queues"][&queue]["answered_calls"], 1);
    assert_eq!(api.get("queues/x/stats").await.status, 404);

    let path = format!("agents/{anna}/queue_status");
    assert_eq!(*api.get(&path).await.data(), json!([queue]));
    let out = api
        .post(&path, json!({"action": "logout", "queue_id": queue}))
        .await;
    assert_eq!(*out.data(), json!([]));
    let user = api.scenario.get(Kind::User, &anna).await.unwrap();
    assert_eq!(user["queues"], json!([]));
    for (body, field) in [
        (json!({"action": "dance", "queue_id": queue}), "action"),
        (json!({"action": "login", "queue_id": "x"}), "queue_id"),
    ] {
        assert!(
            api.post(&path, body).await.body["data"][field].is_object(),
            "{field}"
        );
    }
}

/// What is another account's is nobody's here; the walk in `api_accounts` has no calls.
#[tokio::test(start_paused = true)]
async fn live_things_of_one_account_are_not_seen_or_touched_by_another() {
    let api = Api::start().await;
    let (a, token_a) = api.account("a").await;
    let (_, token_b) = api.account("b").await;
    let base = format!("accounts/{a}");
    let room = api
        .create(&format!("{base}/conferences"), json!({"name": "room"}))
        .await;
    let queue = api
        .create(&format!("{base}/queues"), json!({"name": "q"}))
        .await;
    for (number, flow) in [
        ("1", node("conference", json!({"id": room}))),
        ("2", node("acdc_member", json!({"id": queue}))),
    ] {
        api.create(
            &format!("{base}/callflows"),
            json!({"numbers": [number], "flow": flow}),
        )
        .await;
        api.scenario.dial(number, &[&format!("account={a}")]).await;
    }
    settle().await;
    let ask = |token: &str, verb: &str, path: String, body: Option<Value>| {
        let (api, token, verb) = (&api, token.to_owned(), verb.to_owned());
        async move { api.ask_as(&token, &verb, &path, body).await }
    };
    let own = ask(&token_a, "GET", "channels".into(), None).await;
    let sids = each(&own, "call_sid");
    assert_eq!(sids.len(), 2);
    for (path, of_a) in [
        ("channels".to_owned(), 2),
        ("queues/stats".into(), 1),
        (format!("conferences/{room}/participants"), 1),
    ] {
        let count = |answer: &Answer| {
            let data = &answer.body["data"];
            let rows = data["stats"].as_array().or(data.as_array());
            rows.map_or(0, Vec::len)
        };
        assert_eq!(
            count(&ask(&token_a, "GET", path.clone(), None).await),
            of_a,
            "{path}"
        );
        assert_eq!(
            count(&ask(&token_b, "GET", path.clone(), None).await),
            0,
            "{path}"
        );
        // The operator's own account is another one too.
        assert_eq!(count(&api.get(&path).await), 0, "{path}");
    }
    let sid = sids[0].as_str().unwrap();
    for (verb, path, body) in [
        ("GET", format!("channels/{sid}"), None),
        (
            "POST",
            format!("channels/{sid}"),
            Some(json!({"action": "hangup"})),
        ),
        (
            "PUT",
            format!("conferences/{room}"),
            Some(json!({"action": "lock"})),
        ),
        (
            "PUT",
            format!("conferences/{room}/participants"),
            Some(json!({"action": "kick"})),
        ),
        (
            "PUT",
            format!("conferences/{room}/participants/1"),
            Some(json!({"action": "kick"})),
        ),
    ] {
        let refused = ask(&token_b, verb, path.clone(), body).await;
        assert_eq!(refused.status, 404, "{verb} {path}");
    }
    settle().await;
    assert_eq!(
        each(
            &ask(&token_a, "GET", "channels".into(), None).await,
            "call_sid"
        ),
        sids
    );
}
