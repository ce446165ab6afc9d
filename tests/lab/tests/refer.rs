//! SIP REFER on real calls: a caller whose phone is asked to call somebody else, and a
//! called party that wants the caller to talk with somebody else.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::{OnCall, OnRefer};
use pivot_lab::stage::{FIRST, SECOND, Stage, ms, param, xml};
use pivot_lab::webapp::Seen;

async fn stage(version: &str) -> Option<Stage> {
    Stage::new(version).await.unwrap()
}

const REFER: &str = "<Pause length='1'/><Refer action='/done'><Sip>sip:anna@example.com;transport=tcp?X-Account=47%2011</Sip></Refer>";

fn told(seen: &Seen) -> String {
    [
        "ReferCallStatus",
        "ReferSipResponseCode",
        "NotifySipResponseCode",
    ]
    .map(|name| seen.param(name).unwrap_or_else(|| "-".into()))
    .join(" ")
}

/// Where the lab's phones are, for `<Sip>`.
async fn phones(s: &Stage) -> String {
    let contact = s.asterisk.rx("pjsip show aor alice").await.unwrap();
    let address = contact.split("sip:alice@").nth(1).unwrap();
    address
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
        .collect()
}

on_each_asterisk! {
    a_caller_is_referred_to_an_address_with_its_headers => async |s: &Stage| {
        let mut call = s.call(REFER).await.unwrap();
        call.on_refer(OnRefer::follow(200));
        let to = call.wait_referred().await.unwrap();
        assert_eq!(to, "<sip:anna@example.com;transport=tcp?X-Account=47%2011>");
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(told(&done), "in-progress 202 200", "{}", s.trace().await.unwrap());
    };

    what_the_phone_tells_of_it_is_told => async |s: &Stage| {
        for (how, expected) in [
            (OnRefer::follow(486), "busy - 486"),
            (OnRefer::follow(404), "failed - 404"),
            (OnRefer::refuse(405), "failed 405 -"),
            (OnRefer::refuse(603), "failed - 603"),
        ] {
            let mut call = s.call(REFER).await.unwrap();
            call.on_refer(how);
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(told(&done), expected, "{}", s.trace().await.unwrap());
        }
    };

    a_caller_whose_transfer_fails_is_heard_and_hears_again => async |s: &Stage| {
        s.app.on("/failed", [xml("<Gather numDigits='1' action='/done' timeout='10'>\
            <Play>tone:ring</Play></Gather>")]);
        let mut call = s.call(&REFER.replace("/done", "/failed")).await.unwrap();
        call.on_refer(OnRefer::follow(480));
        let failed = s.app.wait_request("/failed").await.unwrap();
        assert_eq!(told(&failed), "no-answer - 480");
        tokio::time::sleep(ms(2500)).await;
        let heard = call.heard().mixed_tone_duration(440.0);
        assert!(heard > ms(1000), "{heard:?} {}", s.trace().await.unwrap());
        call.press("7").await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "Digits"), "7");
    };

    a_phone_that_leaves_as_soon_as_it_is_referred_was_referred => async |s: &Stage| {
        for _ in 0..5 {
            let mut call = s.call(REFER).await.unwrap();
            call.on_refer(OnRefer::follow(200).and_leave());
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(told(&done), "in-progress 202 200", "{}", s.trace().await.unwrap());
        }
    };

    a_caller_who_hangs_up_before_it_is_known_has_cancelled => async |s: &Stage| {
        let mut call = s.call(REFER).await.unwrap();
        call.on_refer(OnRefer::follow(183));
        call.wait_referred().await.unwrap();
        tokio::time::sleep(ms(1000)).await;
        call.hangup().await.unwrap();
        let done = s.app.wait_request("/done").await.unwrap();
        assert_eq!(told(&done), "canceled - -", "{}", s.trace().await.unwrap());
    };

    a_called_party_refers_the_caller_to_somebody_else => async |s: &Stage| {
        let at = phones(s).await;
        let (mut first, mut second) = (s.asterisk.phone(FIRST), s.asterisk.phone(SECOND));
        for phone in [&first, &second] {
            phone.on_call(OnCall::Answer { after: ms(300) });
        }
        s.app.on("/refer", [xml(&format!("<Dial action='/done'>{SECOND}</Dial>"))]);
        for noun in [format!("<Number>{FIRST}</Number>"), format!("<Sip>sip:{FIRST}@{at}</Sip>")] {
            let dial = format!("<Dial action='/dialled' referUrl='/refer'>{noun}</Dial>");
            let mut call = s.call(&dial).await.unwrap();
            let mut callee = first.next_call().await.unwrap();
            callee.wait_answered().await.unwrap();
            callee.start_tone(600.0);
            tokio::time::sleep(ms(1000)).await;
            callee.refer("<sip:4711@other.example?X-Why=late>");
            // Phones leave when they are told that it is done.
            let refer = callee.wait_refer_over().await.unwrap();
            callee.hangup().await.unwrap();
            assert_eq!((refer.code, refer.notified.last()), (Some(202), Some(&200)), "{refer:?}");
            let asked = s.app.wait_request("/refer").await.unwrap();
            let trace = s.trace().await.unwrap();
            assert_eq!(param(&asked, "ReferTransferTarget"), "sip:4711@other.example", "{trace}");
            assert!(s.app.requests_to("/dialled").is_empty());
            let mut other = second.next_call().await.unwrap();
            other.wait_answered().await.unwrap();
            other.start_tone(900.0);
            call.start_tone(1300.0);
            tokio::time::sleep(ms(1500)).await;
            other.hangup().await.unwrap();
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(param(&done, "DialCallStatus"), "completed");
            let heard = call.heard();
            let trace = s.trace().await.unwrap();
            assert!(heard.mixed_tone_duration(600.0) > ms(500), "{trace}");
            assert!(heard.mixed_tone_duration(900.0) > ms(700), "{trace}");
            assert!(other.heard().mixed_tone_duration(1300.0) > ms(700), "{trace}");
        }
    };

    without_a_url_for_it_a_refer_is_refused => async |s: &Stage| {
        let at = phones(s).await;
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        for noun in [format!("<Number>{FIRST}</Number>"), format!("<Sip>sip:{FIRST}@{at}</Sip>")] {
            let mut call = s.call(&format!("<Dial action='/done'>{noun}</Dial>")).await.unwrap();
            let mut callee = phone.next_call().await.unwrap();
            callee.wait_answered().await.unwrap();
            tokio::time::sleep(ms(500)).await;
            callee.refer(&format!("<sip:{SECOND}@other.example>"));
            let refer = callee.wait_refer_over().await.unwrap();
            assert_eq!((refer.code, refer.notified.last()), (Some(202), Some(&404)), "{refer:?}");
            let before = call.heard().duration();
            callee.start_tone(600.0);
            tokio::time::sleep(ms(1500)).await;
            callee.hangup().await.unwrap();
            let done = s.told(&mut call).await.unwrap();
            let trace = s.trace().await.unwrap();
            assert_eq!(param(&done, "DialCallStatus"), "completed", "{trace}");
            assert!(call.heard().after(before).mixed_tone_duration(600.0) > ms(700), "{trace}");
        }
    };

    a_caller_who_sends_a_refer_is_replaced_as_the_dialplan_says => async |s: &Stage| {
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        for attributes in ["", "referUrl='/refer'"] {
            let dial = format!("<Dial action='/done' {attributes}>{FIRST}</Dial>");
            let mut call = s.call(&dial).await.unwrap();
            let mut callee = phone.next_call().await.unwrap();
            callee.wait_answered().await.unwrap();
            tokio::time::sleep(ms(500)).await;
            // 9001 says back what it hears.
            call.refer("<sip:9001@other.example>");
            let refer = call.wait_refer_over().await.unwrap();
            assert_eq!(refer.notified.last(), Some(&200), "{refer:?}");
            call.hangup().await.unwrap();
            callee.start_tone(600.0);
            tokio::time::sleep(ms(2000)).await;
            let heard = callee.heard().mixed_tone_duration(600.0);
            assert!(heard > ms(1000), "{heard:?} {}", s.trace().await.unwrap());
            callee.hangup().await.unwrap();
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(param(&done, "DialCallStatus"), "completed");
            assert!(s.app.requests_to("/refer").is_empty());
        }
    };
}
