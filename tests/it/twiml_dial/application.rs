//! `<Application>`: another application takes the call.

use std::sync::Arc;

use pivot::simulate::{Caller, Fault, Matching, Phone, Sound};

use super::*;
use crate::support::{Failing, Reply, Setting, ms};

const CONFIG: &str =
    "[default]\nvoice_url = \"{app}/voice\"\n[applications]\nsupport = \"{app}/support\"\n";

const DIAL: &str = "<Dial action='/dialled'><Application statusCallback='/leg' \
    statusCallbackMethod='GET' statusCallbackEvent='initiated ringing answered completed' \
    customerId='c7'>support\
    <Parameter name='x' value='1'/><Parameter name='y' value='2'/></Application></Dial>";

async fn application(dial: &str, document: Reply) -> Scenario {
    let scenario = with(Scenario::configured(CONFIG).await, dial);
    scenario.web.on("/support", document);
    scenario
}

// Check 155.
// Proves Application.customerId, Application.statusCallback.
// Proves Application.statusCallbackMethod, Application.statusCallbackEvent.
#[tokio::test(start_paused = true)]
async fn it_is_asked_with_its_parameters_under_a_sid_of_its_own() {
    let document = twiml("<Play>sound:support</Play>");
    let scenario = application(DIAL, document).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lines = scenario.lines().await;
    let asked_app = asked(&scenario, "/support").await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(param(&asked_app, "Param_x"), "1");
    assert_eq!(param(&asked_app, "Param_y"), "2");
    assert_eq!(param(&asked_app, "CustomerId"), "c7");
    assert_eq!(param(&asked_app, "To"), "support");
    assert_eq!(
        param(&asked_app, "ParentCallSid"),
        param(&dialled, "CallSid")
    );
    assert_eq!(param(&asked_app, "CallSid"), param(&dialled, "DialCallSid"));
    assert_eq!(param(&asked_app, "Direction"), "outbound-dial");
    assert_eq!(phone.heard_media().await, ["sound:support"], "{lines}");
    assert_eq!(param(&dialled, "DialCallStatus"), "completed", "{lines}");
    assert_eq!(param(&dialled, "DialBridged"), "true");
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "in-progress", "completed"]
    );
    let told = scenario.web.at("/leg");
    assert!(told.iter().all(|seen| seen.method == "GET"), "{lines}");
}

// Proves Application.copyParentTo.
#[tokio::test(start_paused = true)]
async fn it_may_do_all_that_a_call_may_and_its_hang_up_is_not_the_callers() {
    let document = twiml("<Dial>100</Dial><Hangup/>");
    let dial = "<Dial><Application copyParentTo='true'>support</Application></Dial>";
    let scenario = application(dial, document).await;
    scenario.asterisk.callee("*", talks(5)).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(scenario.asterisk.called("Local/100*").await.len(), 1);
    let last = phone.heard_media().await.pop();
    assert_eq!(
        last.as_deref(),
        Some("sound:after"),
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&asked(&scenario, "/support").await, "To"), "1000");
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_knows_or_that_fails_has_failed() {
    let mut kept = Vec::new();
    for (name, reply) in [("sales", twiml("")), ("support", Reply::status(500))] {
        let dial = DIAL.replace("support", name);
        let scenario = application(&dial, reply).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let dialled = asked(&scenario, "/dialled").await;
        let lines = scenario.lines().await;
        assert_eq!(param(&dialled, "DialCallStatus"), "failed", "{lines}");
        assert_eq!(param(&dialled, "DialBridged"), "false");
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_ends_both_and_the_action_is_told() {
    let scenario = application(DIAL, twiml("<Pause length='60'/>")).await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(8));
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    assert_eq!(
        param(&dialled, "CallStatus"),
        "completed",
        "{}",
        scenario.lines().await
    );
    assert_eq!(param(&dialled, "DialCallStatus"), "completed");
    assert_eq!(
        params(&scenario, "/leg", "CallStatus"),
        ["initiated", "in-progress", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn either_call_may_be_picked_up_while_the_channel_is_lent() {
    let mut kept = Vec::new();
    for of_the_application in [false, true] {
        let document = twiml("<Pause length='6'/><Play>sound:support</Play>");
        let scenario = application(DIAL, document).await;
        let phone = scenario.call().await;
        tokio::time::sleep(seconds(3)).await;
        let asked_app = asked(&scenario, "/support").await;
        let name = match of_the_application {
            true => "CallSid",
            false => "ParentCallSid",
        };
        let id = serde_json::from_value(param(&asked_app, name).into()).unwrap();
        scenario.pivot.drop_call(&id).await;
        let state = scenario.checkpoints.read(&id).unwrap();
        scenario.pivot.resume_call(state).await;
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        assert_eq!(phone.heard_media().await, ["sound:support"], "{lines}");
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(param(&dialled, "DialCallStatus"), "completed", "{lines}");
        assert_eq!(
            param(&dialled, "CallSid"),
            param(&asked_app, "ParentCallSid")
        );
        assert_eq!(
            params(&scenario, "/leg", "CallStatus"),
            ["initiated", "in-progress", "completed"]
        );
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_pivot_gives_the_caller_to_the_dialplan_once() {
    let config = format!("{CONFIG}[limits]\ndrain_s = 1\n");
    let scenario = with(Scenario::configured(&config).await, DIAL);
    scenario.web.on("/support", twiml("<Pause length='60'/>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    scenario.pivot.drain().await;
    assert!(
        phone.continued().await.is_some(),
        "{}",
        scenario.lines().await
    );
    let requests = scenario.asterisk.requests().await;
    let continued = requests
        .iter()
        .filter(|r| r.path.ends_with("/continue"))
        .count();
    assert_eq!(continued, 1);
}

/// A caller in an application whose task can be made to fail.
struct Fragile {
    scenario: Scenario,
    phone: Phone,
    failing: Arc<Failing>,
}

impl Fragile {
    /// The task of the call that has asked for this breaks at whatever comes next.
    async fn breaks(&self, path: &str) {
        let sid = param(&asked(&self.scenario, path).await, "CallSid");
        self.failing
            .breaks(serde_json::from_value(sid.into()).unwrap());
    }

    async fn fails(&self) {
        self.breaks("/support").await;
        self.phone.press("1").await;
    }
}

async fn fragile(document: &str) -> Fragile {
    let failing = Arc::new(Failing::default());
    let route = "[[route]]\nnumbers = ['2000']\nvoice_url = '{app}/room'\n";
    let scenario = Scenario::with(Setting {
        config: format!("{CONFIG}{route}"),
        checkpoints: Some(failing.clone()),
        ..Setting::default()
    })
    .await;
    let web = &scenario.web;
    web.on("/voice", twiml(DIAL));
    web.on("/leg", twiml(""));
    web.on("/support", twiml(document));
    web.on("/wait", twiml("<Pause length='60'/>"));
    web.on("/room", twiml("<Dial><Conference>room</Conference></Dial>"));
    web.on("/dialled", twiml("<Play>sound:after</Play>"));
    scenario.asterisk.callee("*", talks(60)).await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(6)).await;
    Fragile {
        scenario,
        phone,
        failing,
    }
}

#[tokio::test(start_paused = true)]
async fn one_whose_task_fails_gives_the_caller_back_whatever_it_did() {
    let mut kept = Vec::new();
    for document in [
        "<Play loop='0'>sound:support</Play>",
        "<Pause length='60'/>",
        "<Dial>100</Dial>",
        "<Dial timeout='60'><Number>100</Number><Number>200</Number></Dial>",
        "<Dial><Conference>room</Conference></Dial>",
        "<Enqueue>queue</Enqueue>",
        "<Enqueue waitUrl='/wait'>queue</Enqueue>",
        "<Echo/>",
    ] {
        let call = fragile(document).await;
        call.fails().await;
        let Fragile {
            scenario, phone, ..
        } = call;
        let ended = phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        let heard = phone.heard_media().await;
        let last = heard.last().map(String::as_str);
        assert_eq!(last, Some("sound:after"), "{document}: {heard:?}\n{lines}");
        assert!(!ended.by_phone && phone.continued().await.is_none());
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(param(&dialled, "DialCallStatus"), "failed", "{document}");
        assert_eq!(param(&dialled, "CallStatus"), "in-progress");
        assert_eq!(
            params(&scenario, "/leg", "CallStatus"),
            ["initiated", "in-progress", "failed"],
            "{document}"
        );
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_a_failed_one_gives_the_channel_back_is_noticed() {
    let call = fragile("<Play loop='0'>sound:support</Play>").await;
    let late = Matching::next("DELETE", "/ring");
    let fault = Fault::Late(seconds(2));
    call.scenario.asterisk.fault(late, fault).await;
    call.fails().await;
    let Fragile {
        scenario, phone, ..
    } = call;
    tokio::time::sleep(seconds(1)).await;
    phone.hangup().await;
    scenario.nothing_left().await;
    let dialled = asked(&scenario, "/dialled").await;
    let lines = scenario.lines().await;
    assert_eq!(param(&dialled, "CallStatus"), "completed", "{lines}");
    let state = scenario.timeline().await.summary.state;
    assert!(state.starts_with("the caller hung up"), "{lines}");
    assert!(!phone.heard_media().await.contains(&"sound:after".into()));
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_one_has_recorded_stays_in_asterisk_and_nothing_else() {
    let mut kept = Vec::new();
    for (document, files) in [
        ("<Record timeout='0'/>", 1),
        (
            "<Start><Recording/></Start><Play loop='0'>sound:a</Play>",
            2,
        ),
    ] {
        let call = fragile(document).await;
        call.fails().await;
        let Fragile {
            scenario, phone, ..
        } = call;
        phone.wait_ended().await.unwrap();
        tokio::time::sleep(seconds(1)).await;
        let mut left = scenario.asterisk.leftovers().await;
        let lines = scenario.lines().await;
        assert_eq!(left.stored_recordings.len(), files, "{left:?}\n{lines}");
        left.stored_recordings.clear();
        assert!(left.is_empty(), "{left:?}\n{lines}");
        assert_eq!(phone.heard_media().await.last().unwrap(), "sound:after");
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_one_takes_the_caller_out_of_the_room_and_its_music_with_it() {
    let room = "<Dial><Conference>room</Conference></Dial>";
    for together in [false, true] {
        let call = fragile(room).await;
        let caller = Caller {
            to: "2000".into(),
            ..Caller::default()
        };
        let other = if together {
            Some(call.scenario.call_from(caller).await)
        } else {
            None
        };
        tokio::time::sleep(seconds(2)).await;
        let hears = |sounds: &[Sound]| {
            let music = sounds.iter().any(|s| matches!(s, Sound::Music(_)));
            let others = sounds.iter().any(|s| matches!(s, Sound::Bridge(_)));
            (music, others)
        };
        let before = hears(&still_hears(&call.phone).await);
        assert_eq!(before, (!together, together));
        call.fails().await;
        let Fragile {
            scenario, phone, ..
        } = call;
        tokio::time::sleep(ms(500)).await;
        let after = hears(&still_hears(&phone).await);
        assert_eq!(after, (false, false), "{}", scenario.lines().await);
        phone.wait_ended().await.unwrap();
        if let Some(other) = other {
            other.hangup().await;
        }
        scenario.nothing_left().await;
        assert_eq!(phone.heard_media().await.last().unwrap(), "sound:after");
    }
}

/// What a phone hears at this moment.
async fn still_hears(phone: &Phone) -> Vec<Sound> {
    let heard = phone.heard().await;
    let now = heard.into_iter().filter(|heard| heard.to.is_none());
    now.map(|heard| heard.what).collect()
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_own_call_has_failed_meanwhile_goes_to_the_dialplan() {
    let call = fragile("<Pause length='9'/><Play>sound:support</Play>").await;
    call.breaks("/voice").await;
    let Fragile {
        scenario, phone, ..
    } = call;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let continued = phone.continued().await.unwrap();
    assert_eq!(continued.variables["PIVOT_STATUS"], "INTERNAL_ERROR");
    assert_eq!(phone.heard_media().await, ["sound:support"]);
    assert!(scenario.web.at("/dialled").is_empty());
}
