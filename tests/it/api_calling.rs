//! Calls that the API has made: click to call, and people who are called into a conference.

use pivot::simulate::{Behaviour, Sound};
use serde_json::{Value, json};

use crate::api::Api;
use crate::api_live::{each, settle, shop};
use crate::callflow_flows::{node, play};
use crate::support::seconds;

/// The shop, with Bob's phone at 201.
async fn two() -> (Api, String, String) {
    let (api, anna, phone) = shop().await;
    let bob = api
        .create(
            "devices",
            json!({"name": "bob", "sip": {"username": "bob"}}),
        )
        .await;
    let flow = node("device", json!({"id": bob}));
    api.create("callflows", json!({"numbers": ["201"], "flow": flow}))
        .await;
    let behaviour = Behaviour::answers(seconds(1));
    api.scenario.asterisk.callee("PJSIP/bob*", behaviour).await;
    (api, anna, phone)
}

#[tokio::test(start_paused = true)]
async fn a_phone_rings_and_calls_a_number_when_it_is_answered() {
    for (of_user, query, shown, headers) in [
        (false, "", ("201", "QuickCall"), 0),
        (true, "", ("201", "QuickCall"), 0),
        (
            false,
            "?cid-name=Office&cid-number=99&auto_answer=true",
            ("99", "Office"),
            2,
        ),
    ] {
        let (api, anna, phone) = two().await;
        let path = match of_user {
            true => format!("users/{anna}/quickcall/201{query}"),
            false => format!("devices/{phone}/quickcall/201{query}"),
        };
        let answer = api.get(&path).await;
        assert_eq!(
            (answer.status, answer.data()),
            (200, &json!({"number": "201"}))
        );
        settle().await;
        let asterisk = &api.scenario.asterisk;
        let rung = asterisk.called("PJSIP/anna*").await.remove(0);
        let other = asterisk.called("PJSIP/bob*").await.remove(0);
        let (number, name) = rung.shown().await.unwrap();
        assert_eq!((number.as_str(), name.as_str()), shown);
        let heard = rung.heard().await;
        assert!(heard.iter().any(|heard| match &heard.what {
            Sound::Bridge(others) => others.iter().any(|one| one == other.channel()),
            _ => false,
        }));
        // Bob sees whose phone it is.
        assert_eq!(other.shown().await.unwrap().0, "anna");
        let made = api.scenario.sent("POST", "channels/create").await.remove(0);
        let variables = made.params["variables"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let asks = variables
            .keys()
            .filter(|name| name.starts_with("PJSIP_HEADER(add,"));
        assert_eq!(asks.count(), headers, "{variables:?}");
        let live = api.get("channels").await;
        assert_eq!(each(&live, "direction"), ["outbound", "outbound"]);
        assert_eq!(live.data()[0]["authorizing_id"], phone);
        rung.hangup().await;
        other.wait_ended().await.unwrap();
        api.scenario.nothing_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_called_for_a_number_that_leads_nowhere_or_by_a_phone_that_is_not_there() {
    let (api, _, phone) = two().await;
    for (path, status) in [
        (format!("devices/{phone}/quickcall/999"), 400),
        (format!("devices/{phone}/quickcall/201?timeout=soon"), 400),
        ("devices/nobody/quickcall/201".into(), 404),
        ("users/nobody/quickcall/201".into(), 404),
    ] {
        assert_eq!(api.get(&path).await.status, status, "{path}");
    }
    let silent = Behaviour::no_answer();
    api.scenario.asterisk.callee("PJSIP/anna", silent).await;
    let path = format!("devices/{phone}/quickcall/201?timeout=5");
    assert_eq!(api.get(&path).await.status, 200);
    tokio::time::sleep(seconds(10)).await;
    let rung = api.scenario.asterisk.called("PJSIP/anna*").await;
    assert!(rung[0].ended().await.is_some());
    assert!(api.scenario.asterisk.called("PJSIP/bob*").await.is_empty());
    api.scenario.nothing_left().await;
}

/// A conference with a PIN, in which somebody is already.
async fn conference(api: &Api) -> String {
    let room = json!({"name": "room", "member": {"join_muted": false, "pins": ["77"]}});
    let room = api.create("conferences", room).await;
    let config = json!({"id": room, "member": {"join_muted": false}});
    let flow = node(
        "conference",
        json!({"config": config, "welcome_prompt": {"play": false}}),
    );
    api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
        .await;
    room
}

#[tokio::test(start_paused = true)]
async fn people_are_called_into_a_conference_and_need_no_pin() {
    let (api, anna, _) = two().await;
    let room = conference(&api).await;
    let first = api.scenario.dial("1", &[]).await;
    settle().await;
    api.scenario
        .asterisk
        .callee("*5551234*", Behaviour::answers(seconds(1)))
        .await;
    let item = format!("conferences/{room}");
    let participants = format!("{item}/participants");
    let dial = |endpoints: Value, more: Value| {
        let mut data = json!({"endpoints": endpoints});
        let more = more.as_object().unwrap().clone();
        data.as_object_mut().unwrap().extend(more);
        json!({"action": "dial", "data": data})
    };
    let shown = json!({"caller_id_name": "Team", "caller_id_number": "4000"});
    let done = api.put(&item, dial(json!([anna, "5551234"]), shown)).await;
    assert_eq!(
        (done.status, done.data()),
        (200, &json!({"action": "dial"}))
    );
    settle().await;
    let inside = api.get(&participants).await;
    assert_eq!(
        each(&inside, "participant_id"),
        [1, 2, 3],
        "{}",
        inside.body
    );
    assert_eq!(each(&inside, "speak"), [true, true, true]);
    let hers = api.scenario.asterisk.called("PJSIP/anna*").await.remove(0);
    assert_eq!(hers.shown().await, Some(("4000".into(), "Team".into())));

    let flags = json!({"participant_flags": ["mute", "deaf", "moderator"]});
    let bob = api.get("devices").await.data().as_array().unwrap().clone();
    let bob = bob.iter().find(|device| device["name"] == "bob").unwrap()["id"].clone();
    api.put(&item, dial(json!([bob]), flags)).await.data();
    settle().await;
    let inside = api.get(&participants).await;
    assert_eq!(each(&inside, "speak")[3], false);
    assert_eq!(each(&inside, "hear")[3], false);
    assert_eq!(each(&inside, "is_moderator")[3], true);

    for (endpoints, status) in [
        (json!([]), 400),
        (json!("201"), 400),
        (json!(["nobody"]), 400),
        (json!(["201", "PJSIP/x"]), 400),
    ] {
        let body = dial(endpoints.clone(), json!({}));
        assert_eq!(api.put(&item, body).await.status, status, "{endpoints}");
    }
    let unknown = api
        .put("conferences/none", dial(json!(["201"]), json!({})))
        .await;
    assert_eq!(unknown.status, 404);
    for phone in api.scenario.asterisk.called("*").await {
        phone.hangup().await;
    }
    first.hangup().await;
    api.scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_conference_hears_a_medium_and_is_recorded_for_a_while() {
    let (api, _, _) = two().await;
    let room = conference(&api).await;
    let item = format!("conferences/{room}");
    let play = |media: &str| json!({"action": "play", "data": {"media_id": media}});
    let record = |what: &str| json!({"action": "record", "data": {"action": what}});
    let tts = json!({"name": "note", "media_source": "tts", "tts": {"text": "Lunch is served."}});
    let note = api.create("media", tts).await;
    let empty = api.create("media", json!({"name": "empty"})).await;
    assert_eq!(
        api.put(&item, play(&note)).await.status,
        404,
        "nobody is there"
    );
    let phones = [
        api.scenario.dial("1", &[]).await,
        api.scenario.dial("1", &[]).await,
    ];
    settle().await;
    assert_eq!(api.put(&item, play(&note)).await.status, 200);
    let played = api.scenario.asterisk.requests().await;
    let on_bridge =
        |r: &&pivot::simulate::Request| r.path.contains("bridges/") && r.path.contains("/play/");
    let last = played.iter().rfind(on_bridge).unwrap();
    assert!(
        last.params["media"].to_string().contains("sound:"),
        "{last:?}"
    );
    for (body, status) in [
        (play("nothing"), 400),
        (play(&empty), 400),
        (play("http://127.0.0.1:1/none.wav"), 400),
        (record("perhaps"), 400),
        (record("start"), 200),
    ] {
        assert_eq!(api.put(&item, body.clone()).await.status, status, "{body}");
    }
    tokio::time::sleep(seconds(5)).await;
    assert_eq!(api.put(&item, record("stop")).await.status, 200);
    settle().await;
    let kept = api.get("recordings").await;
    assert_eq!(kept.data().as_array().unwrap().len(), 1, "{}", kept.body);
    // And again, in the same conference.
    api.put(&item, record("start")).await.data();
    tokio::time::sleep(seconds(3)).await;
    for phone in phones {
        phone.hangup().await;
    }
    settle().await;
    let kept = api.get("recordings").await;
    assert_eq!(kept.data().as_array().unwrap().len(), 2, "{}", kept.body);
    api.scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_hears_nothing_of_the_flow() {
    let (api, _, phone) = two().await;
    api.create(
        "callflows",
        json!({"numbers": ["300"], "flow": play("hello")}),
    )
    .await;
    api.get(&format!("devices/{phone}/quickcall/300"))
        .await
        .data();
    settle().await;
    let rung = api.scenario.asterisk.called("PJSIP/anna*").await.remove(0);
    rung.wait_ended().await.unwrap();
    assert_eq!(rung.heard_media().await, ["sound:hello"]);
    api.scenario.nothing_left().await;
}
