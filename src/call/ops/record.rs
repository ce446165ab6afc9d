//! Recording the caller.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Record, RecordEnd, Recorded, RecordingPlan};
use crate::ari::{AriError, Event, Request};
use crate::call::journal::Begun;
use crate::call::mailbox::Input;
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};
use crate::id::OpId;
use crate::recordings::Source;

/// How long Asterisk may take to close a file.
const CLOSE: Duration = Duration::from_secs(5);
/// On SIP, the recording of a call that was just answered starts with its media.
const START: Duration = Duration::from_secs(3);

/// What a recording must remember.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recording {
    name: String,
    mark: u64,
    /// Set by its `RecordingStarted`.
    started: Option<Time>,
    ending: Option<RecordEnd>,
}

impl Call {
    /// Records what the caller says, until a key, silence, the time limit or the
    /// caller's hang-up. The file is taken over before this returns.
    pub async fn record(&mut self, record: Record) -> Result<Recorded, Interrupt> {
        // A key that has cut short what is said before has done so to begin to speak.
        self.state.kept.ahead = None;
        let (op, mut at) = match self.begin::<Recorded, Recording>() {
            Begun::Done(recorded) => {
                // It was sent when it ended.
                self.state.recording_upload = None;
                return Ok(recorded);
            }
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => {
                self.settle().await?;
                let at = Recording {
                    name: op.object("r"),
                    mark: self.state.keys.mark(),
                    started: None,
                    ending: None,
                };
                self.objects.register(&at.name);
                self.state.recording = Some(at.name.clone());
                self.state.recording_plan = Some(RecordingPlan {
                    transcribe: record.transcribe.clone(),
                    ..self.plan_recording(
                        Source::RecordVerb,
                        record.track,
                        record.trim,
                        record.notify.clone(),
                    )
                });
                self.write_down(&op, &at);
                let request = Request::record(
                    &self.state.channel,
                    &at.name,
                    record.max,
                    record.silence,
                    record.beep,
                );
                match self.caller_request(request).await? {
                    Ok(_) | Err(AriError::Unknown { .. }) => {}
                    Err(error) => {
                        let why = format!("could not record: {error}");
                        self.warn(why.clone());
                        return Ok(self.record_done(&op, None, RecordEnd::Failed(why)));
                    }
                }
                // Recording answers an unanswered caller.
                self.state.answered.get_or_insert_with(clock::now);
                (op, at)
            }
        };
        let end = self.wait_for_recording(&record, &op, &mut at).await?;
        let taken = match &self.state.recording_plan {
            Some(plan) if !matches!(end, RecordEnd::Failed(_)) => {
                self.take_over(&[&at.name], plan).await
            }
            _ => None,
        };
        Ok(self.record_done(&op, taken, end))
    }

    fn record_done(
        &mut self,
        op: &OpId,
        recording: Option<super::RecordingRef>,
        end: RecordEnd,
    ) -> Recorded {
        self.state.recording = None;
        if let Some(plan) = self.state.recording_plan.take() {
            if let Some(recording) = &recording {
                self.list_recording(recording, &plan.origin);
            }
            self.recording_is_over(plan, 1, recording.as_ref());
        }
        let duration = recording.as_ref().map_or(Duration::ZERO, |r| r.recorded);
        self.state.last_recording.clone_from(&recording);
        self.pay_upload();
        self.done(
            op,
            Recorded {
                end,
                duration,
                recording,
            },
        )
    }

    async fn wait_for_recording(
        &mut self,
        record: &Record,
        op: &OpId,
        at: &mut Recording,
    ) -> Result<RecordEnd, Interrupt> {
        let asked = clock::now();
        loop {
            let key = self
                .state
                .keys
                .since(at.mark)
                .find(|key| record.finish_on.contains(*key));
            if at.ending.is_none()
                && let Some(key) = key
            {
                self.end_recording(op, at, RecordEnd::Key(key)).await;
            }
            // Asterisk counts only while audio arrives (rule 11), so we count too.
            let deadline = match (&at.ending, at.started) {
                (Some(_), _) => clock::now().after(CLOSE),
                (None, Some(started)) => started.after(record.max),
                (None, None) => asked.after(record.max + START),
            };
            match self.next(Some(deadline)).await? {
                Some(Input::Ari(Event::RecordingStarted { recording })) if recording == at.name => {
                    let began = clock::now();
                    at.started = Some(began);
                    if let Some(plan) = &mut self.state.recording_plan {
                        plan.origin.began = began;
                    }
                    self.write_down(op, at);
                    if let Some(plan) = &self.state.recording_plan {
                        self.tell_recording_began(plan, 1);
                    }
                }
                Some(Input::Ari(Event::RecordingFinished { recording }))
                    if recording == at.name =>
                {
                    return Ok(at.ending.take().unwrap_or_else(|| natural_end(record, at)));
                }
                Some(Input::Ari(Event::RecordingFailed { recording, cause }))
                    if recording == at.name =>
                {
                    self.warn(format!("recording failed: {cause}"));
                    return Ok(RecordEnd::Failed(cause));
                }
                Some(_) => {}
                None if at.ending.is_some() => {
                    self.warn("Asterisk did not say that the recording ended");
                    return Ok(at.ending.take().unwrap_or(RecordEnd::MaxLength));
                }
                None => self.end_recording(op, at, RecordEnd::MaxLength).await,
            }
        }
    }

    async fn end_recording(&mut self, op: &OpId, at: &mut Recording, end: RecordEnd) {
        at.ending = Some(end);
        self.write_down(op, at);
        // 404 = it ended at the same moment; its event is on its way.
        self.request(Request::stop_recording(&at.name)).await.ok();
    }
}

/// It ended by itself: by Asterisk's own count of the limit, or by silence.
fn natural_end(record: &Record, at: &Recording) -> RecordEnd {
    let lasted = at
        .started
        .map_or(Duration::ZERO, |started| clock::now().since(started));
    if lasted + Duration::from_millis(500) >= record.max || record.silence.is_none() {
        RecordEnd::MaxLength
    } else {
        RecordEnd::Silence
    }
}
