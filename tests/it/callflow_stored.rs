//! Calls that stored callflows take.

use pivot::objects::Kind;
use pivot::simulate::{Caller, Continued, Phone};
use pivot::store::Expected;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, node, play};
use crate::support::{Scenario, Setting};

impl Scenario {
    /// A pivot that only stored callflows tell what to do.
    pub(crate) async fn stored() -> Self {
        Self::stored_with("").await
    }

    pub(crate) async fn stored_with(config: &str) -> Self {
        Self::with(Setting {
            config: config.into(),
            ..Setting::default()
        })
        .await
    }

    /// Stores a document of the configuration's own account.
    pub(crate) async fn put(&self, kind: Kind, id: &str, document: Value) {
        let services = &self.pivot.services;
        let body = document.as_object().unwrap().clone();
        services
            .catalog
            .put(&services.account, kind, id, body, Expected::Anything)
            .await
            .unwrap();
    }

    /// A stored document as it is now.
    pub(crate) async fn get(&self, kind: Kind, id: &str) -> Option<Value> {
        let services = &self.pivot.services;
        let document = services.catalog.get(&services.account, kind, id).await;
        document.unwrap().map(|document| document.body.into())
    }

    pub(crate) async fn callflow(&self, id: &str, numbers: &[&str], flow: Value) {
        self.put(
            Kind::Callflow,
            id,
            json!({"name": id, "numbers": numbers, "flow": flow}),
        )
        .await;
    }

    /// Alice dials this number; `arguments` are those of `Stasis(pivot,…)`.
    pub(crate) async fn dial(&self, number: &str, arguments: &[&str]) -> Phone {
        self.call_from(Caller {
            to: number.into(),
            args: arguments.iter().map(|a| (*a).to_owned()).collect(),
            ..Caller::default()
        })
        .await
    }
}

/// `PIVOT_STATUS` of a call that was handed back.
async fn status(phone: &Phone) -> Option<String> {
    phone.wait_ended().await;
    let Continued { variables, .. } = phone.continued().await?;
    variables.get("PIVOT_STATUS").cloned()
}

// Callflow check 1.
#[tokio::test(start_paused = true)]
async fn a_dialled_number_leads_to_its_callflow() {
    let scenario = Scenario::stored().await;
    scenario.callflow("a", &["2030", "2031"], play("one")).await;
    scenario.callflow("b", &["2032"], play("two")).await;
    for (number, sound) in [("2030", "one"), ("2031", "one"), ("2032", "two")] {
        let phone = scenario.dial(number, &[]).await;
        scenario.heard(&phone, &[sound]).await;
    }
    // Nothing takes this one, wherever the call comes from: the dialplan gets it back.
    for arguments in [&[][..], &["internal=yes"]] {
        let phone = scenario.dial("2033", arguments).await;
        assert_eq!(status(&phone).await.as_deref(), Some("NO_ROUTE"));
        assert!(!phone.responses().await.contains(&200));
        assert!(phone.heard_media().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_callflow_comes_before_the_default_and_after_the_routes() {
    let scenario = Scenario::stored_with(
        "[default]\nvoice_url = '{app}/default'\n[[route]]\nnumbers = ['1']\nvoice_url = '{app}/route'\n",
    )
    .await;
    scenario.answer_with("/default", &play("default"));
    scenario.answer_with("/route", &play("route"));
    scenario.callflow("a", &["1", "2"], play("stored")).await;
    for (number, sound) in [("1", "route"), ("2", "stored"), ("3", "default")] {
        let phone = scenario.dial(number, &[]).await;
        scenario.heard(&phone, &[sound]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_holds_for_the_next_call() {
    let scenario = Scenario::stored().await;
    scenario.callflow("a", &["2030"], play("before")).await;
    let phone = scenario.dial("2030", &[]).await;
    scenario.heard(&phone, &["before"]).await;
    scenario.callflow("a", &["2031"], play("after")).await;
    let phone = scenario.dial("2031", &[]).await;
    scenario.heard(&phone, &["after"]).await;
    let phone = scenario.dial("2030", &[]).await;
    assert_eq!(status(&phone).await.as_deref(), Some("NO_ROUTE"));
}

// Callflow check 2.
#[tokio::test(start_paused = true)]
async fn what_no_flow_takes_leads_to_no_match_for_callers_inside_only() {
    let scenario = Scenario::stored_with("[default]\nvoice_url = '{app}/default'\n").await;
    scenario.answer_with("/default", &play("default"));
    scenario.callflow("rest", &["no_match"], play("rest")).await;
    for (number, arguments, sound) in [
        ("555", &["internal=yes"][..], "rest"),
        ("+4930555", &["internal=yes"], "rest"),
        ("555", &[], "default"),
        ("+4930555", &["internal=no"], "default"),
        // Not digits alone, so it is no number that could be dialled out.
        ("*55", &["internal=yes"], "default"),
        ("bob", &["internal=yes"], "default"),
        ("+", &["internal=yes"], "default"),
        ("5+5", &["internal=yes"], "default"),
    ] {
        let phone = scenario.dial(number, arguments).await;
        scenario.heard(&phone, &[sound]).await;
    }
}

/// Says what was captured.
fn captured(children: &[&str]) -> Value {
    let children: serde_json::Map<_, _> = children
        .iter()
        .map(|text| ((*text).to_owned(), play(&format!("captured-{text}"))))
        .chain([("_".to_owned(), play("captured-nothing"))])
        .collect();
    json!({"module": "branch_bnumber", "data": {}, "children": children})
}

// Callflow check 3.
#[tokio::test(start_paused = true)]
async fn a_number_comes_before_a_pattern_and_a_pattern_before_no_match() {
    let scenario = Scenario::stored().await;
    let pattern = json!({"patterns": [r"^20(\d+)$"], "flow": play("pattern")});
    scenario.put(Kind::Callflow, "p", pattern).await;
    scenario.callflow("a", &["2030"], play("number")).await;
    scenario.callflow("rest", &["no_match"], play("rest")).await;
    for (number, sound) in [("2030", "number"), ("2031", "pattern"), ("2130", "rest")] {
        let phone = scenario.dial(number, &["internal=yes"]).await;
        scenario.heard(&phone, &[sound]).await;
    }
}

// Callflow check 4.
#[tokio::test(start_paused = true)]
async fn the_pattern_that_captures_most_takes_the_call() {
    let scenario = Scenario::stored().await;
    for (id, pattern) in [
        ("group", r"^\*2(\d+)$"),
        ("whole", r"^\*2\d+$"),
        ("short", r"^\*3(\d)"),
        ("long", r"^\*(3\d+)$"),
        ("two", r"^\*4(\d)(\d{3})$"),
        ("empty", r"^\*6(\d*)$"),
    ] {
        let flow = chain([play(id)]);
        let mut document = json!({"patterns": [pattern], "flow": flow});
        document["flow"]["children"]["_"] = captured(&["*2123", "3456", "789"]);
        scenario.put(Kind::Callflow, id, document).await;
    }
    for (number, id, text) in [
        // Without a group all that matched is captured.
        ("*2123", "whole", "*2123"),
        ("*3456", "long", "3456"),
        // Of several groups the longest.
        ("*41789", "two", "789"),
        ("*6", "empty", "nothing"),
    ] {
        let phone = scenario.dial(number, &[]).await;
        scenario
            .heard(&phone, &[id, &format!("captured-{text}")])
            .await;
    }
}

// Callflow check 5.
#[tokio::test(start_paused = true)]
async fn a_pattern_matches_anywhere_and_one_that_cannot_be_read_disturbs_no_other() {
    let scenario = Scenario::stored().await;
    let patterns = ["*98", "(", r"2\d\d", "["];
    let document = json!({"patterns": patterns, "flow": captured(&["234"])});
    scenario.put(Kind::Callflow, "a", document).await;
    let phone = scenario.dial("12345", &[]).await;
    scenario.heard(&phone, &["captured-234"]).await;
    for number in ["*98", "13456"] {
        let phone = scenario.dial(number, &[]).await;
        assert_eq!(status(&phone).await.as_deref(), Some("NO_ROUTE"));
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_are_written_in_the_shop_s_way_before_they_are_looked_up() {
    let scenario = Scenario::stored_with(
        "[numbers]\nconverters = [{ regex = '^0([1-9][0-9]+)$', prefix = '+49' }]\n",
    )
    .await;
    scenario.callflow("a", &["+4930123"], play("one")).await;
    let phone = scenario.dial("030123", &[]).await;
    scenario.heard(&phone, &["one"]).await;
}

#[tokio::test(start_paused = true)]
async fn the_dialplan_may_name_a_callflow_by_its_id_or_name() {
    let scenario = Scenario::stored().await;
    let document = json!({"name": "night", "numbers": ["1"], "flow": play("night")});
    scenario.put(Kind::Callflow, "0123", document).await;
    for argument in ["callflow=0123", "callflow=night"] {
        let phone = scenario.dial("7", &[argument]).await;
        scenario.heard(&phone, &["night"]).await;
    }
    let phone = scenario.dial("7", &["callflow=day"]).await;
    assert_eq!(status(&phone).await.as_deref(), Some("DOCUMENT_ERROR"));
}

// Callflow check 17.
#[tokio::test(start_paused = true)]
async fn the_preflow_runs_before_the_flow_and_may_end_the_call() {
    let scenario = Scenario::stored().await;
    let account = scenario.pivot.services.account.to_string();
    scenario.callflow("main", &["2030"], play("main")).await;
    scenario.callflow("pre", &["9000"], play("pre")).await;
    let calls = [
        (json!("pre"), &["pre", "main"][..]),
        // One that is not there is passed over.
        (json!("gone"), &["main"]),
        (Value::Null, &["main"]),
    ];
    for (always, sounds) in calls {
        let document = json!({"preflow": {"always": always}});
        scenario.put(Kind::Account, &account, document).await;
        let phone = scenario.dial("2030", &[]).await;
        scenario.heard(&phone, sounds).await;
    }
    let ends = chain([play("pre"), node("hangup", json!({}))]);
    scenario.callflow("pre", &["9000"], ends).await;
    scenario
        .put(
            Kind::Account,
            &account,
            json!({"preflow": {"always": "pre"}}),
        )
        .await;
    let phone = scenario.dial("2030", &[]).await;
    scenario.heard(&phone, &["pre"]).await;
}

#[tokio::test(start_paused = true)]
async fn another_account_s_flows_take_no_calls_of_this_one() {
    let scenario = Scenario::stored().await;
    let other = "0123456789abcdef0123456789abcdef";
    let catalog = &scenario.pivot.services.catalog;
    let theirs = pivot::id::AccountId::parse(other).unwrap();
    let flow = json!({"numbers": ["2030"], "flow": chain([node("callflow", json!({"id": "ours"})), play("theirs")])});
    catalog
        .put(
            &theirs,
            Kind::Callflow,
            "theirs",
            flow.as_object().unwrap().clone(),
            Expected::Nothing,
        )
        .await
        .unwrap();
    scenario.callflow("ours", &["2031"], play("ours")).await;
    for (number, argument) in [("2030", None), ("2031", Some(format!("account={other}")))] {
        let arguments: Vec<&str> = argument.iter().map(String::as_str).collect();
        let phone = scenario.dial(number, &arguments).await;
        assert_eq!(
            status(&phone).await.as_deref(),
            Some("NO_ROUTE"),
            "{number}"
        );
    }
    // Their flow is theirs, and cannot call one of ours.
    let account = format!("account={other}");
    let phone = scenario.dial("2030", &[&account]).await;
    scenario.heard(&phone, &["theirs"]).await;
}

/// All endpoints are of one Asterisk, and any account may name a device `ann`.
#[tokio::test(start_paused = true)]
async fn a_phone_of_another_account_rings_only_where_the_shop_tells_phones_apart() {
    let other = "0123456789abcdef0123456789abcdef";
    for (dial, called) in [
        ("", None),
        (
            "[dial]\ndevice = 'PJSIP/{account}-{id}'\n",
            Some(format!("PJSIP/{other}-ann")),
        ),
    ] {
        let scenario = Scenario::stored_with(dial).await;
        let catalog = &scenario.pivot.services.catalog;
        let theirs = pivot::id::AccountId::parse(other).unwrap();
        let put = |kind, id: &'static str, document: Value| {
            let body = document.as_object().unwrap().clone();
            catalog.put(&theirs, kind, id, body, Expected::Nothing)
        };
        let device = json!({"name": "ann", "sip": {"username": "ann"}});
        put(Kind::Device, "d1", device).await.unwrap();
        let flow = json!({"module": "device", "data": {"id": "d1"}, "children": {"_": play("no")}});
        let flow = json!({"numbers": ["2030"], "flow": flow});
        put(Kind::Callflow, "c1", flow).await.unwrap();
        let account = format!("account={other}");
        let phone = scenario.dial("2030", &[&account]).await;
        phone.hangup_at(crate::support::seconds(5));
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let requests = scenario.asterisk.requests().await;
        let made = requests.iter().find(|r| r.path == "channels/create");
        let endpoint = made.map(|made| made.params["endpoint"].as_str().unwrap().to_owned());
        assert_eq!(endpoint, called, "{}", scenario.lines().await);
    }
}
