//! Softphones: SIP over UDP, u-law sound, RFC 4733 digits.
//!
//! ```no_run
//! # async fn script() -> pivot_lab::Result<()> {
//! use std::time::Duration;
//! let asterisk = pivot_lab::Asterisk::start("22").await?;
//! let mut call = asterisk.phone("15550001").call("2030").await?;
//! call.wait_answered().await?;
//! call.press("1234#").await?;
//! call.send_tone(440.0, Duration::from_secs(1)).await?;
//! call.wait_ended().await?;
//! println!("heard {:?}", call.heard().segments());
//! # Ok(())
//! # }
//! ```
//!
//! All phones of one Asterisk share a socket, as if they stood behind one
//! trunk; the number in the request picks the phone.

mod actor;
mod call;
mod challenge;
mod dialog;
mod exchange;
mod g711;
mod message;
mod rtp;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

pub use call::{Call, Ended, OnRefer, Referral, Side, State};
pub(crate) use exchange::Exchange;
pub use message::{Message, Start};
pub(crate) use rtp::tone;

use crate::error::{LabError, Result};
use challenge::Challenge;
use exchange::Shared;

/// How a phone takes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnCall {
    /// Rings, answers after this time, and stays until somebody hangs up.
    Answer { after: Duration },
    /// As `Answer`, and hangs up `hold` after the answer.
    AnswerThenHangUp { after: Duration, hold: Duration },
    /// Refuses at once: 486 is busy, 480 not there, 603 declined.
    Reject(u16),
    /// Rings and never answers.
    NeverAnswer,
    /// Rings; the test answers, refuses or waits through the [`Call`].
    Manual,
}

/// One call to place, with what is out of the ordinary about it.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// The display name in From.
    pub name: Option<String>,
    /// Further headers of the INVITE, such as `P-Asserted-Identity` or `X-Account`.
    pub headers: Vec<(String, String)>,
}

/// A phone with a number. Calls to it are taken as [`Phone::on_call`] says;
/// a phone that is dropped is not there any more (404).
pub struct Phone {
    number: String,
    shared: std::sync::Arc<Shared>,
    incoming: mpsc::UnboundedReceiver<Call>,
}

impl Phone {
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Calls a number through Asterisk. Returns when the INVITE is sent.
    pub async fn call(&self, to: &str) -> Result<Call> {
        self.call_with(to, CallOptions::default()).await
    }

    pub async fn call_with(&self, to: &str, options: CallOptions) -> Result<Call> {
        Call::place(&self.shared, &self.number, to, options).await
    }

    /// How calls to this phone are taken from now on; `Answer` after 0.3 s at first.
    pub fn on_call(&self, how: OnCall) {
        self.shared.set_on_call(&self.number, how);
    }

    /// From now on a call is taken only from who knows this password: others are
    /// challenged with 401 or, as a proxy would, 407.
    pub fn challenge(&self, code: u16, user: &str, password: &str) {
        let challenge = Challenge::new(code, user, password);
        self.shared.set_challenge(&self.number, challenge);
    }

    /// The next call to this phone, at once when one already came. Fails after 15 s.
    pub async fn next_call(&mut self) -> Result<Call> {
        self.next_call_within(Duration::from_secs(15)).await
    }

    pub async fn next_call_within(&mut self, limit: Duration) -> Result<Call> {
        match timeout(limit, self.incoming.recv()).await {
            Ok(Some(call)) => Ok(call),
            _ => Err(LabError::Timeout {
                what: format!("a call to {}", self.number),
                after_ms: limit.as_millis(),
            }),
        }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.incoming.close();
        self.shared.unplug(&self.number);
    }
}
