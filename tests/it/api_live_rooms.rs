//! Conferences and queues as they go on, over the API, and whose they are.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::api_live::{call, each, settle, shop};
use crate::callflow_flows::node;
use crate::support::{ms, seconds};

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
