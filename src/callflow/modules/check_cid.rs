//! `check_cid` – branches on the caller's number.
//!
//! Child `match` runs when the expression is found anywhere in the number, else
//! `nomatch`; where that child is missing, `_`. An expression that cannot be
//! read is a warning, and `_` runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `regex` | `.*` | regular expression, not anchored |
//! | `use_absolute_mode` | `false` | `true`: on a match the child named like the number runs, else `_` |
//! | `caller_id.external` | – | `name` and `number` that the caller has from now on, after a match |
//! | `user_id` | – | whom the call belongs to from then on; taken only together with both of them |
//!
//! ```json
//! {
//!   "module": "check_cid",
//!   "data": {"regex": "^\\+1415"},
//!   "children": {
//!     "match": {"module": "play", "data": {"id": "sound:welcome-neighbour"}},
//!     "nomatch": {"module": "response", "data": {"code": 603}}
//!   }
//! }
//! ```
//!
//! In Kazoo the new caller id may come too late for the child that runs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::CallerId;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::patterns::Pattern;
use crate::program::Flow;

/// Branches on the caller's number.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CheckCid {
    /// Regular expression, not anchored.
    #[serde(default = "anything")]
    #[schemars(length(max = 256))]
    regex: String,
    /// On a match the child named like the number runs.
    #[serde(default)]
    use_absolute_mode: bool,
    /// Whom the caller is after a match.
    #[serde(default)]
    caller_id: NewCallerId,
    /// Whom the call belongs to after a match.
    #[schemars(length(max = 128))]
    user_id: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
struct NewCallerId {
    /// The caller id from then on.
    #[serde(default)]
    external: External,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
struct External {
    /// Its name.
    #[schemars(length(max = 128))]
    name: Option<String>,
    /// Its number.
    #[schemars(length(max = 128))]
    number: Option<String>,
}

fn anything() -> String {
    ".*".into()
}

impl CheckCid {
    fn set_identity(&self, call: &mut Call) {
        let External { name, number } = &self.caller_id.external;
        if let (Some(name), Some(number), Some(user)) = (name, number, &self.user_id) {
            call.set_caller(CallerId {
                number: number.clone(),
                name: name.clone(),
            });
            call.set_owner(user);
        }
    }
}

impl Module for CheckCid {
    const NAME: &'static str = "check_cid";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let pattern = match Pattern::new(&self.regex) {
            Ok(pattern) => pattern,
            Err(error) => {
                call.warn(format!("the caller is not checked: {error}"));
                return Ok(Flow::Next);
            }
        };
        let number = call.facts().caller_number.clone();
        if !pattern.is_match(&number) {
            return Ok(Flow::Child("nomatch".into()));
        }
        let child = if self.use_absolute_mode {
            number
        } else {
            "match".into()
        };
        if node.child(&child).is_some() {
            self.set_identity(call);
        }
        Ok(Flow::Child(child))
    }
}
