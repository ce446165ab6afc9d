//! Webhooks: servers that are told about the calls of an account.

use pivot::simulate::Behaviour;
use serde_json::{Value, json};

use crate::api::Api;
use crate::callflow_flows::{chain, node};
use crate::support::{Reply, seconds};

/// A call that is answered, talks with 555 for a while, and ends.
async fn call(api: &Api, arguments: &[&str]) {
    let phone = api.scenario.dial("1", arguments).await;
    tokio::time::sleep(seconds(10)).await;
    phone.hangup().await;
    api.scenario.nothing_left().await;
}

async fn shop() -> Api {
    let api = Api::start().await;
    let flow = chain([
        node("answer", json!({})),
        node("resources", json!({"to_did": "555"})),
    ]);
    api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
        .await;
    let behaviour = Behaviour::answers(seconds(2));
    api.scenario.asterisk.callee("*", behaviour).await;
    for path in ["/all", "/end", "/get", "/put", "/json", "/other"] {
        api.scenario.web.on(path, Reply::status(200));
    }
    api
}

fn hook(api: &Api, path: &str, hook: &str, further: Value) -> Value {
    let uri = format!("{}{path}", api.scenario.web.url());
    let mut document = json!({"name": "h", "hook": hook, "uri": uri});
    let further = further.as_object().unwrap().clone();
    document.as_object_mut().unwrap().extend(further);
    document
}

// Proves webhook.hook, webhook.uri.
#[tokio::test(start_paused = true)]
async fn a_call_is_told_from_its_beginning_to_its_end() {
    let api = shop().await;
    api.create("webhooks", hook(&api, "/all", "all", json!({})))
        .await;
    api.create("webhooks", hook(&api, "/end", "channel_destroy", json!({})))
        .await;
    call(&api, &[]).await;
    let told = api.scenario.web.at("/all");
    let events: Vec<_> = told
        .iter()
        .map(|t| t.param("hook_event").unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "channel_create",
            "channel_answer",
            "channel_bridge",
            "channel_destroy"
        ]
    );
    let call_id = told[0].param("call_id").unwrap();
    for told in &told {
        assert_eq!(told.method, "POST");
        assert_eq!(
            told.param("account_id").as_deref(),
            Some(api.own().as_str())
        );
        assert_eq!(told.param("call_id").as_deref(), Some(call_id.as_str()));
        assert_eq!(told.param("to").as_deref(), Some("1"));
        assert!(told.param("timestamp").unwrap().parse::<i64>().unwrap() > 63_000_000_000);
    }
    assert_eq!(told[2].param("callee_id_number").as_deref(), Some("555"));
    assert!(told[2].param("other_leg_call_id").is_some());
    let end = &told[3];
    assert_eq!(
        end.param("hangup_cause").as_deref(),
        Some("NORMAL_CLEARING")
    );
    assert_eq!(end.param("duration_seconds").as_deref(), Some("10"));
    let ended = api.scenario.web.at("/end");
    assert_eq!(ended.len(), 1);
    assert_eq!(
        ended[0].param("hook_event").as_deref(),
        Some("channel_destroy")
    );
}

// Proves webhook.http_verb, webhook.format, webhook.custom_data.
#[tokio::test(start_paused = true)]
async fn a_server_is_told_in_the_way_that_it_wants() {
    let api = shop().await;
    let create = "channel_create";
    for (path, further) in [
        ("/get", json!({"http_verb": "get"})),
        (
            "/put",
            json!({"http_verb": "put", "custom_data": {"shop": "s1"}}),
        ),
        (
            "/json",
            json!({"format": "json", "custom_data": {"shop": "s1"}}),
        ),
    ] {
        api.create("webhooks", hook(&api, path, create, further))
            .await;
    }
    call(&api, &[]).await;
    let at = |path: &str| api.scenario.web.at(path).remove(0);
    assert_eq!(
        (at("/get").method, at("/put").method),
        ("GET".into(), "PUT".into())
    );
    assert_eq!(at("/get").param("hook_event").as_deref(), Some(create));
    assert_eq!(at("/put").param("custom_data[shop]").as_deref(), Some("s1"));
    let told: Value = serde_json::from_str(&at("/json").body).unwrap();
    assert_eq!(
        (&told["hook_event"], &told["custom_data"]["shop"]),
        (&json!(create), &json!("s1"))
    );
}

// Proves webhook.retries, webhook.enabled.
#[tokio::test(start_paused = true)]
async fn a_server_that_fails_is_asked_again_and_one_that_is_switched_off_never() {
    let api = shop().await;
    let create = "channel_create";
    for (path, further) in [
        ("/twice", json!({})),
        ("/never", json!({"retries": 0})),
        ("/off", json!({"enabled": false})),
    ] {
        api.scenario.web.on(path, Reply::status(500));
        api.create("webhooks", hook(&api, path, create, further))
            .await;
    }
    call(&api, &[]).await;
    let tries = |path: &str| api.scenario.web.at(path).len();
    assert_eq!((tries("/twice"), tries("/never"), tries("/off")), (3, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_account_hears_of_its_own_calls_alone_and_wrong_hooks_are_refused() {
    let api = shop().await;
    let (other, _) = api.account("other").await;
    let path = format!("accounts/{other}/webhooks");
    api.create(&path, hook(&api, "/other", "all", json!({})))
        .await;
    call(&api, &[]).await;
    assert!(api.scenario.web.at("/other").is_empty());
    let wrong = json!({"name": "h", "hook": "sunrise", "uri": "ftp://x", "retries": 9, "http_verb": "brew"});
    let refused = api.put("webhooks", wrong).await;
    for (field, code) in [
        ("hook", "enum"),
        ("uri", "pattern"),
        ("retries", "maximum"),
        ("http_verb", "enum"),
    ] {
        assert!(
            refused.body["data"][field][code].is_object(),
            "{field}: {:#}",
            refused.body
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_in_a_parking_slot_is_told_in_and_out() {
    let api = shop().await;
    let hook = hook(&api, "/json", "parking", json!({"format": "json"}));
    api.create("webhooks", hook).await;
    let park = node("park", json!({"action": "auto", "slot": "101"}));
    api.create("callflows", json!({"numbers": ["700"], "flow": park}))
        .await;
    let events = || {
        let told = api.scenario.web.at("/json");
        let told = told
            .iter()
            .map(|told| serde_json::from_str::<Value>(&told.body).unwrap());
        let told = told.map(|told| {
            assert_eq!(
                (&told["hook_event"], &told["parking_slot"]),
                (&json!("parking"), &json!("101"))
            );
            told["event_name"].as_str().unwrap().to_owned()
        });
        told.collect::<Vec<_>>()
    };
    let caller = api.scenario.dial("700", &[]).await;
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(events(), ["PARK_PARKED"]);
    let taker = api.scenario.dial("700", &[]).await;
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(events(), ["PARK_PARKED", "PARK_RETRIEVED"]);
    taker.hangup().await;
    caller.wait_ended().await.unwrap();
    let caller = api.scenario.dial("700", &[]).await;
    tokio::time::sleep(seconds(3)).await;
    caller.hangup().await;
    api.scenario.nothing_left().await;
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(events()[2..], ["PARK_PARKED", "PARK_ABANDONED"]);
}

#[tokio::test(start_paused = true)]
async fn each_try_to_tell_a_webhook_is_listed() {
    let api = shop().await;
    api.scenario.web.on("/broken", Reply::status(500));
    let fine = api
        .create("webhooks", hook(&api, "/all", "channel_create", json!({})))
        .await;
    let failing = hook(&api, "/broken", "channel_destroy", json!({"retries": 1}));
    let failing = api.create("webhooks", failing).await;
    let nobody =
        json!({"name": "h", "hook": "channel_answer", "uri": "http://127.0.0.1:1/", "retries": 0});
    let nobody = api.create("webhooks", nobody).await;
    assert_eq!(*api.get("webhooks/attempts").await.data(), json!([]));
    call(&api, &[]).await;
    tokio::time::sleep(seconds(5)).await;
    let all = api.get("webhooks/attempts").await;
    let shown = |row: &Value| {
        let fields = ["hook_id", "result", "response_code", "retries_left"];
        fields.map(|field| row[field].clone())
    };
    let rows: Vec<_> = all.data().as_array().unwrap().iter().map(shown).collect();
    assert_eq!(
        rows,
        [
            [json!(failing), json!("failure"), json!(500), json!(0)],
            [json!(failing), json!("failure"), json!(500), json!(1)],
            [json!(nobody), json!("failure"), json!(null), json!(0)],
            [json!(fine), json!("success"), json!(200), json!(0)],
        ],
        "{}",
        all.body
    );
    assert!(
        all.data()[2]["reason"]
            .as_str()
            .unwrap()
            .contains("127.0.0.1")
    );
    let own = api.get(&format!("webhooks/{fine}/attempts")).await;
    assert_eq!(own.data().as_array().unwrap().len(), 1);
    assert_eq!(own.data()[0]["hook_event"], "channel_create");
    assert_eq!(api.get("webhooks/none/attempts").await.status, 404);
}
