//! `resources` – calls a number in the outside world and connects the caller.
//!
//! The caller is answered when the other party answers. When their conversation
//! ends, so does the flow. If nobody answers, the child named like the cause
//! runs (`USER_BUSY`, `NO_ANSWER`, …), else `sip:` and the SIP code (`sip:486`),
//! else `_`; with none of them the caller hears a tone or an announcement and is
//! refused with the fitting SIP code. `resource` is an alias.
//!
//! | field | default | |
//! |---|---|---|
//! | `to_did` | the number called | |
//! | `timeout` | `[dial] timeout_s` | seconds that it rings |
//! | `ignore_early_media` | `false` | plain ringing instead of the other side's announcements |
//! | `custom_sip_headers` | – | header → value, on the call out |
//!
//! How a number becomes a call is said by `[dial] number`: the shop's own
//! dialplan chooses the trunk, so the fields about trunks and numbering have no
//! effect.
//!
//! ```json
//! {
//!   "module": "resources",
//!   "data": {"to_did": "+15551234567", "use_local_resources": false, "timeout": 25},
//!   "children": {"USER_BUSY": {"module": "tts", "data": {"text": "The line is busy."}}}
//! }
//! ```
//!
//! In Kazoo `_` never runs here.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::ops::{Endpoint, Keys, Play, Sound, Target};
use crate::call::{Call, Cause, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::library::prompt;
use crate::callflow::{Node, ring, tones};
use crate::program::{End, Flow};

/// Calls a number in the outside world and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["use_local_resources", "do_not_normalize", "bypass_e164", "resource_type"],
    "x-ignored" = [
        "caller_id_type", "ringback", "outbound_flags", "dynamic_flags", "from_uri_realm",
        "format_from_uri", "emit_account_id", "hunt_account_id"
    ]
))]
pub(super) struct Resources {
    /// The number; the one that the caller dialled when absent.
    #[schemars(length(max = 128))]
    to_did: Option<String>,
    /// Seconds that it rings.
    #[schemars(range(min = 1, max = 3600))]
    timeout: Option<u64>,
    /// Plain ringing instead of the other side's announcements.
    #[serde(default)]
    ignore_early_media: bool,
    /// Header → value, on the call out.
    #[serde(default)]
    custom_sip_headers: Map<String, Value>,
}

impl Module for Resources {
    const NAME: &'static str = "resources";
    const ALIASES: &'static [&'static str] = &["resource"];
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let number = match self.to_did.as_deref().map(plain) {
            Some(number) if !number.is_empty() => number,
            _ => call.facts().dialled.clone(),
        };
        let mut target = Target::new(Endpoint::Number(number));
        target.headers = ring::headers(call, &self.custom_sip_headers);
        let timeout = self.timeout.unwrap_or(call.services().config.dial.timeout_s);
        let mut dial = ring::dial(target, Duration::from_secs(timeout));
        dial.ignore_early_media = self.ignore_early_media;
        caller_id::present(call, &mut dial, Reaches::World).await?;
        let dialled = call.dial(dial).await?;
        match ring::after(node, &dialled) {
            Ok(flow) => Ok(flow),
            Err(cause) => refuse(call, cause).await,
        }
    }
}

/// A number without what people put in for reading.
fn plain(number: &str) -> String {
    number.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/')).collect()
}

/// What the caller is told when no child wants the failure: a tone or an
/// announcement, then the fitting SIP code if the call is not answered yet.
async fn refuse(call: &mut Call, cause: Cause) -> Result<Flow, Interrupt> {
    let sounds = announcement(call, cause).await?;
    if !sounds.is_empty() {
        let stop_on = Keys::none();
        call.play(Play { sounds, stop_on }).await?;
    }
    if call.is_answered() {
        return Ok(Flow::Stop(Some(cause)));
    }
    // Nothing goes on after a final answer, also not a flow that called this one.
    Ok(Flow::End(End::Hangup(Some(cause))))
}

async fn announcement(call: &mut Call, cause: Cause) -> Result<Vec<Sound>, Interrupt> {
    match announced(cause) {
        Announced::Prompt(name) => prompt(call, name).await,
        Announced::Tone(notation) => Ok(tone(notation)),
        Announced::Nothing => Ok(Vec::new()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Announced {
    Prompt(&'static str),
    Tone(&'static str),
    Nothing,
}

fn announced(cause: Cause) -> Announced {
    match cause.kazoo() {
        "UNALLOCATED_NUMBER" | "NO_ROUTE_DESTINATION" => {
            Announced::Prompt("fault-can_not_be_completed_as_dialed")
        }
        "NORMAL_TEMPORARY_FAILURE" => {
            Announced::Prompt("fault-can_not_be_completed_at_this_time")
        }
        "USER_BUSY" | "NORMAL_CLEARING" => Announced::Tone(BUSY),
        "NO_USER_RESPONSE" | "CALL_REJECTED" => Announced::Tone(REORDER),
        _ => Announced::Nothing,
    }
}

const BUSY: &str = "%(500,500,480,620);loops=25";
const REORDER: &str = "%(250,250,480,620);loops=25";

fn tone(notation: &str) -> Vec<Sound> {
    let tones = tones::parse(notation).unwrap_or_default();
    tones.into_iter().map(Sound::Tone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_without_what_makes_it_readable() {
        assert_eq!(plain("+1 (555) 123-45.67"), "+15551234567");
        assert_eq!(plain("*98#"), "*98#");
    }

    #[test]
    fn a_failure_that_no_child_wants_is_announced() {
        let dialled = Announced::Prompt("fault-can_not_be_completed_as_dialed");
        let now = Announced::Prompt("fault-can_not_be_completed_at_this_time");
        for (causes, expected) in [
            (&[1, 3][..], dialled),
            (&[41], now),
            (&[16, 17], Announced::Tone(BUSY)),
            (&[18, 21], Announced::Tone(REORDER)),
            (&[19, 34], Announced::Nothing),
        ] {
            for cause in causes {
                assert_eq!(announced(Cause(*cause)), expected, "{cause}");
            }
        }
        let busy = tone(BUSY);
        let [Sound::Tone(busy)] = &busy[..] else { panic!("{busy:?}") };
        assert_eq!((busy.times, busy.on, busy.off), (25, Duration::from_millis(500), Duration::from_millis(500)));
    }
}
