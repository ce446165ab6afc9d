//! What Callflow modules do on real calls, beyond the samples: failure children,
//! refusals, uploads, type-ahead, and changing the language within a call.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::OnCall;
use pivot_lab::pivot::MediaBy;
use pivot_lab::stage::{FIRST, Stage, ms};
use pivot_lab::webapp::Answer;
use serde_json::{Value, json};

async fn stage(version: &str) -> Option<Stage> {
    let stage = Stage::with(version, |config| {
        let mut config = config.media(MediaBy::Http);
        config.default.push_str("req_format = \"kazoo\"\n");
        config
    });
    let stage = stage.await.unwrap()?;
    for child in ["/busy", "/default", "/done"] {
        stage
            .app
            .on(child, [Answer::json(r#"{"module":"hangup"}"#)]);
    }
    Some(stage)
}

fn answer(node: &Value) -> Answer {
    Answer::json(node.to_string())
}

fn pivot_node(stage: &Stage, path: &str) -> Value {
    json!({ "module": "pivot", "data": { "voice_url": stage.app.url(path) } })
}

on_each_asterisk! {
    a_dial_that_fails_runs_the_child_of_its_cause => async |s: &Stage| {
        let phone = s.asterisk.phone(FIRST);
        for (code, reached) in [(486, "/busy"), (404, "/default")] {
            phone.on_call(OnCall::Reject(code));
            let flow = json!({ "module": "resources", "data": { "to_did": FIRST },
                "children": { "USER_BUSY": pivot_node(s, "/busy"), "_": pivot_node(s, "/default") } });
            let mut call = s.call_for(answer(&flow)).await.unwrap();
            s.app.wait_request(reached).await.unwrap();
            call.wait_ended().await.ok();
            s.over(&mut call).await.unwrap();
        }
    };

    a_response_is_what_an_unanswered_caller_gets => async |s: &Stage| {
        for code in [486, 404, 503] {
            let mut call = s.call_for(answer(&json!({ "module": "response", "data": { "code": code } }))).await.unwrap();
            call.wait_ended().await.ok();
            assert_eq!(call.state().code, Some(code), "{}", s.trace().await.unwrap());
            s.over(&mut call).await.unwrap();
        }
    };

    a_device_is_rung_and_the_caller_answered_when_it_is => async |s: &Stage| {
        let mut alice = s.asterisk.phone("alice");
        alice.on_call(OnCall::AnswerThenHangUp { after: ms(800), hold: ms(2000) });
        let mut call = s.call_for(answer(&json!({ "module": "device", "data": { "id": "alice" } }))).await.unwrap();
        let callee = alice.next_call().await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        s.over(&mut call).await.unwrap();
        assert!(callee.heard().mixed_tone_duration(600.0) > ms(1000), "{}", s.trace().await.unwrap());
    };

    a_recording_of_the_caller_is_uploaded => async |s: &Stage| {
        s.app.on("/store/", [Answer::status(201)]);
        let flow = json!({ "module": "record_caller", "data": { "url": s.app.url("/store/"), "format": "mp3", "time_limit": 10 } });
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(700)).await;
        call.send_tone(600.0, ms(1500)).await.unwrap();
        call.press("1").await.unwrap();
        s.over(&mut call).await.unwrap();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        let upload = loop {
            if let Some(put) = s.app.requests().into_iter().find(|seen| seen.method == "PUT") {
                break put;
            }
            assert!(tokio::time::Instant::now() < deadline, "no upload\n{}", s.trace().await.unwrap());
            tokio::time::sleep(ms(50)).await;
        };
        assert!(upload.path.starts_with("/store/call_recording_") && upload.path.ends_with(".mp3"), "{}", upload.path);
        assert!(upload.body.len() > 2000, "{} bytes", upload.body.len());
    };

    keys_pressed_during_the_speech_count_and_variables_travel => async |s: &Stage| {
        let collect = json!({ "module": "collect_dtmf", "data": { "max_digits": 4, "collection_name": "pin" },
            "children": { "_": pivot_node(s, "/done") } });
        let flow = json!({ "module": "set_variables", "data": { "custom_application_vars": { "tier": "gold" } },
            "children": { "_": { "module": "tts", "data": { "text": "Please enter the four digits of your number now, or wait." },
                "children": { "_": collect } } } });
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        call.press("1234").await.unwrap();
        let done = s.app.wait_request("/done").await.unwrap();
        assert_eq!(done.param("Digits[pin]").as_deref(), Some("1234"), "{}", s.trace().await.unwrap());
        assert_eq!(done.param("Custom-Application-Vars[tier]").as_deref(), Some("gold"));
        s.over(&mut call).await.unwrap();
    };

    keys_are_sent_while_the_flow_goes_on_and_before_it_ends => async |s: &Stage| {
        s.app.on("/next", [answer(&json!({ "module": "noop" }))]);
        let keys = json!({ "module": "send_dtmf", "data": { "digits": "1590#", "duration_ms": 300 },
            "children": { "_": pivot_node(s, "/next") } });
        let flow = json!({ "module": "answer", "children": { "_": keys } });
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        s.app.wait_request("/next").await.unwrap();
        assert!(call.pressed().len() < 5, "{}", call.pressed());
        s.over(&mut call).await.unwrap();
        assert_eq!(call.pressed(), "1590#", "{}", s.trace().await.unwrap());
    };

    a_menu_runs_the_child_of_the_key => async |s: &Stage| {
        let flow = json!({ "module": "menu", "data": { "retries": 2, "timeout": 3000, "max_extension_length": 1,
                "media": { "greeting": "sound:hello-world" } },
            "children": { "2": pivot_node(s, "/done"), "timeout": pivot_node(s, "/default") } });
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(800)).await;
        call.press("2").await.unwrap();
        s.app.wait_request("/done").await.unwrap();
        s.over(&mut call).await.unwrap();
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        s.app.wait_request("/default").await.unwrap();
        s.over(&mut call).await.unwrap();
    };

    a_schedule_goes_by_today_and_its_menu_takes_a_key => async |s: &Stage| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let gregorian = now.as_secs() + 62_167_219_200;
        let date = |name: &str, start: u64| json!({ "name": name, "cycle": "date", "start_date": start });
        let rules = [date("a week ago", gregorian - 7 * 86_400), date("today", gregorian)];
        // A rule that is not stored cannot be changed, which the caller is told.
        let menu = json!({ "module": "temporal_route", "data": { "action": "menu", "rules": rules, "interdigit_timeout": 5000 },
            "children": { "_": pivot_node(s, "/done") } });
        let flow = json!({ "module": "temporal_route", "data": { "rules": rules },
            "children": { "a week ago": pivot_node(s, "/default"), "today": menu, "_": pivot_node(s, "/busy") } });
        let mut call = s.call_for(answer(&flow)).await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        call.press("1").await.unwrap();
        s.app.wait_request("/done").await.unwrap();
        s.over(&mut call).await.unwrap();
        let trace = s.trace().await.unwrap();
        assert!(trace.contains("stands in the flow itself"), "{trace}");
        let sorry: Duration = call.heard_answered().segments().iter().map(|segment| segment.duration()).sum();
        assert!(sorry > ms(2000), "{sorry:?}\n{trace}");
    };

    the_language_changes_twice_within_a_call => async |s: &Stage| {
        s.app.on("/xml", [Answer::xml("<Response><Play>sound:beep</Play><Redirect method='POST'>/json</Redirect></Response>")]);
        s.app.on("/json", [Answer::json(json!({ "module": "play", "data": { "id": "sound:hello-world" },
            "children": { "_": pivot_node(s, "/last") } }).to_string())]);
        s.app.on("/last", [Answer::xml("<Response><Play>sound:beep</Play></Response>")]);
        let mut call = s.call_for(answer(&pivot_node(s, "/xml"))).await.unwrap();
        s.app.wait_request("/last").await.unwrap();
        s.over(&mut call).await.unwrap();
        let asked: Vec<(String, String)> = s.app.requests().into_iter().map(|seen| (seen.method, seen.path)).collect();
        let expected = [("POST", "/voice"), ("GET", "/xml"), ("POST", "/json"), ("GET", "/last")];
        assert_eq!(asked, expected.map(|(method, path)| (method.to_owned(), path.to_owned())), "{}", s.trace().await.unwrap());
        // Two beeps of a tenth of a second, and "hello world" between them.
        let sound: Duration = call.heard_answered().segments().iter().map(|segment| segment.duration()).sum();
        assert!(sound > ms(900), "{sound:?}\n{}", s.trace().await.unwrap());
    };

    a_device_that_refers_the_caller_is_replaced_as_the_dialplan_says => async |s: &Stage| {
        let mut phone = s.asterisk.phone("alice");
        phone.on_call(OnCall::Answer { after: ms(300) });
        // 9001 says back what it hears, until the caller hangs up; 9002 hangs up itself.
        for (number, hangs_up) in [("9001", true), ("9002", false)] {
            let mut call = s.call_for(answer(&json!({ "module": "device", "data": { "id": "alice" } }))).await.unwrap();
            let mut device = phone.next_call().await.unwrap();
            call.wait_answered().await.unwrap();
            tokio::time::sleep(ms(500)).await;
            device.refer(&format!("<sip:{number}@other.example>"));
            let refer = device.wait_refer_over().await.unwrap();
            assert_eq!(refer.notified.last(), Some(&200), "{refer:?}");
            device.hangup().await.unwrap();
            let before = call.heard().duration();
            if hangs_up {
                call.start_tone(600.0);
                tokio::time::sleep(ms(2000)).await;
                let heard = call.heard().after(before).mixed_tone_duration(600.0);
                assert!(heard > ms(1000), "{heard:?} {}", s.trace().await.unwrap());
                call.hangup().await.unwrap();
            } else {
                call.wait_ended_within(ms(8000)).await.unwrap();
                assert!(!call.heard().after(before).is_silent(), "{}", s.trace().await.unwrap());
            }
            s.over(&mut call).await.unwrap();
        }
    };
}
