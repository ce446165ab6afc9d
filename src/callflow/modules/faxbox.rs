//! `faxbox` – hands the call to the dialplan, which receives a fax for a fax box.
//!
//! Like `receive_fax`, with `PIVOT_FAXBOX` in place of the owner.
//!
//! | field | default | |
//! |---|---|---|
//! | `id`, `faxbox_id` | – | the box; without one `_` runs |
//! | `media.fax_option` | `auto` | T.38: `true`, `false` or `auto` |
//!
//! ```json
//! {"module": "faxbox", "data": {"id": "office"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::receive_fax::{FaxMedia, hand_over};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Has the dialplan receive a fax for a fax box.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Faxbox {
    /// The box.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// The same; the older name.
    #[schemars(length(max = 128))]
    faxbox_id: Option<String>,
    /// How it is received.
    #[serde(default)]
    media: FaxMedia,
}

impl Module for Faxbox {
    const NAME: &'static str = "faxbox";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        match self.id.as_ref().or(self.faxbox_id.as_ref()) {
            Some(id) => hand_over(call, "PIVOT_FAXBOX", id, &self.media).await,
            None => {
                call.warn("there is no `id` of a fax box; child `_` runs");
                Ok(Flow::Next)
            }
        }
    }
}
