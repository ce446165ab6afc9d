//! Answering, ringing, and what the dialplan is told.

use crate::ari::Request;
use crate::call::live::LiveCall;
use crate::call::{Call, Interrupt, ops::RecordingStart};
use crate::clock;

impl Call {
    /// Asks for the events of the caller's channel, so that its hang-up cause comes
    /// (rule 4), and in the same breath for what the first web request will tell. From
    /// here on the call is a live one.
    pub async fn arrive(&mut self, tells_sip: bool) {
        let subscribed = self.subscribe();
        if tells_sip {
            let ((), sip) = tokio::join!(subscribed, self.ask_sip_facts());
            self.state.facts.sip = sip;
        } else {
            subscribed.await;
        }
        self.learn_who_was_transferred().await;
        let live = LiveCall::of(&self.state, &self.services.account);
        self.services.live.began(live);
    }

    async fn subscribe(&self) {
        let request = Request::subscribe(self.ari.app(), &self.state.channel);
        if let Err(error) = self.request(request).await {
            self.note(format!(
                "not subscribed, so the hang-up cause will not be known: {error}"
            ));
        }
    }

    /// Answers the caller, once.
    pub async fn answer(&mut self) -> Result<(), Interrupt> {
        if self.is_answered() {
            return Ok(());
        }
        self.settle().await?;
        let request = Request::answer(&self.state.channel);
        match self.caller_request(request).await? {
            Ok(_) => {
                self.state.answered.get_or_insert_with(clock::now);
                self.checkpoint();
                self.start_waiting_recordings(RecordingStart::OnAnswer)
                    .await?;
            }
            Err(error) => self.warn(format!("could not answer: {error}")),
        }
        Ok(())
    }

    /// Lets an unanswered caller hear ringing.
    pub async fn ring(&mut self) -> Result<(), Interrupt> {
        if self.is_answered() || self.state.ringing {
            return Ok(());
        }
        self.state.ringing = true;
        let request = Request::ring(&self.state.channel);
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("could not ring: {error}"));
        }
        Ok(())
    }

    /// Sets a channel variable.
    pub async fn set_channel_variable(&mut self, name: &str, value: &str) -> Result<(), Interrupt> {
        self.settle().await?;
        let request = Request::set_variable(&self.state.channel, name, value);
        if let Err(error) = self.caller_request(request).await? {
            self.warn(format!("channel variable {name} not set: {error}"));
        }
        Ok(())
    }
}
