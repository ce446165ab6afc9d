//! Conferences on real calls: who hears whom, by the tones of their phones.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::ears::Heard;
use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::stage::{SOON, Stage, ms, param, stage, until};
use tokio::time::Instant;

/// Far apart, and none a sum or multiple of others.
const TONES: [f64; 10] = [
    403.0, 521.0, 607.0, 709.0, 823.0, 947.0, 1087.0, 1249.0, 1427.0, 1613.0,
];
/// The private Asterisk's music on hold.
const MUSIC: f64 = 350.0;
/// pivot's beep.
const BEEP: f64 = 1400.0;

/// Who comes and goes is told; the first participant's word rules.
const EVENTS: &str = "statusCallback='/events' statusCallbackEvent='start end join leave'";

/// Somebody calls, is answered with this `<Dial>`, and has joined.
async fn dial(s: &Stage, number: usize, dial: &str, noun: &str) -> Call {
    let before = joins(s);
    let verbs = format!("<Dial {dial}>{noun}</Dial>");
    let call = s
        .call_from(&format!("1555{number:04}"), &verbs)
        .await
        .unwrap();
    let joined = until(SOON, || joins(s) > before).await;
    assert!(joined, "{}", s.trace().await.unwrap());
    call
}

fn events(s: &Stage) -> Vec<String> {
    let told = s.app.requests_to("/events");
    told.iter()
        .map(|seen| param(seen, "StatusCallbackEvent"))
        .collect()
}

fn joins(s: &Stage) -> usize {
    events(s)
        .iter()
        .filter(|event| *event == "participant-join")
        .count()
}

async fn join(s: &Stage, number: usize, attributes: &str) -> Call {
    let noun = format!("<Conference beep='false' {EVENTS} {attributes}>Room</Conference>");
    dial(s, number, "", &noun).await
}

/// What callers hear, piece by piece of this length, until it is as it should be; what
/// it is not within the time is given to be looked at.
async fn listen(calls: &[&Call], length: Duration, fine: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
    let deadline = Instant::now() + SOON;
    loop {
        let from: Vec<Duration> = calls.iter().map(|call| call.heard().duration()).collect();
        tokio::time::sleep(length).await;
        let heard: Vec<Heard> = calls
            .iter()
            .zip(from)
            .map(|(call, from)| call.heard().after(from))
            .collect();
        if fine(&heard) || Instant::now() > deadline {
            return heard;
        }
    }
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

async fn all_hang_up(s: &Stage, calls: Vec<Call>) {
    for mut call in calls {
        call.hangup().await.unwrap();
    }
    s.nothing_left().await.unwrap();
}

on_each_asterisk! {
    two_callers_hear_each_other_after_music_and_their_conference_is_recorded_and_told => async |s: &Stage| {
        let first = join(s, 1, "record='record-from-start' recordingStatusCallback='/recording'").await;
        let fine = |heard: &[Heard]| share(&heard[0], MUSIC) > 0.8;
        let music = listen(&[&first], ms(1500), fine).await;
        assert!(fine(&music), "no music\n{}", s.trace().await.unwrap());
        let second = join(s, 2, "").await;
        let fine = |heard: &[Heard]| heard.iter().all(Heard::is_silent);
        let silence = listen(&[&first, &second], ms(800), fine).await;
        assert!(fine(&silence), "the music goes on");
        first.start_tone(TONES[0]);
        second.start_tone(TONES[1]);
        let shares = |heard: &[Heard]| [0, 1].map(|place| (share(&heard[place], TONES[place]), share(&heard[place], TONES[1 - place])));
        let fine = |heard: &[Heard]| shares(heard).iter().all(|(own, other)| *own < 0.02 && *other > 0.9);
        let heard = listen(&[&first, &second], ms(2000), fine).await;
        assert!(fine(&heard), "{:?}\n{}", shares(&heard), s.trace().await.unwrap());
        all_hang_up(s, vec![first, second]).await;
        let told = s.app.wait_request("/recording").await.unwrap();
        assert_eq!(param(&told, "RecordingStatus"), "completed");
        assert_eq!(param(&told, "RecordingSource"), "Conference");
        let recording = s.recording(0).unwrap();
        let both = recording.between(ms(500), ms(1500));
        for tone in &TONES[..2] {
            assert!(share(&both, *tone) > 0.3, "{tone}: {}", share(&both, *tone));
        }
        s.app.wait_requests("/events", 6).await.unwrap();
        let events = events(s);
        let expected = ["participant-join", "participant-join", "conference-start", "participant-leave", "participant-leave", "conference-end"];
        assert_eq!(events, expected);
    };

    a_beep_is_heard_and_a_moderator_who_leaves_ends_it => async |s: &Stage| {
        let mut guest = dial(s, 1, "action='/done'", &format!("<Conference {EVENTS}>Room</Conference>")).await;
        let before = guest.heard().duration();
        let mut chair = dial(s, 2, "", "<Conference endConferenceOnExit='true'>Room</Conference>").await;
        let beep = until(SOON, || guest.heard().after(before).tone_duration(BEEP) >= ms(100)).await;
        assert!(beep, "{}", s.trace().await.unwrap());
        chair.hangup().await.unwrap();
        let done = s.told(&mut guest).await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "answered");
    };

    a_muted_caller_hears_and_is_not_heard => async |s: &Stage| {
        let talker = join(s, 1, "").await;
        let muted = join(s, 2, "muted='true'").await;
        talker.start_tone(TONES[0]);
        muted.start_tone(TONES[1]);
        let fine = |heard: &[Heard]| share(&heard[1], TONES[0]) > 0.9;
        let heard = listen(&[&talker, &muted], ms(1500), fine).await;
        assert!(fine(&heard), "{}", share(&heard[1], TONES[0]));
        assert!(share(&heard[0], TONES[1]) < 0.01, "{}", share(&heard[0], TONES[1]));
        assert!(heard[0].is_silent());
        all_hang_up(s, vec![talker, muted]).await;
    };

    // Check 171.
    a_coach_hears_all_and_is_heard_by_the_coached_alone => async |s: &Stage| {
        let agent = join(s, 1, "record='true' recordingStatusCallback='/recording'").await;
        let sid = param(&s.app.wait_request("/voice").await.unwrap(), "CallSid");
        let customer = join(s, 2, "").await;
        let coach = join(s, 3, &format!("coach='{sid}'")).await;
        let calls = [&agent, &customer, &coach];
        for (call, tone) in calls.iter().zip(TONES) {
            call.start_tone(tone);
        }
        let shares = |heard: &[Heard]| -> Vec<Vec<f64>> {
            heard.iter().map(|h| TONES[..3].iter().map(|t| share(h, *t)).collect()).collect()
        };
        let hears = |heard: &[Heard]| -> Vec<Vec<bool>> {
            shares(heard).iter().map(|of| of.iter().map(|share| *share > 0.2).collect()).collect()
        };
        let expected = [[false, true, true], [true, false, false], [true, true, false]];
        let heard = listen(&calls, ms(2000), |heard| hears(heard) == expected).await;
        assert_eq!(hears(&heard), expected, "{:?}\n{}", shares(&heard), s.trace().await.unwrap());
        all_hang_up(s, vec![agent, customer, coach]).await;
        s.app.wait_request("/recording").await.unwrap();
        let recording = s.recording(0).unwrap();
        assert!(share(&recording, TONES[0]) > 0.1 && share(&recording, TONES[2]) < 0.01, "{}", share(&recording, TONES[2]));
    };
}

/// Callers so many, each of whom has joined.
async fn room_of(s: &Stage, size: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0..size {
        calls.push(join(s, number, "").await);
    }
    calls
}

/// These speak; everybody hears all of them but oneself, with at least this share.
async fn all_hear(s: &Stage, calls: &[Call], speakers: &[usize], least: f64) {
    for speaker in speakers {
        calls[*speaker].start_tone(TONES[*speaker]);
    }
    let wrong = |heard: &[Heard]| -> Vec<String> {
        let pairs = (0..heard.len()).flat_map(|l| speakers.iter().map(move |s| (l, *s)));
        let shares = pairs.map(|(l, s)| (l, s, share(&heard[l], TONES[s])));
        shares
            .filter(|(l, s, share)| {
                if l == s {
                    *share >= 0.02
                } else {
                    *share <= least
                }
            })
            .map(|(l, s, share)| format!("{l} hears {s}: {share}"))
            .collect()
    };
    let all: Vec<_> = calls.iter().collect();
    let heard = listen(&all, ms(800), |heard| wrong(heard).is_empty()).await;
    let wrong = wrong(&heard);
    assert!(wrong.is_empty(), "{wrong:?}\n{}", s.trace().await.unwrap());
    for speaker in speakers {
        calls[*speaker].stop_sending();
    }
}

#[tokio::test]
async fn three_callers_who_speak_at_once_hear_both_others() {
    let Some(s) = stage("22").await else { return };
    let calls = room_of(&s, 3).await;
    all_hear(&s, &calls, &[0, 1, 2], 0.3).await;
    all_hang_up(&s, calls).await;
}

#[tokio::test]
async fn each_of_ten_callers_is_heard_by_the_nine_others() {
    let Some(s) = stage("22").await else { return };
    let calls = room_of(&s, 10).await;
    for speaker in 0..calls.len() {
        all_hear(&s, &calls, &[speaker], 0.8).await;
    }
    all_hang_up(&s, calls).await;
}
