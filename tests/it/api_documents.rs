//! Stored things over the API: their envelope, verbs, validation and lists.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::api::{Api, OPERATOR, documents};

// Check 96.
#[tokio::test]
async fn a_success_has_kazoo_s_envelope() {
    let api = Api::start().await;
    let path = "/v2/menus";
    let made = api
        .asking("PUT", path)
        .token(OPERATOR)
        .header("x-request-id", "my-own-id")
        .body("application/json", r#"{"data": {"name": "main"}}"#)
        .send()
        .await;
    assert_eq!(made.status, 201);
    let body = &made.body;
    assert_eq!(body["status"], "success");
    assert_eq!(body["request_id"], "my-own-id");
    assert_eq!(made.header("x-request-id"), "my-own-id");
    assert_eq!(body["node"], api.scenario.pivot.services.config.ari.name);
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    let timestamp = body["timestamp"].as_str().unwrap();
    assert!(
        timestamp.len() == 19 && timestamp.contains('T'),
        "{timestamp}"
    );
    let revision = body["revision"].as_str().unwrap();
    assert_eq!(made.header("etag"), format!("\"{revision}\""));
    let id = made.id();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let dates = &body["data"]["_read_only"];
    assert!(dates["created"].as_i64().unwrap() > 63_000_000_000);
    assert!(dates["modified_iso"].as_str().unwrap().ends_with('Z'));

    // What was made is what is read, so its tag spares a second reading.
    let path = format!("/v2/menus/{id}");
    let again = api.asking("GET", &path).token(OPERATOR);
    let again = again
        .header("if-none-match", made.header("etag"))
        .send()
        .await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    api.patch(&format!("menus/{id}"), json!({"hunt": false}))
        .await
        .data();
    let changed = api.asking("GET", &path).token(OPERATOR);
    let changed = changed
        .header("if-none-match", made.header("etag"))
        .send()
        .await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.header("content-type"), "application/json");
    assert!(!changed.body["request_id"].as_str().unwrap().is_empty());
    assert!(!changed.text().contains('\n'));
    for pretty in [
        api.asking("GET", &format!("{path}?pretty_print=true"))
            .token(OPERATOR),
        api.asking("GET", &path)
            .token(OPERATOR)
            .header("x-pretty-print", "true"),
    ] {
        assert!(pretty.send().await.text().contains("\n  \"data\""));
    }
    let head = api.asking("HEAD", &path).token(OPERATOR).send().await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
}

// Check 96.
#[tokio::test]
async fn an_error_has_the_same_envelope_and_kazoo_s_name() {
    let api = Api::start().await;
    let menu = api.create("menus", json!({"name": "main"})).await;
    let menu = format!("/v2/menus/{menu}");
    let json = "application/json";
    let large = format!(r#"{{"data": {{"name": "{}"}}}}"#, "x".repeat(1 << 20));
    let cases = [
        (
            "PUT",
            "/v2/menus",
            json,
            r#"{"data": {"retries": 99}}"#,
            400,
            "validation error",
        ),
        (
            "PUT",
            "/v2/menus",
            json,
            r#"{"data": ["x"]}"#,
            400,
            "validation error",
        ),
        ("PUT", "/v2/menus", json, "{}", 400, "validation error"),
        ("PUT", "/v2/menus", json, "", 400, "validation error"),
        (
            "PUT",
            "/v2/menus",
            json,
            "{\"data\":\n {x}}",
            400,
            "parse_error",
        ),
        ("PUT", "/v2/menus", json, "[1]", 400, "parse_error"),
        ("PUT", "/v2/menus", json, "\u{1}", 400, "parse_error"),
        (
            "GET",
            "/v2/menus?page_size=0",
            json,
            "",
            400,
            "validation error",
        ),
        (
            "GET",
            "/v2/menus?page_size=many",
            json,
            "",
            400,
            "validation error",
        ),
        (
            "GET",
            "/v2/menus?start_key=%00",
            json,
            "",
            400,
            "validation error",
        ),
        (
            "GET",
            "/v2/menus?created_from=today",
            json,
            "",
            400,
            "validation error",
        ),
        ("GET", "/v2/menus/nobody", json, "", 404, "bad_identifier"),
        ("GET", "/v2/menus/a%00b", json, "", 404, "bad_identifier"),
        (
            "GET",
            "/v2/accounts/xyz/menus",
            json,
            "",
            404,
            "bad_identifier",
        ),
        (
            "GET",
            "/v2/accounts/00000000000000000000000000000000",
            json,
            "",
            404,
            "bad_identifier",
        ),
        ("GET", "/v2/pigeons", json, "", 404, "faulty_request"),
        ("GET", "/v2/", json, "", 404, "faulty_request"),
        ("GET", "/v2/menus/a/b/c", json, "", 404, "faulty_request"),
        ("DELETE", "/v2/menus", json, "", 405, "invalid_method"),
        ("PUT", menu.as_str(), json, "{}", 405, "invalid_method"),
        ("PROPFIND", "/v2/menus", json, "", 405, "invalid_method"),
        (
            "PUT",
            "/v2/menus",
            json,
            large.as_str(),
            413,
            "request_too_large",
        ),
        (
            "PUT",
            "/v2/menus",
            "text/xml",
            "<x/>",
            415,
            "invalid_content_type",
        ),
        (
            "PUT",
            "/v2/menus",
            "audio/mpeg",
            "ID3",
            415,
            "invalid_content_type",
        ),
    ];
    for (verb, path, content_type, body, status, message) in cases {
        let asking = api.asking(verb, path).token(OPERATOR);
        let answer = asking.body(content_type, body).send().await;
        let told = &answer.body;
        let case = format!("{verb} {path} {}: {told:#}", &body[..body.len().min(40)]);
        assert_eq!(answer.status, status, "{case}");
        assert_eq!(told["error"], status.to_string(), "{case}");
        assert_eq!(told["status"], "error", "{case}");
        assert_eq!(told["message"], message, "{case}");
        assert!(told["data"].is_object(), "{case}");
        for field in ["request_id", "timestamp", "node", "version"] {
            assert!(told[field].is_string(), "{field}: {case}");
        }
    }
    let broken = api.asking("PUT", "/v2/menus").token(OPERATOR);
    let broken = broken.body(json, "{\"data\":\n {x}}").send().await;
    assert_eq!(
        (&broken.body["data"]["line"], &broken.body["data"]["column"]),
        (&2.into(), &3.into())
    );
    let unknown = api.get("menus/nobody").await;
    assert_eq!(
        unknown.body["data"],
        json!({"message": "bad identifier", "cause": "nobody"})
    );
    let wrong = api.get("pigeons").await;
    assert_eq!(wrong.body["data"]["cause"], "/v2/pigeons");
}

// Check 96: 409.
#[tokio::test]
async fn a_change_of_what_somebody_else_has_changed_is_refused() {
    let api = Api::start().await;
    let id = api.create("menus", json!({"name": "main"})).await;
    let path = format!("menus/{id}");
    let read = api.get(&path).await;
    api.patch(&path, json!({"name": "other"})).await.data();
    for (verb, body) in [
        ("POST", r#"{"data": {"name": "mine"}}"#),
        ("PATCH", r#"{"data": {"name": "mine"}}"#),
        ("DELETE", ""),
    ] {
        let asking = api.asking(verb, &format!("/v2/{path}")).token(OPERATOR);
        let asking = asking.header("if-match", read.header("etag"));
        let answer = asking.body("application/json", body).send().await;
        assert_eq!(answer.status, 409, "{verb}");
        assert_eq!(answer.body["message"], "datastore_conflict", "{verb}");
    }
    let now = api.get(&path).await;
    assert_eq!(now.data()["name"], "other");
    let asking = api.asking("PATCH", &format!("/v2/{path}")).token(OPERATOR);
    let asking = asking.header("if-match", now.header("etag"));
    let answer = asking
        .body("application/json", r#"{"data": {"name": "mine"}}"#)
        .send()
        .await;
    assert_eq!(answer.data()["name"], "mine");
}

// Check 97.
#[tokio::test]
async fn every_kind_is_created_read_replaced_patched_and_deleted() {
    let api = Api::start().await;
    let own = api.own();
    for (path, document) in documents() {
        let mut with_extra = document.clone();
        with_extra["extra"] = json!({"a": 1, "b": {"c": [1, 2]}});
        with_extra["pvt_type"] = "x".into();
        with_extra["_id"] = "x".into();
        let id = api.create(path, with_extra).await;
        let item = format!("{path}/{id}");
        let read = api.get(&item).await;
        let read = read.data();
        assert_eq!(
            read["extra"]["b"]["c"],
            json!([1, 2]),
            "{path}: what is unknown is kept"
        );
        assert!(
            read.get("pvt_type").is_none() && read.get("_id").is_none(),
            "{path}"
        );
        // The same thing below the account and without.
        let whole = api.get(&format!("accounts/{own}/{item}")).await;
        assert_eq!(whole.data(), read, "{path}");

        let patch = json!({"extra": {"a": null, "b": {"c": [3]}, "d": 4}, "id": "other"});
        let patched = api.patch(&item, patch).await;
        assert_eq!(
            patched.data()["extra"],
            json!({"b": {"c": [3]}, "d": 4}),
            "{path}"
        );
        assert_eq!(patched.data()["id"], id.as_str(), "{path}");

        let replaced = api.post(&item, document.clone()).await;
        assert_eq!(replaced.status, 200, "{path}: {:#}", replaced.body);
        assert!(
            replaced.data().get("extra").is_none(),
            "{path}: {:#}",
            replaced.body
        );
        assert_eq!(api.get(&item).await.data(), replaced.data(), "{path}");

        let listed = api.get(path).await;
        let listed = listed.data().as_array().unwrap();
        assert!(
            listed.iter().any(|item| item["id"] == id.as_str()),
            "{path}"
        );

        let deleted = api.delete(&item).await;
        let mut before = replaced.data().clone();
        before["_read_only"]["deleted"] = true.into();
        assert_eq!(deleted.data(), &before, "{path}");
        assert_eq!(api.get(&item).await.status, 404, "{path}");
        assert_eq!(api.delete(&item).await.status, 404, "{path}");
        assert_eq!(api.post(&item, document).await.status, 404, "{path}");
    }
}

// Check 98.
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
    for nothing in [document(json!([])), json!({"flow": flow})] {
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
async fn what_is_wrong_with_a_callflow_is_told_by_field_and_nothing_is_stored() {
    let api = Api::start().await;
    let refused = api
        .put(
            "callflows",
            json!({
                "numbers": ["", "x".repeat(37), 5],
                "patterns": ["^(", ""],
                "featurecode": {"name": "", "number": 1},
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
        ("featurecode.name", "minLength"),
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

#[tokio::test]
async fn a_flow_deeper_than_can_be_read_again_is_refused() {
    let api = Api::start().await;
    let nested = |levels: usize| {
        (0..levels).fold(
            json!({"module": "hangup"}),
            |flow, _| json!({"module": "noop", "children": {"_": flow}}),
        )
    };
    let document = |levels| json!({"numbers": ["1"], "flow": nested(levels)});
    let id = api.create("callflows", document(55)).await;
    assert_eq!(api.get(&format!("callflows/{id}")).await.status, 200);
    let refused = api.put("callflows", document(70)).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (400, &"parse_error".into())
    );
}

// Check 99.
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

// Check 100.
#[tokio::test]
async fn a_list_comes_in_pages() {
    let api = Api::start().await;
    for number in (0..60).rev() {
        let name = format!("menu {number:02}");
        api.scenario
            .put(
                Kind::Menu,
                &format!("id{}", 99 - number),
                json!({"name": name}),
            )
            .await;
    }
    let page = api.get("menus").await;
    assert_eq!(page.body["page_size"], 50);
    assert_eq!(page.data().as_array().unwrap().len(), 50);
    assert_eq!(page.data()[0]["name"], "menu 00");
    let next = page.body["next_start_key"].as_str().unwrap();
    // What comes and goes before the next page does not move it.
    api.scenario
        .put(Kind::Menu, "new", json!({"name": "menu 0"}))
        .await;
    api.delete("menus/id99").await.data();
    let rest = api.get(&format!("menus?start_key={next}")).await;
    assert_eq!(rest.body["page_size"], 10);
    assert_eq!(rest.body["start_key"], next);
    assert_eq!(rest.data()[0]["name"], "menu 50");
    assert!(rest.body.get("next_start_key").is_none());

    let few = api.get("menus?page_size=3&descending=true").await;
    let names = |answer: &crate::api::Answer| {
        let items = answer.data().as_array().unwrap().clone();
        items
            .iter()
            .map(|i| i["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&few), ["menu 59", "menu 58", "menu 57"]);
    let next = few.body["next_start_key"].as_str().unwrap();
    let more = api
        .get(&format!(
            "menus?page_size=3&ascending=false&start_key={next}"
        ))
        .await;
    assert_eq!(names(&more), ["menu 56", "menu 55", "menu 54"]);
    let all = api.get("menus?paginate=false").await;
    assert_eq!(all.body["page_size"], 60);
    assert!(all.body.get("next_start_key").is_none());
    // Filters come before pages.
    let filtered = api.get("menus?page_size=1&filter_name=menu%2055").await;
    assert_eq!(names(&filtered), ["menu 55"]);
    assert!(filtered.body.get("next_start_key").is_none());
}

// Check 100.
#[tokio::test]
async fn a_list_is_filtered_by_whole_documents() {
    let api = Api::start().await;
    for (id, document) in [
        (
            "a",
            json!({"name": "a", "media": {"greeting": "g1"}, "flags": ["x", "y"], "hunt": true}),
        ),
        (
            "b",
            json!({"name": "b", "media": {"greeting": ""}, "flags": ["y"], "hunt": false}),
        ),
        ("c", json!({"name": "c", "tags": {}})),
    ] {
        api.scenario.put(Kind::Menu, id, document).await;
    }
    let now = api.get("menus/a").await.data()["_read_only"]["created"]
        .as_i64()
        .unwrap();
    for (query, expected) in [
        (String::new(), "abc"),
        ("filter_name=b".into(), "b"),
        ("filter_name=b&filter_flags=x".into(), ""),
        ("filter_flags=y".into(), "ab"),
        ("filter_flags=x&filter_flags=y".into(), "a"),
        ("filter_not_flags=x".into(), "bc"),
        ("filter_hunt=false".into(), "b"),
        ("filter_media.greeting=g1".into(), "a"),
        ("filter_id=c".into(), "c"),
        ("has_key=media.greeting".into(), "ab"),
        ("key_missing=media".into(), "c"),
        ("has_value=media.greeting".into(), "a"),
        ("missing_value=media.greeting".into(), "bc"),
        ("missing_value=tags&has_key=tags".into(), "c"),
        (format!("created_from={}", now + 100), ""),
        (
            format!("created_from={}&created_to={}", now - 100, now + 100),
            "abc",
        ),
        (format!("modified_to={}", now - 100), ""),
        (format!("modified_from={}", now - 100), "abc"),
    ] {
        let listed = api.get(&format!("menus?{query}")).await;
        let ids: String = listed
            .data()
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    // Of the document it is a summary all the same.
    let listed = api.get("menus?filter_media.greeting=g1").await;
    assert!(listed.data()[0].get("media").is_none());
}

// Check 101.
#[tokio::test]
async fn a_callflow_tells_what_it_refers_to_and_a_list_its_modules() {
    let api = Api::start().await;
    let menu = api.create("menus", json!({"name": "main"})).await;
    let user = api
        .create("users", json!({"first_name": "Anna", "last_name": "Berg"}))
        .await;
    let rule = api
        .create("temporal_rules", json!({"name": "night", "cycle": "daily"}))
        .await;
    let other = json!({"name": "other", "numbers": ["1"], "flow": {"module": "hangup"}});
    let other = api.create("callflows", other).await;
    let flow = json!({"module": "menu", "data": {"id": menu}, "children": {
        "1": {"module": "callflow", "data": {"id": other}},
        rule.clone(): {"module": "play", "data": {"id": "unknown", "skip_module": true}},
        "_": {"module": "menu", "data": {"id": menu, "owner_id": user}},
    }});
    let id = api
        .create(
            "callflows",
            json!({"numbers": ["2"], "owner_id": user, "flow": flow}),
        )
        .await;
    let read = api.get(&format!("callflows/{id}")).await;
    assert_eq!(
        read.data()["metadata"],
        json!({
            menu: {"name": "main", "pvt_type": "menu"},
            other: {"name": "other", "numbers": ["1"], "pvt_type": "callflow"},
            rule: {"name": "night", "pvt_type": "temporal_rule"},
            user.clone(): {"name": "Anna Berg", "pvt_type": "user"},
        })
    );
    // It is worked out, never stored.
    api.patch(&format!("callflows/{id}"), json!({"metadata": {"x": 1}}))
        .await
        .data();
    let stored = api.scenario.get(Kind::Callflow, &id).await.unwrap();
    assert!(stored.get("metadata").is_none());
    let listed = api.get("callflows?filter_numbers=2").await;
    assert_eq!(
        *listed.data(),
        json!([{"id": id, "numbers": ["2"], "owner_id": user, "patterns": [],
                "featurecode": false, "modules": ["callflow", "menu"]}])
    );
}

// Check 102.
#[tokio::test]
async fn a_post_may_carry_another_verb() {
    let api = Api::start().await;
    let id = api.create("menus", json!({"name": "main"})).await;
    let post = |path: String, body: Value| {
        let asking = api.asking("POST", &path).token(OPERATOR);
        asking.body("application/json", body.to_string()).send()
    };
    let item = format!("/v2/menus/{id}");
    let made = post(
        "/v2/menus".into(),
        json!({"verb": "put", "data": {"name": "second"}}),
    )
    .await;
    assert_eq!(made.status, 201);
    let patched = post(
        item.clone(),
        json!({"verb": "PATCH", "data": {"hunt": false}}),
    )
    .await;
    assert_eq!(
        (&patched.data()["name"], &patched.data()["hunt"]),
        (&json!("main"), &json!(false))
    );
    let read = post(item.clone(), json!({"verb": "GET"})).await;
    assert_eq!(read.data()["name"], "main");
    let deleted = post(format!("{item}?verb=DELETE"), json!({})).await;
    assert_eq!(deleted.data()["_read_only"]["deleted"], true);
    let strange = post(item, json!({"verb": "BREW"})).await;
    assert_eq!(strange.status, 405);
}

// Check 102.
#[tokio::test]
async fn browsers_of_other_sites_may_ask() {
    let api = Api::start().await;
    let asking = api
        .asking("OPTIONS", "/v2/menus")
        .header("origin", "http://console.example");
    let preflight = asking
        .header("access-control-request-method", "PUT")
        .send()
        .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert_eq!(
        preflight.header("access-control-allow-methods"),
        "GET, PUT, OPTIONS"
    );
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("X-Auth-Token")
    );
    for answer in [api.get("menus").await, api.get("pigeons").await] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(
            answer
                .header("access-control-expose-headers")
                .contains("ETag")
        );
    }
}

#[tokio::test]
async fn entries_of_a_list_go_with_it_and_are_reached_through_it_alone() {
    let api = Api::start().await;
    let one = api.create("lists", json!({"name": "one"})).await;
    let two = api.create("lists", json!({"name": "two"})).await;
    let entry = api
        .create(&format!("lists/{one}/entries"), json!({"number": "1"}))
        .await;
    let path = format!("lists/{one}/entries/{entry}");
    assert_eq!(api.get(&path).await.data()["number"], "1");
    assert_eq!(
        api.get(&format!("lists/{one}/entries")).await.data()[0]["id"],
        entry.as_str()
    );
    assert_eq!(
        *api.get(&format!("lists/{two}/entries")).await.data(),
        json!([])
    );
    for nowhere in [
        format!("lists/{two}/entries/{entry}"),
        format!("lists/none/entries/{entry}"),
        "lists/none/entries".into(),
        format!("lists/{two}/entries/..%2F{one}%2F{entry}"),
    ] {
        assert_eq!(api.get(&nowhere).await.status, 404, "{nowhere}");
    }
    assert_eq!(
        api.put("lists/none/entries", json!({"number": "1"}))
            .await
            .status,
        404
    );
    api.delete(&format!("lists/{one}")).await.data();
    assert_eq!(api.get(&path).await.status, 404);
}

#[tokio::test]
async fn what_refers_to_a_user_is_listed_with_it() {
    let api = Api::start().await;
    let directory = api.create("directories", json!({"name": "d"})).await;
    let user = api
        .create(
            "users",
            json!({"first_name": "Anna", "last_name": "Berg", "directories": {directory.clone(): "flow1"},
                   "password": "secret", "hotdesk": {"enabled": "true"}}),
        )
        .await;
    api.create("devices", json!({"name": "hers", "owner_id": user}))
        .await;
    api.create("devices", json!({"name": "other"})).await;
    let read = api.get(&format!("directories/{directory}")).await;
    assert_eq!(
        read.data()["users"],
        json!([{"user_id": user, "callflow_id": "flow1"}])
    );
    let devices = api.get(&format!("users/{user}/devices")).await;
    assert_eq!(devices.body["page_size"], 1);
    assert_eq!(devices.data()[0]["name"], "hers");
    assert_eq!(api.get("users/none/devices").await.status, 404);
    let listed = api.get("users").await;
    assert_eq!(listed.data()[0]["features"], json!(["hotdesk"]));
    assert!(
        !api.get(&format!("users/{user}"))
            .await
            .text()
            .contains("secret")
    );
}

#[tokio::test]
async fn the_roster_of_a_queue_is_what_its_users_say() {
    let api = Api::start().await;
    let queue = api.create("queues", json!({"name": "q"})).await;
    let mut users = Vec::new();
    for name in ["a", "b", "c"] {
        users.push(
            api.create("users", json!({"first_name": name, "last_name": name}))
                .await,
        );
    }
    users.sort();
    let roster = format!("queues/{queue}/roster");
    assert_eq!(*api.get(&roster).await.data(), json!([]));
    let set = api.post(&roster, json!([users[0], users[1]])).await;
    assert_eq!(*set.data(), json!([users[0], users[1]]));
    let user = api.scenario.get(Kind::User, &users[0]).await.unwrap();
    assert_eq!(user["queues"], json!([queue]));
    let set = api.post(&roster, json!([users[1], users[2]])).await;
    assert_eq!(*set.data(), json!([users[1], users[2]]));
    let refused = api.post(&roster, json!(["nobody"])).await;
    assert_eq!(refused.body["data"]["data"]["not_found"]["cause"], "nobody");
    let left = api.ask("DELETE", &roster, Some(json!([users[2]]))).await;
    assert_eq!(*left.data(), json!([users[1]]));
    assert_eq!(*api.delete(&roster).await.data(), json!([]));
    assert_eq!(api.get("queues/none/roster").await.status, 404);
}

#[tokio::test]
async fn agents_log_in_and_out_and_pause() {
    let api = Api::start().await;
    let agent = json!({"first_name": "a", "last_name": "b", "queues": ["q"]});
    let id = api.create("users", agent).await;
    api.create("users", json!({"first_name": "c", "last_name": "d"}))
        .await;
    let listed = api.get("agents").await;
    assert_eq!(
        *listed.data(),
        json!([{"id": id, "first_name": "a", "last_name": "b", "queues": ["q"]}])
    );
    let path = format!("agents/{id}/status");
    assert_eq!(
        *api.get(&path).await.data(),
        json!({"status": "logged_out"})
    );
    for (action, status) in [
        ("login", "ready"),
        ("pause", "paused"),
        ("resume", "ready"),
        ("logout", "logged_out"),
    ] {
        let told = api.post(&path, json!({"status": action})).await;
        assert_eq!(told.data()["status"], status, "{action}");
        assert_eq!(told.data()["paused_until"].is_i64(), action == "pause");
        let all = api.get("agents/status").await;
        assert_eq!(all.data()[&id]["status"], status, "{action}");
        let stored = api.scenario.get(Kind::Agent, &id).await.unwrap();
        assert_eq!(stored["status"], status, "{action}");
    }
    let for_ever = json!({"status": "pause", "timeout": "0"});
    let told = api.post(&path, for_ever).await;
    assert_eq!(*told.data(), json!({"status": "paused"}));
    for (data, field) in [
        (json!({"status": "dance"}), "status"),
        (json!({"status": "pause", "timeout": -1}), "timeout"),
    ] {
        let refused = api.post(&path, data).await;
        assert!(refused.body["data"][field].is_object(), "{field}");
    }
    assert_eq!(api.get("agents/nobody/status").await.status, 404);
}

#[tokio::test]
async fn schemas_are_open_and_check_documents() {
    let api = Api::unlocked("").await;
    let open = |verb: &str, path: &str, body: &str| {
        let asking = api.asking(verb, path);
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
        assert!(refused.body.get("version").is_none(), "{name}");
    }
}

/// docs/api.md: every document in it that is sent is taken, but for the one that
/// shows an error.
#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let docs = include_str!("../../docs/api.md");
    let api = Api::start().await;
    let request = regex::Regex::new(
        r#"curl (?:-s )?-X (PUT|POST) "?\$API/([a-zA-Z_/$]+)[^'\n]*(?:\\\n[^'\n]*)?-d '([^']*)'"#,
    )
    .unwrap();
    let account = api.create("accounts", json!({"name": "bakery"})).await;
    let mut answers = Vec::new();
    for found in request.captures_iter(docs) {
        let path = found[2].replace("$ACCOUNT", &account);
        let asking = api
            .asking(&found[1], &format!("/v2/{path}"))
            .token(OPERATOR);
        // As curl says it of `-d`.
        let kind = "application/x-www-form-urlencoded";
        let answer = asking.body(kind, &found[3]).send().await;
        answers.push((path, answer.status, answer));
    }
    let statuses: Vec<(&str, u16)> = answers.iter().map(|(p, s, _)| (p.as_str(), *s)).collect();
    assert_eq!(statuses[0], ("callflows", 201));
    assert_eq!(
        statuses.iter().filter(|(_, status)| *status == 201).count(),
        statuses.len() - 1
    );
    let (_, _, refused) = answers
        .iter()
        .find(|(_, status, _)| *status == 400)
        .unwrap();
    let shown = docs
        .split("```json")
        .find(|block| block.contains("validation error"))
        .unwrap();
    let shown: Value = serde_json::from_str(shown.split("```").next().unwrap()).unwrap();
    for field in ["data", "status", "error", "message"] {
        assert_eq!(refused.body[field], shown[field], "{field}");
    }
    assert!(statuses.len() >= 6, "{statuses:?}");
}
