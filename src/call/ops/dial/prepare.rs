//! Between a leg's answer and the bridge: digits are sent to it, then its own
//! document runs, while the caller goes on hearing ringing.

use std::time::Duration;

use super::Dialling;
use crate::ari::Request;
use crate::call::ops::digits::{GAP, spell};
use crate::call::ops::{Dial, Endpoint, Target};
use crate::call::{Call, Interrupt, Leg, LegState, Prepared};
use crate::clock::{self, Time};
use crate::id::OpId;

/// How long each digit sounds.
const DIGIT: Duration = Duration::from_millis(100);

/// `X-` headers that are read of an answer, each with a request.
const MOST_HEADERS: usize = 20;

impl Call {
    /// Goes on with the legs that have answered. Says when the next step is due that
    /// no event tells.
    pub(super) async fn prepare_legs(
        &mut self,
        dial: &Dial,
        op: &OpId,
        at: &Dialling,
    ) -> Result<Option<Time>, Interrupt> {
        let mut due: Option<Time> = None;
        for (slot, target) in at.legs.iter().zip(&dial.targets) {
            let Some(channel) = slot else { continue };
            while let Some(leg) = self.state.leg(channel)
                && leg.state == LegState::Up
            {
                let next = match leg.prepared {
                    Prepared::Yes | Prepared::Screening => break,
                    Prepared::Digits(until) if until > clock::now() => {
                        due = Some(due.map_or(until, |due| due.min(until)));
                        break;
                    }
                    Prepared::No => self.answered(channel, target).await?,
                    Prepared::Digits(_) => self.digits_sent(channel, target),
                    Prepared::Accepted => self.accepted(channel).await,
                };
                if let Some(leg) = self.state.leg_mut(channel) {
                    leg.prepared = next;
                }
                self.write_down(op, at);
            }
        }
        Ok(due)
    }

    async fn answered(&mut self, channel: &str, target: &Target) -> Result<Prepared, Interrupt> {
        if matches!(target.endpoint, Endpoint::Sip(_)) {
            let headers = self.answer_headers(channel).await;
            if let Some(leg) = self.state.leg_mut(channel) {
                leg.headers = headers;
            }
        }
        let Some(digits) = &target.send_digits else {
            if let Some(detection) = &target.detection
                && let Some(sid) = self.state.leg(channel).map(|leg| leg.sid.clone())
            {
                self.detect(channel, &sid, detection).await?;
            }
            return Ok(self.digits_sent(channel, target));
        };
        let (spelled, length) = spell(digits, DIGIT);
        let request = Request::dtmf(channel, &spelled, DIGIT, GAP);
        if let Err(error) = self.request(request).await {
            self.warn(format!("digits {digits} not sent: {error}"));
        }
        Ok(Prepared::Digits(clock::now().after(length)))
    }

    fn digits_sent(&mut self, channel: &str, target: &Target) -> Prepared {
        match &target.screen {
            Some(screen) => self.screen_leg(channel, screen),
            None => Prepared::Yes,
        }
    }

    /// Whoever hung up just when the leg changed hands was told to nobody.
    async fn accepted(&mut self, channel: &str) -> Prepared {
        if self
            .is_gone_from_asterisk(Request::get_channel(channel))
            .await
            && let Some(leg) = self.state.leg_mut(channel)
        {
            leg.end(clock::now());
            self.tell_legs();
        }
        Prepared::Yes
    }

    /// The `X-` headers of the response that answered, where Asterisk tells them.
    async fn answer_headers(&mut self, channel: &str) -> Vec<(String, String)> {
        if !self.state.leg(channel).is_some_and(Leg::is_sip) {
            return Vec::new();
        }
        let names = self
            .variable_of(channel, "PJSIP_RESPONSE_HEADERS(X-)")
            .await
            .unwrap_or_default();
        let mut headers: Vec<(String, String)> = Vec::new();
        let names = names.split(',').map(str::trim).filter(|n| is_header(n));
        for name in names.take(MOST_HEADERS) {
            if headers.iter().any(|(seen, _)| seen == name) {
                continue;
            }
            let read = format!("PJSIP_RESPONSE_HEADER(read,{name})");
            if let Some(value) = self.variable_of(channel, &read).await {
                headers.push((name.to_owned(), value));
            }
        }
        headers
    }
}

/// The callee's own words go into the name of a function of Asterisk's.
fn is_header(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(plain)
}
