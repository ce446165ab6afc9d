//! `fax_detect` – listens for a fax machine's tone, and branches.
//!
//! ARI cannot hear the tone, so the call visits the dialplan: extension `s` of
//! the context `[dialplan] fax_detect`, with `PIVOT_FAX_WAIT` set to the seconds.
//! `Stasis(pivot)` there brings it back, with `PIVOT_FAX` set to `yes` when the
//! tone was heard (docs/dialplan.md). Then child `ON_FAX` runs, else `ON_VOICE`,
//! else `_`. Without that setting it is a warning, and `ON_VOICE` runs. Does not
//! answer the call by itself.
//!
//! | field | default | |
//! |---|---|---|
//! | `duration` | 5 s | how long it listens; 1 to 60 |
//!
//! ```json
//! {
//!   "module": "fax_detect",
//!   "data": {"duration": 3},
//!   "children": {
//!     "ON_FAX": {"module": "receive_fax"},
//!     "ON_VOICE": {"module": "device", "data": {"id": "alice"}}
//!   }
//! }
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::Excursion;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// How much longer than it listens the dialplan may take.
const GRACE: Duration = Duration::from_secs(10);

/// Listens for a fax machine's tone.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct FaxDetect {
    /// Seconds that it listens.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 60))]
    duration: u64,
}

fn five() -> u64 {
    5
}

impl Module for FaxDetect {
    const NAME: &'static str = "fax_detect";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let voice = Flow::Child("ON_VOICE".into());
        let Some(context) = call.services().config.dialplan.fax_detect.clone() else {
            call.warn("nobody listens for a fax, since [dialplan] fax_detect names no context");
            return Ok(voice);
        };
        let excursion = Excursion {
            context,
            variables: vec![("PIVOT_FAX_WAIT".into(), self.duration.to_string())],
            result: "PIVOT_FAX",
            limit: Duration::from_secs(self.duration) + GRACE,
        };
        let heard = call.excursion(&excursion).await?;
        Ok(if heard == "yes" {
            Flow::Child("ON_FAX".into())
        } else {
            voice
        })
    }
}
