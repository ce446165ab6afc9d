//! Lists over the API, and what is worked out of several documents.

use pivot::objects::Kind;
use serde_json::json;

use crate::api::Api;

// Callflow check 100.
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

// Callflow check 100.
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

// Callflow check 101.
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
