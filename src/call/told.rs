//! What web applications are told about a call or a leg in every request:
//! Twilio's standard parameters, and callbacks beside the call.

use tokio::sync::oneshot;

use super::{Call, Leg, Services, Stage};
use crate::callbacks::Callback;
use crate::clock;
use crate::config::Method;
use crate::trace::Trace;

/// Empty: a PBX knows no places, but applications index these without looking.
const PLACES: [&str; 4] = ["City", "State", "Zip", "Country"];
const PARTIES: [&str; 4] = ["From", "To", "Caller", "Called"];

/// Where something is told, beside the call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CallbackTarget {
    /// Absolute.
    pub url: String,
    pub method: Method,
}

/// Which events of something are told, and where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Notify {
    pub target: CallbackTarget,
    /// As the document names them.
    pub events: Vec<String>,
}

impl Notify {
    pub fn wants(&self, event: &str) -> bool {
        self.events.iter().any(|e| e == event)
    }

    /// Makes the URL absolute.
    pub fn resolve(&mut self, document: &url::Url) {
        if let Ok(url) = document.join(&self.target.url) {
            self.target.url = url.into();
        }
    }
}

impl Services {
    /// Tells a web server something beside the calls, as [`Call::call_back`] does.
    pub fn call_back(
        &self,
        trace: &Trace,
        what: &'static str,
        about: &str,
        target: &CallbackTarget,
        params: Vec<(String, String)>,
    ) {
        self.send_callback(trace, what, about, target, params, None);
    }

    /// The same; gives whether the server took it.
    pub(super) fn call_back_and_tell(
        &self,
        trace: &Trace,
        what: &'static str,
        about: &str,
        target: &CallbackTarget,
        params: Vec<(String, String)>,
    ) -> oneshot::Receiver<bool> {
        let (tell, told) = oneshot::channel();
        self.send_callback(trace, what, about, target, params, Some(tell));
        told
    }

    fn send_callback(
        &self,
        trace: &Trace,
        what: &'static str,
        about: &str,
        target: &CallbackTarget,
        params: Vec<(String, String)>,
        taken: Option<oneshot::Sender<bool>>,
    ) {
        self.callbacks.send(Callback {
            about: about.to_owned(),
            what,
            url: target.url.clone(),
            method: match target.method {
                Method::Get => http::Method::GET,
                Method::Post => http::Method::POST,
            },
            params,
            trace: trace.clone(),
            taken,
            held: self.background.token(),
        });
    }
}

impl Call {
    /// Twilio's standard parameters of this call.
    pub fn standard_params(&self) -> Vec<(String, String)> {
        let facts = self.facts();
        let mut params = self.party_params(
            self.id().as_str(),
            self.status(),
            &facts.caller_number,
            &facts.dialled,
        );
        let mut add = |key: &str, value: &str| params.push((key.to_owned(), value.to_owned()));
        match &facts.parent {
            Some(parent) => {
                add("Direction", "outbound-dial");
                add("ParentCallSid", parent.as_str());
            }
            None => add("Direction", "inbound"),
        }
        params
    }

    /// The same of a leg that this call has made.
    pub fn leg_params(&self, leg: &Leg) -> Vec<(String, String)> {
        self.leg_params_at(leg, leg.stage())
    }

    fn leg_params_at(&self, leg: &Leg, stage: Stage) -> Vec<(String, String)> {
        let mut params = self.party_params(&leg.sid, leg.status_at(stage), &leg.from, &leg.to);
        let mut add = |key: &str, value: &str| params.push((key.to_owned(), value.to_owned()));
        add("Direction", "outbound-dial");
        add("ParentCallSid", self.id().as_str());
        params
    }

    /// Tells the `statusCallback` of each leg what has happened to it and was not
    /// told yet: each event once, whatever way the leg took.
    pub(super) fn tell_legs(&mut self) {
        let mut told = false;
        for index in 0..self.state.legs.len() {
            while let Some(stage) = self.tell_leg(index) {
                if let Some(leg) = self.state.legs.get_mut(index) {
                    leg.told = Some(stage);
                    told = true;
                }
            }
        }
        if told {
            self.checkpoint();
        }
    }

    /// Tells the next event of a leg; `None` when all is told.
    fn tell_leg(&mut self, index: usize) -> Option<Stage> {
        let leg = self.state.legs.get(index)?;
        let stage = leg.untold()?;
        let Some(notify) = leg.notify.clone().filter(|n| n.wants(stage.event())) else {
            return Some(stage);
        };
        let mut params = self.leg_params_at(leg, stage);
        let mut add = |key: &str, value: String| params.push((key.to_owned(), value));
        add("Timestamp", clock::now().rfc2822());
        add("CallbackSource", "call-progress-events".into());
        add("SequenceNumber", leg.callbacks.to_string());
        if stage == Stage::Completed {
            let lasted = leg.lasted().unwrap_or_default();
            let seconds = clock::whole_seconds(lasted);
            add("Duration", lasted.as_secs().div_ceil(60).to_string());
            add("CallDuration", seconds);
            if let Some(who) = &leg.answered_by {
                add("AnsweredBy", who.clone());
            }
            if let Some(code) = leg.sip_code() {
                add("SipResponseCode", code.to_string());
            }
        }
        self.call_back("statusCallback", &leg.sid, &notify.target, params);
        if let Some(leg) = self.state.legs.get_mut(index) {
            leg.callbacks += 1;
        }
        Some(stage)
    }

    fn party_params(&self, sid: &str, status: &str, from: &str, to: &str) -> Vec<(String, String)> {
        let mut params = Vec::with_capacity(30);
        let mut add = |key: String, value: &str| params.push((key, value.to_owned()));
        add("AccountSid".into(), &self.services().account_sid);
        add("ApiVersion".into(), "2010-04-01");
        add("CallSid".into(), sid);
        add("CallStatus".into(), status);
        add("From".into(), from);
        add("To".into(), to);
        add("Caller".into(), from);
        add("Called".into(), to);
        for party in PARTIES {
            for place in PLACES {
                add(format!("{party}{place}"), "");
            }
        }
        params
    }

    /// Tells a web server something beside the call: nobody waits for it, and
    /// those with the same `about` (a sid) arrive in this order.
    pub fn call_back(
        &self,
        what: &'static str,
        about: &str,
        target: &CallbackTarget,
        params: Vec<(String, String)>,
    ) {
        self.services()
            .call_back(self.trace(), what, about, target, params);
    }

    /// Twilio's word for how far the call is.
    pub fn status(&self) -> &'static str {
        match (self.is_gone(), self.is_answered()) {
            (true, true) => "completed",
            (true, false) => "canceled",
            (false, true) => "in-progress",
            (false, false) => "ringing",
        }
    }
}
