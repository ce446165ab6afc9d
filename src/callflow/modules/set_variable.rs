//! `set_variable` – sets one variable of the call, and goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `variable` | required | its name |
//! | `value` | empty | |
//! | `channel` | `a` | `a` or `both`; has no effect yet |
//!
//! ```json
//! {"module": "set_variable", "data": {"variable": "call_priority", "value": "5"}}
//! ```
//!
//! Kazoo knows `call_priority` and `group_id` and ignores every other name.
//! Here any name is set, and later requests carry it as
//! `Custom-Application-Vars[name]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Sets one variable of the call.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-ignored" = ["channel"]))]
pub(super) struct SetVariable {
    /// The variable's name.
    #[schemars(length(min = 1, max = 128))]
    variable: String,
    /// Its value.
    #[serde(default)]
    value: String,
}

impl Module for SetVariable {
    const NAME: &'static str = "set_variable";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let value = self.value.clone().into();
        call.custom_vars_mut().insert(self.variable.clone(), value);
        Ok(Flow::Next)
    }
}
