//! `device` – rings one phone and connects the caller.
//!
//! The caller is answered when the phone is answered. When their conversation
//! ends, so does the flow. If nobody answers, the child named like the cause
//! runs (`USER_BUSY`, `NO_ANSWER`, `SUBSCRIBER_ABSENT`, …), else `sip:` and the
//! SIP code, else `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | a stored device, else whom to ring as `[dial] device` has it; without it `_` runs |
//! | `timeout` | 20 s | how long it rings; 0 = 20 |
//! | `delay` | 0 s | before it begins to ring |
//! | `can_call_self` | `false` | `true` rings the phone also when it is the caller's own; else `_` runs |
//! | `suppress_clid` | `false` | the phone does not see who calls |
//! | `dial_strategy` | `simultaneous` | `single`: the phone and where it forwards to ring one after the other |
//! | `strategy` | – | the same, where there is no `dial_strategy` |
//! | `static_invite` | the device's | the user part of the INVITE |
//! | `custom_sip_headers` | – | header → value, on the call to the phone |
//! | `fail_on_single_reject` | `false` | one who is busy or refuses ends the ringing of all |
//!
//! A stored device does not ring when it, its user or its account is not to be
//! disturbed or is switched off, or when it is one of the caller's own user. It may
//! forward its calls (`call_forward`; with `failover` while it is not registered), and has
//! headers and ringtones of its own. Those who answer a forwarded call press 1 to take it
//! (`require_keypress`).
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
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::endpoint::{Asked, Legs, Phones};
use crate::callflow::members::{self, Ring, Strategy};
use crate::callflow::ring::{self, Ringing};
use crate::program::Flow;

/// Rings one phone and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["can_text_self"]))]
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
    /// In which order those ring who ring for it.
    dial_strategy: Option<Strategy>,
    /// The same; the name that `user` has for it.
    strategy: Option<Strategy>,
    /// The user part of the INVITE.
    #[schemars(length(max = 128))]
    static_invite: Option<String>,
    /// Header → value, on the call to the phone.
    #[serde(default)]
    custom_sip_headers: Map<String, Value>,
    /// One who is busy or refuses ends the ringing of all.
    #[serde(default)]
    fail_on_single_reject: bool,
}

impl Device {
    /// Whom to ring; without an id nobody.
    fn id<'a>(&'a self, call: &Call) -> Option<&'a str> {
        let id = self
            .id
            .as_deref()
            .map(str::trim)
            .filter(|id| !id.is_empty());
        if id.is_none() {
            call.warn("there is no `id`, so nobody rings");
        }
        id
    }

    fn asked(&self, call: &Call) -> Asked {
        Asked {
            delay: self.delay,
            timeout: self.timeout,
            can_call_self: self.can_call_self,
            static_invite: self.static_invite.clone(),
            headers: ring::headers_in(call, &self.custom_sip_headers),
            ..Asked::default()
        }
    }

    async fn ring(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Ringing,
        legs: Legs,
        strategy: Strategy,
    ) -> Result<Flow, Interrupt> {
        let ring = Ring {
            strategy,
            suppress_clid: self.suppress_clid,
            fail_on_single_reject: self.fail_on_single_reject,
            ..Ring::default()
        };
        let mut dial = ring.of_legs(call, legs).await?;
        if let Some(dial) = &mut dial {
            dial.timeout = members::whole(self.delay, self.timeout);
        }
        at.keep(call, dial);
        at.once(call, node).await
    }

    /// The devices of the user with this id.
    pub(super) async fn ring_user(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Ringing,
    ) -> Result<Flow, Interrupt> {
        if at.resolved {
            return at.once(call, node).await;
        }
        let mut legs = Legs::default();
        let strategy = self.strategy.or(self.dial_strategy).unwrap_or_default();
        if let Some(id) = self.id(call) {
            let asked = self.asked(call);
            legs = Phones::new(call).await?.user(call, id, &asked).await?;
            let stored = call.stored::<crate::objects::User>(id).await?.is_some();
            legs.ignore_early_media |= stored && strategy == Strategy::Simultaneous;
        }
        self.ring(call, node, at, legs, strategy).await
    }
}

impl Module for Device {
    const NAME: &'static str = "device";
    type Progress = Ringing;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if at.resolved {
            return at.once(call, node).await;
        }
        let mut legs = Legs::default();
        if let Some(id) = self.id(call) {
            let asked = self.asked(call);
            legs = Phones::new(call).await?.device(call, id, &asked).await?;
        }
        let strategy = self.dial_strategy.or(self.strategy).unwrap_or_default();
        self.ring(call, node, at, legs, strategy).await
    }
}
