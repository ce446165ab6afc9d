//! Stored devices and users that ring: which of them do, as what, and for whom.

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Phone};
use serde_json::{Value, json};

use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::support::{Scenario, ms, seconds};

/// A leg that was made.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) endpoint: String,
    /// Since the first.
    pub(crate) after: Duration,
    pub(crate) variables: Value,
}

impl Leg {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.variables[format!("PJSIP_HEADER(add,{name})")].as_str()
    }

    pub(crate) fn caller(&self) -> &str {
        self.variables["CONNECTEDLINE(num)"]
            .as_str()
            .unwrap_or_default()
    }
}

impl Scenario {
    /// The legs in the order of their making.
    pub(crate) async fn legs(&self) -> Vec<Leg> {
        let requests = self.asterisk.requests().await;
        let made: Vec<_> = requests
            .iter()
            .filter(|r| r.path == "channels/create")
            .collect();
        let first = made.first().map_or(Duration::ZERO, |leg| leg.at);
        let leg = |made: &&pivot::simulate::Request| Leg {
            endpoint: made.params["endpoint"].as_str().unwrap_or_default().into(),
            after: made.at - first,
            variables: made.params["variables"].clone(),
        };
        made.iter().map(leg).collect()
    }

    pub(crate) async fn endpoints(&self) -> Vec<String> {
        self.legs()
            .await
            .into_iter()
            .map(|leg| leg.endpoint)
            .collect()
    }

    /// How somebody behaves who is called.
    pub(crate) async fn behaves(&self, endpoint: &str, behaviour: Behaviour) {
        self.asterisk.callee(endpoint, behaviour).await;
    }

    pub(crate) async fn device(&self, id: &str, document: Value) {
        self.put(Kind::Device, id, document).await;
    }

    pub(crate) async fn user(&self, id: &str, document: Value) {
        self.put(Kind::User, id, document).await;
    }

    pub(crate) async fn account(&self, document: Value) {
        let account = self.pivot.services.account.to_string();
        self.put(Kind::Account, &account, document).await;
    }

    /// A call that this flow takes.
    pub(crate) async fn runs(&self, flow: Value) -> Phone {
        self.callflow("main", &["2030"], flow).await;
        self.dial("2030", &[]).await
    }
}

/// Answers at once and hangs up soon.
pub(crate) fn talks() -> Behaviour {
    Behaviour::answers(ms(500)).hangs_up_after(seconds(2))
}

pub(crate) async fn house() -> Scenario {
    let scenario = Scenario::stored().await;
    scenario.behaves("*", talks()).await;
    scenario
}

fn device(id: &str, children: &[&str]) -> Value {
    ringing("device", json!({"id": id}), children)
}

// Callflow check 45. Callflow check 46.
#[test]
fn why_a_stored_device_was_not_reached_decides_what_comes_next() {
    for (behaviour, children, taken) in [
        (
            Behaviour::no_answer(),
            &["NO_ANSWER", "sip:480", "_"][..],
            "took-NO_ANSWER",
        ),
        (Behaviour::no_answer(), &["sip:480", "_"], "took-sip-480"),
        (Behaviour::no_answer(), &["USER_BUSY", "_"], "took-_"),
        (Behaviour::busy(), &["USER_BUSY", "_"], "took-USER_BUSY"),
        (
            Behaviour::rejects(603),
            &["CALL_REJECTED", "_"],
            "took-CALL_REJECTED",
        ),
        (
            Behaviour::unregistered(),
            &["SUBSCRIBER_ABSENT", "_"],
            "took-SUBSCRIBER_ABSENT",
        ),
        (Behaviour::unregistered(), &["_"], "took-_"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.behaves("*", behaviour).await;
            scenario
                .device("d1", json!({"sip": {"username": "bob"}}))
                .await;
            let phone = scenario.runs(device("d1", children)).await;
            scenario.heard(&phone, &[taken]).await;
        });
    }
}

// Callflow check 47.
// Proves device.id.
// Proves device.sip.username.
// Proves device.sip.username.
// Proves device.sip.username.
#[tokio::test(start_paused = true)]
async fn a_stored_device_rings_by_its_user_name_and_its_conversation_ends_the_call() {
    let scenario = house().await;
    scenario
        .device("d1", json!({"sip": {"username": "bob"}}))
        .await;
    let phone = scenario.runs(device("d1", &["_", "NORMAL_CLEARING"])).await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/bob"]);
    assert!(talked(&phone).await, "{}", scenario.lines().await);
}

#[tokio::test(start_paused = true)]
async fn a_device_without_a_user_name_rings_by_its_id() {
    let scenario = house().await;
    scenario.device("bob", json!({"name": "Bob's"})).await;
    let phone = scenario.runs(device("bob", &[])).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/bob"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_never_leads_past_the_shops_templates() {
    for (username, invite) in [
        ("a&PJSIP/b", None),
        ("1@trunk", None),
        ("bob", Some("1@trunk")),
    ] {
        let scenario = house().await;
        let sip = json!({"username": username, "static_invite": invite});
        scenario.device("d1", json!({"sip": sip})).await;
        let phone = scenario.runs(device("d1", &["UNALLOCATED_NUMBER"])).await;
        scenario.heard(&phone, &["took-UNALLOCATED_NUMBER"]).await;
        assert!(scenario.endpoints().await.is_empty(), "{username}");
    }
}

// Callflow check 48.
/// Who calls is `PJSIP/sipp`.
// Proves device.can_call_self.
#[test]
fn the_callers_own_device_rings_only_if_the_node_says_so() {
    for (can_call_self, sounds, legs) in [(false, &["took-_"][..], 0), (true, &[], 1)] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario
                .device("d1", json!({"sip": {"username": "sipp"}}))
                .await;
            let data = json!({"id": "d1", "can_call_self": can_call_self});
            let phone = scenario.runs(ringing("device", data, &["_"])).await;
            scenario.heard(&phone, sounds).await;
            assert_eq!(scenario.endpoints().await.len(), legs);
        });
    }
}

// Callflow check 48.
// Proves user.can_call_self.
#[test]
fn other_devices_of_the_callers_own_user_ring_only_if_the_node_says_so() {
    for (can_call_self, rung) in [(false, vec![]), (true, vec!["PJSIP/desk", "PJSIP/sipp"])] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.user("ann", json!({"first_name": "Ann"})).await;
            for id in ["sipp", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            let data = json!({"id": "ann", "can_call_self": can_call_self});
            let phone = scenario.runs(ringing("user", data, &[])).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.endpoints().await, rung);
        });
    }
}

// Callflow check 49.
// Proves user.id.
// Proves device.owner_id.
// Proves device.owner_id.
// Proves device.owner_id.
#[tokio::test(start_paused = true)]
async fn all_devices_of_a_user_ring_and_the_first_who_answers_has_the_call() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    scenario.device("cell", json!({"owner_id": "ann"})).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    scenario.device("other", json!({"owner_id": "bob"})).await;
    scenario.behaves("PJSIP/desk", Behaviour::no_answer()).await;
    let phone = scenario
        .runs(ringing("user", json!({"id": "ann"}), &["_"]))
        .await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/cell", "PJSIP/desk"]);
    let lost = &scenario.asterisk.called("PJSIP/desk").await[0];
    assert_eq!(lost.ended().await.unwrap().cause, 26, "answered elsewhere");
    assert!(talked(&phone).await);
}

// Callflow check 49.
#[tokio::test(start_paused = true)]
async fn a_user_without_devices_takes_the_default_child() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    let phone = scenario
        .runs(ringing("user", json!({"id": "ann"}), &["_"]))
        .await;
    scenario.heard(&phone, &["took-_"]).await;
    assert!(scenario.endpoints().await.is_empty());
}

// Proves user.strategy, user.timeout.
#[tokio::test(start_paused = true)]
async fn the_devices_of_a_user_ring_one_after_the_other_if_the_node_says_so() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    for id in ["cell", "desk"] {
        scenario.device(id, json!({"owner_id": "ann"})).await;
    }
    scenario.behaves("PJSIP/cell", Behaviour::no_answer()).await;
    let data = json!({"id": "ann", "strategy": "single", "timeout": 6});
    let phone = scenario.runs(ringing("user", data, &["_"])).await;
    scenario.heard(&phone, &[]).await;
    let legs = scenario.legs().await;
    assert_eq!(
        (legs[0].endpoint.as_str(), legs[1].endpoint.as_str()),
        ("PJSIP/cell", "PJSIP/desk")
    );
    assert!(
        legs[1].after >= seconds(6) && legs[1].after < seconds(8),
        "{legs:?}"
    );
}

// Proves device.timeout, device.delay.
#[tokio::test(start_paused = true)]
async fn a_stored_device_rings_after_its_delay_for_its_timeout() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::no_answer()).await;
    scenario.device("bob", json!({})).await;
    let data = json!({"id": "bob", "delay": 4, "timeout": 7});
    let phone = scenario.runs(ringing("device", data, &["NO_ANSWER"])).await;
    let ended = scenario.end(&phone).await;
    assert_eq!(phone.heard_media().await, ["sound:took-NO_ANSWER"]);
    assert!(
        ended.at >= seconds(11) && ended.at < seconds(15),
        "{ended:?}"
    );
}

// Proves device.hotdesk.users.
// Proves device.hotdesk.users.
// Proves device.hotdesk.users.
#[tokio::test(start_paused = true)]
async fn a_user_rings_where_it_has_logged_in_and_on_its_own_devices() {
    let scenario = house().await;
    let guest = json!({"owner_id": "bob", "hotdesk": {"users": {"ann": {}}}});
    scenario.device("lobby", guest).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    for user in ["ann", "bob"] {
        scenario.user(user, json!({})).await;
    }
    for (user, rung) in [
        ("ann", &["PJSIP/desk", "PJSIP/lobby"][..]),
        ("bob", &["PJSIP/lobby"]),
    ] {
        let before = scenario.endpoints().await.len();
        let phone = scenario
            .runs(ringing("user", json!({"id": user}), &[]))
            .await;
        scenario.end(&phone).await;
        assert_eq!(scenario.endpoints().await[before..], *rung, "{user}");
    }
}

// Callflow check 54.
// Proves device.do_not_disturb.enabled, user.do_not_disturb.enabled.
// Proves account.do_not_disturb.enabled, device.enabled, user.enabled.
// Proves device.do_not_disturb.enabled, user.do_not_disturb.enabled.
// Proves account.do_not_disturb.enabled, device.enabled, user.enabled.
// Proves device.do_not_disturb.enabled, user.do_not_disturb.enabled.
// Proves account.do_not_disturb.enabled, device.enabled, user.enabled.
#[test]
fn nobody_rings_who_is_not_to_be_disturbed_or_is_switched_off() {
    let quiet = json!({"do_not_disturb": {"enabled": true}});
    let off = json!({"enabled": false});
    let none = json!({});
    let cases = [
        (quiet.clone(), none.clone(), none.clone(), false),
        (none.clone(), quiet.clone(), none.clone(), false),
        (none.clone(), none.clone(), quiet, false),
        (off.clone(), none.clone(), none.clone(), false),
        (none.clone(), off, none.clone(), false),
        (none.clone(), none.clone(), none, true),
    ];
    for (device, user, account, rings) in cases {
        in_virtual_time(async move {
            let scenario = house().await;
            let mut device = device;
            device["owner_id"] = "ann".into();
            scenario.device("desk", device.clone()).await;
            scenario.user("ann", user.clone()).await;
            scenario.account(account.clone()).await;
            for (module, id) in [("device", "desk"), ("user", "ann")] {
                let phone = scenario
                    .runs(ringing(module, json!({"id": id}), &["_"]))
                    .await;
                let sounds: &[&str] = if rings { &[] } else { &["took-_"] };
                scenario.heard(&phone, sounds).await;
            }
            let legs = scenario.endpoints().await.len();
            assert_eq!(legs, if rings { 2 } else { 0 }, "{device} {user} {account}");
        });
    }
}

/// The second call of a phone that is in a call already.
// Proves device.call_waiting.enabled, user.call_waiting.enabled.
// Proves device.call_waiting.enabled, user.call_waiting.enabled.
// Proves device.call_waiting.enabled, user.call_waiting.enabled.
#[test]
fn a_phone_without_call_waiting_is_busy_while_it_talks() {
    for (device, user, busy) in [
        (json!(false), json!(true), true),
        (json!(null), json!(false), true),
        (json!(true), json!(false), false),
        (json!(null), json!(null), false),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let long = Behaviour::answers(ms(100)).hangs_up_after(seconds(60));
            scenario.behaves("PJSIP/desk", long).await;
            let document = json!({"owner_id": "ann", "call_waiting": {"enabled": device}});
            scenario.device("desk", document).await;
            scenario
                .user("ann", json!({"call_waiting": {"enabled": user}}))
                .await;
            let flow = ringing("device", json!({"id": "desk"}), &["USER_BUSY"]);
            let first = scenario.runs(flow).await;
            assert!(first.wait_answered(seconds(5)).await);
            let second = scenario.dial("2030", &[]).await;
            second.wait_ended().await;
            let sounds: &[&str] = if busy { &["sound:took-USER_BUSY"] } else { &[] };
            assert_eq!(second.heard_media().await, sounds, "{device} {user}");
            first.hangup().await;
            scenario.nothing_left().await;
        });
    }
}

// Proves device.ringtones.internal, device.ringtones.external, user.ringtones.external.
// Proves device.ringtones.internal, device.ringtones.external, user.ringtones.external.
// Proves device.ringtones.internal, device.ringtones.external, user.ringtones.external.
#[test]
fn a_phone_rings_as_it_is_said_for_this_caller() {
    let own = json!({"internal": "own-in", "external": "own-out"});
    let alert = |value: &str| node("set_alert_info", json!({"alert_info": value}));
    for (ringtones, nodes, arguments, header) in [
        (own.clone(), vec![], &["internal=yes"][..], Some("own-in")),
        (own.clone(), vec![], &[], Some("own-out")),
        (json!({}), vec![], &[], Some("user-out")),
        (own, vec![alert("set")], &[], Some("set")),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            let document = json!({"owner_id": "ann", "ringtones": ringtones});
            scenario.device("desk", document).await;
            scenario
                .user("ann", json!({"ringtones": {"external": "user-out"}}))
                .await;
            let flow = chain(nodes.into_iter().chain([device("desk", &[])]));
            scenario.callflow("main", &["2030"], flow).await;
            let phone = scenario.dial("2030", arguments).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].header("Alert-Info"), header);
        });
    }
}

/// Q30: `in` is what calls to the device have, `out` what calls from it have.
// Proves device.custom_sip_headers.
// Proves device.sip.custom_sip_headers.
// Proves device.sip.custom_sip_headers.
// Proves device.sip.custom_sip_headers.
#[tokio::test(start_paused = true)]
async fn headers_of_the_callee_the_caller_and_the_node_reach_the_phone() {
    let scenario = house().await;
    let headers = json!({"in": {"X-In": "in {caller_id_number}", "X-Both": "callee"}, "out": {"X-Out": "wrong"}, "X-Old": 5});
    scenario
        .device("desk", json!({"sip": {"custom_sip_headers": headers}}))
        .await;
    let headers = json!({"out": {"X-Mine": "mine"}, "in": {"X-Wrong": "wrong"}});
    scenario
        .device("sipp", json!({"sip": {"custom_sip_headers": headers}}))
        .await;
    let data = json!({"id": "desk", "custom_sip_headers": {"X-Both": "node"}});
    let phone = scenario.runs(node("device", data)).await;
    scenario.end(&phone).await;
    let leg = &scenario.legs().await[0];
    for (name, value) in [
        ("X-In", Some("in +15550001")),
        ("X-Both", Some("node")),
        ("X-Old", Some("5")),
        ("X-Mine", Some("mine")),
        ("X-Out", None),
        ("X-Wrong", None),
    ] {
        assert_eq!(leg.header(name), value, "{name}: {leg:?}");
    }
}

// Proves device.static_invite.
// Proves device.sip.static_invite.
// Proves device.sip.static_invite.
// Proves device.sip.static_invite.
#[tokio::test(start_paused = true)]
async fn the_node_or_the_device_says_for_whom_the_invite_is() {
    let scenario = house().await;
    scenario
        .device("desk", json!({"sip": {"static_invite": "700"}}))
        .await;
    for data in [
        json!({"id": "desk"}),
        json!({"id": "desk", "static_invite": "800"}),
    ] {
        let phone = scenario.runs(node("device", data)).await;
        scenario.end(&phone).await;
    }
    assert_eq!(
        scenario.endpoints().await,
        ["PJSIP/700@desk", "PJSIP/800@desk"]
    );
}

// Proves device.sip.route, device.sip.invite_format.
// Proves device.sip.route, device.sip.invite_format.
// Proves device.sip.route, device.sip.invite_format.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_an_address_is_called_there() {
    let scenario = house().await;
    let sip = json!({"invite_format": "route", "route": "sip:door@192.0.2.5:5070"});
    scenario.device("door", json!({"sip": sip})).await;
    let phone = scenario.runs(device("door", &[])).await;
    scenario.end(&phone).await;
    assert_eq!(
        scenario.endpoints().await,
        ["PJSIP/pivot-out/sip:door@192.0.2.5:5070"]
    );
}

// Proves device.suppress_clid, user.suppress_clid.
#[tokio::test(start_paused = true)]
async fn a_hidden_caller_is_not_shown_to_stored_phones() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    for (module, id) in [("device", "desk"), ("user", "ann")] {
        let data = json!({"id": id, "suppress_clid": true});
        let phone = scenario.runs(node(module, data)).await;
        scenario.end(&phone).await;
    }
    let legs = scenario.legs().await;
    assert!(
        legs.iter().all(|leg| leg.caller() == "anonymous"),
        "{legs:?}"
    );
}

// Proves user.fail_on_single_reject.
#[test]
fn one_who_refuses_ends_the_ringing_of_all_if_the_node_says_so() {
    for (fails, lasts) in [(true, seconds(0)), (false, seconds(20))] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.user("ann", json!({})).await;
            for id in ["cell", "desk"] {
                scenario.device(id, json!({"owner_id": "ann"})).await;
            }
            scenario.behaves("PJSIP/cell", Behaviour::no_answer()).await;
            scenario
                .behaves("PJSIP/desk", Behaviour::rejects(603))
                .await;
            let data = json!({"id": "ann", "fail_on_single_reject": fails});
            let phone = scenario
                .runs(ringing("user", data, &["CALL_REJECTED", "_"]))
                .await;
            let ended = scenario.end(&phone).await;
            assert!(
                ended.at >= lasts && ended.at < lasts + seconds(4),
                "{fails}: {ended:?}"
            );
            let child = if fails { "CALL_REJECTED" } else { "_" };
            assert_eq!(phone.heard_media().await, [format!("sound:took-{child}")]);
        });
    }
}

/// Section 1.4: the language is the device's, else the account's.
// Proves device.language, account.language.
// Proves device.language, account.language.
// Proves device.language, account.language.
#[test]
fn a_call_of_a_stored_device_has_its_language() {
    for (device, account, language) in [
        (json!("FR-fr"), json!("de-de"), "fr-fr"),
        (json!(null), json!("de-DE"), "de-de"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.device("sipp", json!({"language": device})).await;
            scenario.account(json!({"language": account})).await;
            scenario.answer_with("/next", &play("end"));
            let flow = ask("/next")
                .to_string()
                .replace("{app}", &scenario.web.url());
            let phone = scenario.runs(serde_json::from_str(&flow).unwrap()).await;
            let told = scenario.told(&phone, "/next", "Language").await;
            assert_eq!(told.as_deref(), Some(language));
        });
    }
}

/// What is stored may change while a phone rings; the call goes on as it began.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_picked_up_while_a_stored_user_rings_goes_on() {
    let scenario = house().await;
    scenario.user("ann", json!({})).await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    scenario
        .behaves(
            "PJSIP/desk",
            Behaviour::answers(seconds(6)).hangs_up_after(seconds(3)),
        )
        .await;
    let phone = scenario
        .runs(ringing("user", json!({"id": "ann"}), &["_"]))
        .await;
    tokio::time::sleep(seconds(2)).await;
    scenario.device("cell", json!({"owner_id": "ann"})).await;
    scenario.kill_and_resume().await;
    scenario.heard(&phone, &[]).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/desk"]);
    assert!(talked(&phone).await, "{}", scenario.lines().await);
}

// Proves user.delay, user.static_invite, user.custom_sip_headers.
#[tokio::test(start_paused = true)]
async fn what_a_user_node_says_holds_for_each_of_the_devices() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::busy()).await;
    scenario.user("ann", json!({})).await;
    for id in ["cell", "desk"] {
        scenario.device(id, json!({"owner_id": "ann"})).await;
    }
    let data = json!({"id": "ann", "delay": 5, "static_invite": "700", "custom_sip_headers": {"X-A": "b"}});
    let phone = scenario.runs(ringing("user", data, &["USER_BUSY"])).await;
    let ended = scenario.end(&phone).await;
    assert!(ended.at >= seconds(5), "{ended:?}");
    assert_eq!(
        scenario.endpoints().await,
        ["PJSIP/700@cell", "PJSIP/700@desk"]
    );
    let legs = scenario.legs().await;
    assert!(
        legs.iter().all(|leg| leg.header("X-A") == Some("b")),
        "{legs:?}"
    );
}
