//! Recording the greeting of a stored menu by telephone.

use std::time::Duration;

use super::{Menu, Tries};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{Part, say};
use crate::callflow::modules::Module;
use crate::callflow::recorder::{self, LEAST_GREETING, Owner, Recorder, ReviewKeys, Took};
use crate::objects::Kind;

/// A greeting may last so long.
const LONGEST_GREETING: Duration = Duration::from_mins(5);

impl Menu {
    /// Whether these digits open the recorder.
    pub(super) fn opens_recorder(&self, call: &Call, digits: &str) -> bool {
        let fits = self.record_pin.as_deref() == Some(digits);
        if fits && !(call.facts().internal || self.allow_record_from_offnet) {
            call.note("menu: the greeting is recorded by callers from inside only (internal=yes)");
            return false;
        }
        if fits && self.id.is_none() {
            call.warn("menu: the greeting of a stored menu can be recorded, and this is none");
            return false;
        }
        fits
    }

    /// Records the greeting, and comes back when that is done.
    pub(super) async fn record(&self, call: &mut Call, at: &mut Tries) -> Result<(), Interrupt> {
        let recorder = Recorder {
            before: &[Part::Prompt("vm-record_greeting")],
            max: LONGEST_GREETING,
            least: Some(LEAST_GREETING),
            message: None,
            keys: ReviewKeys::default(),
        };
        while let Some(take) = &mut at.take {
            match take.round(call, &recorder).await? {
                Took::Again => {}
                Took::Kept(recording) | Took::Operator(recording) => {
                    let id = self.id.as_deref().unwrap_or_default();
                    let owner = Owner {
                        kind: Self::NAME,
                        id,
                        name: format!("greeting of menu {id}"),
                        before: self.media.greeting.as_deref(),
                    };
                    if let Some(greeting) = recorder::store(call, &recording, owner).await? {
                        call.change_stored(Kind::Menu, id, |menu| {
                            recorder::name_sound(menu, "greeting", Some(&greeting));
                        })
                        .await?;
                        say(call, &[Part::Prompt("vm-saved")]).await?;
                    }
                    at.take = None;
                }
                Took::Nothing => at.take = None,
            }
            call.save(at);
        }
        say(call, &[Part::Prompt("menu-return")]).await?;
        // Keys of the recorder are none of the menu's.
        at.mark = Some(call.keys_mark());
        at.used = 0;
        at.typed = None;
        call.save(at);
        Ok(())
    }
}
