//! Fields that a console's form has left empty: they say nothing.

use pivot::objects::Kind;
use pivot::simulate::Caller;
use serde_json::{Value, json};

use crate::api::Api;
use crate::callflow_flows::{chain, in_virtual_time, node, play, with};
use crate::callflow_ringing::house;
use crate::support::{Reply, Scenario, ms, seconds};

/// Bob's phone calls this number, from inside.
async fn bob_calls(scenario: &Scenario, number: &str) -> pivot::simulate::Phone {
    let caller = Caller {
        number: "bob".into(),
        name: String::new(),
        endpoint: "bob".into(),
        to: number.into(),
        ..Caller::default()
    };
    scenario.call_from(caller).await
}

/// A user and a phone of Bob's as a form sends them in which nothing was filled in.
async fn bob(scenario: &Scenario, fields: Value) {
    let nobody = json!({"name": "", "number": ""});
    let empty = json!({"first_name": "Bob", "last_name": "Smith", "presence_id": "", "language": "",
        "timezone": "", "caller_id": {"internal": nobody, "external": nobody, "emergency": nobody},
        "call_forward": {"enabled": true, "number": ""}, "ringtones": {"internal": "", "external": ""},
        "music_on_hold": {"media_id": ""}, "hotdesk": {"enabled": true, "id": "", "pin": ""},
        "media": {"name": ""}});
    scenario.user("u-bob", with(empty, &fields)).await;
    let sip =
        json!({"username": "bob", "static_invite": "", "route": "", "invite_format": "contact"});
    let phone = json!({"name": "Bob's", "owner_id": "u-bob", "sip": sip, "presence_id": "", "language": "",
        "caller_id": {"internal": nobody, "external": nobody}, "ringtones": {"internal": "", "external": ""}});
    scenario.device("d-bob", phone).await;
}

#[tokio::test(start_paused = true)]
async fn a_phone_whose_form_was_left_empty_rings_and_is_shown_as_it_is() {
    let scenario = house().await;
    bob(&scenario, json!({})).await;
    scenario
        .device(
            "d-ann",
            json!({"name": "Ann's", "sip": {"username": "ann"}}),
        )
        .await;
    // Bob is called, by an INVITE for nobody else and with no ringtone.
    let ring = node(
        "user",
        json!({"id": "u-bob", "static_invite": "", "strategy": ""}),
    );
    let phone = scenario.runs(ring).await;
    scenario.end(&phone).await;
    let legs = scenario.legs().await;
    assert_eq!(legs[0].endpoint, "PJSIP/bob");
    assert_eq!(legs[0].header("Alert-Info"), None);
    // And calls Ann, who sees the number that he calls from.
    let ring = node("device", json!({"id": "d-ann"}));
    scenario.callflow("ann", &["2031"], ring).await;
    let phone = bob_calls(&scenario, "2031").await;
    scenario.end(&phone).await;
    assert_eq!(scenario.legs().await[1].caller(), "bob");
}

#[tokio::test(start_paused = true)]
async fn whoever_types_no_number_logs_in_as_nobody() {
    let scenario = house().await;
    bob(&scenario, json!({})).await;
    let login = node("hotdesk", json!({"action": "login"}));
    scenario.callflow("login", &["*11"], login).await;
    let phone = bob_calls(&scenario, "*11").await;
    scenario.end(&phone).await;
    let device = scenario.get(Kind::Device, "d-bob").await.unwrap();
    assert_eq!(
        device["hotdesk"]["users"],
        Value::Null,
        "{}",
        scenario.lines().await
    );
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_a_list_without_a_pattern_fits_nobody() {
    let scenario = house().await;
    let entry =
        json!({"number": "", "prefix": "", "pattern": "", "regexp": "", "displayname": "Nobody"});
    scenario
        .put(Kind::List, "vips", json!({"name": "VIPs"}))
        .await;
    scenario.put(Kind::ListEntry, "vips/1", entry).await;
    let mut asks = node("cidlistmatch", json!({"id": "vips"}));
    asks["children"] = json!({"match": play("match"), "nomatch": play("nomatch")});
    let phone = scenario.runs(asks).await;
    scenario.heard(&phone, &["nomatch"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_box_whose_greeting_was_never_chosen_greets_as_usual() {
    let scenario = house().await;
    let media = json!({"unavailable": "", "temporary_unavailable": "", "name": ""});
    let empty = json!({"name": "Bob", "mailbox": "4001", "media": media, "operator_number": "", "timezone": ""});
    scenario.put(Kind::Vmbox, "box", empty).await;
    scenario
        .callflow("operator", &["0"], play("operator"))
        .await;
    let phone = scenario.runs(node("voicemail", json!({"id": "box"}))).await;
    tokio::time::sleep(seconds(1)).await;
    phone.press("0").await;
    scenario.end(&phone).await;
    assert_eq!(
        phone.heard_media().await,
        ["sound:vm-theperson", "digits:4001", "sound:operator"]
    );
}

#[test]
fn a_recording_without_a_name_is_sent_under_its_own() {
    for name in [json!(""), Value::Null] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            scenario.web.on("/store", Reply::status(200));
            let data = json!({"url": "{app}/store", "media_name": name, "label": ""});
            let talk = node("sleep", json!({"duration": 3}));
            let flow = chain([node("answer", json!({})), node("record_call", data), talk]);
            scenario.answer_with("/voice", &flow);
            let phone = scenario.call().await;
            phone.talk_at(ms(0), seconds(60));
            scenario.end(&phone).await;
            tokio::time::sleep(seconds(30)).await;
            let sent = scenario.web.seen();
            let sent = sent
                .iter()
                .find(|seen| seen.path.starts_with("/store"))
                .unwrap();
            assert!(
                sent.path.starts_with("/store/call_recording_"),
                "{}",
                sent.path
            );
        });
    }
}

/// The API keeps none of it, and says so by what it gives back.
#[tokio::test]
async fn what_was_left_empty_is_not_stored() {
    let api = Api::start().await;
    let user = json!({"first_name": "Bob", "last_name": "Smith", "presence_id": "", "email": "",
        "hotdesk": {"enabled": true, "id": "", "pin": ""}, "call_forward": {"enabled": true, "number": ""}});
    let made = api.put("users", user).await;
    let user = made.data();
    for pointer in [
        "/presence_id",
        "/email",
        "/hotdesk/id",
        "/hotdesk/pin",
        "/call_forward/number",
    ] {
        assert_eq!(user.pointer(pointer), None, "{user:#}");
    }
    let record = node("record_call", json!({"media_name": "", "url": ""}));
    let made = api
        .put("callflows", json!({"numbers": ["2030"], "flow": record}))
        .await;
    let data = &made.data()["flow"]["data"];
    assert!(
        data.get("media_name").is_none() && data.get("url").is_none(),
        "{data}"
    );
    let queue = json!({"name": "Support", "caller_exit_key": "", "moh": ""});
    let made = api.put("queues", queue).await;
    assert_eq!(made.data()["caller_exit_key"], "");
    // The configuration's own account has no document yet.
    let own = format!("accounts/{}", api.scenario.pivot.services.account);
    let empty = json!({"timezone": "Europe/Berlin", "realm": ""});
    let made = api.patch(&own, empty).await;
    assert_eq!(made.data()["timezone"], "Europe/Berlin", "{}", made.body);
}
