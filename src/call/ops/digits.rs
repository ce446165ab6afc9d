//! Sending keys to the caller.

use std::time::Duration;

use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::{Call, Interrupt};
use crate::clock;

/// Between two digits.
pub(super) const GAP: Duration = Duration::from_millis(100);

impl Call {
    /// Sends digits, and waits until they are sent; `w` waits half a second and `W`
    /// a whole one.
    pub async fn send_digits(&mut self, digits: &str, duration: Duration) -> Result<(), Interrupt> {
        self.start_digits(digits, duration).await?;
        self.keys_sent().await
    }

    /// The same, and returns at once. The channel is occupied meanwhile: what is
    /// played waits for them, and so does what joins and the end of the call.
    pub async fn start_digits(
        &mut self,
        digits: &str,
        duration: Duration,
    ) -> Result<(), Interrupt> {
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
        match self.caller_request(request).await? {
            Ok(_) => {
                let now = clock::now();
                let from = self.state.sending.map_or(now, |until| until.max(now));
                self.state.sending = Some(from.after(length));
            }
            Err(error) => self.warn(format!("digits {digits} not sent: {error}")),
        }
        self.done(&op, ());
        Ok(())
    }

    /// Waits until the digits are sent that were started. Silence is not asked for,
    /// which would end what the channel does.
    pub async fn keys_sent(&mut self) -> Result<(), Interrupt> {
        let Some(until) = self.state.sending else {
            return Ok(());
        };
        // Boxed, since it stands in nearly every operation and is seldom needed.
        Box::pin(async {
            while self.next(Some(until)).await?.is_some() {}
            Ok(())
        })
        .await?;
        self.state.sending = None;
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
