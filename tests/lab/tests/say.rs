//! Say and what stands beside it, as a caller hears it: breaks, echoes; and what
//! SIP says of a caller.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::CallOptions;
use pivot_lab::stage::{CALLER, Stage, ms, param, stage, xml};

on_each_asterisk! {
    a_break_is_a_gap_of_its_length => async |s: &Stage| {
        let mut call = s.call("<Say>One. <break time=\"2s\"/> Two.</Say>").await.unwrap();
        call.wait_ended().await.unwrap();
        let segments = call.heard_answered().segments_with(ms(1500));
        assert_eq!(segments.len(), 2, "{segments:?}\n{}", s.trace().await.unwrap());
        let gap = segments[1].start - segments[0].end;
        assert!((ms(1700)..ms(2900)).contains(&gap), "{gap:?}");
        s.over(&mut call).await.unwrap();
    };

    callers_hear_themselves_in_an_echo => async |s: &Stage| {
        let mut call = s.call("<Echo/>").await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(1500)).await;
        call.send_tone(700.0, Duration::from_secs(2)).await.unwrap();
        tokio::time::sleep(ms(1000)).await;
        let heard = call.heard_answered().tone_duration(700.0);
        assert!((ms(1500)..ms(2500)).contains(&heard), "{heard:?}\n{}", s.trace().await.unwrap());
        call.hangup().await.unwrap();
        s.over(&mut call).await.unwrap();
    };

    what_sip_says_is_told => async |s: &Stage| {
        let options = CallOptions {
            headers: vec![
                ("X-Account".into(), "77".into()),
                ("User-to-User".into(), "616263;encoding=hex".into()),
                ("Identity".into(), "eyJh.eyJi.c2ln;info=<https://ca.example.com/a.pem>;alg=ES256".into()),
            ],
            ..CallOptions::default()
        };
        s.app.forget_requests();
        s.app.on("/voice", [xml("<Redirect>/done</Redirect>")]);
        let mut call = s.asterisk.phone(CALLER).call_with("2100", options).await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        assert_eq!(param(&done, "SipSourceIp"), "127.0.0.1");
        assert!(!param(&done, "SipCallId").is_empty());
        // 16 cannot list headers.
        if s.asterisk.version.starts_with("22") {
            assert_eq!(param(&done, "SipHeader_X-Account"), "77", "{}", s.trace().await.unwrap());
            assert_eq!(param(&done, "SipHeader_User-to-User"), "616263;encoding=hex");
            // Its endpoint has no stir_shaken_profile, so that nobody has checked it.
            let first = s.app.wait_request("/voice").await.unwrap();
            assert_eq!(param(&first, "StirPassportToken"), "eyJh.eyJi.c2ln", "{}", s.trace().await.unwrap());
            assert_eq!(param(&first, "StirVerstat"), "No-TN-Validation");
        }
    };
}
