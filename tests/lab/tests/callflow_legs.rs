//! What a flow sets for its legs, as real phones and dialplans see it; a visit of
//! the dialplan in the middle of a flow; lamps.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::asterisk::{Asterisk, Options};
use pivot_lab::error::LabError;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::OnCall;
use pivot_lab::pivot::{Config, MediaBy, Pivot};
use pivot_lab::stage::{Stage, ms};
use pivot_lab::webapp::{Answer, WebApp};
use serde_json::{Value, json};

/// `4711` rings whom an exported variable names.
const DIALPLAN: &str = "[pivot-outbound](+)\n\
    exten => 4711,1,Dial(PJSIP/${customer})\n\
    same => n,Hangup(${HANGUPCAUSE})\n\
    [visit]\n\
    exten => s,1,Wait(${PIVOT_FAX_WAIT})\n\
    same => n,Set(PIVOT_FAX=yes)\n\
    same => n,Stasis(pivot)\n\
    same => n,Hangup(16)\n\
    [hints]\n\
    exten => 200,hint,Stasis:200\n";

async fn stage(version: &str) -> Option<Stage> {
    let options = Options {
        dialplan: DIALPLAN.into(),
        ..Options::default()
    };
    let asterisk = match Asterisk::start_with(version, options).await {
        Ok(asterisk) => asterisk,
        Err(LabError::Skipped(reason)) => {
            eprintln!("skipped on Asterisk {version}: {reason}");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let app = WebApp::start().await.unwrap();
    let config = Config::voice_url(&app.url("/voice"))
        .media(MediaBy::Http)
        .more("[dialplan]\nfax_detect = \"visit\"\n");
    let pivot = Pivot::start(&asterisk, &config).await.unwrap();
    Some(Stage {
        asterisk,
        app,
        pivot,
    })
}

fn node(module: &str, data: Value, next: Value) -> Value {
    json!({ "module": module, "data": data, "children": { "_": next } })
}

fn answer(flow: &Value) -> Answer {
    Answer::json(flow.to_string())
}

on_each_asterisk! {
    a_phone_sees_whom_the_flow_shows_and_rings_as_it_says => async |s: &Stage| {
        let mut alice = s.asterisk.phone("alice");
        alice.on_call(OnCall::AnswerThenHangUp { after: ms(200), hold: ms(500) });
        let ring = json!({ "module": "device", "data": { "id": "alice" } });
        let ring = node("set_alert_info", json!({ "alert_info": "Bellcore-dr3" }), ring);
        let flow = node("set_cid", json!({ "caller_id_number": "700" }), ring);
        let flow = node("prepend_cid", json!({ "caller_id_name_prefix": "Sales " }), flow);
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        let callee = alice.next_call().await.unwrap();
        let invite = callee.invite.clone().unwrap();
        s.over(&mut call).await.unwrap();
        let from = invite.header("From").unwrap();
        assert!(from.contains("<sip:700@") && from.contains("\"Sales"), "{from}");
        assert_eq!(invite.header("Alert-Info"), Some("Bellcore-dr3"));
    };

    an_exported_variable_reaches_the_dialplan_behind_a_leg => async |s: &Stage| {
        let mut alice = s.asterisk.phone("alice");
        alice.on_call(OnCall::AnswerThenHangUp { after: ms(200), hold: ms(500) });
        let vars = json!({ "custom_application_vars": { "customer": "alice" }, "export": true });
        let dial = json!({ "module": "resources", "data": { "to_did": "4711" } });
        let mut call = s.call_for(answer(&node("set_variables", vars, dial))).await.unwrap();
        alice.next_call().await.unwrap();
        s.over(&mut call).await.unwrap();
    };

    a_call_visits_the_dialplan_and_comes_back_to_its_flow => async |s: &Stage| {
        let heard = json!({ "module": "play", "data": { "id": "sound:hello-world" } });
        let listen = json!({ "module": "fax_detect", "data": { "duration": 1 },
            "children": { "ON_FAX": heard, "_": { "module": "response" } } });
        let flow = node("answer", json!({}), listen);
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        call.wait_answered().await.unwrap();
        s.over(&mut call).await.unwrap();
        let trace = s.trace().await.unwrap();
        let sound: Duration = call.heard_answered().segments().iter().map(|segment| segment.duration()).sum();
        assert!(sound > ms(400), "{sound:?}\n{trace}");
        assert_eq!(s.pivot.call_ids().await.unwrap().len(), 1, "one call\n{trace}");
    };

    a_lamp_is_lit => async |s: &Stage| {
        for (status, shown) in [("busy", "InUse"), ("ringing", "Ringing"), ("idle", "Idle")] {
            let data = json!({ "presence_id": "200", "status": status });
            let flow = node("manual_presence", data, json!({}));
            let mut call = s.call_for(answer(&flow)).await.unwrap();
            s.over(&mut call).await.unwrap();
            tokio::time::sleep(ms(300)).await;
            let hints = s.asterisk.rx("core show hints").await.unwrap();
            assert!(hints.contains(&format!("State:{shown}")), "{status}: {hints}");
        }
    };
}
