//! Sound from the web on real calls: every format, files that cannot be had,
//! answers that are sound or words themselves, and hang-ups at any moment.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::pivot::MediaBy;
use pivot_lab::stage::{Stage, ms, xml};
use pivot_lab::webapp::Answer;

async fn stage(version: &str) -> Option<Stage> {
    let stage = Stage::with(version, |config| config.media(MediaBy::Http));
    stage.await.unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio");
    std::fs::read(folder.join(name)).unwrap()
}

/// How long the caller heard the tone of the fixtures.
fn tone(call: &Call) -> Duration {
    call.heard_answered().tone_duration(440.0)
}

on_each_asterisk! {
    files_of_every_format_are_heard => async |s: &Stage| {
        for (name, media_type) in [
            ("second.mp3", "audio/mpeg"),
            ("mono22k.ogg", "audio/ogg"),
            ("mono16k.flac", "audio/flac"),
            ("mono8k.aiff", "audio/aiff"),
            ("stereo44k.wav", "audio/wav"),
            ("ulaw.wav", "audio/x-wav"),
            ("phone.ulaw", "audio/basic"),
        ] {
            s.app.on("/sound", [Answer::new(200, media_type, fixture(name))]);
            let mut call = s.call("<Play loop='3'>/sound</Play>").await.unwrap();
            s.over(&mut call).await.unwrap();
            let heard = tone(&call);
            assert!(heard > ms(90), "{name}: {heard:?}\n{}", s.trace().await.unwrap());
            let asked = s.app.requests_to("/sound");
            assert!(asked.iter().all(|seen| seen.method == "GET" && seen.params().is_empty()), "{name}");
        }
    };

    a_file_that_cannot_be_had_is_told_and_the_next_verb_runs => async |s: &Stage| {
        s.app.on("/page", [Answer::new(200, "text/html", "<html>no sound</html>")]);
        s.app.on("/sound", [Answer::new(200, "audio/mpeg", fixture("second.mp3"))]);
        let mut call = s.call("<Play>/none.mp3</Play><Play>/page</Play><Play>/sound</Play>").await.unwrap();
        s.over(&mut call).await.unwrap();
        let trace = s.trace().await.unwrap();
        assert!(trace.contains("/none.mp3") && trace.contains("404"), "{trace}");
        assert!(trace.contains("/page"), "{trace}");
        assert!(tone(&call) > ms(800), "{trace}");
    };

    an_answer_may_be_sound_or_words => async |s: &Stage| {
        let mut call = s.call_for(Answer::new(200, "audio/mpeg", fixture("second.mp3"))).await.unwrap();
        s.over(&mut call).await.unwrap();
        assert!(tone(&call) > ms(800), "{}", s.trace().await.unwrap());
        let mut call = s.call_for(Answer::new(200, "text/plain", "Good morning to all of you.")).await.unwrap();
        s.over(&mut call).await.unwrap();
        let spoken: Duration = call.heard_answered().segments().iter().map(|segment| segment.duration()).sum();
        assert!(spoken > ms(700), "{}", s.trace().await.unwrap());
        assert!(tone(&call) < ms(200), "words and no tone");
    };

    a_pause_first_delays_the_answer => async |s: &Stage| {
        let mut call = s.call("<Pause length='2'/><Play>sound:beep</Play>").await.unwrap();
        s.over(&mut call).await.unwrap();
        let answered = call.state().answered_at.unwrap();
        assert!(answered > ms(1900) && answered < ms(4000), "{answered:?}\n{}", s.trace().await.unwrap());
    };

    callers_who_leave_at_any_moment_leave_nothing => async |s: &Stage| {
        s.app.on("/sound", [Answer::new(200, "audio/mpeg", fixture("second.mp3"))]);
        s.app.on("/next", [xml("<Play>/sound</Play><Redirect>/next</Redirect>").after(ms(40))]);
        let verbs = "<Gather numDigits='1' timeout='1'><Play>sound:hello-world</Play></Gather>\
            <Record timeout='1' maxLength='2'/><Redirect>/next</Redirect>";
        let mut calls = Vec::new();
        for number in 0_u64..25 {
            let mut call = s.call(verbs).await.unwrap();
            calls.push(tokio::spawn(async move {
                // Spread over the first seven seconds, in no order.
                tokio::time::sleep(ms(number * 7919 % 7000)).await;
                call.hangup().await.ok();
                call
            }));
        }
        for call in calls {
            call.await.unwrap();
        }
        s.nothing_left().await.unwrap();
        let mut call = s.call("<Play>sound:beep</Play>").await.unwrap();
        s.over(&mut call).await.unwrap();
    };
}
