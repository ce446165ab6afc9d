//! What the API takes, what it makes of it, and what it says about the rest.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::api::{Api, OPERATOR};

// Callflow check 98.
#[tokio::test]
async fn a_number_belongs_to_one_callflow() {
    let api =
        Api::with("[numbers]\nconverters = [{ regex = '^0([1-9][0-9]+)$', prefix = '+49' }]\n")
            .await;
    let flow = json!({"module": "hangup"});
    let document = |numbers: Value| json!({"name": "b", "numbers": numbers, "flow": flow});
    let first = json!({"name": "first", "numbers": ["2030", "030123", "+4930123", "no_match"],
                       "patterns": ["^5", "^5"], "flow": flow});
    let made = api.put("callflows", first).await;
    let id = made.id();
    assert_eq!(
        made.data()["numbers"],
        json!(["2030", "+4930123", "no_match"])
    );
    assert_eq!(made.data()["patterns"], json!(["^5"]));
    for (numbers, cause) in [
        (json!(["2030"]), "2030"),
        (json!(["1", "030123"]), "+4930123"),
        (json!(["no_match"]), "no_match"),
    ] {
        let refused = api.put("callflows", document(numbers)).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.body["message"], "validation error");
        let fault = &refused.body["data"]["numbers"]["unique"];
        assert_eq!(fault["cause"], cause);
        assert_eq!(
            fault["message"],
            format!("Number {cause} exists in callflow {id} first")
        );
    }
    let patterns = json!({"patterns": ["^5"], "flow": flow});
    let refused = api.put("callflows", patterns).await;
    assert_eq!(refused.body["data"]["patterns"]["unique"]["cause"], "^5");
    let feature = json!({"featurecode": {"name": "f", "number": "1"}, "flow": flow});
    let both = json!({"numbers": [], "patterns": [], "flow": flow});
    for nothing in [document(json!([])), json!({"flow": flow}), both, feature] {
        let refused = api.put("callflows", nothing).await;
        assert!(refused.body["data"]["numbers"]["required"]["message"].is_string());
    }
    // It may keep its own, and another may have what it gives away.
    let item = format!("callflows/{id}");
    assert_eq!(
        api.post(&item, document(json!(["2030", "2031"])))
            .await
            .status,
        200
    );
    assert_eq!(
        api.put("callflows", document(json!(["no_match"])))
            .await
            .status,
        201
    );
    let refused = api
        .patch(&item, json!({"numbers": ["2030", "no_match"]}))
        .await;
    assert_eq!(
        refused.body["data"]["numbers"]["unique"]["cause"],
        "no_match"
    );
    assert_eq!(
        api.get(&item).await.data()["numbers"],
        json!(["2030", "2031"])
    );
}

#[tokio::test]
async fn of_many_who_want_a_number_at_once_one_has_it() {
    let api = Api::with("[store]\nurl = 'sqlite:{dir}/pivot.db'\n").await;
    let document = json!({"numbers": ["2030"], "flow": {"module": "hangup"}});
    let asked = (0..10).map(|_| api.put("callflows", document.clone()));
    let answers = futures_util::future::join_all(asked).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        let fault = &refused.body["data"]["numbers"]["unique"];
        assert_eq!(fault["cause"], "2030", "{:#}", refused.body);
    }
    let mailbox = json!({"name": "box", "mailbox": "100"});
    let asked = (0..10).map(|_| api.put("vmboxes", mailbox.clone()));
    let answers = futures_util::future::join_all(asked).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
}

// Callflow check 96. 400.
#[tokio::test]
async fn what_is_wrong_with_a_callflow_is_told_by_field_and_nothing_is_stored() {
    let api = Api::start().await;
    let refused = api
        .put(
            "callflows",
            json!({
                "numbers": ["", "x".repeat(37), 5],
                "patterns": ["^(", ""],
                "featurecode": {"name": "x".repeat(129), "number": 1},
                "flow": {"module": "play", "data": {}, "children": {
                    "_": {"module": "teleport", "data": {}},
                    "a.b": {"module": "sleep", "data": {"duration": "long"}},
                }},
            }),
        )
        .await;
    assert_eq!(refused.status, 400);
    let faults = &refused.body["data"];
    for (field, code) in [
        ("numbers.0", "minLength"),
        ("numbers.1", "maxLength"),
        ("numbers.2", "type"),
        ("patterns.0", "invalid"),
        ("patterns.1", "minLength"),
        ("featurecode.name", "maxLength"),
        ("featurecode.number", "type"),
        ("flow.children._.module", "not_found"),
        ("flow.children.a%2Eb.data.duration", "type"),
    ] {
        assert!(
            faults[field][code]["message"].is_string(),
            "{field} {code}: {faults:#}"
        );
    }
    assert_eq!(faults["numbers.1"]["maxLength"]["target"], 36);
    assert_eq!(
        faults["flow.children._.module"]["not_found"]["value"],
        "teleport"
    );
    let without = api.put("callflows", json!({"numbers": ["1"]})).await;
    assert!(without.body["data"]["flow"]["required"].is_object());
    let text = json!({"numbers": ["1"], "flow": "hangup"});
    assert!(api.put("callflows", text).await.body["data"]["flow"]["type"].is_object());
    assert_eq!(*api.get("callflows").await.data(), json!([]));
}

// Callflow check 99.
#[tokio::test]
async fn strings_are_coerced_and_defaults_are_stored() {
    let api = Api::start().await;
    let id = api
        .create(
            "callflows",
            json!({
                "numbers": ["2030"],
                "flow": {"module": "collect_dtmf", "data": {"max_digits": "4"}, "children": {
                    "_": {"module": "play", "data": {"id": "x", "answer": "FALSE"}},
                }},
            }),
        )
        .await;
    let stored = api.scenario.get(Kind::Callflow, &id).await.unwrap();
    assert_eq!(stored["flow"]["data"]["max_digits"], 4);
    assert_eq!(stored["flow"]["children"]["_"]["data"]["answer"], false);
    assert_eq!(
        stored["flow"]["children"]["_"]["data"]["endless_playback"],
        false
    );

    let menu = json!({"name": "m", "retries": "5", "hunt": "false", "record_pin": null});
    let id = api.create("menus", menu).await;
    let stored = api.scenario.get(Kind::Menu, &id).await.unwrap();
    assert_eq!(
        (
            &stored["retries"],
            &stored["hunt"],
            &stored["max_extension_length"]
        ),
        (&json!(5), &json!(false), &json!(4))
    );
    assert!(stored.get("record_pin").is_none());
    // Kazoo's own slip of the pen is taken as it is.
    let rule =
        json!({"name": "r", "cycle": "Weekly", "wdays": ["wensday", "friday"], "interval": "2"});
    let id = api.create("temporal_rules", rule).await;
    let stored = api.scenario.get(Kind::TemporalRule, &id).await.unwrap();
    assert_eq!(stored["wdays"], json!(["wensday", "friday"]));
    assert_eq!(
        (&stored["cycle"], &stored["interval"]),
        (&json!("weekly"), &json!(2))
    );
    let media = api.put("media", json!({"name": "m"})).await;
    let media = media.data();
    assert_eq!(
        (
            &media["media_source"],
            &media["language"],
            &media["streamable"]
        ),
        (&json!("upload"), &json!("en-us"), &json!(true))
    );
}

#[tokio::test]
async fn regular_expressions_that_no_engine_takes_are_refused() {
    let api = Api::start().await;
    let list = api.create("lists", json!({"name": "l"})).await;
    for (path, document, field) in [
        (
            "menus".to_owned(),
            json!({"name": "m", "hunt_allow": "^("}),
            "hunt_allow",
        ),
        (
            "resources".into(),
            json!({"name": "r", "rules": ["^1", "*1"]}),
            "rules.1",
        ),
        (
            format!("lists/{list}/entries"),
            json!({"pattern": "["}),
            "pattern",
        ),
    ] {
        let refused = api.put(&path, document).await;
        assert!(
            refused.body["data"][field]["invalid"].is_object(),
            "{path}: {:#}",
            refused.body
        );
    }
}

#[tokio::test]
async fn names_that_must_be_unique_are() {
    let api = Api::start().await;
    for (path, document, field) in [
        ("vmboxes", json!({"name": "a", "mailbox": "100"}), "mailbox"),
        (
            "users",
            json!({"first_name": "a", "last_name": "b", "username": "Anna"}),
            "username",
        ),
        (
            "devices",
            json!({"name": "a", "sip": {"username": "phone1"}}),
            "sip.username",
        ),
    ] {
        let id = api.create(path, document.clone()).await;
        let refused = api.put(path, document.clone()).await;
        assert!(
            refused.body["data"][field]["unique"]["cause"].is_string(),
            "{path}"
        );
        assert_eq!(
            api.post(&format!("{path}/{id}"), document).await.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn schemas_are_shown_to_whoever_has_a_token_and_check_documents() {
    let api = Api::start().await;
    let nobody = api.asking("GET", "/v2/schemas").send().await;
    assert_eq!(nobody.status, 401);
    let open = |verb: &str, path: &str, body: &str| {
        let asking = api.asking(verb, path).token(OPERATOR);
        asking.body("application/json", body).send()
    };
    let names = open("GET", "/v2/schemas", "").await;
    for name in [
        "callflows",
        "callflows.action",
        "callflows.tts",
        "menus",
        "accounts",
    ] {
        assert!(
            names.data().as_array().unwrap().contains(&name.into()),
            "{name}"
        );
        let schema = open("GET", &format!("/v2/schemas/{name}"), "").await;
        assert_eq!(schema.data()["type"], "object", "{name}");
    }
    assert_eq!(open("GET", "/v2/schemas/tokens", "").await.status, 404);
    let path = |name: &str| format!("/v2/schemas/{name}/validation");
    let good = open(
        "PUT",
        &path("menus"),
        r#"{"data": {"name": "m", "retries": "2"}}"#,
    )
    .await;
    assert_eq!(
        (&good.data()["retries"], &good.data()["hunt"]),
        (&2.into(), &true.into())
    );
    for (name, data, field) in [
        ("menus", json!({}), "name"),
        (
            "callflows",
            json!({"numbers": ["1"], "flow": {"module": "tts", "data": {}}}),
            "flow.data.text",
        ),
        ("callflows.tts", json!({}), "text"),
        (
            "callflows.action",
            json!({"module": "nothing"}),
            "flow.module",
        ),
        ("accounts", json!({}), "name"),
    ] {
        let refused = open("PUT", &path(name), &json!({"data": data}).to_string()).await;
        assert_eq!(refused.status, 400, "{name}");
        assert!(
            refused.body["data"][field].is_object(),
            "{name}: {:#}",
            refused.body
        );
    }
}
