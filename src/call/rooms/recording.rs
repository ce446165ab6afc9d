//! The recording of a conference: what all who are in its bridge say, mixed into
//! one file, from the moment at which two are together.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::room::Room;
use super::state::Recording;
use crate::ari::{Delivery, Event, Request};
use crate::call::ops::{RecordingEvent, RecordingPlan};
use crate::clock;
use crate::id;
use crate::recordings::{Job, Origin, RecordingTrack, Source};
use crate::trace::Kind;

/// How long Asterisk may take to close a file.
const CLOSE: Duration = Duration::from_secs(5);

impl Room {
    /// Begins it, if it is wanted and due.
    pub(super) async fn begin_recording(&mut self) {
        if !self.state.rules.record || self.state.recording.is_some() || self.state.inside() < 2 {
            return;
        }
        self.state.recordings += 1;
        let name = match self.state.recordings {
            1 => format!("{}-rec", self.state.bridge),
            n => format!("{}-rec{n}", self.state.bridge),
        };
        let plan = RecordingPlan {
            origin: Origin {
                sid: id::secret_sid("RE"),
                // Whose settings it follows.
                call_sid: self
                    .state
                    .first
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
                conference_sid: Some(self.state.sid.clone()),
                source: Source::Conference,
                track: RecordingTrack::Both,
                began: clock::now(),
            },
            trim: self.state.rules.trim,
            notify: self.state.rules.recording.clone(),
            transcribe: None,
        };
        self.objects.register(&name);
        self.state.recording = Some(Recording {
            name: name.clone(),
            plan: plan.clone(),
            over: false,
        });
        let request = Request::record_bridge(&self.state.bridge, &name);
        match self.request(request).await {
            Ok(_) => self.tell_recording(&plan, RecordingEvent::InProgress { channels: 1 }),
            Err(error) => self.recording_failed(&name, &error.to_string()),
        }
    }

    /// It has ended, in whatever way.
    pub(super) fn recording_over(&mut self, name: &str) {
        if let Some(recording) = self.state.recording.as_mut().filter(|r| r.name == name) {
            recording.over = true;
        }
    }

    pub(super) fn recording_failed(&mut self, name: &str, why: &str) {
        self.recording_over(name);
        if let Some(trace) = &self.trace {
            trace.write(
                Kind::Warning,
                format!("the conference is not recorded: {why}"),
            );
        }
    }

    /// Ends it, and waits until its file is complete.
    pub(super) async fn end_recording(&mut self) {
        let Some(Recording { name, over, .. }) = self.state.recording.clone() else {
            return;
        };
        if over || self.request(Request::stop_recording(&name)).await.is_err() {
            return;
        }
        let deadline = Instant::now() + CLOSE;
        while self.state.recording.as_ref().is_some_and(|r| !r.over) {
            match timeout_at(deadline, self.events.recv()).await {
                Ok(Some(Delivery::Event(
                    Event::RecordingFinished { recording }
                    | Event::RecordingFailed { recording, .. },
                ))) => self.recording_over(&recording),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Takes its file over from Asterisk, and tells so.
    pub(super) async fn take_recording(&mut self) {
        let (Some(recording), Some(trace)) = (self.state.recording.take(), self.trace.clone())
        else {
            return;
        };
        let job = Job {
            origin: recording.plan.origin.clone(),
            trim: recording.plan.trim,
        };
        let names = [recording.name.as_str()];
        let services = self.services.clone();
        let taken = services.take_over_recording(&trace, &names, job).await;
        let event = match &taken {
            Some(taken) => {
                services.list_conference_recording(taken, &recording.plan.origin);
                RecordingEvent::Ended(taken)
            }
            None => RecordingEvent::Failed { channels: 1 },
        };
        self.tell_recording(&recording.plan, event);
    }

    fn tell_recording(&self, plan: &RecordingPlan, event: RecordingEvent<'_>) {
        if let (Some(trace), Some(notify)) = (&self.trace, &plan.notify) {
            self.services
                .tell_recording(trace, notify, &plan.origin, event);
        }
    }
}
