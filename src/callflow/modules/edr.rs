//! `edr` – writes a record of what the flow says, and goes on to `_`.
//!
//! `data` as a whole is the record. It stands in the call's timeline (`pivot
//! trace`), and `[notify] url` gets it as `data[name]`, with the call and the
//! `event` `edr`.
//!
//! ```json
//! {"module": "edr", "data": {"stage": "payment", "amount": 12.5}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::told::call_told;
use crate::program::Flow;

/// Writes a record of what the flow says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(super) struct Edr(Map<String, Value>);

impl Module for Edr {
    const NAME: &'static str = "edr";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let data = Value::from(self.0.clone());
        call.note(format!("edr {data}"));
        if call.services().config.notify.url.is_some() {
            let mut told = call_told(call);
            told.insert("data".into(), data);
            call.notify("edr", told);
        }
        Ok(Flow::Next)
    }
}
