//! What the shop is told about a call (`[notify] url`): at once, or when it is over.

use serde_json::{Map, Value};

use crate::call::journal::Begun;
use crate::call::{Call, CallbackTarget, Closed, Notice};
use crate::config::Method;
use crate::web::form;

impl Call {
    /// Tells it beside the call. `false`: there is nobody to be told.
    pub fn notify(&mut self, event: &str, params: Map<String, Value>) -> bool {
        let op = match self.begin::<bool, ()>() {
            Begun::Done(told) => return told,
            // It may be on its way: rather not told than told twice.
            Begun::Again(op, ()) => return self.done(&op, true),
            Begun::New(op) => op,
        };
        self.write_down(&op, &());
        let told = self.tell_shop(event, params);
        self.done(&op, told)
    }

    /// Has it told when the call is over.
    pub fn notify_at_end(&mut self, notice: Notice) {
        // A module that is entered again after the call was picked up has had it noted.
        if !self.state.kept.notices.contains(&notice) {
            self.state.kept.notices.push(notice);
            self.checkpoint();
        }
    }

    /// The call is over: what waited for it is told, once.
    pub fn tell_notices(&mut self, closed: Closed) {
        let reached = self.state.kept.reached;
        for notice in std::mem::take(&mut self.state.kept.notices) {
            if notice.if_missed && reached {
                continue;
            }
            let cause = closed.cause.map_or("UNSPECIFIED", |cause| cause.kazoo());
            let code = closed.sip.or(closed.cause.map(|cause| cause.sip()));
            let disposition = match (self.is_answered(), self.is_gone()) {
                (true, _) => "ANSWER",
                (false, true) => "CANCEL",
                (false, false) => "FAILED",
            };
            let mut params = notice.params;
            params.insert("hangup_cause".into(), cause.into());
            if let Some(code) = code {
                params.insert("hangup_code".into(), format!("sip:{code}").into());
            }
            params.insert("disposition".into(), disposition.into());
            self.tell_shop(&notice.event, params);
        }
    }

    fn tell_shop(&self, event: &str, params: Map<String, Value>) -> bool {
        let Some(url) = &self.services.config.notify.url else {
            self.warn(format!(
                "{event} is told to nobody, since [notify] url is not set"
            ));
            return false;
        };
        let mut form = form::flatten(&params.into());
        form.insert(0, ("event".into(), event.into()));
        let target = CallbackTarget {
            url: url.to_string(),
            method: Method::Post,
        };
        self.call_back("[notify] url", self.id().as_str(), &target, form);
        true
    }
}
