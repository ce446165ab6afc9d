//! Recordings on real calls: the sound in the files, and what is told about them.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use pivot_lab::ears::{Heard, likeness, plain};
use pivot_lab::on_each_asterisk;
use pivot_lab::paths;
use pivot_lab::phone::OnCall;
use pivot_lab::stage::{FIRST, Stage, ms, param, stage, xml};
use pivot_lab::voice::spoken;
use pivot_lab::webapp::Seen;

const STATUS: &str = "recordingStatusCallback='/status'";
const ALL: &str =
    "recordingStatusCallback='/status' recordingStatusCallbackEvent='in-progress completed absent'";

/// The status callbacks, when so many have come.
async fn told(s: &Stage, count: usize) -> Vec<Seen> {
    s.app.wait_requests("/status", count).await.unwrap()
}

/// A recording, by what a callback says.
fn file(s: &Stage, seen: &Seen) -> PathBuf {
    let sid = param(seen, "RecordingSid");
    s.pivot.recordings_dir.join(format!("{sid}.wav"))
}

fn channel(path: &Path, channel: u16) -> Heard {
    Heard::read_wav_channel(path, channel).unwrap()
}

fn seconds(seen: &Seen, name: &str) -> u64 {
    let value = param(seen, name);
    value.parse().unwrap_or_else(|_| panic!("{name}: {value}"))
}

fn order(s: &Stage) -> Vec<String> {
    let seen = s.app.requests();
    seen.into_iter().map(|seen| seen.path).collect()
}

on_each_asterisk! {
    // 7.6/123, 124, 125.
    a_record_tells_its_action_the_length_before_and_its_callback_the_length_after_trimming => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        let mut call = s.call(&format!("<Record action='/done' timeout='0' playBeep='false' finishOnKey='#' {STATUS}/>")).await.unwrap();
        call.wait_answered().await.unwrap();
        tokio::time::sleep(ms(2500)).await;
        call.send_tone(600.0, ms(2000)).await.unwrap();
        tokio::time::sleep(ms(2500)).await;
        call.press("#").await.unwrap();
        let done = s.told(&mut call).await.unwrap();
        let status = told(s, 1).await.remove(0);
        assert_eq!(order(s), ["/voice", "/done", "/status"], "{}", s.trace().await.unwrap());
        let (before, after) = (seconds(&done, "RecordingDuration"), seconds(&status, "RecordingDuration"));
        assert!((6..=8).contains(&before), "{before}");
        // The last of the key may be heard, and then nothing is cut after the tone.
        assert!((2..=5).contains(&after), "{after}\n{}", s.trace().await.unwrap());
        let mut names: Vec<String> = status.params().into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(names, [
            "AccountSid", "CallSid", "ErrorCode", "RecordingChannels", "RecordingDuration", "RecordingSid",
            "RecordingSource", "RecordingStartTime", "RecordingStatus", "RecordingTrack", "RecordingUrl",
        ]);
        for (name, value) in [("RecordingStatus", "completed"), ("RecordingSource", "RecordVerb"), ("RecordingChannels", "1"), ("ErrorCode", "0")] {
            assert_eq!(param(&status, name), value, "{name}");
        }
        assert_eq!(param(&status, "RecordingUrl"), param(&done, "RecordingUrl"));
        let heard = channel(&file(s, &status), 0);
        assert!(heard.tone_duration(600.0) > ms(1700), "{:?}", heard.tone_duration(600.0));
        assert!(heard.duration() < Duration::from_secs(before), "{:?}", heard.duration());
    };

    a_silent_record_is_absent => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        let mut call = s.call(&format!("<Record action='/done' timeout='2' playBeep='false' {ALL}/>")).await.unwrap();
        s.told(&mut call).await.unwrap();
        let all = told(s, 2).await;
        let words: Vec<String> = all.iter().map(|seen| param(seen, "RecordingStatus")).collect();
        assert_eq!(words, ["in-progress", "absent"], "{}", s.trace().await.unwrap());
        assert_eq!(param(&all[1], "ErrorCode"), "16102");
    };

    // 7.7/144.
    a_dual_dial_is_told_with_the_caller_left_and_the_callee_right => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(500), hold: ms(3500) });
        let mut call = s.call(&format!("<Dial record='record-from-answer-dual' action='/done' {ALL}>{FIRST}</Dial>")).await.unwrap();
        let callee = phone.next_call().await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        callee.start_tone(900.0);
        let done = s.told(&mut call).await.unwrap();
        let all = told(s, 2).await;
        assert_eq!(order(s), ["/voice", "/status", "/done", "/status"], "{}", s.trace().await.unwrap());
        assert_eq!(param(&all[0], "RecordingStatus"), "in-progress");
        for (name, value) in [("RecordingStatus", "completed"), ("RecordingSource", "DialVerb"), ("RecordingChannels", "2"), ("RecordingTrack", "both")] {
            assert_eq!(param(&all[1], name), value, "{name}");
        }
        assert_eq!(param(&all[1], "RecordingSid"), param(&done, "RecordingSid"));
        assert!((2..=5).contains(&seconds(&all[1], "RecordingDuration")));
        let path = file(s, &all[1]);
        let (left, right) = (channel(&path, 0), channel(&path, 1));
        assert!(left.tone_duration(600.0) > ms(1500), "{:?}", left.tone_duration(600.0));
        assert!(right.tone_duration(900.0) > ms(1500), "{:?}", right.tone_duration(900.0));
        assert!(left.share_at(900.0) < 0.05 && right.share_at(600.0) < 0.05);
    };

    one_side_of_a_dial_is_mono => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        let mut phone = s.asterisk.phone(FIRST);
        phone.on_call(OnCall::AnswerThenHangUp { after: ms(500), hold: ms(3500) });
        let mut call = s.call(&format!("<Dial record='true' recordingTrack='outbound' action='/done' {STATUS}>{FIRST}</Dial>")).await.unwrap();
        let callee = phone.next_call().await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        callee.start_tone(900.0);
        s.told(&mut call).await.unwrap();
        let status = told(s, 1).await.remove(0);
        assert_eq!((param(&status, "RecordingTrack").as_str(), param(&status, "RecordingChannels").as_str()), ("outbound", "1"));
        let heard = channel(&file(s, &status), 0);
        assert!(heard.tone_duration(900.0) > ms(1500) && heard.share_at(600.0) < 0.05, "{}", s.trace().await.unwrap());
    };

    // 7.7/146.
    from_ringing_is_longer_by_the_time_it_rings => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        let phone = s.asterisk.phone(FIRST);
        let mut lengths = Vec::new();
        for record in ["record-from-answer", "record-from-ringing"] {
            phone.on_call(OnCall::AnswerThenHangUp { after: ms(3000), hold: ms(2500) });
            let mut call = s.call(&format!("<Dial record='{record}' action='/done' {STATUS}>{FIRST}</Dial>")).await.unwrap();
            call.wait_answered().await.unwrap();
            call.start_tone(600.0);
            s.told(&mut call).await.unwrap();
            let status = told(s, 1).await.remove(0);
            lengths.push(channel(&file(s, &status), 0).duration());
        }
        let longer = lengths[1].saturating_sub(lengths[0]);
        assert!((ms(2000)..ms(4000)).contains(&longer), "{lengths:?}\n{}", s.trace().await.unwrap());
    };

    // Nothing is sent to the caller for a while, and that while is in the file.
    both_sides_of_a_started_recording_stay_together => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        let mut call = s.call(&format!(
            "<Start><Recording trim='do-not-trim' {STATUS}/></Start><Play>sound:beep</Play><Pause length='3'/><Play>sound:hello-world</Play><Pause length='1'/><Redirect>/done</Redirect>"
        )).await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        s.told(&mut call).await.unwrap();
        let status = told(s, 1).await.remove(0);
        let path = file(s, &status);
        let segments = channel(&path, 1).segments_with(ms(1000));
        assert_eq!(segments.len(), 2, "{segments:?}");
        let apart = segments[1].start - segments[0].end;
        assert!((ms(2700)..ms(3800)).contains(&apart), "{apart:?}");
    };

    a_started_recording_goes_on_across_a_redirect => async |s: &Stage| {
        s.app.on("/status", [xml("")]);
        s.app.on("/more", [xml("<Pause length='2'/><Stop><Recording name='all'/></Stop><Pause length='2'/><Redirect>/done</Redirect>")]);
        let mut call = s.call(&format!(
            "<Start><Recording name='all' {ALL}/></Start><Play>sound:hello-world</Play><Redirect>/more</Redirect>"
        )).await.unwrap();
        call.wait_answered().await.unwrap();
        call.start_tone(600.0);
        s.told(&mut call).await.unwrap();
        let all = told(s, 2).await;
        let words: Vec<String> = all.iter().map(|seen| param(seen, "RecordingStatus")).collect();
        assert_eq!(words, ["in-progress", "completed"], "{}", s.trace().await.unwrap());
        assert_eq!(param(&all[1], "RecordingSource"), "StartCallRecordingTwiML");
        assert_eq!(param(&all[1], "RecordingChannels"), "2");
        // Told when it was stopped, and not at the end.
        assert_eq!(order(s), ["/voice", "/status", "/more", "/status", "/done"]);
        let path = file(s, &all[1]);
        let (left, right) = (channel(&path, 0), channel(&path, 1));
        assert!(left.tone_duration(600.0) > ms(2000), "{:?}\n{}", left.tone_duration(600.0), s.trace().await.unwrap());
        assert!(right.share_at(600.0) < 0.05, "the caller is not on the right");
        assert!(right.first_sound().is_some(), "the prompt is on the right");
    };
}

/// 7.6/127, with a recogniser that really listens: the same that listens for the tests.
#[tokio::test]
async fn what_is_said_is_transcribed() {
    let python = paths::build().join("venv/bin/python");
    let ears = paths::lab().join("scripts/ears.py");
    let command = format!(
        "[transcribe]\ncommand = [{:?}, {:?}, \"whisper\", \"{{file}}\"]\n",
        python.display().to_string(),
        ears.display().to_string()
    );
    let Some(s) = Stage::with("22", |config| config.more(&command))
        .await
        .unwrap()
    else {
        return;
    };
    s.app.on("/status", [xml("")]);
    s.app.on("/text", [xml("")]);
    let sentence = "Please call me back tomorrow morning at nine.";
    let wav = spoken(sentence).unwrap();
    let mut call = s
        .call(&format!(
            "<Record action='/done' timeout='2' playBeep='false' transcribe='true' transcribeCallback='/text' {STATUS}/>"
        ))
        .await
        .unwrap();
    call.wait_answered().await.unwrap();
    tokio::time::sleep(ms(700)).await;
    call.send_wav(&wav).await.unwrap();
    s.told(&mut call).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while s.app.requests_to("/text").is_empty() && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(ms(200)).await;
    }
    assert_eq!(
        order(&s),
        ["/voice", "/done", "/status", "/text"],
        "{}",
        s.trace().await.unwrap()
    );
    let text = s.app.requests_to("/text").remove(0);
    assert_eq!(param(&text, "TranscriptionStatus"), "completed");
    let heard = plain(&param(&text, "TranscriptionText"));
    let like = likeness(&heard, sentence);
    assert!(like >= 0.7, "{heard}");
}
