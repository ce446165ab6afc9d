//! `sleep` – waits, and goes on to `_`.
//!
//! Does not answer the call. Keys pressed meanwhile are not kept.
//!
//! | field | default | |
//! |---|---|---|
//! | `duration` | 0 | in `unit`; at most 24 hours |
//! | `unit` | `s` | `ms`, `s`, `m` or `h`; anything else counts as `s` |
//!
//! ```json
//! {"module": "sleep", "data": {"duration": 1500, "unit": "ms"}}
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

const LONGEST: Duration = Duration::from_hours(24);

/// Waits.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Sleep {
    /// How long, in `unit`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 86_400_000))]
    duration: u64,
    /// `ms`, `s`, `m` or `h`.
    #[serde(default)]
    unit: String,
}

impl Sleep {
    fn duration(&self) -> Duration {
        let unit = match self.unit.as_str() {
            "ms" => 1,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 1000,
        };
        Duration::from_millis(self.duration.saturating_mul(unit)).min(LONGEST)
    }
}

impl Module for Sleep {
    const NAME: &'static str = "sleep";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.pause(self.duration()).await?;
        Ok(Flow::Next)
    }
}
