//! `set` – adds to what an agent must be able to do to take the call from a
//! queue, and goes on to `_`.
//!
//! Every key of `data` is a skill. It sets no variables; `set_variables` does.
//!
//! ```json
//! {"module": "set", "data": {"language": "french", "level": 2}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Adds to what an agent must be able to do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct Set(Map<String, Value>);

impl Module for Set {
    const NAME: &'static str = "set";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let skills = self.0.iter().filter(|(name, _)| *name != "skip_module");
        for (name, value) in skills {
            call.kept_mut().skills.insert(name.clone(), value.clone());
        }
        Ok(Flow::Next)
    }
}
