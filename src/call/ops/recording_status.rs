//! What web servers are told about recordings: `recordingStatusCallback`.
//!
//! The beginning of a recording is told at once. Its end is told after the
//! request that reports on it (`action`), as applications expect, so it waits in
//! the call's state until the next document has come, the next verb begins, or
//! the call is over.

use serde::{Deserialize, Serialize};

use super::{RecordingRef, Transcribe};
use crate::call::{Call, Notify, Services};
use crate::clock::{self, whole_seconds};
use crate::id;
use crate::recordings::{Origin, RecordingTrack, Source};
use crate::trace::Trace;

/// The events that `recordingStatusCallbackEvent` may name.
pub const RECORDING_EVENTS: &[&str] = &["in-progress", "completed", "absent"];

/// A recording that is made: what it is, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingPlan {
    pub origin: Origin,
    /// Silence is cut from both ends.
    pub trim: bool,
    /// Who is told how it goes.
    pub notify: Option<Notify>,
    pub transcribe: Option<Transcribe>,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingEvent<'a> {
    InProgress {
        channels: u16,
    },
    /// Its file is in pivot's folder.
    Ended(&'a RecordingRef),
    /// There is no file.
    Failed {
        channels: u16,
    },
}

/// The end of a recording that is yet to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingReport {
    plan: RecordingPlan,
    channels: u16,
    /// None when it was lost.
    taken: Option<RecordingRef>,
}

impl Services {
    /// Tells a web server how a recording goes, if it wants to know. Never waits;
    /// what is told about one recording arrives in this order.
    pub fn tell_recording(
        &self,
        trace: &Trace,
        notify: &Notify,
        origin: &Origin,
        event: RecordingEvent<'_>,
    ) {
        // Twilio has no event by the name of failed: who wants to hear of the end does hear it.
        let wanted = match status(event) {
            "failed" => notify.wants("completed") || notify.wants("absent"),
            status => notify.wants(status),
        };
        if wanted {
            let params = self.recording_params(origin, event);
            let what = "recordingStatusCallback";
            self.call_back(trace, what, &origin.sid, &notify.target, params);
        }
    }

    fn recording_params(
        &self,
        origin: &Origin,
        event: RecordingEvent<'_>,
    ) -> Vec<(String, String)> {
        let (channels, error) = match event {
            RecordingEvent::InProgress { channels } | RecordingEvent::Failed { channels } => {
                (channels, 0)
            }
            RecordingEvent::Ended(taken) => (taken.channels, taken.error_code),
        };
        let mut params = Vec::with_capacity(12);
        let mut add = |key: &str, value: String| params.push((key.to_owned(), value));
        add("AccountSid", self.account_sid.clone());
        add("CallSid", origin.call_sid.clone());
        if let Some(conference) = &origin.conference_sid {
            add("ConferenceSid", conference.clone());
        }
        add("RecordingSid", origin.sid.clone());
        add("RecordingUrl", self.recordings.url(&origin.sid));
        let status = status(event);
        add("RecordingStatus", status.to_owned());
        if let RecordingEvent::Ended(taken) = event
            && status == "completed"
        {
            add("RecordingDuration", whole_seconds(taken.duration));
        }
        add("RecordingChannels", channels.to_string());
        add("RecordingStartTime", origin.began.rfc2822());
        add("RecordingSource", origin.source.twilio().to_owned());
        add("RecordingTrack", origin.track.twilio().to_owned());
        add("ErrorCode", error.to_string());
        params
    }
}

/// `RecordingStatus`.
fn status(event: RecordingEvent<'_>) -> &'static str {
    match event {
        RecordingEvent::InProgress { .. } => "in-progress",
        RecordingEvent::Ended(taken) if taken.error_code == 0 => "completed",
        RecordingEvent::Ended(_) => "absent",
        RecordingEvent::Failed { .. } => "failed",
    }
}

impl Call {
    /// A recording of this call that is about to begin.
    pub(super) fn plan_recording(
        &self,
        source: Source,
        track: RecordingTrack,
        trim: bool,
        notify: Option<Notify>,
    ) -> RecordingPlan {
        let origin = Origin {
            sid: id::secret_sid("RE"),
            call_sid: self.state.id.to_string(),
            conference_sid: None,
            source,
            track,
            began: clock::now(),
        };
        RecordingPlan {
            origin,
            trim,
            notify,
            transcribe: None,
        }
    }

    /// It has begun.
    pub(super) fn tell_recording_began(&self, plan: &RecordingPlan, channels: u16) {
        if let Some(notify) = &plan.notify {
            let event = RecordingEvent::InProgress { channels };
            self.services
                .tell_recording(&self.trace, notify, &plan.origin, event);
        }
    }

    /// It is over; `taken` is its file. Told by the next `tell_recordings`.
    pub(in crate::call) fn recording_is_over(
        &mut self,
        plan: RecordingPlan,
        channels: u16,
        taken: Option<&RecordingRef>,
    ) {
        if plan.notify.is_some() || plan.transcribe.is_some() {
            self.state.recording_reports.push(RecordingReport {
                plan,
                channels,
                taken: taken.cloned(),
            });
        }
    }

    /// Tells of the recordings that have ended: the requests that report on them
    /// have been made.
    pub fn tell_recordings(&mut self) {
        if self.state.recording_reports.is_empty() {
            return;
        }
        for report in std::mem::take(&mut self.state.recording_reports) {
            let event = match &report.taken {
                Some(taken) => RecordingEvent::Ended(taken),
                None => RecordingEvent::Failed {
                    channels: report.channels,
                },
            };
            let origin = &report.plan.origin;
            if let Some(notify) = &report.plan.notify {
                self.services
                    .tell_recording(&self.trace, notify, origin, event);
            }
            if let (Some(transcribe), Some(taken)) = (report.plan.transcribe, report.taken) {
                self.transcribe(transcribe, taken);
            }
        }
        self.checkpoint();
    }
}
