//! The lab's phones against a real Asterisk, without pivot: what they report is
//! what Asterisk's dialplan did.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::asterisk::{self, Asterisk, Options};
use pivot_lab::phone::{CallOptions, OnCall, Side, Start};
use pivot_lab::stage::ms;

/// Every test runs on both versions, each with an Asterisk of its own.
macro_rules! on_each_asterisk {
    ($($(#[$doc:meta])* $name:ident => $script:expr;)*) => {$(
        mod $name {
            use super::*;
            async fn on(version: &str) {
                if let Some(asterisk) = asterisk::start_or_skip(version).await.unwrap() {
                    let script = $script;
                    script(&asterisk).await;
                    let left = asterisk.settled_leftovers().await.unwrap();
                    assert!(left.is_empty(), "{left:?}");
                }
            }
            #[tokio::test]
            async fn on_22() { on("22").await }
            #[tokio::test]
            async fn on_16() { on("16").await }
        }
    )*};
}

on_each_asterisk! {
    echo_returns_the_tone_that_was_sent => async |a: &Asterisk| {
        let mut call = a.phone("15550001").call("9001").await.unwrap();
        call.wait_answered().await.unwrap();
        call.send_tone(440.0, ms(1000)).await.unwrap();
        tokio::time::sleep(ms(200)).await;
        let heard = call.heard_answered();
        let length = heard.tone_duration(440.0);
        assert!(length > ms(900) && length < ms(1100), "{length:?}");
        assert_eq!(heard.segments().len(), 1);
        assert_eq!(call.hangup().await.unwrap().by, Side::Us);
    };

    prompt_is_heard_and_the_hangup_is_theirs => async |a: &Asterisk| {
        let mut call = a.phone("15550001").call("9002").await.unwrap();
        let ended = call.wait_ended().await.unwrap();
        assert_eq!((ended.by, call.state().code), (Side::Them, Some(200)));
        let heard = call.heard_answered();
        // "hello-world" of the core sounds lasts 1.4 s.
        let length = heard.segments().iter().map(|s| s.duration()).sum::<Duration>();
        assert!(length > ms(900) && length < ms(2000), "{length:?}");
        assert!(heard.says("hello world").await.unwrap(), "{}", heard.words().await.unwrap());
    };

    keys_pressed_by_asterisk_arrive => async |a: &Asterisk| {
        let mut call = a.phone("15550001").call("9003").await.unwrap();
        call.wait_ended().await.unwrap();
        assert_eq!(call.pressed(), "13579#");
    };

    keys_pressed_by_the_phone_arrive => async |a: &Asterisk| {
        let mut call = a.phone("15550001").call("9004").await.unwrap();
        call.wait_answered().await.unwrap();
        call.press("12*0").await.unwrap();
        let ended = call.wait_ended().await.unwrap();
        // The dialplan presses 1 back when it read 12*0.
        assert_eq!((ended.by, call.pressed().as_str()), (Side::Them, "1"));
    };

    refusals_have_their_code => async |a: &Asterisk| {
        let phone = a.phone("15550001");
        for (number, code) in [("9006", 403), ("9007", 486), ("9999", 404)] {
            let mut call = phone.call(number).await.unwrap();
            let ended = call.wait_ended().await.unwrap();
            let state = call.state();
            assert_eq!(ended.by, Side::Them);
            // 9999 goes to pivot, which is not there: the dialplan's 503.
            let code = if number == "9999" { 503 } else { code };
            assert_eq!(state.code, Some(code), "{number}");
            assert_eq!(state.answered_at, None);
        }
    };

    caller_who_gives_up_while_it_rings_is_cancelled => async |a: &Asterisk| {
        let mut call = a.phone("15550001").call("9005").await.unwrap();
        call.wait_ringing().await.unwrap();
        let ended = call.hangup().await.unwrap();
        assert_eq!((ended.by, call.state().code), (Side::Us, Some(487)));
    };

    early_media_is_heard_before_the_answer => async |a: &Asterisk| {
        let mut call = a.phone("15550001").call("9008").await.unwrap();
        call.wait_answered().await.unwrap();
        let state = call.state();
        assert!(state.early_media && state.provisional.contains(&183), "{state:?}");
        let early = call.heard().between(Duration::ZERO, state.answered_at.unwrap());
        assert!(early.says("hello world").await.unwrap());
        call.wait_ended().await.unwrap();
    };

    two_phones_talk_over_the_trunk => async |a: &Asterisk| {
        let mut bob = a.phone("5557001");
        bob.on_call(OnCall::Answer { after: ms(200) });
        let mut call = a.phone("15550001").call("85557001").await.unwrap();
        let mut other = bob.next_call().await.unwrap();
        call.wait_answered().await.unwrap();
        other.wait_answered().await.unwrap();
        tokio::join!(
            async { call.send_tone(600.0, ms(1000)).await.unwrap() },
            async { other.send_tone(900.0, ms(1000)).await.unwrap() },
        );
        tokio::time::sleep(ms(200)).await;
        assert!(call.heard().tone_duration(900.0) > ms(800));
        assert!(other.heard().tone_duration(600.0) > ms(800));
        assert_eq!(call.heard().tone_duration(600.0), Duration::ZERO);
        call.press("42").await.unwrap();
        assert_eq!(other.wait_keys(2).await.unwrap(), "42");
        other.hangup().await.unwrap();
        assert_eq!(call.wait_ended().await.unwrap().by, Side::Them);
    };

    callee_who_is_busy_or_gone_gives_its_code_to_the_caller => async |a: &Asterisk| {
        let bob = a.phone("5557002");
        let caller = a.phone("15550001");
        for (how, code) in [(OnCall::Reject(486), 486), (OnCall::Reject(603), 403)] {
            bob.on_call(how);
            let mut call = caller.call("85557002").await.unwrap();
            call.wait_ended().await.unwrap();
            assert_eq!(call.state().code, Some(code));
        }
        drop(bob);
        let mut call = caller.call("85557002").await.unwrap();
        call.wait_ended().await.unwrap();
        assert_eq!(call.state().code, Some(404));
    };

    device_rings_and_caller_gives_up => async |a: &Asterisk| {
        let mut alice = a.phone("alice");
        alice.on_call(OnCall::NeverAnswer);
        let mut call = a.phone("15550001").call("9010").await.unwrap();
        let mut ringing = alice.next_call().await.unwrap();
        call.wait_ringing().await.unwrap();
        call.hangup().await.unwrap();
        let ended = ringing.wait_ended().await.unwrap();
        assert_eq!((ended.by, ringing.state().code), (Side::Them, Some(487)));
    };

    callee_hangs_up_by_itself => async |a: &Asterisk| {
        let bob = a.phone("5557003");
        bob.on_call(OnCall::AnswerThenHangUp { after: ms(100), hold: ms(500) });
        let mut call = a.phone("15550001").call("85557003").await.unwrap();
        call.wait_answered().await.unwrap();
        assert_eq!(call.wait_ended().await.unwrap().by, Side::Them);
    };
}

#[tokio::test]
async fn caller_id_and_headers_reach_asterisk() {
    let options = Options {
        dialplan: "[pivot](+)\nexten => 9100,1,Answer()\n\
                   same => n,Dial(PJSIP/bob,,b(pivot-mark^s^1(${CALLERID(num)}-${CALLERID(name)}-${PJSIP_HEADER(read,X-Account)})))\n\
                   [pivot-mark]\nexten => s,1,Set(PJSIP_HEADER(add,X-Seen)=${ARG1})\n same => n,Return()\n"
            .into(),
        ..Options::default()
    };
    let asterisk = Asterisk::start_with("22", options).await.unwrap();
    let mut bob = asterisk.phone("bob");
    let options = CallOptions {
        name: Some("Ann Lee".into()),
        headers: vec![("X-Account".into(), "77".into())],
    };
    let _call = asterisk
        .phone("15550009")
        .call_with("9100", options)
        .await
        .unwrap();
    let call = bob.next_call().await.unwrap();
    let invite = call.invite.as_ref().unwrap();
    assert!(matches!(invite.start, Start::Request { .. }));
    assert_eq!(invite.header("X-Seen"), Some("15550009-Ann Lee-77"));
}

#[tokio::test]
async fn several_asterisks_run_side_by_side_and_are_gone_when_dropped() {
    let (first, second) = tokio::join!(Asterisk::start("22"), Asterisk::start("22"));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first.ari_addr, second.ari_addr);
    assert!(
        first
            .rx("core show version")
            .await
            .unwrap()
            .starts_with("Asterisk ")
    );
    let wrong = format!("/ari/channels?api_key=pivot:{}", second.password);
    assert_eq!(first.ari("GET", &wrong).await.unwrap().status, 401);
    let (dir, addr) = (first.host_dir(), first.ari_addr);
    drop(first);
    assert!(!dir.exists());
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(addr).await.is_err() {
            return;
        }
        tokio::time::sleep(ms(20)).await;
    }
    panic!("Asterisk still listens at {addr}");
}
