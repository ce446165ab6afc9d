//! `device` – rings one phone and connects the caller.
//!
//! The caller is answered when the phone is answered. When their conversation
//! ends, so does the flow. If nobody answers, the child named like the cause
//! runs (`USER_BUSY`, `NO_ANSWER`, `SUBSCRIBER_ABSENT`, …), else `sip:` and the
//! SIP code, else `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | whom to ring, as `[dial] device` has it; without it `_` runs |
//! | `timeout` | 20 s | how long it rings; 0 = 20 |
//! | `delay` | 0 s | before it begins to ring |
//! | `suppress_clid` | `false` | the phone does not see who calls |
//! | `custom_sip_headers` | – | header → value, on the call to the phone |
//!
//! ```json
//! {
//!   "module": "device",
//!   "data": {"id": "alice", "timeout": 15},
//!   "children": {"NO_ANSWER": {"module": "device", "data": {"id": "bob"}}}
//! }
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;

/// Rings one phone and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["can_call_self", "can_text_self", "dial_strategy", "strategy"],
    "x-ignored" = ["static_invite", "fail_on_single_reject"]
))]
pub(super) struct Device {
    /// Whom to ring.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// Seconds that it rings; 0 = 20.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    timeout: u64,
    /// Seconds before it begins to ring.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    delay: u64,
    /// The phone does not see who calls.
    #[serde(default)]
    suppress_clid: bool,
    /// Header → value, on the call to the phone.
    #[serde(default)]
    custom_sip_headers: Map<String, Value>,
}

impl Module for Device {
    const NAME: &'static str = "device";
}
