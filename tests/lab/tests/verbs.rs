//! What the verbs do on real calls, beyond the samples: barge-in, every way a
//! Dial and a Record can end, and which SIP answers an unanswered caller gets.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::OnCall;
use pivot_lab::stage::{FIRST, SECOND, Stage, ms, param, stage, xml};

on_each_asterisk! {
    a_key_stops_the_prompt_of_a_gather => async |s: &Stage| {
        let mut call = s.call("<Gather action='/done' numDigits='1'>\
            <Say>This is a very long sentence that goes on and on, and on, and on, until somebody presses a key.</Say></Gather>").await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        let before = call.heard().duration();
        call.press("5").await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "Digits"), "5");
        let after = call.heard().after(before);
        let last = after.segments().last().map_or(Duration::ZERO, |segment| segment.end);
        assert!(last < ms(600), "sound went on for {last:?} after the key\n{}", s.trace().await.unwrap());
    };

    each_way_that_a_callee_refuses_has_its_word => async |s: &Stage| {
        let phone = s.asterisk.phone(FIRST);
        for (code, word, sip) in [(486, "busy", "486"), (603, "busy", "603"), (404, "failed", "404"), (503, "failed", "503"), (480, "no-answer", "480")] {
            phone.on_call(OnCall::Reject(code));
            let mut call = s.call(&format!("<Dial action='/done'>{FIRST}</Dial>")).await.unwrap();
            let done = s.told(&mut call).await.unwrap();
            assert_eq!(param(&done, "DialCallStatus"), word, "{code}\n{}", s.trace().await.unwrap());
            let told = param(&done, "DialSipResponseCode");
            assert!(told.is_empty() || told == sip, "{code}: {told}");
        }
        phone.on_call(OnCall::NeverAnswer);
        let mut call = s.call(&format!("<Dial action='/done' timeout='5'>{FIRST}</Dial>")).await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "no-answer", "{}", s.trace().await.unwrap());
    };

    a_caller_who_leaves_while_it_rings_cancels_the_callee => async |s: &Stage| {
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::NeverAnswer);
        let mut call = s.call(&format!("<Dial action='/done'>{FIRST}</Dial>")).await.unwrap();
        let mut callee = phone.next_call().await.unwrap();
        tokio::time::sleep(ms(500)).await;
        call.hangup().await.unwrap();
        callee.wait_ended().await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!((param(&done, "DialCallStatus").as_str(), param(&done, "CallStatus").as_str()), ("canceled", "completed"));
    };

    of_two_numbers_the_first_to_answer_wins => async |s: &Stage| {
        let (mut first, mut second) = (s.asterisk.phone(FIRST), s.asterisk.phone(SECOND));
        first.on_call(OnCall::NeverAnswer);
        second.on_call(OnCall::AnswerThenHangUp { after: ms(1000), hold: ms(2500) });
        let mut call = s.call(&format!("<Dial action='/done'><Number>{FIRST}</Number><Number>{SECOND}</Number></Dial>")).await.unwrap();
        let mut lost = first.next_call().await.unwrap();
        let won = second.next_call().await.unwrap();
        lost.wait_ended().await.unwrap();
        call.start_tone(600.0);
        won.start_tone(900.0);
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "completed");
        assert!(call.heard().mixed_tone_duration(900.0) > ms(1000), "{}", s.trace().await.unwrap());
        assert!(won.heard().mixed_tone_duration(600.0) > ms(1000), "{}", s.trace().await.unwrap());
    };

    the_callers_star_and_the_time_limit_end_the_talk_and_not_the_call => async |s: &Stage| {
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(300) });
        let mut call = s.call(&format!("<Dial hangupOnStar='true'>{FIRST}</Dial><Redirect>/done</Redirect>")).await.unwrap();
        let mut callee = phone.next_call().await.unwrap();
        callee.wait_answered().await.unwrap();
        tokio::time::sleep(ms(1000)).await;
        call.press("*").await.unwrap();
        callee.wait_ended().await.unwrap();
        s.told(&mut call).await.unwrap();
        let mut call = s.call(&format!("<Dial timeLimit='2' action='/done'>{FIRST}</Dial>")).await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "completed");
        let lasted = param(&done, "DialCallDuration");
        assert!(["2", "3"].contains(&lasted.as_str()), "{lasted}\n{}", s.trace().await.unwrap());
    };

    a_dual_recording_has_the_caller_left_and_the_callee_right => async |s: &Stage| {
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(300), hold: ms(3500) });
        let mut call = s.call(&format!("<Dial record='record-from-answer-dual' action='/done'>{FIRST}</Dial>")).await.unwrap();
        let callee = phone.next_call().await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        callee.start_tone(900.0);
        let done = s.told(&mut call).await.unwrap();
        assert!(param(&done, "RecordingUrl").contains("/Recordings/RE"), "{}", s.trace().await.unwrap());
        let (left, right) = (s.recording(0).unwrap(), s.recording(1).unwrap());
        assert!(left.tone_duration(600.0) > ms(1500), "{:?}\n{}", left.tone_duration(600.0), s.trace().await.unwrap());
        assert!(right.tone_duration(900.0) > ms(1500), "{:?}\n{}", right.tone_duration(900.0), s.trace().await.unwrap());
        assert!(left.share_at(900.0) < 0.05 && right.share_at(600.0) < 0.05);
    };

    a_caller_who_is_not_answered_gets_the_sip_code_that_fits => async |s: &Stage| {
        for (verbs, code) in [("<Reject reason='busy'/>", 486), ("<Reject/>", 404)] {
            let mut call = s.call(verbs).await.unwrap();
            call.wait_ended().await.ok();
            assert_eq!(call.state().code, Some(code), "{verbs}\n{}", s.trace().await.unwrap());
            s.over(&mut call).await.unwrap();
        }
        let mut call = s.call("<Hangup/>").await.unwrap();
        call.wait_ended().await.ok();
        let state = call.state();
        assert!(state.code.is_some_and(|code| code >= 400), "{state:?}");
        assert!(state.answered_at.is_none(), "never answered");
        s.over(&mut call).await.unwrap();
    };

    the_caller_is_answered_when_the_callee_is_if_the_dial_says_so => async |s: &Stage| {
        let phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(1500), hold: ms(1000) });
        let mut call = s.call(&format!("<Dial answerOnBridge='true' action='/done'>{FIRST}</Dial>")).await.unwrap();
        call.wait_answered().await.unwrap();
        let answered = call.state().answered_at.unwrap();
        assert!(answered > ms(1500), "{answered:?}");
        s.told(&mut call).await.unwrap();
    };

    a_recording_ends_by_key_hang_up_and_its_longest_time => async |s: &Stage| {
        let mut call = s.call("<Record action='/done' finishOnKey='#' timeout='0' playBeep='false' trim='do-not-trim'/>").await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(700)).await;
        call.send_tone(600.0, ms(1500)).await.unwrap();
        call.press("#").await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "Digits"), "#");
        assert!(s.recording(0).unwrap().tone_duration(600.0) > ms(1200), "{}", s.trace().await.unwrap());
        s.forget_recordings().unwrap();

        let mut call = s.call("<Record action='/done' finishOnKey='#' timeout='0' playBeep='false'/>").await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(700)).await;
        call.send_tone(600.0, ms(1500)).await.unwrap();
        call.hangup().await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!((param(&done, "Digits").as_str(), param(&done, "CallStatus").as_str()), ("hangup", "completed"));
        assert!(s.recording(0).unwrap().tone_duration(600.0) > ms(1000), "{}", s.trace().await.unwrap());
        s.forget_recordings().unwrap();

        // Without a single packet neither Asterisk's time limit nor its silence counts.
        let mut call = s.call("<Record action='/done' maxLength='2' timeout='0' playBeep='false'/>").await.unwrap();
        call.wait_answered().await.unwrap();
        call.mute_rtp(true);
        let began = tokio::time::Instant::now();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "Digits"), "");
        assert!(began.elapsed() < ms(6000), "{:?}\n{}", began.elapsed(), s.trace().await.unwrap());
    };

    a_recording_ends_by_silence_and_a_beep_is_heard => async |s: &Stage| {
        let mut call = s.call("<Record action='/done' timeout='2'/>").await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        call.send_tone(600.0, ms(1500)).await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "Digits"), "");
        assert!(call.heard().first_sound().is_some(), "no beep");
        assert!(s.recording(0).unwrap().tone_duration(600.0) > ms(1000), "{}", s.trace().await.unwrap());
    };

    twenty_callers_at_once_who_leave_at_different_times_leave_nothing => async |s: &Stage| {
        let phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::Answer { after: ms(400) });
        s.app.on("/voice", [xml(&format!("<Gather timeout='1'><Play>sound:hello-world</Play></Gather><Dial>{FIRST}</Dial>"))]);
        let mut calls = Vec::new();
        for number in 0..20 {
            let caller = s.asterisk.phone(&format!("1555600{number:02}"));
            calls.push((caller.call("2100").await.unwrap(), caller));
        }
        for (index, (call, _)) in calls.iter_mut().enumerate() {
            tokio::time::sleep(ms(40 * (index as u64 % 7))).await;
            call.hangup().await.ok();
        }
        s.nothing_left().await.unwrap();
    };
}
