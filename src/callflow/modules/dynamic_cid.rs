//! `dynamic_cid` – chooses the caller id of the call: typed in, fixed, or from a
//! list by what the number that led here has captured.
//!
//! The call has it from then on, for web applications and for later legs.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | `manual` | `manual`, `static`, `list` or `lists` |
//! | `media_id` | a prompt | `manual`: what asks for the number; as `id` of `play` |
//! | `max_digits`, `min_digits` | 10, 10 | `manual`: how long it is |
//! | `whitelist_regex` | `\d+` | `manual`: regular expression that it must match |
//! | `interdigit_timeout` | 2000 ms | `manual`: for each further key |
//! | `caller_id.name`, `caller_id.number` | – | `static`: a half that is missing stays as it is |
//! | `id` | – | `list`, `lists`: the stored list |
//! | `idx_name` | – | `list`: the named group that holds the key of the entry |
//! | `permit_custom_callflow` | `false` | `list`, `lists`: the number may have a flow of its own |
//! | `enforce_call_restriction` | `true` | `list`, `lists`: `call_restriction` of the caller's phone holds for the number |
//!
//! After `manual` and `static` what was captured, if anything, becomes the number
//! called, and `_` runs. A number that is no good leaves the caller id as it is.
//!
//! `list` looks for the entry whose `capture_group_key` is what the captured text
//! begins with (`capture_group_length` characters, 2 unless the entry says
//! otherwise), or the named group; its `name` and `number` become the caller id,
//! the rest of the text the number called. The `no_match` flow runs for that
//! number. Without something captured it is `manual`; without an entry the flow
//! ends.
//!
//! ```json
//! {
//!   "module": "dynamic_cid",
//!   "data": {"action": "static", "caller_id": {"name": "Shop", "number": "+15551234567"}},
//!   "children": {"_": {"module": "resources"}}
//! }
//! ```

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::{CallerId, Collect, Keys, Play, Sound};
use crate::call::{Call, Cause, Interrupt};
use crate::callflow::listen::named_sounds;
use crate::callflow::prompts::prompt;
use crate::callflow::{Node, admission, stored, tones};
use crate::objects::ListEntry;
use crate::patterns::Pattern;
use crate::program::Flow;

/// Chooses the caller id of the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DynamicCid {
    /// Where it comes from.
    #[serde(default)]
    action: Action,
    /// What asks for the number.
    #[schemars(length(max = 2048))]
    media_id: Option<String>,
    /// The number's greatest length.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 32))]
    max_digits: usize,
    /// Its least length.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 32))]
    min_digits: usize,
    /// What it must match.
    #[serde(default = "digits")]
    #[schemars(length(min = 1, max = 256))]
    whitelist_regex: String,
    /// Milliseconds for each further key.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 100, max = 60_000))]
    interdigit_timeout: u64,
    /// The fixed caller id.
    #[serde(default)]
    caller_id: FixedCallerId,
    /// The stored list.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// The named group that holds the key of the entry.
    #[schemars(length(max = 128))]
    idx_name: Option<String>,
    /// The number may have a flow of its own.
    #[serde(default)]
    permit_custom_callflow: bool,
    /// What the caller's phone may not call, it may not call like this either.
    #[serde(default = "yes")]
    enforce_call_restriction: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Manual,
    Static,
    List,
    Lists,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
struct FixedCallerId {
    /// The name.
    #[schemars(length(max = 128))]
    name: Option<String>,
    /// The number.
    #[schemars(length(max = 128))]
    number: Option<String>,
}

fn yes() -> bool {
    true
}

fn ten() -> usize {
    10
}

fn digits() -> String {
    r"\d+".into()
}

fn two_seconds() -> u64 {
    2000
}

/// For the first key.
const FIRST: Duration = Duration::from_secs(5);
/// Before the prompt.
const SILENCE: Duration = Duration::from_millis(100);
/// The key of an entry that does not say how long its key is.
const KEY_LENGTH: usize = 2;
const ACCEPTED: &str = "%(250,50,440)";
const REFUSED: &str = "dynamic-cid-invalid_using_default";

impl DynamicCid {
    async fn manual(&self, call: &mut Call) -> Result<(), Interrupt> {
        call.pause(SILENCE).await?;
        let prompts = match &self.media_id {
            Some(media) => named_sounds(call, Some(media)),
            None => prompt("dynamic-cid-enter_cid"),
        };
        let collected = call
            .collect(Collect {
                prompts,
                max: Some(self.max_digits),
                finish_on: Keys::new("#"),
                first: FIRST,
                between: Duration::from_millis(self.interdigit_timeout),
                typed: String::new(),
            })
            .await?;
        let number = collected.digits;
        if !self.is_good(call, &number) {
            call.note(format!(
                "{number:?} is no number to be shown; the caller id stays"
            ));
            return say(call, prompt(REFUSED)).await;
        }
        let tone = tones::parse(ACCEPTED).unwrap_or_default();
        say(call, tone.into_iter().map(Sound::Tone).collect()).await?;
        let name = call.facts().caller_name.clone();
        choose(call, CallerId { number, name });
        Ok(())
    }

    fn is_good(&self, call: &Call, number: &str) -> bool {
        let listed = match Pattern::new(&self.whitelist_regex) {
            Ok(pattern) => pattern.is_match(number),
            Err(error) => {
                call.warn(error.to_string());
                false
            }
        };
        listed && number.len() >= self.min_digits
    }

    async fn fixed(&self, call: &mut Call) -> Result<(), Interrupt> {
        let FixedCallerId { name, number } = &self.caller_id;
        if number.is_none() {
            call.warn("`caller_id.number` is missing; the caller's own stays");
            say(call, prompt(REFUSED)).await?;
        }
        let facts = call.facts();
        let id = CallerId {
            number: number
                .clone()
                .unwrap_or_else(|| facts.caller_number.clone()),
            name: name.clone().unwrap_or_else(|| facts.caller_name.clone()),
        };
        choose(call, id);
        Ok(())
    }

    async fn listed(&self, call: &mut Call, captured: &str) -> Result<Flow, Interrupt> {
        let list = self.id.as_deref().unwrap_or_default();
        let entries = call.stored_under::<ListEntry>(list).await?;
        let named = self
            .idx_name
            .as_ref()
            .filter(|_| self.action == Action::List);
        let key = named.and_then(|name| call.matched_flow().captured.groups.get(name).cloned());
        let found = entries.iter().find_map(|(_, entry)| match (named, &key) {
            (Some(_), Some(key)) => (entry.capture_group_key.as_ref() == Some(key))
                .then(|| (entry, captured.to_owned())),
            (Some(_), None) => None,
            (None, _) => rest(entry, captured).map(|rest| (entry, rest)),
        });
        let Some((entry, destination)) = found else {
            call.warn(format!("list {list:?} has no entry for {captured:?}"));
            return Ok(Flow::Stop(Some(Cause::UNALLOCATED)));
        };
        if let Some(number) = entry.number.clone() {
            let name = [&entry.name, &entry.displayname, &entry.cid_name];
            let name = name.into_iter().flatten().next();
            let name = name.unwrap_or(&call.facts().caller_name).clone();
            choose(call, CallerId { number, name });
        }
        if destination.is_empty() {
            return Ok(Flow::Next);
        }
        let number = call.services().catalog.numbers.normalize(&destination);
        call.set_dialled(&number);
        if self.enforce_call_restriction && !admission::may_call(call, &number).await? {
            return Ok(Flow::Replace(Arc::new(admission::refusal())));
        }
        let may = match call.lookup(&number).await? {
            Some(found) => found.no_match || self.permit_custom_callflow,
            None => false,
        };
        if may && let Some(flow) = stored::hunt(call, &number, true).await? {
            return Ok(Flow::Branch(Arc::new(flow)));
        }
        call.warn(format!(
            "{number} leads to no callflow that may be called like this"
        ));
        say(call, prompt("disa-invalid_extension")).await?;
        Ok(Flow::Stop(None))
    }
}

/// What follows the key of an entry, if the text begins with it.
fn rest(entry: &ListEntry, captured: &str) -> Option<String> {
    let length = entry.capture_group_length.map_or(KEY_LENGTH, |length| {
        usize::try_from(length).unwrap_or(KEY_LENGTH)
    });
    let (key, rest) = captured.split_at_checked(length)?;
    (entry.capture_group_key.as_deref() == Some(key)).then(|| rest.to_owned())
}

fn choose(call: &mut Call, id: CallerId) {
    call.kept_mut().presentation.chosen = true;
    call.set_caller(id);
}

async fn say(call: &mut Call, sounds: Vec<Sound>) -> Result<(), Interrupt> {
    let stop_on = Keys::none();
    call.play(Play { sounds, stop_on }).await?;
    Ok(())
}

impl Module for DynamicCid {
    const NAME: &'static str = "dynamic_cid";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let captured = call.matched_flow().captured.group.clone();
        match (self.action, &captured) {
            (Action::Static, _) => self.fixed(call).await?,
            (Action::List | Action::Lists, Some(captured)) => {
                return self.listed(call, captured).await;
            }
            _ => self.manual(call).await?,
        }
        if let Some(captured) = captured {
            let number = call.services().catalog.numbers.normalize(&captured);
            call.set_dialled(&number);
        }
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_entry_is_what_the_captured_text_begins_with() {
        let entry = |key: &str, length| ListEntry {
            capture_group_key: Some(key.into()),
            capture_group_length: length,
            ..ListEntry::default()
        };
        assert_eq!(
            rest(&entry("01", None), "015551234").as_deref(),
            Some("5551234")
        );
        assert_eq!(
            rest(&entry("0", Some(1)), "015551234").as_deref(),
            Some("15551234")
        );
        assert_eq!(rest(&entry("02", None), "015551234"), None);
        assert_eq!(rest(&entry("01", None), "0"), None);
        assert_eq!(rest(&ListEntry::default(), "015551234"), None);
    }
}
