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
//! | `can_call_self` | `false` | `true` rings the phone also when it is the caller's own; else `_` runs |
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

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::ops::{Endpoint, Target};
use crate::call::{Call, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::{Node, ring};
use crate::program::Flow;

/// Rings one phone and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["can_text_self", "dial_strategy", "strategy"],
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
    /// Ring the phone also when it is the caller's own.
    #[serde(default)]
    can_call_self: bool,
    /// The phone does not see who calls.
    #[serde(default)]
    suppress_clid: bool,
    /// Header → value, on the call to the phone.
    #[serde(default)]
    custom_sip_headers: Map<String, Value>,
}

/// How long a phone rings.
const RING: u64 = 20;

impl Device {
    /// Rings the endpoint that `endpoint` makes of the id, by a template of `[dial]`.
    pub(super) async fn ring(
        &self,
        call: &mut Call,
        node: &Node,
        template: &str,
        endpoint: fn(String) -> Endpoint,
    ) -> Result<Flow, Interrupt> {
        let Some(id) = self.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) else {
            call.warn("there is no `id`, so nobody rings");
            return Ok(Flow::Next);
        };
        if !self.can_call_self && is_of(&call.facts().channel_name, &template.replace("{id}", id)) {
            call.note(format!("{id} is the caller's own phone and does not ring"));
            return Ok(Flow::Next);
        }
        let timeout = Duration::from_secs(if self.timeout == 0 { RING } else { self.timeout });
        let mut target = Target::new(endpoint(id.to_owned()));
        target.delay = Duration::from_secs(self.delay);
        target.timeout = Some(timeout);
        target.headers = ring::headers(call, &self.custom_sip_headers);
        let mut dial = ring::dial(target, Duration::from_secs(self.delay) + timeout);
        dial.caller_id = self.suppress_clid.then(caller_id::anonymous);
        caller_id::present(call, &mut dial, Reaches::Phone).await?;
        let dialled = call.dial(dial).await?;
        Ok(ring::after(node, &dialled).unwrap_or(Flow::Next))
    }
}

/// Whether a channel such as `PJSIP/alice-00000001` belongs to the endpoint.
fn is_of(channel: &str, endpoint: &str) -> bool {
    channel.rsplit_once('-').is_some_and(|(of, _)| of == endpoint)
}

impl Module for Device {
    const NAME: &'static str = "device";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let template = call.services().config.dial.device.clone();
        self.ring(call, node, &template, Endpoint::Device).await
    }
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_channel_belongs_to_its_endpoint() {
        assert!(is_of("PJSIP/alice-00000001", "PJSIP/alice"));
        assert!(is_of("PJSIP/front-desk-0000000a", "PJSIP/front-desk"));
        assert!(!is_of("PJSIP/alice-00000001", "PJSIP/ali"));
        assert!(!is_of("", "PJSIP/alice"));
    }
}
