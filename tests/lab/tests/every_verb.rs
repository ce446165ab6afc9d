//! Each verb in a real call, by what the caller hears of it: that it did what it is
//! there for, and that the call went on.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::path::Path;

use pivot_lab::on_each_asterisk;
use pivot_lab::stage::{SOON, Stage, ms, stage, until};
use pivot_lab::webapp::Answer;

/// Documents with tones of a second in them, and how many of these are heard.
const HEARD: &[(&str, &str, u32)] = &[
    ("Play", "<Play loop='2'>/tone</Play>", 2),
    (
        "Pause",
        "<Play>/tone</Play><Pause length='2'/><Play>/tone</Play>",
        2,
    ),
    (
        "Redirect",
        "<Redirect>/after</Redirect><Play loop='3'>/tone</Play>",
        1,
    ),
    ("Hangup", "<Play>/tone</Play><Hangup/><Play>/tone</Play>", 1),
    ("Reject", "<Play>/tone</Play><Reject/><Play>/tone</Play>", 1),
    ("Prompt", "<Prompt><Play loop='2'>/tone</Play></Prompt>", 2),
    (
        "Set",
        "<Set><Variable key='dish' value='crepe'/></Set><Redirect>/after</Redirect>",
        1,
    ),
    (
        "Sms",
        "<Sms to='+15557777'>Hello</Sms><Play>/tone</Play>",
        1,
    ),
    (
        "Message",
        "<Message to='+15557777' action='/after'>Hello</Message>",
        1,
    ),
    (
        "Pay",
        "<Pay action='/after'/><Play loop='3'>/tone</Play>",
        1,
    ),
    (
        "Connect",
        "<Connect action='/after'><Stream url='wss://127.0.0.1:1/'/></Connect><Play loop='3'>/tone</Play>",
        1,
    ),
    (
        "Enqueue",
        "<Enqueue waitUrl='/wait' action='/after'>support</Enqueue><Play loop='3'>/tone</Play>",
        2,
    ),
    (
        "Leave",
        "<Enqueue waitUrl='/wait'>support</Enqueue><Play>/tone</Play>",
        2,
    ),
];

/// Verbs that other live tests show by their sound.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "Refer",
        "refer.rs",
        "a_caller_whose_transfer_fails_is_heard_and_hears_again",
    ),
    ("Say", "say.rs", "a_break_is_a_gap_of_its_length"),
    ("Gather", "verbs.rs", "a_key_stops_the_prompt_of_a_gather"),
    (
        "Record",
        "verbs.rs",
        "a_recording_ends_by_key_hang_up_and_its_longest_time",
    ),
    (
        "Dial",
        "verbs.rs",
        "of_two_numbers_the_first_to_answer_wins",
    ),
    ("Echo", "say.rs", "callers_hear_themselves_in_an_echo"),
    (
        "Start",
        "record.rs",
        "both_sides_of_a_started_recording_stay_together",
    ),
    (
        "Stop",
        "record.rs",
        "a_started_recording_goes_on_across_a_redirect",
    ),
    (
        "Queue",
        "queue.rs",
        "a_queue_without_a_dial_takes_the_oldest",
    ),
];

#[test]
fn every_verb_is_heard_in_a_live_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(here.join("../../docs/twiml.md")).unwrap();
    let verbs = table.split("\n### `<").skip(1).filter_map(|section| {
        let (name, rest) = section.split_once(">`")?;
        rest.trim_start()
            .starts_with("In `<Response>`")
            .then_some(name)
    });
    for verb in verbs {
        let heard = HEARD.iter().any(|(name, ..)| *name == verb);
        let elsewhere = ELSEWHERE.iter().find(|(name, ..)| *name == verb);
        let Some((_, file, test)) = elsewhere else {
            assert!(heard, "nobody hears <{verb}>");
            continue;
        };
        let text = std::fs::read_to_string(here.join("tests").join(file)).unwrap();
        assert!(text.contains(test), "{file} has no {test}");
    }
}

on_each_asterisk! {
    what_it_is_there_for_is_heard => async |s: &Stage| {
        let tone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/second.mp3");
        s.app.on("/tone", [Answer::new(200, "audio/mpeg", std::fs::read(tone).unwrap())]);
        s.app.on("/after", [Answer::xml("<Response><Play>/tone</Play></Response>")]);
        s.app.on("/wait", [Answer::xml("<Response><Play>/tone</Play><Leave/></Response>")]);
        for (verb, document, times) in HEARD {
            let mut call = s.call(document).await.unwrap();
            s.over(&mut call).await.unwrap();
            let heard = call.heard_answered().tone_duration(440.0);
            let trace = s.trace().await.unwrap();
            let (least, most) = (ms(800) * *times, ms(1200) * *times);
            assert!((least..=most).contains(&heard), "<{verb}>: {heard:?}\n{trace}");
            let after = s.app.requests_to("/after");
            assert_eq!(after.len(), usize::from(document.contains("/after")), "<{verb}>\n{trace}");
            if *verb == "Set" {
                assert_eq!(after[0].param("dish").as_deref(), Some("crepe"));
            }
        }
        // The gap of the Pause, which is no tone.
        let mut call = s.call(HEARD[1].1).await.unwrap();
        s.over(&mut call).await.unwrap();
        let segments = call.heard_answered().segments_with(ms(1000));
        assert_eq!(segments.len(), 2, "{segments:?}");
        let gap = segments[1].start - segments[0].end;
        assert!((ms(1800)..ms(2600)).contains(&gap), "{gap:?}");
    };

    one_who_is_refused_hears_nothing => async |s: &Stage| {
        let mut call = s.call("<Reject/>").await.unwrap();
        until(SOON, || call.state().ended.is_some()).await;
        assert_eq!(call.state().code, Some(404));
        assert!(call.heard().is_silent());
        s.over(&mut call).await.unwrap();
    };
}
