//! What the caller hears while nothing plays: music on hold, or silence, which
//! keeps the media flowing.

use serde::{Deserialize, Serialize};

use crate::ari::Request;
use crate::call::{Call, Interrupt};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behind {
    /// Asterisk's music class `default`. Where there is none it is silent.
    Music,
    Silence,
}

impl Call {
    /// Starts it, and returns at once. A playback ends it for good.
    pub async fn start_behind(&mut self, behind: Behind) -> Result<(), Interrupt> {
        if self.state.behind == Some(behind) {
            return Ok(());
        }
        self.stop_behind().await?;
        self.state.behind = Some(behind);
        self.checkpoint();
        let request = match behind {
            Behind::Music => Request::music(&self.state.channel),
            Behind::Silence => Request::silence(&self.state.channel),
        };
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("no {behind:?} for the caller: {error}"));
        }
        Ok(())
    }

    pub(in crate::call) async fn stop_behind(&mut self) -> Result<(), Interrupt> {
        let request = match self.state.behind.take() {
            Some(Behind::Music) => Request::stop_music(&self.state.channel),
            Some(Behind::Silence) => Request::stop_silence(&self.state.channel),
            None => return Ok(()),
        };
        // One that a playback has ended already is not there to be stopped.
        self.caller_request(request).await?.ok();
        Ok(())
    }
}
