//! `audio_macro` – plays several things one after the other.
//!
//! Does not answer the call. A key among the terminators skips all that is
//! left. Then `_`. Keys pressed meanwhile are kept for the next `collect_dtmf`.
//!
//! | field | default | |
//! |---|---|---|
//! | `macros` | required | what is played, in order; see below |
//! | `terminators` | every key | keys that stop it, for items without their own |
//! | `language` | the call's | for items without their own |
//!
//! | item | fields |
//! |---|---|
//! | `play` | `id` as in `play`, `terminators` |
//! | `prompt` | `id` of a prompt such as `vm-goodbye`, `language` |
//! | `tts` | `text`, `voice`, `language`, `engine`, `terminators` |
//! | `say` | `text`, `type` (`number`, `name_spelled`, `telephone_number`, …), `language` |
//! | `tone` | `frequencies` in Hz, `duration_on` and `duration_off` in ms, `repeat` |
//!
//! An item without what it needs is skipped.
//!
//! ```json
//! {
//!   "module": "audio_macro",
//!   "data": {
//!     "terminators": ["#"],
//!     "macros": [
//!       {"macro": "tts", "text": "Your number in the queue is"},
//!       {"macro": "say", "text": "12", "type": "number"},
//!       {"macro": "tone", "frequencies": [440], "duration_on": 500, "duration_off": 100}
//!     ]
//!   }
//! }
//! ```
//!
//! In Kazoo a missing field of `say` and `tts` makes later ones count for
//! nothing; here each field stands for itself.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::callflow::fields::Key;

/// Plays several things one after the other.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AudioMacro {
    /// What is played, in order.
    #[schemars(length(min = 1))]
    macros: Vec<Item>,
    /// Keys that stop it; all when absent.
    terminators: Option<Vec<Key>>,
    /// As in `en-US`; the call's language when absent.
    language: Option<String>,
}

/// One thing to play.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["method", "gender", "endless_playback", "loop_count", "volume"]))]
struct Item {
    /// What it is.
    #[serde(rename = "macro")]
    kind: ItemKind,
    /// The sound of `play`, the prompt of `prompt`.
    id: Option<String>,
    /// What `tts` and `say` speak.
    #[schemars(length(max = 1000))]
    text: Option<String>,
    /// How `say` reads its text.
    #[serde(default = "spelled", rename = "type")]
    say_as: String,
    /// The voice of `tts`.
    voice: Option<String>,
    /// An engine of `[speech]`, for `tts`.
    engine: Option<String>,
    /// As in `en-US`.
    language: Option<String>,
    /// Keys that stop it.
    terminators: Option<Vec<Key>>,
    /// Hertz, of `tone`.
    #[serde(default)]
    frequencies: Vec<Frequency>,
    /// Milliseconds of sound, of `tone`.
    #[schemars(range(max = 60_000))]
    duration_on: Option<u64>,
    /// Milliseconds of silence after it, of `tone`.
    #[schemars(range(max = 60_000))]
    duration_off: Option<u64>,
    /// How often the `tone` sounds.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 1000))]
    repeat: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ItemKind {
    Play,
    Prompt,
    Say,
    Tts,
    Tone,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
struct Frequency(#[schemars(range(min = 20, max = 20_000))] f32);

fn spelled() -> String {
    "name_spelled".into()
}

fn once() -> u32 {
    1
}

impl Module for AudioMacro {
    const NAME: &'static str = "audio_macro";
}
