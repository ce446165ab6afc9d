//! Asking the caller's phone to call somebody else (SIP REFER).
//!
//! ARI's `redirect` sends a REFER as well, but nothing ever tells what came of it.
//! The dialplan's `Transfer()` waits for the phone's NOTIFYs and tells the last code,
//! so the caller leaves the application for a context that runs it
//! (`asterisk-conf/extensions.conf`) and comes back. Meanwhile the channel is not in
//! Stasis: nothing but its end can be asked of it.

use serde::{Deserialize, Serialize};

use crate::ari::{Channel, Event, Request};
use crate::call::journal::Begun;
use crate::call::{Call, Interrupt};

/// Where in the dialplan `Transfer()` is.
const CONTEXT: &str = "pivot-refer";
const EXTENSION: &str = "refer";
/// The first argument of the `Stasis()` there.
pub const BACK: &str = "referred";
/// The event that tells of a caller who does not come back.
pub(in crate::call) const NOT_BACK: &str = "PivotReferred";

/// What came of a REFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReferEnd {
    /// The phone has reached whom it was to call.
    Followed,
    /// It has not. The SIP code is its answer to the REFER, or what its NOTIFYs told of
    /// the new call: Asterisk does not say which.
    Failed(Option<u16>),
    /// None was sent; the timeline says why.
    Unsent,
    /// The caller hung up before that was known.
    Canceled,
}

impl ReferEnd {
    /// As `TRANSFERSTATUS` and `TRANSFERSTATUSPROTOCOL` say it.
    fn read(status: &str, code: &str) -> Self {
        match status {
            "SUCCESS" => Self::Followed,
            "UNSUPPORTED" => Self::Unsent,
            _ => Self::Failed(code.parse().ok().filter(|code| (300..700).contains(code))),
        }
    }
}

/// A caller who is away to be referred.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referring {
    /// The channel has left the application,
    pub left: bool,
    /// and is in it again.
    pub back: bool,
    pub end: Option<ReferEnd>,
}

impl Call {
    /// Sends a REFER to `to`, a SIP URI, and waits until it is known what came of it.
    /// However long that takes is up to the phone and Asterisk.
    pub async fn refer(&mut self, to: &str) -> Result<ReferEnd, Interrupt> {
        let op = match self.begin::<ReferEnd, ()>() {
            Begun::Done(end) => return Ok(end),
            Begun::Again(op, ()) => op,
            Begun::New(op) => {
                self.state.refer = None;
                op
            }
        };
        self.write_down(&op, &());
        if !self.has_left().await
            && let Err(why) = self.leave_to_be_referred(to).await?
        {
            self.warn(why);
            self.state.refer = None;
            return Ok(self.done(&op, ReferEnd::Unsent));
        }
        while self.is_being_referred() {
            self.next(None).await?;
        }
        let end = match self.state.refer.take().and_then(|refer| refer.end) {
            Some(end) => end,
            None => self.ask_refer_end().await,
        };
        self.note(format!("REFER to {to}: {end:?}"));
        Ok(self.done(&op, end))
    }

    /// What is known of a REFER when the caller has gone.
    pub fn refer_so_far(&self) -> ReferEnd {
        let end = self.state.refer.as_ref().and_then(|refer| refer.end);
        end.unwrap_or(ReferEnd::Canceled)
    }

    /// All is known of a caller who hung up while away. Asterisk keeps such a channel,
    /// and does not tell its end, as long as the phone may still send NOTIFYs.
    pub(in crate::call) fn has_told_refer_end(&self) -> bool {
        self.is_being_referred()
            && self
                .state
                .refer
                .as_ref()
                .is_some_and(|refer| refer.end.is_some())
    }

    /// The caller is in the dialplan and comes back.
    pub(in crate::call) fn is_being_referred(&self) -> bool {
        self.state.refer.as_ref().is_some_and(|refer| !refer.back)
    }

    /// After the call was picked up: the request that sends the caller away was carried out.
    async fn has_left(&mut self) -> bool {
        match &self.state.refer {
            None => false,
            Some(refer) if refer.left || refer.back => true,
            Some(_) => {
                matches!(self.look_at_caller().await, Some(at) if at.dialplan.context == CONTEXT)
            }
        }
    }

    /// `Err` says why no REFER can be sent.
    async fn leave_to_be_referred(&mut self, to: &str) -> Result<Result<(), String>, Interrupt> {
        if !self.state.facts.channel_name.starts_with("PJSIP/") {
            return Ok(Err(format!(
                "13801: {} is no SIP call, and only those can be referred",
                self.state.facts.channel_name
            )));
        }
        let channel = self.state.channel.clone();
        let exists = format!("DIALPLAN_EXISTS({CONTEXT},{EXTENSION},1)");
        if self.variable_of(&channel, &exists).await.as_deref() != Some("1") {
            return Ok(Err(format!(
                "no REFER is sent: the dialplan has no context [{CONTEXT}] (take it from asterisk-conf/extensions.conf), \
                 or func_dialplan.so is not loaded"
            )));
        }
        let Some(at) = self.look_at_caller().await else {
            return Ok(Err(
                "no REFER is sent: the channel cannot be looked at".into()
            ));
        };
        let app = self.ari.app().to_owned();
        // In angle brackets, or headers in the URI would be parameters of Refer-To.
        let mut told = vec![
            ("PIVOT_REFER_TO", format!("<{to}>")),
            ("PIVOT_REFER_APP", app),
        ];
        let at = at.dialplan;
        // A second REFER sets out from there; it leads back to where the first did.
        if at.context != CONTEXT
            && ![&at.context, &at.exten]
                .iter()
                .any(|text| text.contains(','))
        {
            let next = format!("{},{},{}", at.context, at.exten, at.priority + 1);
            told.push(("PIVOT_REFER_BACK", next));
        }
        for (name, value) in told {
            self.set_channel_variable(name, &value).await?;
        }
        // Before the request, so that the channel's leaving is not taken for its end.
        self.state.refer = Some(Referring::default());
        self.checkpoint();
        let go = Request::continue_dialplan(&channel, Some(CONTEXT), Some(EXTENSION), Some(1));
        match self.caller_request(go).await? {
            Ok(_) => Ok(Ok(())),
            Err(error) => Ok(Err(format!("no REFER is sent: {error}"))),
        }
    }

    async fn look_at_caller(&mut self) -> Option<Channel> {
        let request = Request::get_channel(&self.state.channel);
        self.request(request).await.ok()?.json().ok()
    }

    /// The channel leaves the application; `false` when that is its end.
    pub(in crate::call) fn absorb_leaving(&mut self) -> bool {
        let gone = self.state.gone.is_some();
        match &mut self.state.refer {
            Some(refer) if !refer.left && !gone => {
                refer.left = true;
                self.checkpoint();
                true
            }
            _ => false,
        }
    }

    /// The channel is in the application again.
    pub(in crate::call) fn absorb_return(&mut self, args: &[String]) {
        let Some(refer) = &mut self.state.refer else {
            return;
        };
        refer.back = true;
        if let [word, status, code, ..] = args
            && word == BACK
        {
            refer.end = Some(ReferEnd::read(status, code));
        }
        self.checkpoint();
    }

    /// The caller has hung up while away. What `Transfer()` calls a failure without a
    /// code is nothing but that.
    pub(in crate::call) fn absorb_not_back(&mut self, fields: &serde_json::Value) {
        let text = |name: &str| {
            fields
                .get(name)
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
        };
        let end = match ReferEnd::read(text("Status"), text("Code")) {
            ReferEnd::Failed(None) => ReferEnd::Canceled,
            end => end,
        };
        if let Some(refer) = &mut self.state.refer {
            refer.end.get_or_insert(end);
        }
    }

    /// After events were missed: the caller may be back, or may have found us not
    /// connected and gone on in the dialplan.
    pub(in crate::call) async fn look_for_return(&mut self) {
        if !self.is_being_referred() {
            return;
        }
        let Some(at) = self.look_at_caller().await else {
            return;
        };
        let Some(refer) = &mut self.state.refer else {
            return;
        };
        if at.dialplan.context != CONTEXT {
            if refer.left {
                let channel = at.id;
                self.backlog.push_back(Event::StasisEnd { channel });
            }
            return;
        }
        refer.left = true;
        if at.dialplan.app_name == "Stasis" {
            self.backlog.push_back(Event::StasisStart {
                channel: Box::new(at),
                args: Vec::new(),
                replaces: None,
            });
        }
    }

    /// Its events were missed.
    async fn ask_refer_end(&self) -> ReferEnd {
        let status = self
            .variable_of(&self.state.channel, "TRANSFERSTATUS")
            .await;
        let code = self
            .variable_of(&self.state.channel, "TRANSFERSTATUSPROTOCOL")
            .await;
        ReferEnd::read(&status.unwrap_or_default(), &code.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::ReferEnd::{self, Failed, Followed, Unsent};

    #[test]
    fn asterisks_words_for_what_came_of_it() {
        for (status, code, end) in [
            ("SUCCESS", "0", Followed),
            ("FAILURE", "486", Failed(Some(486))),
            // Of Asterisk's own, and what older versions leave out.
            ("FAILURE", "1", Failed(None)),
            ("FAILURE", "", Failed(None)),
            ("UNSUPPORTED", "0", Unsent),
            ("", "", Failed(None)),
        ] {
            assert_eq!(ReferEnd::read(status, code), end, "{status} {code}");
        }
    }
}
