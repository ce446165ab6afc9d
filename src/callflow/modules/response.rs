//! `response` – refuses the call with a SIP code.
//!
//! Ends the flow; a flow that called this one with `callflow` goes on only if
//! the caller is still there. On a call that is answered already it is a
//! hang-up.
//!
//! | field | default | |
//! |---|---|---|
//! | `code` | 486 | SIP code, 400 to 699; Asterisk sends the nearest that it can |
//! | `media` | – | played first, without answering; as `id` of `play` |
//! | `message` | – | has no effect: Asterisk chooses the words |
//!
//! ```json
//! {"module": "response", "data": {"code": 404, "media": "/system_media/fault-can_not_be_completed_as_dialed"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::{Keys, Play};
use crate::call::{Call, Cause, Interrupt};
use crate::callflow::Node;
use crate::callflow::library::named_sounds;
use crate::program::{End, Flow};

/// Refuses the call with a SIP code.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["message"]))]
pub(super) struct Response {
    /// SIP code.
    #[serde(default = "busy")]
    #[schemars(range(min = 400, max = 699))]
    code: u16,
    /// Played first, without answering.
    #[schemars(length(max = 2048))]
    media: Option<String>,
}

fn busy() -> u16 {
    486
}

impl Module for Response {
    const NAME: &'static str = "response";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let sounds = named_sounds(call, self.media.as_deref()).await?;
        if !sounds.is_empty() {
            let stop_on = Keys::none();
            call.play(Play { sounds, stop_on }).await?;
        }
        Ok(Flow::End(End::Hangup(Some(Cause::from_sip(self.code)))))
    }
}
