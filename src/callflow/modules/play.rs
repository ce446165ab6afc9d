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
//! `id` is a stored sound of the account by its id, a URL of an audio file, one of
//! Asterisk's sounds (`sound:hello-world`, `digits:42`, `tone:ring`), a prompt
//! (`/system_media/vm-goodbye`, `prompt://ACCOUNT/vm-goodbye/fr-ca`), a text
//! (`tts://Good day`), `silence_stream://MS`, or `tone_stream://%(500,500,480,620)`.
//! A stored sound with a `prompt_id` is heard in place of the prompt of that name.
//!
//! ```json
//! {"module": "play", "data": {"id": "https://example.com/welcome.mp3", "terminators": ["#"]}}
//! ```
//!
//! Unlike in Kazoo, an `id` that no stored sound has names a sound of Asterisk's
//! sounds folder.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::Key;
use crate::callflow::library::named_sounds;
use crate::callflow::listen::{Listening, Rounds};
use crate::program::Flow;

/// Telephones need a moment until their speaker is on.
const AFTER_ANSWER: Duration = Duration::from_millis(100);

/// Plays a sound.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PlayModule {
    /// A stored sound, a URL, a sound of Asterisk or a prompt.
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
    type Progress = Listening;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let sounds = named_sounds(call, self.id.as_deref()).await?;
        if sounds.is_empty() {
            return Ok(Flow::Next);
        }
        if self.answer && !at.ready {
            if !call.is_answered() {
                call.answer().await?;
                call.pause(AFTER_ANSWER).await?;
            }
            at.ready = true;
            call.save(at);
        }
        let rounds = Rounds::new(
            self.loop_count,
            self.endless_playback,
            self.terminators.as_deref(),
        );
        rounds.play(call, &sounds, at).await?;
        Ok(Flow::Next)
    }
}
