//! `send_dtmf` – sends keys to the caller, and goes on to `_` at once.
//!
//! What is played next waits until they are sent, as do an answer, a conversation, and
//! the end of the call; `noop` waits for nothing else.
//!
//! | field | default | |
//! |---|---|---|
//! | `digits` | required | `0`-`9`, `*`, `#`, `A`-`D`; `w` waits half a second, `W` a whole one |
//! | `duration_ms` | 2000 ms | of each key |
//!
//! ```json
//! {"module": "send_dtmf", "data": {"digits": "1w2#", "duration_ms": 200}}
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Sends keys to the caller.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SendDtmf {
    /// The keys.
    #[schemars(
        length(min = 1, max = 64),
        regex(pattern = r"^[0-9*#A-Da-dwW]+$"),
        extend("x-expect" = "keys out of 0-9, *, #, A-D, w and W")
    )]
    digits: String,
    /// Milliseconds of each key.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 40, max = 10_000))]
    duration_ms: u64,
}

fn two_seconds() -> u64 {
    2000
}

impl Module for SendDtmf {
    const NAME: &'static str = "send_dtmf";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let each = Duration::from_millis(self.duration_ms);
        call.start_digits(&self.digits, each).await?;
        Ok(Flow::Next)
    }
}
