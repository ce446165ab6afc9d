//! `set_variables` – sets variables of the call, and goes on to `_`.
//!
//! Later requests carry them as `Custom-Application-Vars[name]`. They last as
//! long as the call; a name that is set already gets the new value.
//!
//! | field | default | |
//! |---|---|---|
//! | `custom_application_vars` | required | name → text, number or boolean |
//! | `export` | `false` | the legs that later modules make get them too, as channel variables |
//!
//! A name that is exported has letters, digits, `-` and `_` only.
//!
//! ```json
//! {"module": "set_variables", "data": {"custom_application_vars": {"customer": "4711", "vip": true}}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::variables::text;
use crate::program::Flow;

/// Sets variables of the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SetVariables {
    /// Name → text, number or boolean.
    custom_application_vars: Map<String, Value>,
    /// Whether legs get them too.
    #[serde(default)]
    export: bool,
}

impl Module for SetVariables {
    const NAME: &'static str = "set_variables";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        for (name, value) in &self.custom_application_vars {
            let Some(text) = text(value) else {
                call.warn(format!(
                    "variable {name} is not set: it is no text, number or boolean"
                ));
                continue;
            };
            call.custom_vars_mut().insert(name.clone(), value.clone());
            if self.export {
                call.export(name, &text);
            }
        }
        Ok(Flow::Next)
    }
}
