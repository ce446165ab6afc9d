//! `set_alert_info` – says how the phones ring that later modules call, and goes
//! on to `_`.
//!
//! They get it as the header `Alert-Info`, unless a node's own headers have one.
//!
//! | field | default | |
//! |---|---|---|
//! | `alert_info` | required | as the phones' maker has it |
//!
//! ```json
//! {"module": "set_alert_info", "data": {"alert_info": "<http://127.0.0.1/Bellcore-dr3>"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Says how phones ring.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SetAlertInfo {
    /// The header's value.
    #[schemars(length(min = 1, max = 256))]
    alert_info: String,
}

impl Module for SetAlertInfo {
    const NAME: &'static str = "set_alert_info";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.kept_mut().presentation.alert_info = Some(self.alert_info.clone());
        Ok(Flow::Next)
    }
}
