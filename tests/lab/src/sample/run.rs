//! Places the call of a sample and looks at what came of it.

use std::path::PathBuf;
use std::time::Duration;

use super::{CALLER, CALLER_TONE, OTHER, OTHER_TONE, SAMPLES, Sample, Step};
use crate::asterisk::Asterisk;
use crate::ears::Heard;
use crate::error::{LabError, Result};
use crate::paths;
use crate::phone::{Call, OnCall, Phone};
use crate::pivot::Pivot;
use crate::webapp::WebApp;

/// How long two parties talk.
const TALK: Duration = Duration::from_secs(2);
/// Silence after which a prompt counts as over; longer than a full stop.
const OVER: Duration = Duration::from_millis(900);

/// What came of a call.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sentences as the recogniser understood them.
    pub heard: Vec<String>,
    /// Everything the caller heard.
    pub sound: Heard,
    pub pressed: String,
    pub recordings: Vec<Recording>,
    /// What was not as the sample says; empty when all was well.
    pub failures: Vec<String>,
    /// Sentences that should have been heard, with what was.
    prompts: Vec<(&'static str, Heard)>,
}

impl Outcome {
    /// Recognises the prompts, after the call: it takes seconds, in which the
    /// caller of a running call would do nothing.
    async fn understand(&mut self) -> Result<()> {
        for (sentence, sound) in std::mem::take(&mut self.prompts) {
            let (said, words) = sound.says_rather_than(sentence, &others(sentence)).await?;
            if !said {
                self.failures
                    .push(format!("heard {words:?} instead of {sentence:?}"));
            }
            self.heard.push(words);
        }
        Ok(())
    }
}

/// A file in pivot's recordings folder.
#[derive(Debug)]
pub struct Recording {
    pub path: PathBuf,
    pub duration: Duration,
    /// For how long the caller's tone is in it.
    pub caller_tone: Duration,
    pub other_tone: Duration,
}

/// What a call needs around it.
struct Stage<'a> {
    asterisk: &'a Asterisk,
    app: &'a WebApp,
    pivot: &'a Pivot,
}

/// Runs one sample to its end. An `Err` is a lab that does not work; what pivot
/// did wrong is in [`Outcome::failures`].
pub async fn run(
    sample: &Sample,
    asterisk: &Asterisk,
    app: &WebApp,
    pivot: &Pivot,
) -> Result<Outcome> {
    let stage = Stage {
        asterisk,
        app,
        pivot,
    };
    stage.run(sample).await
}

impl Stage<'_> {
    async fn run(&self, sample: &Sample) -> Result<Outcome> {
        self.app.forget_requests();
        let before = self.pivot.recordings();
        let mut other = self.asterisk.phone(OTHER);
        other.on_call(OnCall::Answer {
            after: Duration::from_millis(500),
        });
        let mut call = self.asterisk.phone(CALLER).call(sample.number).await?;
        let mut outcome = Outcome::default();
        if let Err(error) = call.wait_answered().await {
            outcome.failures.push(error.to_string());
        } else {
            // Where the part of the sound begins that no step has looked at yet.
            let mut from = Duration::ZERO;
            for step in sample.script {
                let done = self
                    .step(
                        step,
                        &mut call,
                        &mut other,
                        &mut from,
                        &before,
                        &mut outcome,
                    )
                    .await;
                if let Err(error) = done {
                    outcome.failures.push(format!("{step:?}: {error}"));
                    break;
                }
            }
        }
        if call.state().ended.is_none() {
            call.hangup().await?;
        }
        outcome.sound = call.heard();
        outcome.understand().await?;
        self.check_requests(sample, &mut outcome);
        let left = self.asterisk.settled_leftovers().await?;
        if !left.is_empty() {
            outcome.failures.push(format!("left in Asterisk: {left:?}"));
        }
        self.check_playbacks(&mut outcome).await?;
        if !outcome.failures.is_empty() {
            let dir = paths::build().join("heard");
            std::fs::create_dir_all(&dir).map_err(|e| LabError::file(&dir, e))?;
            let path = dir.join(format!("{}-{}.wav", sample.number, self.asterisk.version));
            outcome.sound.write_wav(&path)?;
            outcome
                .failures
                .push(format!("the caller heard {}", path.display()));
        }
        Ok(outcome)
    }

    /// Asterisk has no list of playbacks, so each that the call's trace names is
    /// asked for.
    async fn check_playbacks(&self, outcome: &mut Outcome) -> Result<()> {
        let Some(call) = self.pivot.call_ids().await?.into_iter().next() else {
            outcome.failures.push("pivot knows of no call".into());
            return Ok(());
        };
        let trace = self.pivot.trace(&call).await?;
        let names = trace.split(|c: char| c.is_whitespace() || c == '?');
        let playbacks = names.filter_map(|word| word.split("/play/").nth(1));
        for playback in playbacks {
            if self.asterisk.playback_exists(playback).await? {
                outcome
                    .failures
                    .push(format!("left in Asterisk: playback {playback}"));
            }
        }
        Ok(())
    }

    async fn step(
        &self,
        step: &'static Step,
        call: &mut Call,
        other: &mut Phone,
        from: &mut Duration,
        before: &[PathBuf],
        outcome: &mut Outcome,
    ) -> Result<()> {
        match step {
            Step::Hears(sentence) => {
                let part = prompt(call, from).await?;
                outcome.prompts.push((sentence, part));
            }
            Step::Presses(keys) => {
                call.press(keys).await?;
                outcome.pressed.push_str(keys);
            }
            Step::Sings(seconds) => {
                call.send_tone(CALLER_TONE, Duration::from_secs(*seconds))
                    .await?;
            }
            Step::Waits(seconds) => {
                tokio::time::sleep(Duration::from_secs(*seconds)).await;
                *from = call.heard().duration();
            }
            Step::Talks => {
                talk(call, other).await?;
                outcome
                    .heard
                    .push(format!("(a tone of {OTHER_TONE:.0} Hz)"));
                *from = call.heard().duration();
            }
            Step::Ends => {
                call.wait_ended_within(Duration::from_secs(20)).await?;
            }
            Step::RecordedCaller => self.recorded(before, outcome, false).await?,
            Step::RecordedBoth => self.recorded(before, outcome, true).await?,
        }
        Ok(())
    }

    /// Waits for a recording that was not there before the call.
    async fn recorded(&self, before: &[PathBuf], outcome: &mut Outcome, both: bool) -> Result<()> {
        let mut new = Vec::new();
        for _ in 0..100 {
            new = self.pivot.recordings();
            new.retain(|path| !before.contains(path));
            if !new.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for path in new {
            let recording = measure(path)?;
            outcome.recordings.push(recording);
        }
        let long = Duration::from_secs(1);
        let has = |r: &Recording| r.caller_tone >= long && (!both || r.other_tone >= long);
        if outcome.recordings.iter().any(has) {
            return Ok(());
        }
        Err(LabError::failed(format!(
            "no recording with the tones, only {:?}",
            outcome.recordings
        )))
    }

    fn check_requests(&self, sample: &Sample, outcome: &mut Outcome) {
        let seen: Vec<String> = self.app.requests().into_iter().map(|s| s.path).collect();
        if seen != sample.requests {
            outcome.failures.push(format!(
                "requested {seen:?} instead of {:?}",
                sample.requests
            ));
        }
    }
}

/// Everything else that a sample might have said.
fn others(sentence: &str) -> Vec<&'static str> {
    // Near misses: digits lost, another branch taken.
    let mut others = vec![
        "you entered one three seven",
        "you pressed one three seven",
        "please hold the line",
        "an application error has occurred goodbye",
    ];
    for step in SAMPLES.iter().flat_map(|sample| sample.script) {
        if let Step::Hears(other) = step
            && *other != sentence
            && !others.contains(other)
        {
            others.push(other);
        }
    }
    others
}

/// The next prompt: from `from` until it has been silent, or the call ended.
async fn prompt(call: &mut Call, from: &mut Duration) -> Result<Heard> {
    for _ in 0..900 {
        let heard = call.heard();
        let rest = heard.after(*from);
        let ended = call.state().ended.is_some();
        let segments = rest.segments_with(OVER);
        if let Some(first) = segments.first()
            && (ended || rest.duration().saturating_sub(first.end) >= OVER)
        {
            *from += first.end;
            // Recognisers get lost in long silence, and need a little of it.
            let margin = Duration::from_millis(200);
            return Ok(rest.between(first.start.saturating_sub(margin), first.end + margin));
        }
        if ended {
            return Err(LabError::failed("the call ended without a prompt"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(LabError::failed("no prompt within 45 s"))
}

/// The second party answers, both send a tone at once, the second party hangs up.
async fn talk(call: &mut Call, other: &mut Phone) -> Result<()> {
    let mut far = other.next_call().await?;
    far.wait_answered().await?;
    call.wait_answered().await?;
    // The bridge needs a moment after the answer.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (one, two) = tokio::join!(
        call.send_tone(CALLER_TONE, TALK),
        far.send_tone(OTHER_TONE, TALK)
    );
    one.and(two)?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let at_caller = call.heard().tone_duration(OTHER_TONE);
    let at_other = far.heard().tone_duration(CALLER_TONE);
    far.hangup().await?;
    let enough = TALK.mul_f32(0.75);
    if at_caller < enough || at_other < enough {
        return Err(LabError::failed(format!(
            "of {TALK:?} the caller heard {at_caller:?} and the other side {at_other:?}"
        )));
    }
    Ok(())
}

fn measure(path: PathBuf) -> Result<Recording> {
    let channels = [0, 1].map(|channel| Heard::read_wav_channel(&path, channel));
    let [first, second] = channels;
    let first = first?;
    let second = second.unwrap_or_default();
    // Both speak at once, so a mixed recording has half of its power at either tone.
    let tone = |hertz| {
        first
            .mixed_tone_duration(hertz)
            .max(second.mixed_tone_duration(hertz))
    };
    Ok(Recording {
        duration: first.duration(),
        caller_tone: tone(CALLER_TONE),
        other_tone: tone(OTHER_TONE),
        path,
    })
}
