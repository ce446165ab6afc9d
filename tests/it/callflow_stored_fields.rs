//! Fields of stored things, each in a call that another value would make different.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Caller};
use serde_json::{Value, json};

use crate::callflow_caller_id::{everybody_answers, shown};
use crate::callflow_dialling::{ringing, talked};
use crate::callflow_flows::{chain, in_virtual_time, node, play, with};
use crate::callflow_ringing::{house, talks};
use crate::callflow_schedule::{RULE, it_is, route};
use crate::support::{Scenario, ms, seconds};

const OUTSIDE: &str = "Local/5551234@pivot-outbound/n";

/// A house whose phone `desk` is Ann's; the account or Ann forwards calls so.
async fn forwarded_by(whose: &str, more: Value) -> Scenario {
    let scenario = house().await;
    let caller_id = json!({"external": {"number": "+4930700", "name": "Desk"}});
    let desk = json!({"owner_id": "ann", "caller_id": caller_id});
    scenario.device("desk", desk).await;
    let mut forward = json!({"enabled": true, "number": "5551234", "require_keypress": false});
    let more = more.as_object().unwrap().clone();
    forward.as_object_mut().unwrap().extend(more);
    let document = json!({"call_forward": forward});
    let (user, account) = match whose {
        "user" => (document, json!({})),
        _ => (json!({}), document),
    };
    scenario.user("ann", user).await;
    scenario.account(account).await;
    scenario
}

fn desk() -> Value {
    ringing("device", json!({"id": "desk"}), &["_"])
}

const WHOSE: [&str; 2] = ["user", "account"];

// Proves user.call_forward.substitute, account.call_forward.substitute.
#[test]
fn the_phone_rings_beside_a_forward_of_its_user_or_account_that_says_so() {
    for whose in WHOSE {
        in_virtual_time(async move {
            let scenario = forwarded_by(whose, json!({"substitute": false})).await;
            let phone = scenario.runs(desk()).await;
            scenario.end(&phone).await;
            assert_eq!(
                scenario.endpoints().await,
                ["PJSIP/desk", OUTSIDE],
                "{whose}"
            );
        });
    }
}

// Proves user.call_forward.require_keypress, account.call_forward.require_keypress.
// Proves device.call_forward.require_keypress.
#[test]
fn whoever_answers_a_forward_need_not_press_a_key_where_that_is_switched_off() {
    for whose in ["device", "user", "account"] {
        in_virtual_time(async move {
            let scenario = forwarded_by(whose, json!({})).await;
            if whose == "device" {
                let forward =
                    json!({"enabled": true, "number": "5551234", "require_keypress": false});
                scenario
                    .device("desk", json!({"call_forward": forward}))
                    .await;
                scenario.account(json!({})).await;
            }
            scenario.behaves("Local/*", talks()).await;
            let phone = scenario.runs(desk()).await;
            scenario.end(&phone).await;
            assert!(talked(&phone).await, "{whose}: {}", scenario.lines().await);
        });
    }
}

// Proves user.call_forward.keep_caller_id, account.call_forward.keep_caller_id.
#[test]
fn a_forward_of_a_user_or_account_may_show_the_phone_as_its_caller() {
    for whose in WHOSE {
        in_virtual_time(async move {
            let scenario = forwarded_by(whose, json!({"keep_caller_id": false})).await;
            let phone = scenario.runs(desk()).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.legs().await[0].caller(), "+4930700", "{whose}");
        });
    }
}

// Proves user.call_forward.ignore_early_media, account.call_forward.ignore_early_media.
#[test]
fn early_media_of_a_forward_of_a_user_or_account_may_be_heard() {
    for whose in WHOSE {
        in_virtual_time(async move {
            let scenario = forwarded_by(whose, json!({"ignore_early_media": false})).await;
            let behaviour = talks().early_media_after(ms(100));
            scenario.behaves("Local/*", behaviour).await;
            let phone = scenario.runs(desk()).await;
            scenario.end(&phone).await;
            let requests = scenario.asterisk.requests().await;
            let mut paths = requests.iter().map(|request| &request.path);
            let first = paths.find(|path| path.ends_with("/addChannel") || path.ends_with("/dial"));
            assert!(first.unwrap().ends_with("/addChannel"), "{whose}");
        });
    }
}

// Proves user.call_forward.failover, account.call_forward.failover.
// Proves device.call_forward.failover.
#[test]
fn a_phone_that_is_not_registered_forwards_where_it_fails_over() {
    for whose in ["device", "user", "account"] {
        for (state, rung) in [("offline", OUTSIDE), ("online", "PJSIP/desk")] {
            in_virtual_time(async move {
                let failover = json!({"enabled": false, "failover": true});
                let scenario = match whose {
                    "device" => forwarded_by("user", json!({"enabled": false})).await,
                    _ => forwarded_by(whose, failover.clone()).await,
                };
                if whose == "device" {
                    let forward = with(failover, &json!({"number": "5551234"}));
                    scenario
                        .device("desk", json!({"call_forward": forward}))
                        .await;
                }
                scenario.asterisk.endpoint("PJSIP/desk", state).await;
                let data = json!({"endpoints": [{"id": "desk", "endpoint_type": "device"}]});
                for flow in [desk(), node("ring_group", data)] {
                    let before = scenario.endpoints().await.len();
                    let phone = scenario.runs(flow).await;
                    scenario.end(&phone).await;
                    assert_eq!(scenario.endpoints().await[before..], [rung], "{whose}");
                }
            });
        }
    }
}

// Proves user.call_forward.direct_calls_only, account.call_forward.direct_calls_only.
#[test]
fn a_forward_of_a_user_or_account_may_be_for_direct_calls_alone() {
    for whose in WHOSE {
        in_virtual_time(async move {
            let scenario = forwarded_by(whose, json!({"direct_calls_only": true})).await;
            let data = json!({"endpoints": [{"id": "desk", "endpoint_type": "device"}],
                "ignore_forward": false});
            let phone = scenario.runs(node("ring_group", data)).await;
            scenario.end(&phone).await;
            assert_eq!(scenario.endpoints().await, ["PJSIP/desk"], "{whose}");
        });
    }
}

// Proves device.caller_id.*.name, user.caller_id.*.name, account.caller_id.*.name.
#[test]
fn a_phone_calls_the_world_by_its_own_name_or_its_users_or_its_accounts() {
    for whose in ["device", "user", "account"] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            everybody_answers(&scenario).await;
            let named = json!({"caller_id": {"external": {"number": "+4930700", "name": "Shop"}}});
            let of = |who: &str| {
                if who == whose {
                    named.clone()
                } else {
                    json!({})
                }
            };
            let mut phone = of("device");
            phone["owner_id"] = "ann".into();
            scenario.device("desk", phone).await;
            scenario.user("ann", of("user")).await;
            scenario.account(of("account")).await;
            let out = node("resources", json!({"to_did": "5551234"}));
            scenario.callflow("out", &["0"], out).await;
            let caller = Caller {
                endpoint: "desk".into(),
                to: "0".into(),
                ..Caller::default()
            };
            let phone = scenario.call_from(caller).await;
            scenario.end(&phone).await;
            let expected = ("+4930700".to_owned(), "Shop".to_owned());
            assert_eq!(shown(&scenario).await, [expected], "{whose}");
        });
    }
}

// Proves device.presence_id, user.presence_id.
#[test]
fn a_phone_calls_others_by_its_own_presence_or_its_users() {
    for whose in ["device", "user"] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            everybody_answers(&scenario).await;
            let present = json!({"presence_id": "77@shop.example"});
            let of = |who: &str| {
                if who == whose {
                    present.clone()
                } else {
                    json!({})
                }
            };
            let mut phone = of("device");
            phone["owner_id"] = "ann".into();
            scenario.device("desk", phone).await;
            scenario.user("ann", of("user")).await;
            scenario.device("bob", json!({})).await;
            let bob = node("device", json!({"id": "bob"}));
            scenario.callflow("bob", &["0"], bob).await;
            let caller = Caller {
                endpoint: "desk".into(),
                to: "0".into(),
                ..Caller::default()
            };
            let phone = scenario.call_from(caller).await;
            scenario.end(&phone).await;
            assert_eq!(shown(&scenario).await[0].0, "77", "{whose}");
        });
    }
}

// Proves account.outbound_flags.
#[tokio::test(start_paused = true)]
async fn an_account_asks_for_flags_of_a_trunk() {
    let scenario = house().await;
    for (id, flags) in [("a", json!([])), ("b", json!(["gold"]))] {
        let trunk = json!({"dial": format!("PJSIP/{{number}}@{id}"), "flags": flags});
        scenario.put(Kind::Resource, id, trunk).await;
    }
    scenario.account(json!({"outbound_flags": ["gold"]})).await;
    let phone = scenario
        .runs(node("resources", json!({"to_did": "5"})))
        .await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/5@b"]);
}

// Proves account.enabled.
#[tokio::test(start_paused = true)]
async fn calls_of_an_account_that_is_switched_off_go_back_to_the_dialplan() {
    let scenario = Scenario::stored().await;
    scenario.callflow("a", &["1"], play("a")).await;
    let phone = scenario.dial("1", &[]).await;
    scenario.heard(&phone, &["a"]).await;
    scenario.account(json!({"enabled": false})).await;
    let account = format!("account={}", scenario.pivot.services.account);
    for (number, arguments) in [
        ("1", vec![]),
        ("1", vec!["callflow=a"]),
        ("9", vec![account.as_str()]),
    ] {
        let phone = scenario.dial(number, &arguments).await;
        phone.wait_ended().await;
        assert!(phone.heard_media().await.is_empty(), "{arguments:?}");
        assert!(phone.continued().await.is_some(), "{arguments:?}");
        let left = phone.continued().await.unwrap();
        let status = left.variables.get("PIVOT_STATUS").cloned();
        assert_eq!(status.as_deref(), Some("NO_ROUTE"), "{arguments:?}");
    }
}

// Proves callflow.numbers, callflow.patterns, callflow.flow, callflow.name.
#[tokio::test(start_paused = true)]
async fn a_callflow_is_reached_by_number_by_pattern_and_by_name() {
    let scenario = Scenario::stored().await;
    let document =
        json!({"name": "shop", "numbers": ["100"], "patterns": ["^7\\d$"], "flow": play("shop")});
    scenario.put(Kind::Callflow, "id", document).await;
    for (number, arguments) in [("100", &[][..]), ("75", &[]), ("555", &["callflow=shop"])] {
        let phone = scenario.dial(number, arguments).await;
        phone.wait_ended().await;
        assert_eq!(phone.heard_media().await, ["sound:shop"], "{number}");
    }
}

// Proves user.ringtones.internal.
#[tokio::test(start_paused = true)]
async fn a_phone_rings_as_its_user_says_for_callers_from_inside() {
    let scenario = house().await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    let tones = json!({"ringtones": {"internal": "user-in"}});
    scenario.user("ann", tones).await;
    scenario.callflow("main", &["2030"], desk()).await;
    let phone = scenario.dial("2030", &["internal=yes"]).await;
    scenario.end(&phone).await;
    assert_eq!(
        scenario.legs().await[0].header("Alert-Info"),
        Some("user-in")
    );
}

// Proves user.dial_plan.*.prefix, user.dial_plan.*.suffix.
#[tokio::test(start_paused = true)]
async fn a_number_is_written_as_the_user_whose_phone_calls_has_it() {
    let scenario = house().await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    let plan = json!({"^5(\\d+)$": {"prefix": "+1", "suffix": "9"}});
    scenario.user("ann", json!({"dial_plan": plan})).await;
    let trunk = json!({"dial": "PJSIP/{number}@carrier"});
    scenario.put(Kind::Resource, "t", trunk).await;
    let out = node("resources", json!({"to_did": "512"}));
    scenario.callflow("out", &["0"], out).await;
    let caller = Caller {
        endpoint: "desk".into(),
        to: "0".into(),
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/+1129@carrier"]);
}

// Proves user.language.
#[tokio::test(start_paused = true)]
async fn a_call_has_the_language_of_the_user_whose_phone_calls() {
    let scenario = Scenario::stored().await;
    scenario.device("desk", json!({"owner_id": "ann"})).await;
    scenario.user("ann", json!({"language": "fr-CA"})).await;
    scenario.account(json!({"language": "de"})).await;
    scenario.callflow("a", &["1"], play("a")).await;
    let caller = Caller {
        endpoint: "desk".into(),
        to: "1".into(),
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    scenario.end(&phone).await;
    let played = scenario.asterisk.requests().await;
    let played = played.iter().find(|r| r.path.contains("/play/")).unwrap();
    let language = played.params["lang"].as_str().unwrap();
    assert!(language.starts_with("fr"), "{language}");
}

// Proves user.queues, device.exclude_from_queues.
#[tokio::test(start_paused = true)]
async fn a_queue_calls_the_phones_of_its_agents_that_are_not_left_out() {
    let scenario = house().await;
    for (id, queues) in [("ann", json!(["q"])), ("bob", json!([]))] {
        scenario.user(id, json!({"queues": queues})).await;
        scenario
            .put(Kind::Agent, id, json!({"status": "ready"}))
            .await;
    }
    for (id, owner, excluded) in [
        ("a1", "ann", false),
        ("a2", "ann", true),
        ("b1", "bob", false),
    ] {
        let phone = json!({"owner_id": owner, "exclude_from_queues": excluded});
        scenario.device(id, phone).await;
    }
    scenario.put(Kind::Queue, "q", json!({"name": "q"})).await;
    let phone = scenario.runs(node("acdc_member", json!({"id": "q"}))).await;
    tokio::time::sleep(seconds(5)).await;
    phone.hangup().await;
    scenario.end(&phone).await;
    assert_eq!(scenario.endpoints().await, ["PJSIP/a1"]);
}

// Proves list_entry.cid_name.
#[tokio::test(start_paused = true)]
async fn an_entry_of_a_list_names_the_caller_as_older_lists_do() {
    let scenario = Scenario::stored().await;
    everybody_answers(&scenario).await;
    let entry = json!({"number": "15550001", "cid_name": "Alice at work"});
    scenario.put(Kind::List, "l", json!({"name": "l"})).await;
    scenario.put(Kind::ListEntry, "l/1", entry).await;
    let lookup = node("lookupcidname", json!({"lists": ["l"]}));
    let flow = chain([lookup, node("device", json!({"id": "bob"}))]);
    let phone = scenario.runs(flow).await;
    scenario.end(&phone).await;
    assert_eq!(shown(&scenario).await[0].1, "Alice at work");
}

// Proves media.tts.voice.
#[tokio::test(start_paused = true)]
async fn a_stored_text_is_spoken_by_its_voice() {
    let scenario = Scenario::stored().await;
    let spoken = |voice: &str| json!({"name": "t", "media_source": "tts", "tts": {"text": "Good day, everybody.", "voice": voice}});
    for (id, voice) in [("him", "male/en-GB"), ("her", "female/en-GB")] {
        scenario.put(Kind::Media, id, spoken(voice)).await;
    }
    let flow = chain([
        node("play", json!({"id": "him"})),
        node("play", json!({"id": "her"})),
    ]);
    let phone = scenario.runs(flow).await;
    scenario.end(&phone).await;
    // What is said alike is one file, since it is kept.
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 2, "{}", scenario.lines().await);
    assert_ne!(heard[0], heard[1]);
}

// Proves temporal_rule.interval, temporal_rule.start_date, temporal_rule.days.
// Proves temporal_rule.ordinal, temporal_rule.month.
#[test]
fn a_rule_holds_on_the_days_that_its_fields_name() {
    // In Gregorian seconds: 3 June 2024, a Monday.
    const MONDAY: i64 = 63_884_592_000;
    let wdays = json!(["monday"]);
    for (rule, on, off) in [
        // Every other day since then.
        (
            json!({"cycle": "daily", "interval": 2, "start_date": MONDAY}),
            "2024-06-05",
            "2024-06-04",
        ),
        (
            json!({"cycle": "daily", "start_date": MONDAY}),
            "2024-06-03",
            "2024-06-02",
        ),
        (
            json!({"cycle": "monthly", "days": [12]}),
            "2024-06-12",
            "2024-06-05",
        ),
        (
            json!({"cycle": "monthly", "ordinal": "second", "wdays": wdays}),
            "2024-06-10",
            "2024-06-03",
        ),
        (
            json!({"cycle": "yearly", "month": 6, "days": [5]}),
            "2024-06-05",
            "2024-01-05",
        ),
    ] {
        for (day, child) in [(on, "r"), (off, "_")] {
            let rule = rule.clone();
            in_virtual_time(async move {
                let _clock = it_is(&format!("{day}T12:00:00Z"));
                let scenario = Scenario::stored().await;
                let mut document = rule.clone();
                document["name"] = "r".into();
                scenario.put(RULE, "r", document).await;
                let flow = route(&json!({"timezone": "UTC"}), &["r", "_"]);
                let phone = scenario.runs(flow).await;
                scenario.end(&phone).await;
                let took = format!("sound:took-{child}");
                assert_eq!(phone.heard_media().await, [took], "{rule} {day}");
            });
        }
    }
}

// Proves user.timezone.
#[tokio::test(start_paused = true)]
async fn the_time_of_a_message_is_said_in_its_owners_zone() {
    let _clock = it_is("2024-06-05T12:00:00Z");
    let mut said: Vec<Vec<String>> = Vec::new();
    for zone in ["UTC", "Asia/Tokyo"] {
        let scenario = Scenario::stored().await;
        scenario.user("ann", json!({"timezone": zone})).await;
        scenario.device("desk", json!({"owner_id": "ann"})).await;
        let vmbox = json!({"name": "b", "mailbox": "100", "owner_id": "ann", "is_setup": true});
        scenario.put(Kind::Vmbox, "b", vmbox).await;
        let message = json!({"timestamp": 63_884_800_800_i64, "folder": "new"});
        scenario.put(Kind::Message, "b/m", message).await;
        let check = node("voicemail", json!({"action": "check", "id": "b"}));
        scenario.callflow("check", &["*97"], check).await;
        let caller = Caller {
            endpoint: "desk".into(),
            to: "*97".into(),
            ..Caller::default()
        };
        let phone = scenario.call_from(caller).await;
        phone.press_at(seconds(20), "1");
        tokio::time::sleep(seconds(60)).await;
        phone.hangup().await;
        scenario.end(&phone).await;
        let heard = phone.heard_media().await.into_iter();
        let hour = |sound: &String| ["number:10", "number:19"].contains(&sound.as_str());
        said.push(heard.filter(hour).collect());
    }
    let hours: [Vec<String>; 2] = [vec!["number:10".into()], vec!["number:19".into()]];
    assert_eq!(said, hours);
}

// Proves user.last_name.
#[tokio::test(start_paused = true)]
async fn somebody_is_found_by_the_last_name() {
    let scenario = Scenario::stored().await;
    let directory = json!({"name": "all", "search_fields": "last", "confirm_match": false});
    scenario.put(Kind::Directory, "all", directory).await;
    for (id, last) in [("ann", "Lighthouse"), ("bob", "Fox")] {
        let user = json!({"first_name": id, "last_name": last, "directories": {"all": id}});
        scenario.put(Kind::User, id, user).await;
        scenario.callflow(id, &[id], play(id)).await;
    }
    let flow = node("directory", json!({"id": "all"}));
    scenario.callflow("directory", &["1"], flow).await;
    let phone = scenario.dial("1", &[]).await;
    phone.press_at(seconds(8), "54448#");
    scenario.end(&phone).await;
    let heard = phone.heard_media().await;
    assert_eq!(
        heard.last().map(String::as_str),
        Some("sound:ann"),
        "{heard:?}"
    );
}

/// A phone that is nobody's answers like others.
#[tokio::test(start_paused = true)]
async fn a_phone_without_an_owner_has_no_user_to_ask() {
    let scenario = house().await;
    scenario.behaves("*", Behaviour::answers(ms(100))).await;
    scenario.device("desk", json!({"owner_id": "gone"})).await;
    scenario.callflow("a", &["1"], play("a")).await;
    let caller = Caller {
        endpoint: "desk".into(),
        to: "1".into(),
        ..Caller::default()
    };
    let phone = scenario.call_from(caller).await;
    scenario.heard(&phone, &["a"]).await;
}
