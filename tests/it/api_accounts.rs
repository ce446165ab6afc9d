//! Who may see what.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pivot::objects::Kind;
use pivot::store::{AccountId, Attachment, Expected};
use serde_json::{Value, json};

use crate::api::{Api, OPERATOR, documents};
use crate::callflow_flows::{node, play};
use crate::support::{seconds, tone};

// Callflow check 96. 401.
#[tokio::test]
async fn a_token_opens_by_every_way_that_clients_send_it() {
    let api = Api::start().await;
    let own = api.own();
    let basic =
        |name: &str, token: &str| format!("Basic {}", STANDARD.encode(format!("{name}:{token}")));
    let (other, token) = api.account("other").await;
    let sid = format!("AC{own}");
    let other_sid = format!("AC{other}");
    for (header, value, status) in [
        ("x-auth-token", OPERATOR.to_owned(), 200),
        ("x-auth-token", token.clone(), 200),
        ("x-auth-token", "guess".into(), 401),
        ("x-auth-token", String::new(), 401),
        ("authorization", format!("Bearer {OPERATOR}"), 200),
        ("authorization", format!("bearer {token}"), 200),
        ("authorization", "Bearer guess".into(), 401),
        ("authorization", basic(&sid, OPERATOR), 200),
        ("authorization", basic(&other_sid, &token), 200),
        ("authorization", basic(&other_sid, OPERATOR), 401),
        ("authorization", basic(&sid, &token), 401),
        ("authorization", "Basic ???".into(), 401),
        ("authorization", format!("Digest {OPERATOR}"), 401),
        ("x-other", OPERATOR.into(), 401),
    ] {
        let answer = api
            .asking("GET", "/v2/menus")
            .header(header, &value)
            .send()
            .await;
        assert_eq!(answer.status, status, "{header}: {value}");
        if status == 401 {
            assert_eq!(answer.body["message"], "invalid_credentials");
            assert_eq!(answer.body["error"], "401");
            assert_eq!(answer.body["status"], "error");
            assert!(answer.body.get("version").is_none());
        }
    }
    for (path, status) in [
        (format!("/v2/menus?auth_token={token}"), 200),
        ("/v2/menus?auth_token=x".into(), 401),
        ("/v2/menus".into(), 401),
        ("/v2/pigeons".into(), 401),
    ] {
        assert_eq!(
            api.asking("GET", &path).send().await.status,
            status,
            "{path}"
        );
    }
    for (given, status) in [(token.as_str(), 201), ("x", 401)] {
        let body = json!({"auth_token": given, "data": {"name": "m"}}).to_string();
        let asking = api
            .asking("PUT", "/v2/menus")
            .body("application/json", body);
        assert_eq!(asking.send().await.status, status);
    }
    // Broken JSON of somebody unknown is not commented upon.
    let broken = api.asking("PUT", "/v2/menus").body("application/json", "{");
    assert_eq!(broken.send().await.status, 401);
}

#[tokio::test]
async fn scripts_of_kazoo_s_log_in_with_the_token_itself() {
    let api = Api::start().await;
    let (account, token) = api.account("other").await;
    let log_in = |key: String| {
        let body = json!({"data": {"api_key": key}}).to_string();
        api.asking("PUT", "/v2/api_auth")
            .body("application/json", body)
            .send()
    };
    let answer = log_in(token.clone()).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["auth_token"], token);
    assert_eq!(answer.data()["account_id"], account);
    assert_eq!(answer.data()["account_name"], "other");
    assert_eq!(
        log_in(OPERATOR.into()).await.data()["account_id"],
        api.own().as_str()
    );
    assert_eq!(log_in("guess".into()).await.status, 401);
    assert_eq!(log_in(String::new()).await.status, 401);
}

#[tokio::test]
async fn without_a_token_in_the_configuration_the_api_is_closed_and_says_why() {
    let api = Api::unlocked("").await;
    for asking in [
        api.asking("GET", "/v2/menus"),
        api.asking("GET", "/v2/menus").token("guess"),
        api.asking("GET", "/v2/pigeons"),
    ] {
        let answer = asking.send().await;
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (403, &"forbidden".into())
        );
        let sentence = answer.body["data"]["message"].as_str().unwrap();
        assert!(sentence.contains("`account.auth_token`"), "{sentence}");
    }
}

#[tokio::test]
async fn the_configuration_s_token_makes_accounts_and_others_do_not() {
    let api = Api::start().await;
    let (account, token) = api.account("one").await;
    let listed = api.get("accounts").await;
    let ids: Vec<&str> = listed
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&account.as_str()) && ids.contains(&api.own().as_str()));
    let path = format!("accounts/{account}");
    assert_eq!(api.get(&path).await.data()["name"], "one");
    assert_eq!(
        api.get(&format!("accounts/AC{account}")).await.data()["name"],
        "one"
    );

    let own = api.ask_as(&token, "GET", "accounts", None).await;
    assert_eq!(own.data().as_array().unwrap().len(), 1);
    assert_eq!(own.data()[0]["id"], account);
    let patched = api
        .ask_as(
            &token,
            "PATCH",
            &path,
            Some(json!({"timezone": "Europe/Berlin"})),
        )
        .await;
    assert_eq!(patched.data()["timezone"], "Europe/Berlin");
    for (verb, path) in [
        ("PUT", "accounts"),
        ("PUT", path.as_str()),
        ("DELETE", path.as_str()),
    ] {
        let refused = api
            .ask_as(&token, verb, path, Some(json!({"name": "x"})))
            .await;
        assert_eq!(
            (refused.status, &refused.body["message"]),
            (403, &"forbidden".into()),
            "{verb}"
        );
    }
    assert!(api.put("accounts", json!({})).await.body["data"]["name"]["required"].is_object());

    // The configuration's own account can be described, and not deleted.
    let path = format!("accounts/{}", api.own());
    assert_eq!(api.get(&path).await.data()["id"], api.own().as_str());
    assert_eq!(
        api.patch(&path, json!({"name": "shop"})).await.data()["name"],
        "shop"
    );
    assert_eq!(
        api.patch(&path, json!({"language": "de"})).await.data()["name"],
        "shop"
    );
    assert_eq!(api.delete(&path).await.status, 403);
}

#[tokio::test]
async fn an_account_is_deleted_with_all_that_it_has() {
    let api = Api::start().await;
    let (account, token) = api.account("one").await;
    let path = format!("accounts/{account}");
    let flow = json!({"numbers": ["1"], "flow": {"module": "hangup"}});
    api.create(&format!("{path}/callflows"), flow).await;
    api.delete(&path).await.data();
    assert_eq!(api.get(&path).await.status, 404);
    assert_eq!(
        api.ask_as(&token, "GET", "callflows", None).await.status,
        401
    );
    let id = AccountId::parse(&account).unwrap();
    let catalog = &api.scenario.pivot.services.catalog;
    for kind in Kind::ALL {
        assert!(
            catalog.list(&id, *kind).await.unwrap().is_empty(),
            "{}",
            kind.name()
        );
    }
    assert!(catalog.lookup(&id, "1").await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_is_told_once_and_can_be_taken_back() {
    let api = Api::start().await;
    let made = api.put("tokens", json!({"name": "script"})).await;
    let token = made.data()["token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    assert_eq!(api.ask_as(&token, "GET", "menus", None).await.status, 200);
    let listed = api.get("tokens").await;
    assert_eq!(listed.data()[0]["name"], "script");
    assert!(!listed.text().contains(&token));
    let id = made.id();
    let gone = api
        .ask_as(&token, "DELETE", &format!("tokens/{id}"), None)
        .await;
    assert!(!gone.text().contains(&token));
    assert_eq!(api.ask_as(&token, "GET", "menus", None).await.status, 401);
    assert_eq!(api.delete(&format!("tokens/{id}")).await.status, 404);
}

/// What must not be seen by another account.
const SECRET: &str = "only-for-a";

/// Fills an account with one of everything; gives path parameters that lead to it.
async fn fill(api: &Api, account: &str) -> Vec<(&'static str, String)> {
    let base = format!("accounts/{account}");
    let mut ids = Vec::new();
    for (path, mut document) in documents() {
        let field = if path == "users" {
            "first_name"
        } else {
            "name"
        };
        document[field] = SECRET.into();
        ids.push((path, api.create(&format!("{base}/{path}"), document).await));
    }
    let of = |path: &str| ids.iter().find(|(p, _)| *p == path).unwrap().1.clone();
    let (list, vmbox, media) = (of("lists"), of("vmboxes"), of("media"));
    let entry = json!({"name": SECRET, "number": "1"});
    let entry = api
        .create(&format!("{base}/lists/{list}/entries"), entry)
        .await;
    let message = json!({"caller_id_name": SECRET});
    let message = api
        .create(&format!("{base}/vmboxes/{vmbox}/messages"), message)
        .await;
    for raw in [
        format!("{base}/media/{media}/raw"),
        format!("{base}/vmboxes/{vmbox}/messages/{message}/raw"),
    ] {
        let asking = api.asking("POST", &format!("/v2/{raw}")).token(OPERATOR);
        asking.body("audio/x-wav", tone()).send().await.data();
    }
    let catalog = &api.scenario.pivot.services.catalog;
    let id = AccountId::parse(account).unwrap();
    for (kind, key, body) in [
        (
            Kind::Recording,
            "rec1",
            json!({"name": SECRET, "media_id": "RE1"}),
        ),
        (
            Kind::PivotDebug,
            "CA1/1",
            json!({"call_id": "call1", "uri": SECRET}),
        ),
    ] {
        let body = body.as_object().unwrap().clone();
        catalog
            .put(&id, kind, key, body, Expected::Anything)
            .await
            .unwrap();
    }
    let sound = Attachment {
        content_type: "audio/x-wav".into(),
        bytes: SECRET.into(),
    };
    catalog
        .attach(&id, Kind::Recording, "rec1", sound)
        .await
        .unwrap();
    ids.extend([
        ("agents", of("users")),
        ("entries", entry),
        ("messages", message),
        ("recordings", "rec1".into()),
        ("debug", "call1".into()),
    ]);
    ids
}

/// The path of the OpenAPI document with the ids of an account's things in it.
fn fill_in(path: &str, account: &str, ids: &[(&'static str, String)]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        let before = parts.last().cloned().unwrap_or_default();
        parts.push(match part {
            "{account}" => account.to_owned(),
            part if part.starts_with('{') => {
                let known = ids.iter().find(|(of, _)| *of == before);
                // Schemas, languages and prompts have names that everybody knows.
                known.map_or_else(|| "en-us".to_owned(), |(_, id)| id.clone())
            }
            part => part.to_owned(),
        });
    }
    parts.join("/")
}

// "Two accounts: neither sees the other's things": every row of the table.
#[tokio::test]
async fn no_endpoint_shows_or_changes_what_is_another_account_s() {
    let api = Api::start().await;
    let (a, _) = api.account("a").await;
    let (b, token_b) = api.account("b").await;
    let ids = fill(&api, &a).await;
    let catalog = &api.scenario.pivot.services.catalog;
    let account_a = AccountId::parse(&a).unwrap();
    let state = || async {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(catalog.list(&account_a, *kind).await.unwrap());
        }
        all
    };
    let before = state().await;
    assert!(before.len() > 18);
    let document = api
        .asking("GET", "/v2/openapi.json")
        .token(OPERATOR)
        .send()
        .await
        .body;
    let mut walked = 0;
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for verb in verbs.as_object().unwrap().keys() {
            let verb = verb.to_uppercase();
            let own_scope = path.contains("{account}");
            let to_a = fill_in(path, &a, &ids);
            // A's URL; B's own URL with A's ids; and without an account.
            let mut urls = vec![to_a.clone()];
            if own_scope {
                urls.push(fill_in(path, &b, &ids));
                urls.push(to_a.replace(&format!("/accounts/{a}"), ""));
            }
            for (number, url) in urls.iter().enumerate() {
                if url == "/v2" {
                    continue;
                }
                let body =
                    json!({"data": {"name": "b's", "messages": [], "folder": "new"}}).to_string();
                let asking = api.asking(&verb, url).token(&token_b);
                let asking = match verb.as_str() {
                    "GET" => asking,
                    _ => asking.body("application/json", body),
                };
                let answer = asking.send().await;
                let case = format!("{verb} {url}: {} {}", answer.status, answer.text());
                assert!(!answer.text().contains(SECRET), "{case}");
                assert_ne!(answer.bytes, tone(), "{case}");
                assert!(answer.status < 500, "{case}");
                if own_scope && number == 0 {
                    assert_eq!(
                        (answer.status, &answer.body["message"]),
                        (403, &"forbidden".into()),
                        "{case}"
                    );
                }
                let names_a_thing = ids.iter().any(|(_, id)| url.contains(id.as_str()));
                if own_scope && number > 0 && names_a_thing {
                    assert_eq!(answer.status, 404, "{case}");
                    assert_eq!(answer.body["message"], "bad_identifier", "{case}");
                }
                walked += 1;
            }
        }
    }
    assert!(walked > 250, "{walked}");
    assert_eq!(state().await, before, "what is A's has not been touched");
}

#[tokio::test(start_paused = true)]
async fn a_call_of_one_account_does_not_reach_the_numbers_of_another() {
    let api = Api::start().await;
    let (a, _) = api.account("a").await;
    let (b, _) = api.account("b").await;
    for (account, sound) in [(&a, "for-a"), (&b, "for-b")] {
        let document = json!({"numbers": ["2030"], "flow": play(sound)});
        api.create(&format!("accounts/{account}/callflows"), document)
            .await;
    }
    let own = json!({"numbers": ["2031"], "flow": play("own")});
    api.create("callflows", own).await;
    for (number, account, sound) in [
        ("2030", Some(&a), "for-a"),
        ("2030", Some(&b), "for-b"),
        ("2031", None, "own"),
    ] {
        let argument = account.map(|account| format!("account={account}"));
        let arguments: Vec<&str> = argument.iter().map(String::as_str).collect();
        let phone = api.scenario.dial(number, &arguments).await;
        api.scenario.heard(&phone, &[sound]).await;
    }
    for (number, account) in [("2031", Some(&a)), ("2030", None)] {
        let argument = account.map(|account| format!("account={account}"));
        let arguments: Vec<&str> = argument.iter().map(String::as_str).collect();
        let phone = api.scenario.dial(number, &arguments).await;
        phone.wait_ended().await;
        let heard: Vec<Value> = phone
            .heard_media()
            .await
            .into_iter()
            .map(Value::from)
            .collect();
        assert!(heard.is_empty(), "{number}: {heard:?}");
    }
}

/// What the phones that watch this box were last told: new messages.
async fn lamp(api: &Api, name: &str) -> Option<String> {
    tokio::time::sleep(seconds(1)).await;
    let sent = api.scenario.sent("PUT", &format!("mailboxes/{name}")).await;
    let last = sent.last()?;
    last.params["newMessages"].as_str().map(str::to_owned)
}

/// Two accounts may have a box of the same number, and share one Asterisk.
#[tokio::test(start_paused = true)]
async fn lamps_of_one_account_are_not_set_by_another() {
    for (template, own_lamp, other_lamp) in [
        ("{mailbox}@default", "100@default".to_owned(), None),
        (
            "{account}-{mailbox}@default",
            "{own}-100@default".to_owned(),
            Some("{other}-100@default"),
        ),
    ] {
        let api = Api::with(&format!("[voicemail]\nmwi = '{template}'\n")).await;
        let (other, _) = api.account("other").await;
        let named = |name: &str| {
            name.replace("{own}", api.own().as_str())
                .replace("{other}", &other)
        };
        for (base, messages) in [("", 1), (&format!("accounts/{other}/")[..], 2)] {
            let vmbox = json!({"name": "one", "mailbox": "100"});
            let vmbox = api.create(&format!("{base}vmboxes"), vmbox).await;
            for _ in 0..messages {
                let path = format!("{base}vmboxes/{vmbox}/messages");
                api.create(&path, json!({"caller_id_number": "1"})).await;
            }
        }
        let own = lamp(&api, &named(&own_lamp)).await;
        assert_eq!(own.as_deref(), Some("1"), "{template}");
        if let Some(name) = other_lamp {
            assert_eq!(lamp(&api, &named(name)).await.as_deref(), Some("2"));
        }
        // The account goes, and its lamps with it.
        api.delete(&format!("accounts/{other}")).await.data();
        let own = lamp(&api, &named(&own_lamp)).await;
        assert_eq!(own.as_deref(), Some("1"), "{template}");
        if let Some(name) = other_lamp {
            assert_eq!(lamp(&api, &named(name)).await.as_deref(), Some("0"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn presence_of_one_account_is_not_set_by_another() {
    let api = Api::start().await;
    let (other, _) = api.account("other").await;
    let lit = json!({"presence_id": "200", "status": "busy"});
    let flow = node("manual_presence", lit);
    let document = json!({"numbers": ["2030"], "flow": flow});
    api.create(&format!("accounts/{other}/callflows"), document)
        .await;
    let argument = format!("account={other}");
    let phone = api.scenario.dial("2030", &[&argument]).await;
    phone.wait_ended().await;
    let asterisk = &api.scenario.asterisk;
    assert_eq!(asterisk.device_state("200").await, None);
    let own = asterisk.device_state(&format!("{other}-200")).await;
    assert_eq!(own.as_deref(), Some("INUSE"));
}
