//! Sending keys to the caller.

use std::time::Duration;

use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::{Call, Interrupt};

/// Between two digits.
const GAP: Duration = Duration::from_millis(100);

impl Call {
    /// Sends digits; `w` waits half a second and `W` a whole one. The channel is
    /// occupied meanwhile, so the call waits for as long.
    pub async fn send_digits(&mut self, digits: &str, duration: Duration) -> Result<(), Interrupt> {
        let op = match self.begin::<(), ()>() {
            Begun::Done(()) => return Ok(()),
            // They may have been heard: rather too few than twice.
            Begun::Again(op, ()) => {
                self.done(&op, ());
                return Ok(());
            }
            Begun::New(op) => op,
        };
        let spelled = digits.replace('W', "ww");
        let length = spelled
            .chars()
            .map(|d| {
                if d == 'w' {
                    Duration::from_millis(500)
                } else {
                    duration + GAP
                }
            })
            .sum();
        self.write_down(&op, &());
        let request = Request::dtmf(&self.state.channel, &spelled, duration, GAP);
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("digits {digits} not sent: {error}"));
            self.done(&op, ());
            return Ok(());
        }
        self.done(&op, ());
        self.pause_quietly(length).await
    }

    /// Waits without asking for silence, which would end what the channel does.
    async fn pause_quietly(&mut self, duration: Duration) -> Result<(), Interrupt> {
        let until = crate::clock::now().after(duration);
        while self.next(Some(until)).await?.is_some() {}
        Ok(())
    }
}
