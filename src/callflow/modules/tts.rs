//! `tts` – speaks a text.
//!
//! Answers the call, speaks, and goes on to `_`, also when a key cut it short.
//! Keys pressed meanwhile are kept for the next `collect_dtmf`. `say` is an
//! alias.
//!
//! | field | default | |
//! |---|---|---|
//! | `text` | required | up to 1000 characters; nothing is said when it is empty |
//! | `voice` | `female` | `male`, `female`, or a voice of the engine |
//! | `language` | the call's | as in `en-US` |
//! | `engine` | `[speech] engine` | |
//! | `terminators` | every key | keys that stop it; `[]` = none |
//! | `endless_playback` | `false` | again and again until the caller hangs up; keys do not stop it |
//!
//! ```json
//! {"module": "tts", "data": {"text": "Hello Pivot!"}}
//! ```
//!
//! Unlike in Kazoo, a text that cannot be spoken is a warning and the flow goes
//! on; Kazoo ends it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::{Sound, Utterance};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::{Key, spoken_in};
use crate::callflow::listen::{Listening, Rounds};
use crate::program::Flow;

/// Speaks a text.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Tts {
    /// What is spoken.
    #[schemars(length(max = 1000))]
    text: String,
    /// `male`, `female`, or a voice of the engine.
    #[serde(default = "female")]
    voice: String,
    /// As in `en-US`; the call's language when absent.
    language: Option<String>,
    /// An engine of `[speech]`.
    engine: Option<String>,
    /// Keys that stop it; all when absent.
    terminators: Option<Vec<Key>>,
    /// Again and again until the caller hangs up.
    #[serde(default)]
    endless_playback: bool,
}

fn female() -> String {
    "female".into()
}

impl Module for Tts {
    const NAME: &'static str = "tts";
    const ALIASES: &'static [&'static str] = &["say"];
    type Progress = Listening;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if self.text.trim().is_empty() {
            return Ok(Flow::Next);
        }
        call.answer().await?;
        let speech = Sound::Speech(Utterance {
            text: self.text.clone(),
            ssml: false,
            voice: Some(self.voice.clone()),
            language: spoken_in(call, Some(&self.voice), self.language.as_deref()),
            engine: self.engine.clone(),
        });
        let rounds = Rounds::new(1, self.endless_playback, self.terminators.as_deref());
        rounds.play(call, &[speech], at).await?;
        Ok(Flow::Next)
    }
}
