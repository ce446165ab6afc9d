//! What every message of one SIP call carries.

use std::sync::Arc;

use super::exchange::Shared;
use super::message::{Message, Start};

/// The names that every message of one call carries.
pub(super) struct Dialog {
    pub(super) shared: Arc<Shared>,
    number: String,
    pub(super) call_id: String,
    pub(super) tag: String,
    pub(super) local: String,
    pub(super) remote: String,
    pub(super) target: String,
    pub(super) cseq: u32,
}

impl Dialog {
    pub(super) fn new(shared: &Arc<Shared>, number: &str) -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string();
        Self {
            shared: Arc::clone(shared),
            number: number.to_owned(),
            call_id: format!("{id}@lab"),
            tag: id[..10].to_owned(),
            local: String::new(),
            remote: String::new(),
            target: String::new(),
            cseq: 0,
        }
    }

    /// A new request within the call.
    pub(super) fn request(&mut self, method: &str) -> Message {
        self.cseq += 1;
        let branch = uuid::Uuid::new_v4().simple();
        let via = format!(
            "SIP/2.0/UDP {};branch=z9hG4bK{branch};rport",
            self.shared.addr
        );
        self.message(method, &self.target, via, self.cseq)
            .with("Contact", self.contact())
    }

    /// How far a call is that the other side's REFER asked for (RFC 3515).
    pub(super) fn notify(&mut self, code: u16, phrase: &str) -> Message {
        let state = if code < 200 {
            "active;expires=60"
        } else {
            "terminated;reason=noresource"
        };
        let mut notify = self
            .request("NOTIFY")
            .with("Event", "refer")
            .with("Subscription-State", state)
            .with("Content-Type", "message/sipfrag;version=2.0");
        notify.body = format!("SIP/2.0 {code} {phrase}\r\n");
        notify
    }

    /// A request that belongs to the INVITE: CANCEL, or ACK of a refusal.
    pub(super) fn beside(&self, method: &str, invite: &Message) -> Message {
        let uri = match &invite.start {
            Start::Request { uri, .. } => uri.clone(),
            Start::Response { .. } => String::new(),
        };
        let via = invite.header("Via").unwrap_or_default().to_owned();
        self.message(method, &uri, via, invite.cseq().0)
    }

    pub(super) fn message(&self, method: &str, uri: &str, via: String, cseq: u32) -> Message {
        Message::request(method, uri)
            .with("Via", via)
            .with("Max-Forwards", "70")
            .with("From", self.local.clone())
            .with("To", self.remote.clone())
            .with("Call-ID", self.call_id.clone())
            .with("CSeq", format!("{cseq} {method}"))
    }

    /// The call as its other side knows it, for `Replaces`.
    pub(super) fn replaces(&self) -> String {
        let theirs = self.remote.split("tag=").nth(1).unwrap_or_default();
        let theirs = theirs.split([';', '>']).next().unwrap_or_default();
        format!("{};to-tag={theirs};from-tag={}", self.call_id, self.tag)
    }

    pub(super) fn contact(&self) -> String {
        format!("<sip:{}@{}>", self.number, self.shared.addr)
    }
}
