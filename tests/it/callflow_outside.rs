//! What a flow tells and asks beside the call: `webhook`, `edr`, `notification`,
//! `missed_call_alert`, `nomorobo`, `manual_presence`.

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Phone};
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play};
use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, seconds};

/// A pivot whose shop wants to be told.
async fn notified() -> Scenario {
    let config = "[default]\nvoice_url = '{app}/voice'\n[notify]\nurl = '{app}/notify'\n";
    let scenario = Scenario::configured(config).await;
    scenario.web.on("/notify", Reply::status(200));
    scenario.web.on("/hook", Reply::status(200));
    scenario
}

/// What came to this path, once so much has come; less when it does not come.
async fn told(scenario: &Scenario, path: &str, count: usize) -> Vec<Seen> {
    for _ in 0..100 {
        if scenario.web.at(path).len() >= count {
            break;
        }
        tokio::time::sleep(ms(100)).await;
    }
    scenario.web.at(path)
}

fn webhook(data: Value) -> Value {
    let mut hook = json!({"uri": "{app}/hook"});
    hook.as_object_mut()
        .unwrap()
        .extend(data.as_object().unwrap().clone());
    node("webhook", hook)
}

// Callflow check 90.
// Proves webhook.custom_data, webhook.http_verb.
#[test]
fn a_webhook_carries_the_call_and_what_the_flow_adds() {
    for (data, method) in [
        (json!({}), "POST"),
        (json!({"http_verb": "POST"}), "POST"),
        (json!({"http_verb": "get"}), "GET"),
    ] {
        in_virtual_time(async move {
            let scenario = notified().await;
            let mut data = data.clone();
            data["custom_data"] = json!({"stage": "menu", "to_user": "mine", "nested": {"a": 1}});
            scenario.answer_with("/voice", &chain([webhook(data)]));
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            let seen = told(&scenario, "/hook", 1).await;
            assert_eq!(seen.len(), 1, "{}", scenario.lines().await);
            let seen = &seen[0];
            assert_eq!(seen.method, method);
            for (name, value) in [
                ("caller_id_number", "+15550001"),
                ("caller_id_name", "Alice"),
                ("request_user", "1000"),
                ("to_realm", "127.0.0.1"),
                ("stage", "menu"),
                ("to_user", "mine"),
                ("nested[a]", "1"),
            ] {
                assert_eq!(seen.param(name).as_deref(), Some(value), "{name}");
            }
            assert!(seen.param("call_id").is_some_and(|id| !id.is_empty()));
            let account = seen.param("account_id").unwrap();
            assert_eq!(seen.headers["x-account-id"], account.as_str());
            assert!(!seen.headers["x-hook-id"].is_empty());
        });
    }
}

// Callflow check 90.
#[tokio::test(start_paused = true)]
async fn a_slow_webhook_does_not_delay_the_flow() {
    let scenario = notified().await;
    let began = tokio::time::Instant::now();
    scenario
        .web
        .on("/slow", Reply::status(200).after(seconds(8)));
    let hook = node("webhook", json!({"uri": "{app}/slow"}));
    scenario.answer_with("/voice", &chain([hook, play("hello-world")]));
    let phone = scenario.call().await;
    phone.wait_ended().await;
    assert!(began.elapsed() < seconds(3), "{:?}", began.elapsed());
    assert_eq!(phone.heard_media().await, ["sound:hello-world"]);
}

// Callflow check 90.
// Proves webhook.retries, webhook.uri.
#[test]
fn a_webhook_is_tried_again_only_while_there_is_no_connection() {
    // Nobody listens on port 9 of this machine.
    for (uri, retries, tries) in [
        ("http://127.0.0.1:9/", json!({}), 3),
        ("http://127.0.0.1:9/", json!({"retries": 0}), 1),
        ("{app}/broken", json!({}), 1),
    ] {
        in_virtual_time(async move {
            let scenario = notified().await;
            scenario.web.on("/broken", Reply::status(500));
            let mut data = retries.clone();
            data["uri"] = json!(uri);
            let sleep = node("sleep", json!({"duration": 30}));
            scenario.answer_with("/voice", &chain([node("webhook", data), sleep]));
            let phone = scenario.call().await;
            scenario.end(&phone).await;
            let timeline = scenario.timeline().await;
            let lines: Vec<_> = timeline
                .entries
                .iter()
                .filter(|entry| entry.text.contains("webhook") && !entry.text.contains("Step"))
                .filter(|entry| entry.text.contains("→") || entry.text.contains("webhook http"))
                .collect();
            assert_eq!(lines.len(), tries, "{}", scenario.lines().await);
            for pair in lines.windows(2) {
                let between = pair[1].at.since(pair[0].at);
                assert!(between >= seconds(2) && between < seconds(3), "{between:?}");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_leads_where_pivot_may_not_is_not_sent() {
    let config = "[default]\nvoice_url = '{app}/voice'\n[web]\ndeny = ['10.0.0.0/8']\n";
    let scenario = Scenario::configured(config).await;
    let hook = node("webhook", json!({"uri": "http://10.1.2.3/", "retries": 0}));
    scenario.answer_with("/voice", &chain([hook, play("hello-world")]));
    let phone = scenario.call().await;
    scenario.heard(&phone, &["hello-world"]).await;
    let lines = scenario.lines().await;
    assert!(lines.contains("not within the networks"), "{lines}");
}

/// Somebody who calls, and where.
async fn ends(flow: &Value, arguments: &[&str], behaviour: Behaviour) -> (Scenario, Phone) {
    let scenario = notified().await;
    scenario.asterisk.callee("*", behaviour).await;
    scenario.answer_with("/voice", flow);
    let phone = scenario.dial("1000", arguments).await;
    scenario.end(&phone).await;
    (scenario, phone)
}

fn alert() -> Value {
    let recipients = json!([
        {"type": "email", "id": ["a@example.com", "b@example.com"]},
        {"type": "user", "id": "alice"},
    ]);
    node("missed_call_alert", json!({"recipients": recipients}))
}

// Callflow check 91.
#[test]
fn a_missed_call_is_told_once_and_only_a_missed_one() {
    let ring = || node("device", json!({"id": "bob", "timeout": 5}));
    let talks = || Behaviour::answers(ms(500)).hangs_up_after(seconds(2));
    for (flow, arguments, behaviour, alerts) in [
        (chain([alert(), ring()]), &[][..], Behaviour::no_answer(), 1),
        (chain([alert(), ring()]), &[], Behaviour::busy(), 1),
        (chain([alert(), ring()]), &[], talks(), 0),
        (
            chain([alert(), ring()]),
            &["internal=yes"],
            Behaviour::no_answer(),
            0,
        ),
        (chain([alert(), node("hangup", json!({}))]), &[], talks(), 1),
        (chain([ring()]), &[], Behaviour::no_answer(), 0),
    ] {
        in_virtual_time(async move {
            let (scenario, _) = ends(&flow, arguments, behaviour.clone()).await;
            tokio::time::sleep(seconds(5)).await;
            let seen = scenario.web.at("/notify");
            assert_eq!(seen.len(), alerts, "{flow}\n{}", scenario.lines().await);
            for seen in seen {
                for (name, value) in [
                    ("event", "missed_call_alert"),
                    ("caller_id_number", "+15550001"),
                    ("recipients[email][]", "a@example.com"),
                    ("recipients[user][]", "alice"),
                ] {
                    assert_eq!(seen.param(name).as_deref(), Some(value), "{name}");
                }
                assert!(seen.body.contains("b%40example.com"), "{}", seen.body);
                assert!(seen.param("hangup_cause").is_some());
            }
        });
    }
}

// Proves missed_call_alert.recipients.id.
#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_it_rings_has_missed_somebody_even_after_a_restart() {
    let scenario = notified().await;
    scenario.asterisk.callee("*", Behaviour::no_answer()).await;
    let ring = node("device", json!({"id": "bob"}));
    scenario.answer_with("/voice", &chain([alert(), ring]));
    let phone = scenario.call().await;
    phone.hangup_at(seconds(4));
    tokio::time::sleep(seconds(2)).await;
    scenario.kill_and_resume().await;
    scenario.end(&phone).await;
    let seen = told(&scenario, "/notify", 1).await;
    assert_eq!(seen.len(), 1, "{}", scenario.lines().await);
    assert_eq!(seen[0].param("disposition").as_deref(), Some("CANCEL"));
    tokio::time::sleep(seconds(5)).await;
    assert_eq!(scenario.web.at("/notify").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_goes_on_in_the_dialplan_is_not_missed() {
    let config = "[default]\nvoice_url = '{app}/voice'\n[notify]\nurl = '{app}/notify'\n[dialplan]\ntransfer = 'internal'\n";
    let scenario = Scenario::configured(config).await;
    let transfer = node("transfer", json!({"target": "777"}));
    scenario.answer_with("/voice", &chain([alert(), transfer]));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    tokio::time::sleep(seconds(5)).await;
    assert!(scenario.web.at("/notify").is_empty());
    assert_eq!(phone.continued().await.unwrap().extension, "777");
}

// Proves missed_call_alert.recipients.type, user.email.
#[tokio::test(start_paused = true)]
async fn an_alert_for_a_user_goes_to_the_users_address() {
    let scenario = notified().await;
    let alice = json!({"first_name": "A", "last_name": "A", "email": "alice@example.com"});
    scenario.put(Kind::User, "alice", alice).await;
    let recipients = json!([{"type": "user", "id": ["alice", "nobody"]}]);
    let alert = node("missed_call_alert", json!({"recipients": recipients}));
    scenario.answer_with("/voice", &chain([alert]));
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let seen = told(&scenario, "/notify", 1).await;
    let address = seen[0].param("recipients[email][]");
    assert_eq!(address.as_deref(), Some("alice@example.com"));
}

// Proves branch_variable.scope, branch_variable.variable.
#[tokio::test(start_paused = true)]
async fn a_webhook_says_whose_call_it_is() {
    let scenario = notified().await;
    let phone = json!({"name": "phone", "owner_id": "alice", "sip": {"username": "sipp"}});
    scenario.put(Kind::Device, "phone", phone).await;
    let branch = json!({"variable": "name", "scope": "device"});
    let flow = chain([node("branch_variable", branch), webhook(json!({}))]);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let seen = told(&scenario, "/hook", 1).await;
    for (name, value) in [("owner_id", "alice"), ("authorizing_id", "phone")] {
        assert_eq!(seen[0].param(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_anybody_to_be_told_there_is_a_warning() {
    let (scenario, phone) = Scenario::flow(chain([alert(), play("bye")])).await;
    scenario.heard(&phone, &["bye"]).await;
    let lines = scenario.lines().await;
    assert!(lines.contains("[notify] url is not set"), "{lines}");
}

// Proves notification.comments, notification.notification_media, notification.recipients.id,
// notification.recipients.type, notification.send_at, notification.template_id.
#[test]
fn a_notification_is_told_at_once_or_when_the_call_is_over() {
    for (send_at, early) in [
        (json!("callflow_exec"), true),
        (json!("channel_destroy"), false),
        (json!(null), false),
    ] {
        in_virtual_time(async move {
            let scenario = notified().await;
            let data = json!({
                "template_id": "vip", "send_at": send_at, "comments": "hello",
                "recipients": [{"type": "email", "id": "a@example.com"}],
                "notification_media": ["email", "sms"],
            });
            let sleep = node("sleep", json!({"duration": 20}));
            scenario.answer_with("/voice", &chain([node("notification", data), sleep]));
            let phone = scenario.call().await;
            tokio::time::sleep(seconds(10)).await;
            assert_eq!(scenario.web.at("/notify").len(), usize::from(early));
            scenario.end(&phone).await;
            let seen = told(&scenario, "/notify", 1).await;
            assert_eq!(seen.len(), 1);
            for (name, value) in [
                ("event", Some("notification")),
                ("template_id", Some("vip")),
                ("comments", Some("hello")),
                ("recipients[email][]", Some("a@example.com")),
                ("notification_media[]", Some("email")),
                ("hangup_cause", (!early).then_some("NORMAL_CLEARING")),
            ] {
                assert_eq!(seen[0].param(name).as_deref(), value, "{name}");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_of_the_flow_stands_in_the_timeline_and_is_told() {
    let scenario = notified().await;
    let edr = node("edr", json!({"stage": "payment", "amount": 12.5}));
    scenario.answer_with("/voice", &chain([edr, play("bye")]));
    let phone = scenario.call().await;
    scenario.heard(&phone, &["bye"]).await;
    assert!(scenario.lines().await.contains(r#""stage":"payment""#));
    let seen = told(&scenario, "/notify", 1).await;
    for (name, value) in [
        ("event", "edr"),
        ("data[stage]", "payment"),
        ("data[amount]", "12.5"),
    ] {
        assert_eq!(seen[0].param(name).as_deref(), Some(value), "{name}");
    }
}

// Proves nomorobo.password, nomorobo.url, nomorobo.username.
#[test]
fn a_score_takes_its_child_and_the_service_gets_the_numbers_with_credentials() {
    for (reply, taken) in [
        (Reply::json(&json!({"score": 0.85})), "7"),
        (Reply::json(&json!({"score": 0.2})), "0"),
        (Reply::json(&json!({"score": 1})), "10"),
        (Reply::status(500), "0"),
        (Reply::new("text/plain", "what?"), "0"),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::new().await;
            scenario.web.on("/score", reply);
            let children: serde_json::Map<_, _> = ["0", "7", "10"]
                .iter()
                .map(|key| ((*key).to_owned(), play(&format!("took-{key}"))))
                .collect();
            let data = json!({"username": "me", "password": "secret", "url": "{app}/score"});
            let flow = json!({"module": "nomorobo", "data": data, "children": children});
            scenario.answer_with("/voice", &flow);
            let phone = scenario.call().await;
            scenario.heard(&phone, &[&format!("took-{taken}")]).await;
            let seen = &scenario.web.at("/score")[0];
            assert_eq!(seen.param("From").as_deref(), Some("+15550001"));
            assert_eq!(seen.param("To").as_deref(), Some("1000"));
            assert_eq!(seen.headers["authorization"], "Basic bWU6c2VjcmV0");
            assert!(!scenario.lines().await.contains("secret"));
        });
    }
}

// Proves manual_presence.presence_id, manual_presence.status.
#[test]
fn a_presence_id_is_lit_as_the_flow_says() {
    for (data, dialled, lamp, state) in [
        (
            json!({"presence_id": "200", "status": "busy"}),
            "2000",
            "200",
            Some("INUSE"),
        ),
        (
            json!({"presence_id": "200@shop", "status": "ringing"}),
            "2000",
            "200",
            Some("RINGING"),
        ),
        (
            json!({"presence_id": "200"}),
            "2000",
            "200",
            Some("NOT_INUSE"),
        ),
        (json!({"status": "busy"}), "*3201", "201", Some("INUSE")),
        (
            json!({"presence_id": "../x", "status": "busy"}),
            "2000",
            "../x",
            None,
        ),
    ] {
        in_virtual_time(async move {
            let scenario = Scenario::stored().await;
            let flow = chain([node("manual_presence", data.clone()), play("done")]);
            let body = json!({"name": "p", "numbers": ["2000"], "patterns": [r"^\*3(\d+)$"], "flow": flow});
            scenario.put(Kind::Callflow, "p", body).await;
            let phone = scenario.dial(dialled, &[]).await;
            scenario.heard(&phone, &["done"]).await;
            let lit = scenario.asterisk.device_state(lamp).await;
            assert_eq!(lit.as_deref(), state, "{data}");
        });
    }
}
