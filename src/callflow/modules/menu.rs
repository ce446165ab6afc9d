//! `menu` – plays a greeting, collects keys, and takes the child of that name.
//!
//! Answers the call. A key (or several) that names a child takes it. Anything
//! else is said to be invalid and the greeting begins again, until the retries
//! are used up: then child `max_retries`, else `_`, else the caller is told
//! goodbye. Pressing nothing takes child `timeout`; without one it uses up a
//! retry. With `max_extension_length` over 1, one key is taken after
//! `interdigit_timeout` or `#`.
//!
//! The fields stand in `data`, or in the file `ID.json` in the folder of
//! `[flows] dir` that `id` names.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | a stored menu; the other fields are then not looked at, but for `interdigit_timeout` |
//! | `retries` | 3 | 1 to 10 |
//! | `timeout` | 10000 ms | for the first key; at most 60000 |
//! | `interdigit_timeout` | 2000 ms | for each further key; at most 10000 |
//! | `max_extension_length` | 4 | ends the entry at once; 1 to 6 |
//! | `media.greeting` | a prompt | what is played, as `id` of `play` |
//! | `media.invalid_media` | `true` | said after a wrong entry; `false` = nothing, or a sound |
//! | `media.exit_media` | `true` | said when the retries are used up |
//! | `media.transfer_media` | `true` | said before `_` then runs |
//! | `suppress_media` | `false` | `true` = nothing is said after a wrong entry |
//!
//! ```json
//! {
//!   "module": "menu",
//!   "data": {"max_extension_length": 1, "media": {"greeting": "https://example.com/menu.mp3"}},
//!   "children": {
//!     "1": {"module": "device", "data": {"id": "sales"}},
//!     "2": {"module": "device", "data": {"id": "support"}},
//!     "timeout": {"module": "tts", "data": {"text": "Nothing pressed."}}
//!   }
//! }
//! ```
//!
//! In Kazoo the fields are always those of a stored menu. Dialling extensions
//! from a menu (`hunt`) and recording its greeting by telephone (`record_pin`)
//! need stored objects and have no effect yet.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::callflow::fields::MediaSwitch;

/// Plays a greeting, collects keys, and takes the child of that name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["name"],
    "x-ignored" = ["hunt", "hunt_allow", "hunt_deny", "record_pin", "allow_record_from_offnet"]
))]
pub(super) struct Menu {
    /// A stored menu.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// How often the greeting is played.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    retries: u32,
    /// Milliseconds to the first key.
    #[serde(default = "ten_seconds")]
    #[schemars(range(min = 1, max = 60_000))]
    timeout: u64,
    /// Milliseconds from each key to the next; 2000 when absent.
    #[schemars(range(min = 1, max = 10_000))]
    interdigit_timeout: Option<u64>,
    /// Keys that end the entry at once.
    #[serde(default = "four")]
    #[schemars(range(min = 1, max = 6))]
    max_extension_length: usize,
    /// What is played.
    #[serde(default)]
    media: Media,
    /// Say nothing after a wrong entry.
    #[serde(default)]
    suppress_media: bool,
}

/// What is played.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
struct Media {
    /// The greeting.
    #[schemars(length(max = 2048))]
    greeting: Option<String>,
    /// Said after a wrong entry.
    #[serde(default)]
    invalid_media: MediaSwitch,
    /// Said when the retries are used up.
    #[serde(default)]
    exit_media: MediaSwitch,
    /// Said before `_` then runs.
    #[serde(default)]
    transfer_media: MediaSwitch,
}

fn three() -> u32 {
    3
}

fn ten_seconds() -> u64 {
    10_000
}

fn four() -> usize {
    4
}

impl Module for Menu {
    const NAME: &'static str = "menu";
}
