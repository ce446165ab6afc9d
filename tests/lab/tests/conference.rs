//! Conferences on real calls: who hears whom, by the tones of their phones.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::ears::Heard;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::stage::{Stage, ms, param, xml};

async fn stage(version: &str) -> Option<Stage> {
    Stage::new(version).await.unwrap()
}

/// Far apart, and none a sum or multiple of others.
const TONES: [f64; 10] = [
    403.0, 521.0, 607.0, 709.0, 823.0, 947.0, 1087.0, 1249.0, 1427.0, 1613.0,
];
/// The private Asterisk's music on hold.
const MUSIC: f64 = 350.0;
/// pivot's beep.
const BEEP: f64 = 1400.0;

/// Somebody calls and is answered with this `<Dial>`.
async fn dial(s: &Stage, number: usize, dial: &str, noun: &str) -> Call {
    let verbs = format!("<Dial {dial}>{noun}</Dial>");
    s.app.on("/voice", [xml(&verbs)]);
    let from = format!("1555{number:04}");
    let mut call = s.asterisk.phone(&from).call("2100").await.unwrap();
    call.wait_answered().await.unwrap();
    tokio::time::sleep(ms(300)).await;
    call
}

async fn join(s: &Stage, number: usize, attributes: &str) -> Call {
    let noun = format!("<Conference beep='false' {attributes}>Room</Conference>");
    dial(s, number, "", &noun).await
}

/// What a caller hears from now on for this long.
async fn listen(calls: &[&Call], length: Duration) -> Vec<Heard> {
    // What was said before is still on its way.
    tokio::time::sleep(ms(400)).await;
    let from: Vec<Duration> = calls.iter().map(|call| call.heard().duration()).collect();
    tokio::time::sleep(length).await;
    calls
        .iter()
        .zip(from)
        .map(|(call, from)| call.heard().after(from))
        .collect()
}

/// The share of a tone in what was heard, on average over pieces of 200 ms.
fn share(heard: &Heard, hertz: f64) -> f64 {
    let pieces: Vec<f64> = heard
        .samples
        .chunks_exact(1600)
        .map(|piece| Heard::new(piece.to_vec()).share_at(hertz))
        .collect();
    pieces.iter().sum::<f64>() / pieces.len().max(1) as f64
}

async fn nothing_left(s: &Stage) {
    let left = s.asterisk.settled_leftovers().await.unwrap();
    assert!(left.is_empty(), "{left:?}\n{}", s.trace().await.unwrap());
}

async fn all_hang_up(s: &Stage, calls: Vec<Call>) {
    for mut call in calls {
        call.hangup().await.unwrap();
    }
    nothing_left(s).await;
}

on_each_asterisk! {
    two_callers_hear_each_other_after_music_and_their_conference_is_recorded_and_told => async |s: &Stage| {
        let first = join(s, 1, "record='record-from-start' statusCallback='/events' \
            statusCallbackEvent='start end join leave' recordingStatusCallback='/recording'").await;
        let music = listen(&[&first], ms(1500)).await;
        assert!(share(&music[0], MUSIC) > 0.8, "no music\n{}", s.trace().await.unwrap());
        let second = join(s, 2, "").await;
        let silence = listen(&[&first, &second], ms(800)).await;
        assert!(silence.iter().all(Heard::is_silent), "the music goes on");
        first.start_tone(TONES[0]);
        second.start_tone(TONES[1]);
        let heard = listen(&[&first, &second], ms(2000)).await;
        for (place, heard) in heard.iter().enumerate() {
            let (own, other) = (share(heard, TONES[place]), share(heard, TONES[1 - place]));
            assert!(other > 0.9 && own < 0.02, "{place}: {own} {other}\n{}", s.trace().await.unwrap());
        }
        all_hang_up(s, vec![first, second]).await;
        let told = s.app.wait_request("/recording").await.unwrap();
        assert_eq!(param(&told, "RecordingStatus"), "completed");
        assert_eq!(param(&told, "RecordingSource"), "Conference");
        let recording = s.recording(0).unwrap();
        let both = recording.between(ms(500), ms(1500));
        for tone in &TONES[..2] {
            assert!(share(&both, *tone) > 0.3, "{tone}: {}", share(&both, *tone));
        }
        let events: Vec<String> = s.app.requests_to("/events").iter().map(|e| param(e, "StatusCallbackEvent")).collect();
        let expected = ["participant-join", "participant-join", "conference-start", "participant-leave", "participant-leave", "conference-end"];
        assert_eq!(events, expected);
    };

    a_beep_is_heard_and_a_moderator_who_leaves_ends_it => async |s: &Stage| {
        let mut guest = dial(s, 1, "action='/done'", "<Conference>Room</Conference>").await;
        let before = guest.heard().duration();
        let mut chair = dial(s, 2, "", "<Conference endConferenceOnExit='true'>Room</Conference>").await;
        tokio::time::sleep(ms(1200)).await;
        let beep = guest.heard().after(before).tone_duration(BEEP);
        assert!(beep >= ms(100), "{beep:?}\n{}", s.trace().await.unwrap());
        chair.hangup().await.unwrap();
        let done = s.told(&mut guest).await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "answered");
    };

    a_muted_caller_hears_and_is_not_heard => async |s: &Stage| {
        let talker = join(s, 1, "").await;
        let muted = join(s, 2, "muted='true'").await;
        talker.start_tone(TONES[0]);
        muted.start_tone(TONES[1]);
        let heard = listen(&[&talker, &muted], ms(1500)).await;
        assert!(share(&heard[0], TONES[1]) < 0.01, "{}", share(&heard[0], TONES[1]));
        assert!(heard[0].is_silent());
        assert!(share(&heard[1], TONES[0]) > 0.9);
        all_hang_up(s, vec![talker, muted]).await;
    };

    a_coach_hears_all_and_is_heard_by_the_coached_alone => async |s: &Stage| {
        let agent = join(s, 1, "record='true' recordingStatusCallback='/recording'").await;
        let sid = param(&s.app.wait_request("/voice").await.unwrap(), "CallSid");
        let customer = join(s, 2, "").await;
        let coach = join(s, 3, &format!("coach='{sid}'")).await;
        let calls = [&agent, &customer, &coach];
        for (call, tone) in calls.iter().zip(TONES) {
            call.start_tone(tone);
        }
        let heard = listen(&calls, ms(2000)).await;
        let shares: Vec<Vec<f64>> = heard.iter().map(|h| TONES[..3].iter().map(|t| share(h, *t)).collect()).collect();
        let hears: Vec<Vec<bool>> = shares.iter().map(|of| of.iter().map(|share| *share > 0.2).collect()).collect();
        let expected = [[false, true, true], [true, false, false], [true, true, false]];
        assert_eq!(hears, expected, "{shares:?}\n{}", s.trace().await.unwrap());
        all_hang_up(s, vec![agent, customer, coach]).await;
        s.app.wait_request("/recording").await.unwrap();
        let recording = s.recording(0).unwrap();
        assert!(share(&recording, TONES[0]) > 0.1 && share(&recording, TONES[2]) < 0.01, "{}", share(&recording, TONES[2]));
    };
}

#[tokio::test]
async fn three_callers_who_speak_at_once_hear_both_others() {
    let Some(s) = stage("22").await else { return };
    let mut calls = Vec::new();
    for number in 0..3 {
        calls.push(join(&s, number, "").await);
    }
    for (call, tone) in calls.iter().zip(TONES) {
        call.start_tone(tone);
    }
    let heard = listen(&calls.iter().collect::<Vec<_>>(), ms(2500)).await;
    for (listener, heard) in heard.iter().enumerate() {
        for (speaker, tone) in TONES[..3].iter().enumerate() {
            let share = share(heard, *tone);
            let fine = if speaker == listener {
                share < 0.02
            } else {
                share > 0.3
            };
            assert!(
                fine,
                "{listener} hears {speaker}: {share}\n{}",
                s.trace().await.unwrap()
            );
        }
    }
    all_hang_up(&s, calls).await;
}

#[tokio::test]
async fn each_of_ten_callers_is_heard_by_the_nine_others() {
    let Some(s) = stage("22").await else { return };
    let mut calls = Vec::new();
    for number in 0..10 {
        calls.push(join(&s, number, "").await);
    }
    for (speaker, tone) in TONES.iter().enumerate() {
        calls[speaker].start_tone(*tone);
        let heard = listen(&calls.iter().collect::<Vec<_>>(), ms(800)).await;
        calls[speaker].stop_sending();
        for (listener, heard) in heard.iter().enumerate() {
            let share = share(heard, *tone);
            let fine = if speaker == listener {
                share < 0.02
            } else {
                share > 0.8
            };
            assert!(
                fine,
                "{listener} hears {speaker}: {share}\n{}",
                s.trace().await.unwrap()
            );
        }
    }
    all_hang_up(&s, calls).await;
}
