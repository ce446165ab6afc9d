//! `ring_group` – rings several phones, users and groups, and connects the caller
//! with the first who answers.
//!
//! If nobody answers, the child named like the cause runs, else `sip:` and the code.
//! Without such a child they ring again, `repeats` times in all; then `_` runs. It
//! runs at once when there is nobody to ring.
//!
//! | field | default | |
//! |---|---|---|
//! | `endpoints` | – | the members, see below |
//! | `strategy` | `simultaneous` | `single`: one after the other; `weighted_random`: the same, in an order drawn by weight |
//! | `timeout` | 20 s | all of it; of those who ring one after the other, each |
//! | `repeats` | 1 | how often they ring |
//! | `ringback` | ringing | what the caller hears meanwhile, as `id` of `play` |
//! | `ringtones.internal` | the phones' own | Alert-Info for callers from inside |
//! | `ringtones.external` | the phones' own | Alert-Info for callers from outside |
//! | `ignore_forward` | `true` | phones that forward their calls ring themselves |
//! | `fail_on_single_reject` | `false` | one who is busy or refuses ends the ringing of all |
//!
//! A member has an `id` and
//!
//! | field | default | |
//! |---|---|---|
//! | `endpoint_type` | `device` | or `user`, or `group`, whose members take its place |
//! | `delay` | 0 s | before it begins to ring |
//! | `timeout` | 20 s | how long it rings, from then on |
//! | `weight` | 20 | 1 to 100: the chance to be first is its share of all |
//! | `disable_until` | – | it does not ring until then (seconds since the year 0) |
//!
//! A member that is named twice with the same times rings once.
//!
//! ```json
//! {
//!   "module": "ring_group",
//!   "data": {
//!     "endpoints": [
//!       {"id": "alice", "endpoint_type": "device"},
//!       {"id": "bob", "endpoint_type": "device", "delay": 5, "timeout": 15}
//!     ],
//!     "timeout": 25
//!   },
//!   "children": {"_": {"module": "tts", "data": {"text": "Nobody is here."}}}
//! }
//! ```
//!
//! In Kazoo the element with the highest weight is nearly always first.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::members::{Member, Ring, Strategy};
use crate::callflow::ring::{Ringing, failure};
use crate::callflow::{Node, caller};
use crate::program::Flow;

/// Rings several phones, users and groups.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["name"]))]
pub(super) struct RingGroup {
    /// Who rings.
    pub(super) endpoints: Vec<Member>,
    /// In which order.
    #[serde(default)]
    strategy: Strategy,
    /// Seconds that it rings.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    timeout: u64,
    /// How often they ring.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    repeats: u32,
    /// What the caller hears meanwhile.
    #[schemars(length(max = 2048))]
    ringback: Option<String>,
    /// How the phones ring.
    #[serde(default)]
    ringtones: Tones,
    /// Phones that forward their calls ring themselves.
    #[serde(default = "yes")]
    ignore_forward: bool,
    /// One who is busy or refuses ends the ringing of all.
    #[serde(default)]
    fail_on_single_reject: bool,
}

/// How the phones ring.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
struct Tones {
    /// For callers from inside.
    #[schemars(length(max = 256))]
    internal: Option<String>,
    /// For callers from outside.
    #[schemars(length(max = 256))]
    external: Option<String>,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

impl RingGroup {
    /// The whole of it as it is to ring this caller.
    async fn ring(&self, call: &mut Call) -> Result<Ring, Interrupt> {
        let tones = &self.ringtones;
        let ringtone = if caller::is_internal(call).await? {
            tones.internal.clone()
        } else {
            tones.external.clone()
        };
        Ok(Ring {
            members: self.endpoints.clone(),
            strategy: self.strategy,
            timeout: self.timeout,
            ringback: self.ringback.clone(),
            asked: Ring::asked_of_group(self.ignore_forward, ringtone),
            fail_on_single_reject: self.fail_on_single_reject,
            ..Ring::default()
        })
    }
}

impl Module for RingGroup {
    const NAME: &'static str = "ring_group";
    type Progress = Ringing;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        while at.done < self.repeats {
            if !at.resolved {
                let dial = self.ring(call).await?.dial(call).await?;
                at.keep(call, dial);
            }
            let Some(dial) = at.dial.clone() else {
                return Ok(Flow::Next);
            };
            let Some(failure) = failure(&call.dial(dial).await?) else {
                return Ok(Flow::Stop(None));
            };
            if let Some(child) = failure.child(node) {
                return Ok(child);
            }
            at.done += 1;
            at.resolved = false;
            call.save(at);
        }
        Ok(Flow::Next)
    }
}
