//! Sending keys to the caller.

use std::time::Duration;

use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::{Call, Interrupt};

/// Between two digits.
pub(super) const GAP: Duration = Duration::from_millis(100);

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
        let (spelled, length) = spell(digits, duration);
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

/// Digits as Asterisk takes them, and how long they take.
pub(super) fn spell(digits: &str, each: Duration) -> (String, Duration) {
    let spelled = digits.replace('W', "ww");
    let length = spelled
        .chars()
        .map(|digit| match digit {
            'w' => Duration::from_millis(500),
            _ => each + GAP,
        })
        .sum();
    (spelled, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_spelled_in_halves_of_a_second() {
        let each = Duration::from_millis(100);
        assert_eq!(
            spell("1wW#", each),
            ("1www#".into(), Duration::from_millis(1900))
        );
    }
}
