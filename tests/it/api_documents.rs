//! Stored things over the API: their envelope, their verbs, their errors.

use serde_json::{Value, json};

use crate::api::{Api, OPERATOR, documents};

// Callflow check 96.
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

// Callflow check 96.
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

// Callflow check 96. 409.
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

// Callflow check 97.
#[tokio::test]
async fn every_kind_is_created_read_replaced_patched_and_deleted() {
    whole_lives(Api::start().await).await;
}

// Callflow check 97.
#[tokio::test]
async fn the_same_in_a_file() {
    whole_lives(Api::with("[store]\nurl = 'sqlite:{dir}/pivot.db'\n").await).await;
}

async fn whole_lives(api: Api) {
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

// Callflow check 102.
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

// Callflow check 102.
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
        // There is no call.
        if path.ends_with("$UUID") {
            continue;
        }
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
