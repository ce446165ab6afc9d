//! A piece of the shop's dialplan in the middle of a flow: the channel leaves the
//! application for a context that does what ARI cannot, and `Stasis(pivot)` there
//! brings it back to the same call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::state::Gone;
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};

/// Where the channel goes, at extension `s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excursion {
    pub context: String,
    /// Channel variables for the dialplan.
    pub variables: Vec<(String, String)>,
    /// The variable in which the dialplan leaves its result.
    pub result: &'static str,
    /// A channel that is not back by then is the dialplan's for good.
    pub limit: Duration,
}

#[derive(Debug, Serialize, Deserialize)]
struct Away {
    sent: bool,
    until: Time,
}

impl Call {
    /// Goes there and comes back with the result; empty when there is none.
    pub async fn excursion(&mut self, excursion: &Excursion) -> Result<String, Interrupt> {
        let (op, mut at) = match self.begin::<String, Away>() {
            Begun::Done(result) => return Ok(result),
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => {
                let until = clock::now().after(excursion.limit);
                (op, Away { sent: false, until })
            }
        };
        self.write_down(&op, &at);
        if !at.sent {
            // What an earlier one left is not this one's.
            self.set_channel_variable(excursion.result, "").await?;
            for (name, value) in &excursion.variables {
                self.set_channel_variable(name, value).await?;
            }
            self.settle().await?;
            self.state.away = true;
            at.sent = true;
            self.write_down(&op, &at);
            let channel = self.state.channel.clone();
            let request =
                Request::continue_dialplan(&channel, Some(&excursion.context), Some("s"), Some(1));
            if let Err(error) = self.caller_request(request).await? {
                self.warn(format!("the dialplan was not entered: {error}"));
                self.state.away = false;
                return Ok(self.done(&op, String::new()));
            }
        }
        while self.state.away {
            if self.next(Some(at.until)).await?.is_none() {
                // Its return may not have been told, while the event socket was lost.
                let back = Request::stop_silence(&self.state.channel);
                if self.request(back).await.is_err() {
                    return Err(self.left_for_good());
                }
                self.state.away = false;
            }
        }
        let result = self
            .variable_of(&self.state.channel, excursion.result)
            .await;
        Ok(self.done(&op, result.unwrap_or_default()))
    }

    /// The dialplan keeps the channel.
    fn left_for_good(&mut self) -> Interrupt {
        self.warn("the dialplan did not bring the call back, and keeps it");
        self.state.gone.get_or_insert(Gone {
            at: clock::now(),
            cause: None,
            sip: None,
            left: true,
        });
        self.state.kept.notices.clear();
        Interrupt::Gone
    }
}
