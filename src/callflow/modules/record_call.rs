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

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::callflow::fields::{RecordingFormat, UploadMethod};

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

impl Module for RecordCall {
    const NAME: &'static str = "record_call";
}
