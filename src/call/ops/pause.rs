//! Waiting.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Behind;
use crate::call::journal::Begun;
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};

#[derive(Debug, Serialize, Deserialize)]
struct Until(Time);

impl Call {
    /// Waits. An answered caller hears silence, so that media keep flowing; an
    /// unanswered one goes on waiting.
    pub async fn pause(&mut self, duration: Duration) -> Result<(), Interrupt> {
        let (op, until) = match self.begin::<(), Until>() {
            Begun::Done(()) => return Ok(()),
            Begun::Again(op, Until(until)) => (op, until),
            Begun::New(op) => (op, clock::now().after(duration)),
        };
        self.write_down(&op, &Until(until));
        // Digits that are being sent are not silence.
        let silent = self.is_answered() && self.state.sending.is_none() && duration >= SILENCE_FROM;
        if silent {
            self.start_behind(Behind::Silence).await?;
        }
        while self.next(Some(until)).await?.is_some() {}
        if silent {
            self.stop_behind().await?;
        }
        self.done(&op, ());
        Ok(())
    }
}

/// Shorter gaps are not worth two requests.
const SILENCE_FROM: Duration = Duration::from_millis(500);
