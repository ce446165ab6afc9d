//! A called party's REFER: it wants the caller to talk with somebody else instead.
//!
//! Asterisk looks for the number in the context that the leg's `TRANSFER_CONTEXT`
//! names. Where there is none, the party is told 404 and the conversation goes on.
//! `[pivot-referred]` takes every number and only answers, so that the party is told
//! 200; that this happens tells us of the REFER. A leg that is in the caller's bridge itself
//! is replaced there by a channel that leads to that context, and that knows the
//! Refer-To. Behind a `Local/` leg its other half is what is sent there, and
//! tells it by an event.

use std::time::Duration;

use super::{Call, Interrupt};
use crate::ari::Request;
use crate::call::Cause;
use crate::call::ops::OnRefer;
use crate::clock;

/// Names a context that does not exist.
const REFUSING: &str = "pivot-refused";
const TELLING: &str = "pivot-referred";
/// The event of the half of a `Local/` leg.
pub(in crate::call) const REFERRED: &str = "PivotReferredTo";

/// How long the party may take to leave when it was told 200.
const LEAVE: Duration = Duration::from_secs(2);

impl OnRefer {
    /// Channels that the dialplan makes for the leg inherit it.
    pub(super) fn variable(self) -> Option<(String, String)> {
        let context = match self {
            Self::Asterisk => return None,
            Self::Refused => REFUSING,
            Self::Told => TELLING,
        };
        Some(("__TRANSFER_CONTEXT".into(), context.into()))
    }
}

impl Call {
    /// Asks for what the dialplan tells of the far half of a leg.
    pub(super) async fn listen_for_refer(&mut self, channel: &str, endpoint: &str) {
        if !endpoint.starts_with("Local/") {
            return;
        }
        let half = format!("{channel};2");
        self.objects.register(&half);
        if let Some(leg) = self.state.leg_mut(channel) {
            leg.far_half = Some(half.clone());
            self.checkpoint();
        }
        let request = Request::subscribe(self.ari.app(), &half);
        if let Err(error) = self.request(request).await {
            self.note(format!("a REFER of this leg will not be heard of: {error}"));
        }
    }

    /// A channel has taken the place of a leg in the bridge, or of what was there already.
    pub(in crate::call) fn absorb_heir(&mut self, old: &str, heir: &str) {
        let mut legs = self.state.legs.iter_mut();
        if let Some(leg) = legs.find(|leg| leg.present() == old) {
            leg.heir = Some(heir.to_owned());
            self.checkpoint();
        }
    }

    /// A channel that is not the caller's has left Stasis.
    pub(in crate::call) fn absorb_left(&mut self, channel: &str) {
        let mut legs = self.state.legs.iter();
        let Some(leg) = legs.find(|leg| leg.ends_with(channel)) else {
            return;
        };
        let channel = leg.channel.clone();
        self.conclude(&channel, "unknown");
        if let Some(leg) = self.state.leg_mut(&channel) {
            leg.cause = leg.cause.or(Some(Cause::NORMAL));
            leg.end(clock::now());
        }
    }

    pub(in crate::call) fn absorb_referred(&mut self, half: &str, fields: &serde_json::Value) {
        let to = fields.get("To").and_then(serde_json::Value::as_str);
        let mut legs = self.state.legs.iter_mut();
        if let Some(leg) = legs.find(|leg| leg.far_half.as_deref() == Some(half)) {
            leg.referred = Some(to.unwrap_or_default().to_owned());
            self.checkpoint();
        }
    }

    /// Whether the party wants the caller to talk with somebody else. It has left, or
    /// had the time to, when this returns `true`.
    pub(super) async fn was_referred(&mut self, winner: &str) -> Result<bool, Interrupt> {
        let Some(leg) = self.state.leg(winner) else {
            return Ok(false);
        };
        if leg.on_refer != OnRefer::Told {
            return Ok(false);
        }
        if leg.referred.is_none() {
            let Some(heir) = leg.heir.clone() else {
                return Ok(false);
            };
            let to = self.variable_of(&heir, "SIPREFERTOHDR").await;
            if let Some(leg) = self.state.leg_mut(winner) {
                leg.referred = Some(to.unwrap_or_default());
                self.checkpoint();
            }
        }
        self.note("the called party sent a REFER");
        let deadline = clock::now().after(LEAVE);
        while self.state.leg(winner).is_some_and(|leg| !leg.is_over())
            && self.next(Some(deadline)).await?.is_some()
        {}
        Ok(true)
    }

    /// Ends what took the places of legs.
    pub(in crate::call) async fn end_heirs(&mut self) {
        for leg in &mut self.state.legs {
            if let Some(half) = leg.far_half.take() {
                self.objects.forget(&half);
            }
        }
        let mut heirs = Vec::new();
        for leg in &mut self.state.legs {
            if let Some(heir) = leg.heir.take() {
                // Nobody is told the end of what is hung up here.
                leg.cause = leg.cause.or(Some(Cause::NORMAL));
                leg.end(clock::now());
                heirs.push(heir);
            }
        }
        for heir in heirs {
            self.insist(self.ari.hangup(&heir, 16)).await.ok();
            self.objects.forget(&heir);
        }
    }
}
