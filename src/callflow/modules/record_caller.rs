//! `record_caller` – records the caller alone, and waits until that is done.
//!
//! Answers the call. Any key, five seconds of silence, the time limit or the
//! caller's hanging up ends it; then `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `format` | `mp3` | `mp3` or `wav` |
//! | `time_limit` | 3600 s | 5 to 10800 |
//! | `url` | – | where it is uploaded; http or https |
//! | `method` | `put` | `put` or `post`, for the upload |
//!
//! ```json
//! {"module": "record_caller", "data": {"format": "mp3", "time_limit": 60, "url": "https://example.com/messages"}}
//! ```
//!
//! Unlike in Kazoo, a recording without `url` is made and kept in the
//! recordings folder; Kazoo skips it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::record_call::one_hour;
use crate::call::ops::{Keys, Record, RecordingTrack};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::{RecordingFormat, UploadMethod, upload};
use crate::program::Flow;

/// Silence that ends it.
const SILENCE: Duration = Duration::from_secs(5);

/// Records the caller alone.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RecordCaller {
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
}

impl Module for RecordCaller {
    const NAME: &'static str = "record_caller";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        if let Some(upload) = upload(call, self.url.as_deref(), self.method) {
            call.owe_upload(upload, self.format.into());
        }
        call.record(Record {
            max: Duration::from_secs(self.time_limit),
            silence: Some(SILENCE),
            finish_on: Keys::all(),
            beep: false,
            trim: false,
            track: RecordingTrack::Inbound,
            notify: None,
            transcribe: None,
        })
        .await?;
        Ok(Flow::Next)
    }
}
