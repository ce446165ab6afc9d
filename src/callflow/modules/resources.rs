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

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;

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
}
