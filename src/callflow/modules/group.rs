//! `group` – rings the members of a stored group and connects the caller with the
//! first who answers.
//!
//! Once; then the child named like the cause runs, else `sip:` and the code, else
//! `_`, as also when there is no such group. Does not answer before somebody does.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | the stored group |
//! | `timeout` | 20 s | all of it; of those who ring one after the other, each |
//! | `strategy` | `simultaneous` | `single` or `weighted_random`, as `ring_group` |
//! | `ringback` | ringing | what the caller hears meanwhile, as `id` of `play` |
//! | `ignore_forward` | `true` | phones that forward their calls ring themselves |
//! | `endpoints` | – | members as those of `ring_group`, in place of a stored group |
//!
//! What the stored group says wins over the node.
//!
//! ```json
//! {"module": "group", "data": {"id": "sales", "timeout": 30}}
//! ```
//!
//! In Kazoo the caller is answered first.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::members::{Member, MemberKind, Ring, Strategy, of_group};
use crate::callflow::ring::Ringing;
use crate::objects;
use crate::program::Flow;

/// Rings the members of a stored group.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["name"]))]
pub(super) struct Group {
    /// The stored group.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// Seconds that it rings.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    timeout: u64,
    /// In which order they ring.
    #[serde(default)]
    strategy: Strategy,
    /// What the caller hears meanwhile.
    #[schemars(length(max = 2048))]
    ringback: Option<String>,
    /// Phones that forward their calls ring themselves.
    #[serde(default = "yes")]
    ignore_forward: bool,
    /// Members in place of a stored group.
    #[serde(default)]
    endpoints: Vec<Member>,
}

fn yes() -> bool {
    true
}

impl Group {
    async fn ring(&self, call: &mut Call) -> Result<Option<Ring>, Interrupt> {
        let mut ring = Ring {
            members: self.endpoints.clone(),
            strategy: self.strategy,
            timeout: self.timeout,
            ringback: self.ringback.clone(),
            asked: Ring::asked_of_group(self.ignore_forward, None),
            ..Ring::default()
        };
        if !self.endpoints.is_empty() {
            return Ok(Some(ring));
        }
        let id = self.id.clone().unwrap_or_default();
        let Some(group) = call.stored::<objects::Group>(&id).await? else {
            call.warn(format!("there is no group {id:?}"));
            return Ok(None);
        };
        let around = Member {
            id,
            endpoint_type: MemberKind::Group,
            delay: 0,
            timeout: 0,
            weight: None,
            disable_until: None,
        };
        ring.members = of_group(&group, &around);
        ring.timeout = group.timeout.unwrap_or(ring.timeout);
        ring.ringback = group.ringback.or(ring.ringback);
        if let Some(strategy) = group.strategy {
            ring.strategy = serde_json::from_value(strategy.into()).unwrap_or(ring.strategy);
        }
        if let Some(ignore_forward) = group.ignore_forward {
            ring.asked = Ring::asked_of_group(ignore_forward, None);
        }
        Ok(Some(ring))
    }
}

impl Module for Group {
    const NAME: &'static str = "group";
    type Progress = Ringing;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if !at.resolved {
            let dial = match self.ring(call).await? {
                Some(ring) => ring.dial(call).await?,
                None => None,
            };
            at.keep(call, dial);
        }
        at.once(call, node).await
    }
}
