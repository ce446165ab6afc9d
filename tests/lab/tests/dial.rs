//! The legs of a Dial on real calls: what is told about them, what they hear before
//! they are connected, and in which order they ring.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::OnCall;
use pivot_lab::stage::{FIRST, SECOND, SOON, Stage, ms, param, stage, until, xml};
use pivot_lab::voice::spoken;
use pivot_lab::webapp::{Answer, Seen};

/// Callbacks may overtake each other; they are numbered.
fn in_order(mut told: Vec<Seen>) -> Vec<Seen> {
    told.sort_by_key(|seen| param(seen, "SequenceNumber").parse::<u32>().unwrap());
    told
}

fn statuses(told: &[Seen]) -> Vec<String> {
    told.iter().map(|seen| param(seen, "CallStatus")).collect()
}

/// Where the phones of the lab are, for SIP addresses.
async fn address_of_phones(s: &Stage) -> String {
    let contact = s.asterisk.rx("pjsip show aor alice").await.unwrap();
    let address = contact.split("sip:alice@").nth(1).unwrap();
    let part = |c: &char| c.is_ascii_digit() || matches!(c, '.' | ':');
    address.chars().take_while(part).collect()
}

const EVENTS: &str =
    "statusCallback='/leg' statusCallbackEvent='initiated ringing answered completed'";

on_each_asterisk! {
    a_leg_tells_all_four_of_its_events => async |s: &Stage| {
        s.app.on("/leg", [Answer::status(204)]);
        let phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(1000), hold: ms(2200) });
        let dial = format!("<Dial action='/done'><Number {EVENTS}>{FIRST}</Number></Dial>");
        let mut call = s.call(&dial).await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        let told = in_order(s.app.wait_requests("/leg", 4).await.unwrap());
        let trace = s.trace().await.unwrap();
        assert_eq!(statuses(&told), ["initiated", "ringing", "in-progress", "completed"], "{trace}");
        for seen in &told {
            assert_eq!(param(seen, "CallSid"), param(&done, "DialCallSid"));
            assert_eq!(param(seen, "ParentCallSid"), param(&done, "CallSid"));
        }
        // It holds for 2.2 s, and a BYE may take its time.
        let lasted = param(&told[3], "CallDuration");
        assert!(["2", "3"].contains(&lasted.as_str()), "{lasted}\n{trace}");
        assert_eq!(param(&done, "DialCallDuration"), lasted);
    };

    a_callee_who_presses_the_key_is_connected => async |s: &Stage| {
        s.app.on("/screen", [xml("<Gather numDigits='1' action='/pressed' timeout='10'>\
            <Say>Press one to take this call.</Say></Gather><Hangup/>")]);
        s.app.on("/pressed", [xml("")]);
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        let dial = format!("<Dial action='/done'><Number url='/screen'>{FIRST}</Number></Dial>");
        let mut call = s.call(&dial).await.unwrap();
        let mut callee = phone.next_call().await.unwrap();
        callee.wait_answered().await.unwrap();
        callee.wait_prompt_over(ms(700)).await.unwrap();
        assert!(!callee.heard().is_silent(), "{}", s.trace().await.unwrap());
        // Ringing, and not a word of what the callee hears.
        assert!(call.heard().mixed_tone_duration(440.0) > ms(700));
        callee.press("1").await.unwrap();
        let pressed = s.app.wait_request("/pressed").await.unwrap();
        assert_eq!(param(&pressed, "Digits"), "1");
        call.start_tone(600.0);
        callee.start_tone(900.0);
        let talked = until(SOON, || {
            call.heard().mixed_tone_duration(900.0) > ms(1000) && callee.heard().mixed_tone_duration(600.0) > ms(1000)
        }).await;
        assert!(talked, "{}", s.trace().await.unwrap());
        callee.hangup().await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "DialBridged"), "true");
        let screen = s.app.wait_request("/screen").await.unwrap();
        assert_eq!(param(&screen, "CallSid"), param(&done, "DialCallSid"));
        assert_eq!(param(&screen, "ParentCallSid"), param(&done, "CallSid"));
    };

    a_callee_who_hangs_up_or_is_hung_up_is_not_connected => async |s: &Stage| {
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        let dial = format!("<Dial action='/done'><Number url='/screen'>{FIRST}</Number></Dial>");
        for (document, hangs_up) in [("<Pause length='20'/>", true), ("<Pause length='1'/><Hangup/>", false)] {
            s.app.on("/screen", [xml(document)]);
            let mut call = s.call(&dial).await.unwrap();
            let mut callee = phone.next_call().await.unwrap();
            callee.wait_answered().await.unwrap();
            s.app.wait_request("/screen").await.unwrap();
            if hangs_up {
                callee.hangup().await.unwrap();
            } else {
                callee.wait_ended().await.unwrap();
            }
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(param(&done, "DialBridged"), "false", "{}", s.trace().await.unwrap());
            assert_eq!(param(&done, "DialCallStatus"), "completed");
        }
    };

    a_caller_who_leaves_ends_the_callee_who_is_asked => async |s: &Stage| {
        s.app.on("/screen", [xml("<Pause length='20'/>")]);
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        let dial = format!("<Dial action='/done'><Number url='/screen'>{FIRST}</Number></Dial>");
        let mut call = s.call(&dial).await.unwrap();
        let mut callee = phone.next_call().await.unwrap();
        s.app.wait_request("/screen").await.unwrap();
        call.hangup().await.unwrap();
        callee.wait_ended().await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "DialBridged"), "false", "{}", s.trace().await.unwrap());
    };

    digits_are_heard_by_the_callee_before_it_is_connected => async |s: &Stage| {
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        let dial = format!("<Dial action='/done'><Number sendDigits='W1w2#'>{FIRST}</Number></Dial>");
        let mut call = s.call(&dial).await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        let mut callee = phone.next_call().await.unwrap();
        callee.wait_answered().await.unwrap();
        assert_eq!(callee.wait_keys(3).await.unwrap(), "12#");
        let before = callee.heard().duration();
        until(SOON, || callee.heard().after(before).mixed_tone_duration(600.0) > ms(1000)).await;
        callee.hangup().await.unwrap();
        s.told(&mut call).await.unwrap();
        let heard = callee.heard();
        let trace = s.trace().await.unwrap();
        let early = heard.between(Duration::ZERO, before.saturating_sub(ms(300)));
        assert!(early.mixed_tone_duration(600.0) < ms(200), "{trace}");
        assert!(heard.after(before).mixed_tone_duration(600.0) > ms(1000), "{trace}");
    };

    numbers_in_turn_are_rung_one_after_the_other => async |s: &Stage| {
        let (mut first, mut second) = (s.asterisk.phone(FIRST), s.asterisk.phone(SECOND));
        first.on_call(OnCall::NeverAnswer);
        second.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(1500) });
        let dial = format!("<Dial action='/done' sequential='true' timeout='5'>\
            <Number {EVENTS}>{FIRST}</Number><Number>{SECOND}</Number></Dial>");
        s.app.on("/leg", [Answer::status(204)]);
        let mut call = s.call(&dial).await.unwrap();
        let mut lost = first.next_call().await.unwrap();
        assert!(second.next_call_within(ms(3000)).await.is_err(), "rung too early");
        lost.wait_ended().await.unwrap();
        second.next_call().await.unwrap().wait_ended().await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "completed", "{}", s.trace().await.unwrap());
        let told = in_order(s.app.wait_requests("/leg", 3).await.unwrap());
        assert_eq!(statuses(&told), ["initiated", "ringing", "no-answer"], "{}", s.trace().await.unwrap());
    };

    the_loser_of_two_numbers_is_told_that_it_was_cancelled => async |s: &Stage| {
        s.app.on("/leg", [Answer::status(204)]);
        s.app.on("/won", [Answer::status(204)]);
        let (mut first, second) = (s.asterisk.phone(FIRST), s.asterisk.phone(SECOND));
        first.on_call(OnCall::NeverAnswer);
        second.on_call(OnCall::AnswerThenHangUp { after: ms(1200), hold: ms(2000) });
        let dial = format!("<Dial action='/done'><Number statusCallback='/leg'>{FIRST}</Number>\
            <Number statusCallback='/won'>{SECOND}</Number></Dial>");
        let mut call = s.call(&dial).await.unwrap();
        first.next_call().await.unwrap().wait_ended().await.unwrap();
        let lost = s.app.wait_request("/leg").await.unwrap();
        assert_eq!(param(&lost, "CallStatus"), "canceled", "{}", s.trace().await.unwrap());
        assert!(s.app.requests_to("/won").is_empty(), "told before it was over");
        let done = s.told(&mut call).await.unwrap();
        let won = s.app.wait_request("/won").await.unwrap();
        assert_eq!(param(&won, "CallStatus"), "completed");
        assert_eq!(param(&won, "CallSid"), param(&done, "DialCallSid"));
        assert_eq!(s.app.requests_to("/leg").len(), 1);
    };

    the_caller_hears_the_ring_tone_of_a_country => async |s: &Stage| {
        let phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(3500), hold: ms(500) });
        for (attribute, hertz, other) in [("ringTone='de'", 425.0, 480.0), ("ringTone='us'", 480.0, 350.0)] {
            let mut call = s.call(&format!("<Dial action='/done' {attribute}>{FIRST}</Dial>")).await.unwrap();
            s.told(&mut call).await.unwrap();
            let heard = call.heard();
            let trace = s.trace().await.unwrap();
            assert!(heard.mixed_tone_duration(hertz) > ms(600), "{attribute}: {:?}\n{trace}", heard.segments());
            assert!(heard.mixed_tone_duration(other) < ms(200), "{attribute}\n{trace}");
        }
    };

    sip_tells_its_call_id_and_takes_headers => async |s: &Stage| {
        let address = address_of_phones(s).await;
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(1000) });
        let dial = format!("<Dial action='/done'><Sip>sip:{FIRST}@{address}?X-Order=4711&amp;User-to-User=abc</Sip></Dial>");
        let mut call = s.call(&dial).await.unwrap();
        let callee = phone.next_call().await.unwrap();
        let invite = callee.invite.clone().unwrap();
        assert_eq!(invite.header("X-Order"), Some("4711"));
        assert_eq!(invite.header("User-to-User"), Some("abc"));
        let done = s.told(&mut call).await.unwrap();
        let trace = s.trace().await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "completed", "{trace}");
        assert_eq!(param(&done, "DialSipCallId"), callee.sip_call_id, "{trace}");
        assert_eq!(param(&done, "DialSipResponseCode"), "200");
    };

    // Check 158.
    a_person_is_told_from_a_machine_by_how_long_they_talk => async |s: &Stage| {
        let hello = spoken("Hello?").unwrap();
        let greeting = spoken("Hello, you have reached the answering machine of Anna Miller. \
            I cannot come to the phone right now, but please leave a message.").unwrap();
        s.app.on("/who", [Answer::status(204)]);
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        for (detection, words, tone, verdict) in [
            ("Enable", Some(&hello), None, "human"),
            ("Enable", Some(&greeting), None, "machine_start"),
            ("Enable", None, Some((2100.0, ms(3000))), "fax"),
            ("DetectMessageEnd", Some(&greeting), None, "machine_end_silence"),
            ("DetectMessageEnd", Some(&greeting), Some((1000.0, ms(400))), "machine_end_beep"),
            ("Enable' machineDetectionSilenceTimeout='2000", None, None, "unknown"),
        ] {
            let mut call = s.call(&format!("<Dial action='/done'><Number machineDetection='{detection}' \
                amdStatusCallback='/who'>{FIRST}</Number></Dial>")).await.unwrap();
            call.wait_answered().await.unwrap();
            call.start_tone(600.0);
            let mut callee = phone.next_call().await.unwrap();
            callee.wait_answered().await.unwrap();
            // Nobody waits for the verdict.
            let talked = until(SOON, || callee.heard().mixed_tone_duration(600.0) > ms(200)).await;
            assert!(talked && s.app.requests_to("/who").is_empty(), "{}", s.trace().await.unwrap());
            if let Some(words) = words {
                callee.send_wav(words).await.unwrap();
            }
            if let Some((hertz, length)) = tone {
                callee.send_tone(hertz, length).await.unwrap();
            }
            let who = s.only("/who").await.unwrap();
            assert_eq!(param(&who, "AnsweredBy"), verdict, "{detection}\n{}", s.trace().await.unwrap());
            callee.hangup().await.unwrap();
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(param(&who, "CallSid"), param(&done, "DialCallSid"));
        }
    };
}

mod accounts {
    use super::{FIRST, OnCall, Stage, address_of_phones, ms, on_each_asterisk, param};

    async fn stage(version: &str) -> Option<Stage> {
        let accounts = "[dial.sip_accounts]\nann = \"trunk-ann\"\n";
        let stage = Stage::with(version, |config| config.more(accounts));
        stage.await.unwrap()
    }

    on_each_asterisk! {
        // Check 153.
        a_username_answers_a_challenge_and_nobody_else_is_let_in => async |s: &Stage| {
            let address = address_of_phones(s).await;
            for code in [401, 407] {
                let mut phone = s.asterisk.phone(FIRST);
                phone.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(1000) });
                phone.challenge(code, "ann", "sesame");
                for (username, let_in) in [("username='ann'", true), ("", false), ("username='bob'", false)] {
                    let dial = format!("<Dial action='/done'><Sip {username}>sip:{FIRST}@{address}</Sip></Dial>");
                    let mut call = s.call(&dial).await.unwrap();
                    let done = s.told(&mut call).await.unwrap();
                    let trace = s.trace().await.unwrap();
                    // Asterisk's word for the others is a refusal, and not every version tells the code.
                    let status = param(&done, "DialCallStatus");
                    assert_eq!(status == "completed", let_in, "{code} {username}: {status}\n{trace}");
                    assert_eq!(param(&done, "DialBridged"), let_in.to_string(), "{code} {username}");
                    let callee = phone.next_call_within(ms(100)).await;
                    assert_eq!(callee.is_ok(), let_in, "{code} {username}");
                }
                // Another password than Asterisk has.
                phone.challenge(code, "ann", "changed");
                let dial = format!("<Dial action='/done'><Sip username='ann'>sip:{FIRST}@{address}</Sip></Dial>");
                let mut call = s.call(&dial).await.unwrap();
                let done = s.told(&mut call).await.unwrap();
                assert_eq!(param(&done, "DialBridged"), "false", "{}", s.trace().await.unwrap());
            }
        };
    }
}
