//! Logging in with a name and a password, over the API.

use md5::Digest;
use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::api::{Answer, Api, OPERATOR};
use crate::support::seconds;

fn md5(text: &str) -> String {
    let hash = md5::Md5::digest(text);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha1(text: &str) -> String {
    let hash = sha1::Sha1::digest(text);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn log_in(api: &Api, data: Value) -> Answer {
    let asking = api.asking("PUT", "/v2/user_auth");
    let body = json!({ "data": data }).to_string();
    asking.body("application/json", body).send().await
}

async fn works(api: &Api, token: &str) -> bool {
    let path = "menus";
    api.ask_as(token, "GET", path, None).await.status == 200
}

/// The account `Bäckerei Süd` with its administrator Anna; gives also her id's path.
async fn shop(api: &Api) -> (String, String) {
    let described = json!({"name": "Bäckerei Süd", "realm": "sued.example", "language": "de-de"});
    let account = api.create("accounts", described).await;
    let anna = json!({"first_name": "Anna", "last_name": "Berg", "username": "Anna",
        "password": "s3cret-word", "priv_level": "admin"});
    let users = format!("accounts/{account}/users");
    let id = api.create(&users, anna).await;
    (account, format!("{users}/{id}"))
}

// Proves user.username, user.priv_level, account.name, account.realm, credential.user.
#[tokio::test]
async fn an_administrator_logs_in_by_name_and_password_as_consoles_do() {
    let api = Api::start().await;
    let (account, user) = shop(&api).await;
    let (md5, sha1) = (md5("anna:s3cret-word"), sha1("anna:s3cret-word"));
    for data in [
        json!({"credentials": md5, "account_name": "bäckerei süd"}),
        json!({"credentials": md5.to_uppercase(), "method": "md5", "account_name": "BäckereiSüd"}),
        json!({"credentials": sha1, "method": "sha", "account_realm": "SUED.example"}),
        json!({"credentials": sha1, "account_id": account}),
    ] {
        let answer = log_in(&api, data.clone()).await;
        assert_eq!(answer.status, 201, "{data}: {:#}", answer.body);
        let told = answer.data();
        assert_eq!(told["account_id"], account.as_str());
        assert_eq!(told["account_name"], "Bäckerei Süd");
        assert_eq!(told["language"], "de-de");
        assert!(user.ends_with(told["owner_id"].as_str().unwrap()));
        let token = answer.body["auth_token"].as_str().unwrap();
        let menus = api
            .ask_as(token, "PUT", "menus", Some(json!({"name": "m"})))
            .await;
        assert_eq!(menus.status, 201);
        // It opens that account and no other.
        let other = format!("accounts/{}/menus", api.own());
        assert_eq!(api.ask_as(token, "GET", &other, None).await.status, 403);
    }
    let listed = api.get(&format!("accounts/{account}/tokens")).await;
    assert_eq!(listed.data()[0]["name"], "anna");
    assert!(listed.data()[0]["expires"].is_i64());
    // Nothing that opens anything is stored or told.
    let id = pivot::store::AccountId::parse(&account).unwrap();
    let mut stored = String::new();
    for kind in Kind::ALL {
        for document in api
            .scenario
            .pivot
            .services
            .catalog
            .list(&id, *kind)
            .await
            .unwrap()
        {
            stored.push_str(&format!("{document:?}"));
        }
    }
    let shown =
        api.get(&user).await.text() + &api.get(&format!("accounts/{account}/users")).await.text();
    for secret in ["s3cret-word", &md5, &sha1] {
        assert!(!stored.contains(secret) && !shown.contains(secret));
    }
}

#[tokio::test]
async fn others_do_not_log_in_and_learn_nothing() {
    let api = Api::start().await;
    let (account, _) = shop(&api).await;
    let users = format!("accounts/{account}/users");
    for (name, further) in [
        ("bob", json!({"priv_level": "user"})),
        ("carl", json!({"priv_level": "admin", "enabled": false})),
        ("dora", json!({})),
    ] {
        let mut user = json!({"first_name": name, "last_name": "x", "username": name, "password": "s3cret-word"});
        user.as_object_mut()
            .unwrap()
            .extend(further.as_object().unwrap().clone());
        api.create(&users, user).await;
    }
    let (own, _) = api.account("other").await;
    let fine = md5("anna:s3cret-word");
    let first = log_in(
        &api,
        json!({"credentials": md5("anna:guess"), "account_id": account}),
    )
    .await;
    for data in [
        json!({"credentials": md5("Anna:s3cret-word"), "account_id": account}),
        json!({"credentials": "anna:s3cret-word", "account_id": account}),
        json!({"credentials": md5("bob:s3cret-word"), "account_id": account}),
        json!({"credentials": md5("carl:s3cret-word"), "account_id": account}),
        json!({"credentials": md5("dora:s3cret-word"), "account_id": account}),
        json!({"credentials": fine, "account_id": own}),
        json!({"credentials": fine, "account_name": "nobody"}),
    ] {
        let refused = log_in(&api, data.clone()).await;
        assert_eq!(refused.status, 401, "{data}");
        assert_eq!(refused.body["data"], first.body["data"], "{data}");
    }
    for (data, field) in [
        (json!({"credentials": fine}), "account_name"),
        (json!({"account_id": account}), "credentials"),
    ] {
        assert!(
            log_in(&api, data).await.body["data"][field]["required"].is_object(),
            "{field}"
        );
    }
    // Two more are let try, then nobody is from there, not even with the password.
    for _ in 0..2 {
        let wrong = log_in(&api, json!({"credentials": "x", "account_id": account})).await;
        assert_eq!(wrong.status, 401);
    }
    let fine = json!({"credentials": fine, "account_id": account});
    let refused = log_in(&api, fine.clone()).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (429, &"too_many_requests".into())
    );
    // Tokens are no guesses.
    assert!(works(&api, OPERATOR).await);
}

#[tokio::test]
async fn tries_that_come_at_once_are_counted_too() {
    let api = Api::start().await;
    let (account, _) = shop(&api).await;
    let wrong = json!({"credentials": "x", "account_id": account});
    let tries = (0..20).map(|_| log_in(&api, wrong.clone()));
    let answers = futures_util::future::join_all(tries).await;
    let worked_on = answers.iter().filter(|answer| answer.status == 401);
    assert_eq!(worked_on.count(), 10);
}

#[tokio::test]
async fn a_login_ends_with_its_account() {
    let api = Api::start().await;
    let (account, _) = shop(&api).await;
    let fine = json!({"credentials": md5("anna:s3cret-word"), "account_id": account});
    let answer = log_in(&api, fine.clone()).await;
    let token = answer.body["auth_token"].as_str().unwrap();
    assert!(works(&api, token).await);
    let off = json!({"enabled": false});
    api.patch(&format!("accounts/{account}"), off).await.data();
    assert!(!works(&api, token).await);
    assert_eq!(log_in(&api, fine).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn after_a_minute_one_may_try_again() {
    let api = Api::start().await;
    let (account, _) = shop(&api).await;
    for _ in 0..10 {
        log_in(&api, json!({"credentials": "x", "account_id": account})).await;
    }
    let fine = json!({"credentials": md5("anna:s3cret-word"), "account_id": account});
    assert_eq!(log_in(&api, fine.clone()).await.status, 429);
    tokio::time::sleep(seconds(61)).await;
    assert_eq!(log_in(&api, fine).await.status, 201);
}

// Proves token.expires.
#[tokio::test(start_paused = true)]
async fn a_token_of_a_login_ends_after_an_hour_unless_it_is_used() {
    let api = Api::start().await;
    let (account, _) = shop(&api).await;
    let fine = json!({"credentials": md5("anna:s3cret-word"), "account_id": account});
    let answer = log_in(&api, fine.clone()).await;
    let token = answer.body["auth_token"].as_str().unwrap();
    for _ in 0..4 {
        tokio::time::sleep(seconds(2000)).await;
        assert!(works(&api, token).await);
    }
    tokio::time::sleep(seconds(3601)).await;
    assert!(!works(&api, token).await);
    // The next login clears it away.
    log_in(&api, fine).await.data();
    let listed = api.get(&format!("accounts/{account}/tokens")).await;
    assert_eq!(listed.data().as_array().unwrap().len(), 1);
}

// Proves token.credential.
#[tokio::test]
async fn a_login_ends_with_its_password_its_name_or_its_user() {
    for change in [
        json!({"password": "another-word"}),
        json!({"username": "anne"}),
        json!({"enabled": false}),
        json!({"priv_level": "user"}),
        Value::Null,
    ] {
        let api = Api::start().await;
        let (account, user) = shop(&api).await;
        let fine = json!({"credentials": md5("anna:s3cret-word"), "account_id": account});
        let answer = log_in(&api, fine.clone()).await;
        let token = answer.body["auth_token"].as_str().unwrap();
        // What has nothing to do with it changes nothing.
        api.patch(&user, json!({"first_name": "Anne"})).await.data();
        let mut whole = api.get(&user).await.data().clone();
        whole["email"] = "anna@sued.example".into();
        api.post(&user, whole).await.data();
        assert!(works(&api, token).await);
        match &change {
            Value::Null => api.delete(&user).await,
            change => api.patch(&user, change.clone()).await,
        }
        .data();
        assert!(!works(&api, token).await, "{change}");
        assert_eq!(log_in(&api, fine).await.status, 401, "{change}");
        if change["password"].is_string() {
            let fine = json!({"credentials": md5("anna:another-word"), "account_id": account});
            assert_eq!(log_in(&api, fine).await.status, 201);
        }
    }
}

#[tokio::test]
async fn a_password_must_be_long_enough() {
    let api = Api::start().await;
    let user = |further: Value| {
        let mut user = json!({"first_name": "a", "last_name": "b"});
        user.as_object_mut()
            .unwrap()
            .extend(further.as_object().unwrap().clone());
        user
    };
    for (further, field, code) in [
        (
            json!({"username": "a", "password": "short"}),
            "password",
            "minLength",
        ),
        (
            json!({"username": "a", "password": 123_456}),
            "password",
            "minLength",
        ),
    ] {
        let refused = api.put("users", user(further)).await;
        assert!(
            refused.body["data"][field][code].is_object(),
            "{:#}",
            refused.body
        );
    }
    assert_eq!(*api.get("users").await.data(), json!([]));
}
