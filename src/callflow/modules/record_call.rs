//! `record_call` – starts or stops recording both sides of the call.
//!
//! Goes on to `_` at once; the recording runs beside the flow, until `stop`,
//! its time limit or the end of the call. Several can run; `stop` ends the one
//! that was started last.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | `start` | `start` or `stop` |
//! | `format` | `mp3` | `mp3` or `wav` |
//! | `time_limit` | 3600 s | 5 to 10800 |
//! | `url` | – | where it is uploaded; http or https |
//! | `method` | `put` | `put` or `post`, for the upload |
//! | `media_name` | made up | its file's name |
//! | `record_on_answer` | `false` | begins when the call is answered; wins over `record_on_bridge` |
//! | `record_on_bridge` | `false` | begins when the caller talks to somebody |
//! | `record_min_sec` | 0 s | shorter recordings are thrown away |
//!
//! ```json
//! {
//!   "module": "record_call",
//!   "data": {"action": "start", "record_on_answer": true, "url": "https://example.com/recordings"},
//!   "children": {"_": {"module": "resources", "data": {"to_did": "+15551234567"}}}
//! }
//! ```
//!
//! Unlike in Kazoo, a recording without `url` is kept in the recordings folder.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::{CallRecording, RecordingStart};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::{RecordingFormat, UploadMethod, upload};
use crate::program::Flow;

/// Starts or stops recording both sides of the call.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["label", "should_follow_transfer"],
    "x-ignored" = ["record_sample_rate"]
))]
pub(super) struct RecordCall {
    /// Start or stop.
    #[serde(default)]
    action: Action,
    /// The file's format.
    #[serde(default)]
    format: RecordingFormat,
    /// Seconds.
    #[serde(default = "one_hour")]
    #[schemars(range(min = 5, max = 10_800))]
    time_limit: u64,
    /// Where it is uploaded.
    #[schemars(length(max = 4096))]
    url: Option<String>,
    /// How it is uploaded.
    #[serde(default)]
    method: UploadMethod,
    /// The file's name.
    #[schemars(length(max = 255))]
    media_name: Option<String>,
    /// Begin when the call is answered.
    #[serde(default)]
    record_on_answer: bool,
    /// Begin when the caller talks to somebody.
    #[serde(default)]
    record_on_bridge: bool,
    /// Seconds; shorter recordings are thrown away.
    #[serde(default)]
    #[schemars(range(max = 10_800))]
    record_min_sec: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Start,
    Stop,
}

pub(super) fn one_hour() -> u64 {
    3600
}

impl RecordCall {
    fn recording(&self, call: &Call) -> CallRecording {
        let start = if self.record_on_answer {
            RecordingStart::OnAnswer
        } else if self.record_on_bridge {
            RecordingStart::OnBridge
        } else {
            RecordingStart::Now
        };
        CallRecording {
            format: self.format.into(),
            max: Duration::from_secs(self.time_limit),
            min: Duration::from_secs(self.record_min_sec),
            start,
            upload: upload(call, self.url.as_deref(), self.method),
            media_name: self.media_name.clone(),
            dual: false,
        }
    }
}

impl Module for RecordCall {
    const NAME: &'static str = "record_call";
    type Progress = bool;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        done: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if *done {
            return Ok(Flow::Next);
        }
        match self.action {
            Action::Start => call.start_recording(self.recording(call)).await?,
            Action::Stop => call.stop_recording().await?,
        }
        *done = true;
        call.save(done);
        Ok(Flow::Next)
    }
}
