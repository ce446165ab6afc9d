//! Playing sounds while the caller may type ahead.
//!
//! Keys pressed while `play`, `tts` and `audio_macro` run go into the collection
//! `default`, from which `collect_dtmf` and `menu` take them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::{Key, keys_or_all};
use crate::call::ops::{Keys, Play, PlayEnd, Sound};
use crate::call::{Call, Interrupt};

/// The collection of keys that nothing has asked for.
pub(super) const DEFAULT_COLLECTION: &str = "default";
/// What stands for endless: hours, even of a short sound.
const ENDLESS: u32 = 10_000;
/// More than anybody types ahead.
const MOST_TYPED: usize = 64;

/// What a module that plays must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Listening {
    /// The call is answered, as far as this module wants it to be.
    pub ready: bool,
    /// Keys since here were pressed during this module.
    mark: Option<u64>,
    /// Rounds or items that are over.
    pub done: u32,
}

impl Listening {
    /// Keys count from here on.
    pub(super) fn begin(&mut self, call: &mut Call) {
        if self.mark.is_none() {
            self.mark = Some(call.keys_mark());
            call.save(self);
        }
    }

    /// Puts the keys pressed since `begin` where `collect_dtmf` looks for them.
    pub(super) fn keep_keys(&self, call: &mut Call) {
        let Some(mark) = self.mark else { return };
        let pressed = call.keys_since(mark);
        if pressed.is_empty() {
            return;
        }
        let mut typed = typed(call);
        typed.push_str(&pressed);
        // Keys are ASCII.
        let surplus = typed.len().saturating_sub(MOST_TYPED);
        typed.drain(..surplus);
        call.collections_mut()
            .insert(DEFAULT_COLLECTION.into(), typed.into());
    }
}

fn typed(call: &Call) -> String {
    match call.collections().get(DEFAULT_COLLECTION) {
        Some(Value::String(typed)) => typed.clone(),
        _ => String::new(),
    }
}

/// Takes what was typed ahead; it is there for one module only.
pub(super) fn take_typed(call: &mut Call) -> String {
    let typed = typed(call);
    call.collections_mut().remove(DEFAULT_COLLECTION);
    typed
}

/// How often sounds are played, and what stops them.
pub(super) struct Rounds {
    times: u32,
    stop_on: Keys,
}

impl Rounds {
    pub(super) fn new(times: u32, endless: bool, terminators: Option<&[Key]>) -> Self {
        if endless {
            return Self {
                times: ENDLESS,
                stop_on: Keys::none(),
            };
        }
        Self {
            times,
            stop_on: keys_or_all(terminators),
        }
    }

    /// Plays, and keeps the keys pressed meanwhile.
    pub(super) async fn play(
        &self,
        call: &mut Call,
        sounds: &[Sound],
        at: &mut Listening,
    ) -> Result<(), Interrupt> {
        at.begin(call);
        while at.done < self.times {
            let play = Play {
                sounds: sounds.to_vec(),
                stop_on: self.stop_on.clone(),
            };
            // What could not be played once cannot be played again.
            if call.play(play).await? != PlayEnd::Finished {
                break;
            }
            at.done += 1;
            if at.done < self.times {
                call.save(at);
            }
        }
        at.keep_keys(call);
        Ok(())
    }
}
