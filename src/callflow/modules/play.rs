//! `play` – plays a sound.
//!
//! Answers the call, waits a tenth of a second, plays, and goes on to `_`, also
//! when a key cut it short or the sound does not exist. Keys pressed meanwhile
//! are kept for the next `collect_dtmf`.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | what is played, see below; without it nothing happens |
//! | `answer` | `true` | `false` plays as early media to a call that is not answered |
//! | `terminators` | every key | keys that stop it; `[]` = none |
//! | `loop_count` | 1 | how often; at least 1 |
//! | `endless_playback` | `false` | again and again until the caller hangs up; keys do not stop it |
//!
//! `id` is a URL of an audio file, one of Asterisk's sounds (`sound:hello-world`,
//! `digits:42`, `tone:ring`), a prompt (`/system_media/vm-goodbye`),
//! `silence_stream://MS`, or `tone_stream://%(500,500,480,620)`.
//!
//! ```json
//! {"module": "play", "data": {"id": "https://example.com/welcome.mp3", "terminators": ["#"]}}
//! ```
//!
//! Unlike in Kazoo, an `id` without any `/` or `:` names a sound of Asterisk's
//! sounds folder, as there are no stored media.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::callflow::fields::Key;

/// Plays a sound.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PlayModule {
    /// A URL, a sound of Asterisk or a prompt.
    id: Option<String>,
    /// Answer the call first.
    #[serde(default = "yes")]
    answer: bool,
    /// Keys that stop it; all when absent.
    terminators: Option<Vec<Key>>,
    /// How often.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 1000))]
    loop_count: u32,
    /// Again and again until the caller hangs up.
    #[serde(default)]
    endless_playback: bool,
}

fn yes() -> bool {
    true
}

fn once() -> u32 {
    1
}

impl Module for PlayModule {
    const NAME: &'static str = "play";
}
