//! `audio_macro` – plays several things one after the other.
//!
//! Does not answer the call. A key among the terminators skips all that is
//! left. Then `_`. Keys pressed meanwhile are kept for the next `collect_dtmf`.
//!
//! | field | default | |
//! |---|---|---|
//! | `macros` | required | what is played, in order; see below |
//! | `terminators` | every key | keys that stop it, for items without their own |
//! | `language` | the call's | of what is spoken, for items without their own |
//!
//! | item | fields |
//! |---|---|
//! | `play` | `id` as in `play`, `terminators` |
//! | `prompt` | `id` of a prompt such as `vm-goodbye`, `language`; the account's own, else Asterisk's in the call's language |
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

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::{Keys, Play, PlayEnd, Sound, Tone, Utterance};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::{Key, keys_or_all, spoken_in};
use crate::callflow::library::named_sounds;
use crate::callflow::listen::Listening;
use crate::program::Flow;

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

impl AudioMacro {
    /// What an item plays; nothing when it lacks what it needs.
    async fn sounds(&self, call: &mut Call, item: &Item) -> Result<Vec<Sound>, Interrupt> {
        let text = item
            .text
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        Ok(match item.kind {
            ItemKind::Play => named_sounds(call, item.id.as_deref()).await?,
            ItemKind::Prompt => named_sounds(call, self.prompt(item).as_deref()).await?,
            ItemKind::Tts => text
                .map(|text| Sound::Speech(self.speech(call, item, text)))
                .into_iter()
                .collect(),
            ItemKind::Say => text
                .map(|text| {
                    say(item, text).unwrap_or_else(|| Sound::Speech(self.speech(call, item, text)))
                })
                .into_iter()
                .collect(),
            ItemKind::Tone => item.tone().map(Sound::Tone).into_iter().collect(),
        })
    }

    /// A prompt is looked up in the item's language, else in that of all, else in the call's.
    fn prompt(&self, item: &Item) -> Option<String> {
        let id = item.id.as_ref()?;
        Some(match item.language.as_ref().or(self.language.as_ref()) {
            Some(language) => format!("prompt://system_media/{id}/{language}"),
            None => format!("prompt://system_media/{id}"),
        })
    }

    fn speech(&self, call: &Call, item: &Item, text: &str) -> Utterance {
        let language = item.language.as_deref().or(self.language.as_deref());
        Utterance {
            text: text.to_owned(),
            ssml: false,
            voice: item.voice.clone(),
            language: spoken_in(call, item.voice.as_deref(), language),
            engine: item.engine.clone(),
        }
    }

    fn stop_on(&self, item: &Item) -> Keys {
        keys_or_all(item.terminators.as_deref().or(self.terminators.as_deref()))
    }
}

impl Item {
    fn tone(&self) -> Option<Tone> {
        let on = self.duration_on.filter(|on| *on > 0)?;
        if self.frequencies.is_empty() {
            return None;
        }
        Some(Tone {
            frequencies: self.frequencies.iter().map(|f| f.0).collect(),
            on: Duration::from_millis(on),
            off: Duration::from_millis(self.duration_off.unwrap_or(0)),
            times: self.repeat,
        })
    }
}

/// Numbers and letters from Asterisk's recordings, where they are enough.
fn say(item: &Item, text: &str) -> Option<Sound> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let uri = match item.say_as.as_str() {
        "number" if is_number(text) => format!("number:{text}"),
        "telephone_number" if !digits.is_empty() => format!("digits:{digits}"),
        "name_spelled" | "name_phonetic" if text.chars().all(|c| c.is_ascii_alphanumeric()) => {
            format!("characters:{}", text.to_lowercase())
        }
        _ => return None,
    };
    Some(Sound::Asterisk(uri))
}

/// What Asterisk can read as a number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

impl Module for AudioMacro {
    const NAME: &'static str = "audio_macro";
    type Progress = Listening;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        at.begin(call);
        while let Some(item) = self.macros.get(at.done as usize) {
            let sounds = self.sounds(call, item).await?;
            let stop_on = self.stop_on(item);
            if !sounds.is_empty()
                && let PlayEnd::Key(_) = call.play(Play { sounds, stop_on }).await?
            {
                break;
            }
            at.done += 1;
            call.save(at);
        }
        at.keep_keys(call);
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, kind: &str) -> Option<Sound> {
        let data = serde_json::json!({"macros": [{"macro": "say", "text": text, "type": kind}]});
        let module: AudioMacro = serde_json::from_value(data).unwrap();
        say(&module.macros[0], text)
    }

    #[test]
    fn numbers_and_letters_are_said_by_asterisk() {
        for (text, kind, uri) in [
            ("12", "number", "number:12"),
            ("-5", "number", "number:-5"),
            ("+1 (555) 123", "telephone_number", "digits:1555123"),
            ("Ab1", "name_spelled", "characters:ab1"),
        ] {
            assert_eq!(said(text, kind), Some(Sound::Asterisk(uri.into())));
        }
    }

    #[test]
    fn everything_else_is_spoken() {
        for (text, kind) in [
            ("twelve", "number"),
            ("Zoë", "name_spelled"),
            ("3.50", "currency"),
            ("none", "telephone_number"),
        ] {
            assert_eq!(said(text, kind), None, "{text}");
        }
    }
}
