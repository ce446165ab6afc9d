//! A leg that runs a document of its own, or is asked for a key, before it is
//! connected: from its answer it is a call, with its own task, CallSid and cookies.
//! Its channel is that call's until that is over.

use tokio::sync::mpsc;

use crate::ari::Delivery;
use crate::call::ops::{Collect, Confirm, DialOutcome, Keys, Screen};
use crate::call::{Call, Facts, Interrupt, Prepared, SipFacts, State};
use crate::clock;
use crate::id::CallId;
use crate::news::Screened;
use crate::program::Request;

/// A leg that is to become a call of its own.
#[derive(Debug)]
pub struct LegCall {
    /// Its `facts.parent` says whose leg it is.
    pub state: Box<State>,
    pub mailbox: mpsc::Receiver<Delivery>,
    /// For its first document; none when it is asked for a key.
    pub request: Option<Request>,
}

impl Call {
    /// Makes a leg a call of its own. From here on its events go there.
    pub(super) fn screen_leg(&mut self, channel: &str, screen: &Screen) -> Prepared {
        let Some(leg) = self.state.leg(channel).cloned() else {
            return Prepared::Yes;
        };
        let id = CallId::of_leg(&leg.sid);
        let mut params = Vec::new();
        if leg.is_sip() {
            params.push(("SipCallId".to_owned(), leg.call_id.clone()));
            for (name, value) in &leg.headers {
                params.push((format!("SipHeader_{name}"), value.clone()));
            }
        }
        let facts = Facts {
            caller_number: leg.from,
            dialled: leg.to,
            channel_name: leg.name,
            call_id: if leg.call_id.is_empty() {
                channel.to_owned()
            } else {
                leg.call_id
            },
            language: self.state.language.clone(),
            // Nothing but these is known of a leg, so nothing is asked for.
            sip: Some(SipFacts {
                headers: leg.headers,
                ..SipFacts::default()
            }),
            parent: Some(self.state.id.clone()),
            ..Facts::default()
        };
        let mut state = State::new(id.clone(), channel.to_owned(), facts, clock::now());
        state.answered = leg.answered;
        state.twilio_profile = self.state.twilio_profile;
        state.inherit = self.state.inherit.clone();
        // Whoever hears the leg goes on finding out who has answered.
        let (mine, its) = std::mem::take(&mut self.state.detecting)
            .into_iter()
            .partition(|detecting| detecting.channel != channel);
        (self.state.detecting, state.detecting) = (mine, its);
        let mailbox = self.services.router.adopt(&id);
        self.objects.hand_over(channel, &id);
        let request = match screen {
            Screen::Document { url, method } => Some(Request {
                url: url.clone(),
                method: *method,
                params,
                why: "url of the noun".into(),
            }),
            Screen::Key(confirm) => {
                state.confirm = Some(confirm.clone());
                None
            }
        };
        self.note(format!("{} is asked first, as call {id}", leg.endpoint));
        let call = LegCall {
            state: Box::new(state),
            mailbox,
            request,
        };
        // Only fails while the process ends.
        self.services.legs.send(call).ok();
        Prepared::Screening
    }

    /// Asks whoever has this channel for a key; `true` when it is one that accepts.
    pub async fn confirm(&mut self, confirm: &Confirm) -> Result<bool, Interrupt> {
        let collected = self
            .collect(Collect {
                prompts: confirm.prompts.clone(),
                max: Some(1),
                finish_on: Keys::none(),
                first: confirm.within,
                between: confirm.within,
                typed: String::new(),
            })
            .await?;
        let mut keys = collected.digits.chars();
        Ok(keys.next().is_some_and(|key| confirm.accept.contains(key)))
    }

    /// A leg's own document has ended.
    pub(in crate::call) fn absorb_screened(&mut self, screened: &Screened) {
        if screened.channel == self.state.channel {
            return self.absorb_returned(screened);
        }
        let Some(leg) = self.state.leg_mut(&screened.channel) else {
            return;
        };
        if screened.accepted {
            leg.prepared = Prepared::Accepted;
        } else {
            if screened.failed {
                leg.outcome = Some(DialOutcome::Failed);
            }
            leg.end(clock::now());
        }
        self.tell_legs();
    }

    /// The document of this leg has ended: gives the channel to the call whose leg it
    /// is. Nothing plays on it any more.
    pub async fn hand_back_to(&mut self, parent: &CallId) -> Result<(), Interrupt> {
        // Whoever was rung by it meanwhile.
        self.end_legs().await;
        self.settle().await?;
        self.finish_recordings().await;
        self.conclude_all();
        self.objects.hand_over(&self.state.channel, parent);
        self.objects.release();
        if let Some(checkpoints) = &self.services.checkpoints {
            checkpoints.remove(&self.state.id);
        }
        Ok(())
    }
}
