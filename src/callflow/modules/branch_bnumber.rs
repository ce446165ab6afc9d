//! `branch_bnumber` – branches on what the number that led here has captured, or
//! runs that number's own flow.
//!
//! Without something captured `_` runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `hunt` | `false` | `false`: the child named like the captured number runs, else `_`; `true`: the callflow that has the number runs, then `_` |
//! | `hunt_allow` | – | regular expression, not anchored: other numbers are not hunted, `_` runs |
//! | `hunt_deny` | – | regular expression: these are not hunted, `_` runs |
//!
//! A `no_match` flow is found only for callers from inside. A number that leads
//! nowhere takes `_`.
//!
//! ```json
//! {"module": "branch_bnumber", "data": {"hunt": true, "hunt_deny": "^9"}}
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, stored};
use crate::patterns::Pattern;
use crate::program::Flow;

/// Branches on the captured number.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct BranchBnumber {
    /// Run the callflow that has the number.
    #[serde(default)]
    hunt: bool,
    /// Only these are hunted.
    #[schemars(length(min = 1, max = 256))]
    hunt_allow: Option<String>,
    /// These are not.
    #[schemars(length(min = 1, max = 256))]
    hunt_deny: Option<String>,
}

impl BranchBnumber {
    fn may_hunt(&self, call: &Call, number: &str) -> bool {
        let matches = |pattern: &Option<String>, missing: bool, broken: bool| match pattern {
            None => missing,
            Some(pattern) => match Pattern::new(pattern) {
                Ok(pattern) => pattern.is_match(number),
                Err(error) => {
                    call.warn(error.to_string());
                    broken
                }
            },
        };
        matches(&self.hunt_allow, true, false) && !matches(&self.hunt_deny, false, false)
    }
}

impl Module for BranchBnumber {
    const NAME: &'static str = "branch_bnumber";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(captured) = call.matched_flow().captured.group.clone() else {
            call.note("nothing was captured of the number");
            return Ok(Flow::Next);
        };
        let number = call.services().catalog.numbers.normalize(&captured);
        if !self.hunt {
            return Ok(Flow::Child(number));
        }
        if !self.may_hunt(call, &number) {
            call.note(format!("{number} may not be hunted"));
            return Ok(Flow::Next);
        }
        let internal = call.facts().internal;
        Ok(match stored::hunt(call, &number, internal).await? {
            Some(flow) => Flow::Branch(Arc::new(flow)),
            None => {
                call.note(format!("{number} leads to no callflow"));
                Flow::Next
            }
        })
    }
}
