//! `set_variable` – sets one variable of the call, and goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `variable` | required | its name |
//! | `value` | empty | |
//! | `channel` | `a` | `both`: the legs that later modules make get it too, as a channel variable |
//!
//! ```json
//! {"module": "set_variable", "data": {"variable": "call_priority", "value": "5"}}
//! ```
//!
//! Kazoo knows `call_priority` and `group_id` and ignores every other name. Here
//! these two are kept for queues and groups, and `branch_variable` finds them;
//! any other name is set as by `set_variables`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::variables::plain_name;
use crate::program::Flow;

/// Sets one variable of the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SetVariable {
    /// The variable's name.
    #[schemars(length(min = 1, max = 128))]
    variable: String,
    /// Its value.
    #[serde(default)]
    value: String,
    /// Whether legs get it too.
    #[serde(default)]
    channel: Channel,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Channel {
    #[default]
    A,
    Both,
}

/// What Kazoo keeps apart from the variables of applications.
const KNOWN: [&str; 2] = ["call_priority", "group_id"];

impl Module for SetVariable {
    const NAME: &'static str = "set_variable";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let name = plain_name(&self.variable);
        let value = self.value.clone().into();
        if KNOWN.contains(&name.as_str()) {
            call.kept_mut().channel_vars.insert(name.clone(), value);
        } else {
            call.custom_vars_mut().insert(self.variable.clone(), value);
        }
        if self.channel == Channel::Both {
            let exported = if KNOWN.contains(&name.as_str()) {
                &name
            } else {
                &self.variable
            };
            call.export(exported, &self.value);
        }
        Ok(Flow::Next)
    }
}
