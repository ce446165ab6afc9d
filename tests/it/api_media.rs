//! Sounds over the API: media, prompts, messages, recordings.

use pivot::objects::Kind;
use pivot::simulate::Caller;
use serde_json::{Value, json};

use crate::api::{Answer, Api, OPERATOR};
use crate::callflow_flows::{chain, node};
use crate::support::{seconds, tone};

async fn upload(api: &Api, verb: &str, path: &str, kind: &str, bytes: &[u8]) -> Answer {
    let asking = api.asking(verb, &format!("/v2/{path}")).token(OPERATOR);
    asking.body(kind, bytes).send().await
}

// Callflow check 102.
#[tokio::test]
async fn a_greeting_is_uploaded_and_downloaded() {
    let api = Api::start().await;
    let id = api.create("media", json!({"name": "greeting"})).await;
    let raw = format!("media/{id}/raw");
    let before = api.get(&raw).await;
    assert_eq!(
        (before.status, &before.body["message"]),
        (404, &"not_found".into())
    );
    for (path, kind) in [(&raw, "audio/x-wav"), (&format!("media/{id}"), "audio/wav")] {
        let told = upload(&api, "POST", path, kind, &tone()).await;
        assert_eq!(told.data()["content_type"], kind);
        assert_eq!(told.data()["content_length"], tone().len());
        let sound = api.get(&raw).await;
        assert_eq!((sound.status, sound.header("content-type")), (200, kind));
        assert_eq!(
            sound.header("content-disposition"),
            format!("attachment; filename=\"{id}.wav\"")
        );
        assert_eq!(sound.bytes, tone());
    }
    let inline = api.get(&format!("{raw}?inline=true")).await;
    assert!(inline.header("content-disposition").starts_with("inline"));
    let listed = api.get("media").await;
    assert_eq!(
        *listed.data(),
        json!([{"id": id, "name": "greeting", "media_source": "upload", "language": "en-us",
                "media_type": "audio/wav", "is_prompt": false}])
    );
    // Replacing what is known of it leaves the sound.
    api.post(&format!("media/{id}"), json!({"name": "other"}))
        .await
        .data();
    assert_eq!(api.get(&raw).await.bytes, tone());
    api.delete(&format!("media/{id}")).await.data();
    assert_eq!(api.get(&raw).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_played_is_not_taken() {
    let api = Api::start().await;
    let id = api.create("media", json!({"name": "greeting"})).await;
    let raw = format!("media/{id}/raw");
    for (kind, bytes, status) in [
        ("audio/mpeg", &b"<html>not found</html>"[..], 400),
        ("audio/x-wav", &b""[..], 400),
        ("application/octet-stream", &b"\x00\x01\x02\x03"[..], 400),
        ("text/plain", &b"hello"[..], 415),
        ("application/json", &b"{\"data\": {}}"[..], 415),
        ("audio/x-wav", &vec![0; 11_534_337][..], 413),
    ] {
        let refused = upload(&api, "POST", &raw, kind, bytes).await;
        assert_eq!(refused.status, status, "{kind}: {:#}", refused.body);
        assert_eq!(api.get(&raw).await.status, 404, "{kind}");
    }
    let broken = upload(&api, "POST", &raw, "audio/mpeg", b"<html>").await;
    assert!(broken.body["data"]["data"]["wrong_format"]["message"].is_string());
}

// Callflow check 102.
#[tokio::test]
async fn a_prompt_is_known_by_its_language_and_name() {
    let api = Api::start().await;
    let prompt = json!({"name": "p", "prompt_id": "vm-enter_pass", "language": "DE-de"});
    let made = api.put("media", prompt.clone()).await;
    assert_eq!(made.id(), "de-de%2Fvm-enter_pass");
    let path = "media/de-de%2Fvm-enter_pass";
    upload(&api, "POST", &format!("{path}/raw"), "audio/x-wav", &tone())
        .await
        .data();
    assert_eq!(api.get(&format!("{path}/raw")).await.bytes, tone());
    assert!(
        api.scenario
            .get(Kind::Media, "de-de/vm-enter_pass")
            .await
            .is_some()
    );
    let twice = api.put("media", prompt).await;
    assert_eq!(
        (twice.status, &twice.body["message"]),
        (409, &"datastore_conflict".into())
    );
    api.create("media", json!({"name": "p", "prompt_id": "vm-enter_pass"}))
        .await;
    let plain = api.create("media", json!({"name": "greeting"})).await;

    assert_eq!(
        *api.get("media/prompts").await.data(),
        json!([{"vm-enter_pass": 2}])
    );
    let of_prompt = api.get("media/prompts/vm-enter_pass").await;
    assert_eq!(
        *of_prompt.data(),
        json!(["de-de%2Fvm-enter_pass", "en-us%2Fvm-enter_pass"])
    );
    assert_eq!(
        *api.get("media/languages").await.data(),
        json!([{"de-de": 1, "en-us": 2}])
    );
    assert_eq!(
        api.get("media/languages/de-de").await.data()[0],
        "de-de%2Fvm-enter_pass"
    );
    assert_eq!(*api.get("media/languages/missing").await.data(), json!([]));

    for (item, patch) in [
        (path, json!({"language": "fr"})),
        (path, json!({"prompt_id": null})),
        (&*format!("media/{plain}"), json!({"prompt_id": "x"})),
    ] {
        let refused = api.patch(item, patch).await;
        assert!(
            refused.body["data"]["prompt_id"]["forbidden"].is_object(),
            "{:#}",
            refused.body
        );
    }
    for strange in ["../x", "a/b", ""] {
        let refused = api
            .put("media", json!({"name": "p", "prompt_id": strange}))
            .await;
        assert_eq!(refused.status, 400, "{strange}");
    }
    let silent = api
        .put("media", json!({"name": "t", "media_source": "tts"}))
        .await;
    assert!(silent.body["data"]["tts.text"]["required"].is_object());
}

#[tokio::test]
async fn messages_move_between_folders_and_boxes() {
    let api = Api::start().await;
    let one = api
        .create("vmboxes", json!({"name": "one", "mailbox": "100"}))
        .await;
    let two = api
        .create("vmboxes", json!({"name": "two", "mailbox": "101"}))
        .await;
    let messages = format!("vmboxes/{one}/messages");
    let mut ids = Vec::new();
    for number in 1..=3 {
        let message = json!({"timestamp": 63_900_000_000_i64 + number, "caller_id_number": number.to_string()});
        ids.push(api.create(&messages, message).await);
    }
    let (first, second, third) = (&ids[0], &ids[1], &ids[2]);
    upload(
        &api,
        "POST",
        &format!("{messages}/{first}/raw"),
        "audio/x-wav",
        &tone(),
    )
    .await
    .data();
    assert_eq!(
        api.get(&format!("{messages}/{first}/raw")).await.bytes,
        tone()
    );
    let listed = api.get(&messages).await;
    assert_eq!(listed.data()[0]["id"], third.as_str(), "the newest first");
    assert_eq!(listed.data()[0]["folder"], "new");
    assert_eq!(listed.data()[2]["media_id"], first.as_str());
    assert_eq!(api.get("vmboxes").await.data()[0]["messages"], 3);

    let moved = api
        .post(
            &messages,
            json!({"messages": [first, second, "nobody"], "folder": "saved"}),
        )
        .await;
    assert_eq!(
        *moved.data(),
        json!({"succeeded": [first, second], "failed": [{"nobody": "not_found"}]})
    );
    let saved = api.get(&format!("{messages}?filter_folder=saved")).await;
    assert_eq!(saved.body["page_size"], 2);

    // Copied to a list of boxes, moved to one.
    let other = format!("vmboxes/{two}/messages");
    api.post(&messages, json!({"messages": [first], "source_id": [two]}))
        .await
        .data();
    let copy = api.get(&other).await.data()[0].clone();
    assert_eq!(copy["caller_id_number"], "1");
    let copy = copy["id"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("{other}/{copy}/raw")).await.bytes, tone());
    assert_eq!(api.get(&format!("{messages}/{first}")).await.status, 200);
    let moved = api
        .post(&format!("{messages}/{first}"), json!({"source_id": two}))
        .await;
    assert_eq!(moved.data()["id"], first.as_str());
    assert_eq!(api.get(&format!("{messages}/{first}")).await.status, 404);
    assert_eq!(api.get(&format!("{other}/{first}/raw")).await.bytes, tone());
    for (body, field) in [
        (
            json!({"messages": [second], "source_id": "nowhere"}),
            "source_id",
        ),
        (json!({"messages": [second], "folder": "attic"}), "folder"),
        (json!({"folder": "saved"}), "messages"),
        (json!({"messages": "all", "folder": "saved"}), "messages"),
    ] {
        let refused = api.post(&messages, body).await;
        assert!(
            refused.body["data"][field].is_object(),
            "{field}: {:#}",
            refused.body
        );
    }

    // Deleted is a folder; what is deleted out of it is gone.
    let item = format!("{messages}/{second}");
    assert_eq!(api.delete(&item).await.data()["folder"], "deleted");
    assert_eq!(
        api.delete(&item).await.data()["_read_only"]["deleted"],
        true
    );
    assert_eq!(api.get(&item).await.status, 404);
    let all = api.delete(&messages).await;
    assert_eq!(all.data()["succeeded"], json!([third]));
    assert_eq!(
        api.get("vmboxes?filter_mailbox=100").await.data()[0]["messages"],
        0
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_done_with_messages_is_seen_on_the_lamps_of_phones() {
    let api = Api::with("[voicemail]\nmwi = '{mailbox}@default'\n").await;
    let one = api
        .create("vmboxes", json!({"name": "one", "mailbox": "100"}))
        .await;
    let two = api
        .create("vmboxes", json!({"name": "two", "mailbox": "200"}))
        .await;
    let messages = format!("vmboxes/{one}/messages");
    // What the phones of a box were last told: new and old messages.
    let lamps = async |mailbox: &str| {
        tokio::time::sleep(seconds(1)).await;
        let path = format!("mailboxes/{mailbox}@default");
        let sent = api.scenario.sent("PUT", &path).await;
        sent.last().map(|last| {
            let count = |name: &str| last.params[name].as_str().unwrap().to_owned();
            count("newMessages") + "/" + &count("oldMessages")
        })
    };
    assert_eq!(lamps("100").await, None);
    let first = api
        .create(&messages, json!({"caller_id_number": "1"}))
        .await;
    assert_eq!(lamps("100").await.as_deref(), Some("1/0"));
    let second = api
        .create(&messages, json!({"caller_id_number": "2"}))
        .await;
    assert_eq!(lamps("100").await.as_deref(), Some("2/0"));
    let item = format!("{messages}/{first}");
    api.patch(&item, json!({"folder": "saved"})).await.data();
    assert_eq!(lamps("100").await.as_deref(), Some("1/1"));
    api.post(&item, json!({"folder": "new"})).await.data();
    assert_eq!(lamps("100").await.as_deref(), Some("2/0"));
    let both = json!({"messages": [first, second], "folder": "saved"});
    api.post(&messages, both).await.data();
    assert_eq!(lamps("100").await.as_deref(), Some("0/2"));
    // Copied to another box, and moved there.
    api.post(&messages, json!({"messages": [first], "source_id": [two]}))
        .await
        .data();
    assert_eq!(lamps("200").await.as_deref(), Some("0/1"));
    api.post(&item, json!({"source_id": two})).await.data();
    assert_eq!(lamps("200").await.as_deref(), Some("0/2"));
    assert_eq!(lamps("100").await.as_deref(), Some("0/1"));
    api.delete(&format!("{messages}/{second}")).await.data();
    assert_eq!(lamps("100").await.as_deref(), Some("0/0"));
    api.delete(&format!("vmboxes/{two}/messages")).await.data();
    assert_eq!(lamps("200").await.as_deref(), Some("0/0"));
    // The box gets another number, and then it is gone.
    api.create(&messages, json!({"caller_id_number": "3"}))
        .await;
    assert_eq!(lamps("100").await.as_deref(), Some("1/0"));
    let item = format!("vmboxes/{one}");
    api.patch(&item, json!({"mailbox": "300"})).await.data();
    assert_eq!(lamps("100").await.as_deref(), Some("0/0"));
    assert_eq!(lamps("300").await.as_deref(), Some("1/0"));
    api.delete(&item).await.data();
    assert_eq!(lamps("300").await.as_deref(), Some("0/0"));
}

/// What the API lists of recordings once there is as much.
async fn recordings(api: &Api, count: usize) -> Answer {
    for _ in 0..100 {
        let listed = api.get("recordings").await;
        if listed.data().as_array().unwrap().len() >= count {
            return listed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("there are not {count} recordings");
}

// Callflow check 79. Callflow check 102.
#[tokio::test(start_paused = true)]
async fn recordings_of_calls_are_listed_heard_and_deleted() {
    let api = Api::start().await;
    let flow = chain([
        node("record_call", json!({"action": "start"})),
        node("sleep", json!({"duration": 3, "unit": "s"})),
    ]);
    api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
        .await;
    for _ in 0..2 {
        let phone = api.scenario.dial("1", &[]).await;
        phone.wait_ended().await;
        tokio::time::sleep(seconds(2)).await;
    }
    let listed = recordings(&api, 2).await;
    let newest = &listed.data()[0];
    assert!(newest["start"].as_i64() > listed.data()[1]["start"].as_i64());
    assert_eq!(
        (&newest["to"], &newest["origin"]),
        (&json!("1"), &json!("RecordCall"))
    );
    assert_eq!(newest["from"], Caller::default().number);
    let id = newest["id"].as_str().unwrap();
    let item = format!("recordings/{id}");
    let read = api.get(&item).await;
    assert_eq!(read.data()["duration"], newest["duration"]);
    assert_eq!(
        read.data()["_read_only"]["content_types"],
        json!(["audio/mpeg", "audio/x-wav"])
    );
    for (query, accept, kind) in [
        ("", "audio/mpeg", "audio/mpeg"),
        ("", "audio/mp3", "audio/mpeg"),
        ("", "audio/x-wav", "audio/x-wav"),
        ("?accept=audio/mpeg", "*/*", "audio/mpeg"),
        (
            "?accept=audio/x-wav&inline=true",
            "application/json",
            "audio/x-wav",
        ),
    ] {
        let asking = api
            .asking("GET", &format!("/v2/{item}{query}"))
            .token(OPERATOR);
        let sound = asking.header("accept", accept).send().await;
        assert_eq!(
            (sound.status, sound.header("content-type")),
            (200, kind),
            "{query} {accept}"
        );
        assert!(sound.bytes.len() > 1000, "{query} {accept}");
        let how = if query.contains("inline") {
            "inline"
        } else {
            "attachment"
        };
        assert!(
            sound.header("content-disposition").starts_with(how),
            "{query}"
        );
    }
    for verb in ["PUT", "POST", "PATCH"] {
        let refused = api.ask(verb, &item, Some(json!({}))).await;
        assert_eq!(refused.status, 405, "{verb}");
    }
    let deleted = api.delete(&item).await;
    assert_eq!(deleted.data()["_read_only"]["deleted"], true);
    assert_eq!(api.get(&item).await.status, 404);
    let services = &api.scenario.pivot.services;
    assert!(
        services.recordings.get(id).await.is_err(),
        "its files are gone"
    );
    assert_eq!(recordings(&api, 1).await.body["page_size"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_is_thrown_away_is_not_listed() {
    let api = Api::start().await;
    let flow = chain([
        node(
            "record_call",
            json!({"action": "start", "record_min_sec": 60}),
        ),
        node("sleep", json!({"duration": 3, "unit": "s"})),
    ]);
    api.create("callflows", json!({"numbers": ["1"], "flow": flow}))
        .await;
    api.scenario.dial("1", &[]).await.wait_ended().await;
    api.scenario.nothing_left().await;
    let listed: Value = api.get("recordings").await.data().clone();
    assert_eq!(listed, json!([]));
}
