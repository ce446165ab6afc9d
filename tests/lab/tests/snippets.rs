//! `asterisk-conf/` as Asterisk 22 and 16 read it: no complaint in the log, and
//! every setting that pivot relies on is in force.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::asterisk::{self, Asterisk, Options};
use pivot_lab::ears::Heard;
use pivot_lab::phone::OnCall;
use pivot_lab::webapp::{Answer, WebApp};
use pivot_lab::{LabError, on_each_asterisk};
use tokio::net::TcpStream;

/// Modules of modules.conf that a version does not have.
const MISSING: [&str; 2] = ["res_websocket_client.so", "format_mp3.so"];

async fn stage(version: &str) -> Option<Asterisk> {
    asterisk::start_or_skip(version).await.unwrap()
}

on_each_asterisk! {
    asterisk_has_no_complaint_about_them => async |a: &Asterisk| {
        let log = a.log();
        let complaints: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("ERROR[") || line.contains("WARNING["))
            .filter(|line| !MISSING.iter().any(|module| line.contains(module)))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    };

    more_than_a_hundred_connections_are_served => async |a: &Asterisk| {
        let mut held = Vec::new();
        for _ in 0..150 {
            held.push(TcpStream::connect(a.ari_addr).await.unwrap());
        }
        // With the default sessionlimit this one would be closed without a word.
        let reply = a.ari("GET", "/ari/asterisk/ping").await.unwrap();
        assert_eq!(reply.status, 200);
    };

    endpoints_of_the_contract_exist => async |a: &Asterisk| {
        for endpoint in ["pivot-trunk", "pivot-out"] {
            let reply = a.ari("GET", &format!("/ari/endpoints/PJSIP/{endpoint}")).await.unwrap();
            assert_eq!(reply.status, 200, "{endpoint}");
            let shown = a.rx(&format!("pjsip show endpoint {endpoint}")).await.unwrap();
            for setting in ["direct_media", "dtmf_mode"] {
                let line = shown.lines().find(|l| l.trim().starts_with(setting)).unwrap();
                let value = if setting == "direct_media" { "false" } else { "rfc4733" };
                assert!(line.ends_with(value), "{line}");
            }
        }
    };

    ari_user_may_write_and_a_stranger_may_not => async |a: &Asterisk| {
        let variable = "/ari/asterisk/variable?variable=PIVOT_LAB&value=1";
        assert_eq!(a.ari("POST", variable).await.unwrap().status, 204);
        let shown = a.rx("ari show users").await.unwrap();
        assert!(shown.lines().any(|l| l.contains("pivot") && l.starts_with("No")), "{shown}");
    };

    call_limit_is_set_before_pivot_is_asked => async |a: &Asterisk| {
        let dialplan = a.rx("dialplan show 2030@pivot").await.unwrap();
        let at = |what: &str| dialplan.find(what).unwrap_or_else(|| panic!("{what}: {dialplan}"));
        assert!(at("TIMEOUT(absolute)=14400") < at("Stasis(pivot)"));
    };

    caller_gets_503_while_pivot_is_down => async |a: &Asterisk| {
        for number in ["2030", "+15551234"] {
            let mut call = a.phone("15550001").call(number).await.unwrap();
            call.wait_ended().await.unwrap();
            assert_eq!(call.state().code, Some(503), "{number}");
        }
    };

    outbound_context_reaches_the_trunk_and_returns_its_cause => async |a: &Asterisk| {
        // As pivot dials: a Local channel of ARI, here into a bridge of nobody.
        let mut phone = a.phone("+15557005");
        phone.on_call(OnCall::Reject(486));
        let path = "/ari/channels?endpoint=Local/%2B15557005@pivot-outbound/n&extension=9001&context=pivot&priority=1&callerId=5550100";
        assert_eq!(a.ari("POST", path).await.unwrap().status, 200);
        let call = phone.next_call().await.unwrap();
        let from = call.invite.as_ref().unwrap().uri_of("From").unwrap();
        assert!(from.starts_with("sip:5550100@"), "{from}");
        assert!(a.settled_leftovers().await.unwrap().is_empty());
    };

    tones_and_music_can_be_played => async |a: &Asterisk| {
        assert!(a.rx("indication show us").await.unwrap().contains("busy"));
        let mut call = a.phone("15550001").call("9011").await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        // The lab's music is 350 Hz.
        assert!(call.heard().tone_duration(350.0) > Duration::from_millis(800));
        call.hangup().await.unwrap();
    };
}

/// Prompts come from pivot over HTTP, so Asterisk must be able to fetch.
#[tokio::test]
async fn asterisk_plays_what_a_web_server_has() {
    let app = WebApp::start().await.unwrap();
    let tone = (0..16_000)
        .map(|i| ((f64::from(i) * 500.0 * std::f64::consts::TAU / 8000.0).sin() * 9000.0) as i16)
        .collect();
    let path = std::env::temp_dir().join(format!("pivot-lab-{}.wav", std::process::id()));
    Heard::new(tone).write_wav(&path).unwrap();
    app.on(
        "/tone.wav",
        [Answer::new(200, "audio/wav", std::fs::read(&path).unwrap())],
    );
    std::fs::remove_file(&path).unwrap();
    for version in asterisk::VERSIONS {
        let url = app.url("/tone.wav");
        let options = Options {
            dialplan: format!("[pivot](+)\nexten => 9101,1,Answer()\n same => n,Playback({url})\n"),
            ..Options::default()
        };
        let asterisk = match Asterisk::start_with(version, options).await {
            Err(LabError::Skipped(_)) => continue,
            asterisk => asterisk.unwrap(),
        };
        let mut call = asterisk.phone("15550001").call("9101").await.unwrap();
        call.wait_ended().await.unwrap();
        let length = call.heard().tone_duration(500.0);
        assert!(
            length > Duration::from_millis(1800),
            "{version}: {length:?}"
        );
    }
}
