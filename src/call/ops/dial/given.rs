//! A conversation is taken over at another phone: the party that was called goes from
//! the bridge of one call into that of another.
//!
//! ```text
//! the one who takes: Wanted ─►                              ─► its own bridge, talks …
//! the one who talks:          hands the leg over, Given ─►   is hung up
//! ```
//!
//! From `Given` on the leg is the other call's. When that one is over by then, the
//! router has the leg hung up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Dialling;
use crate::ari::Request;
use crate::call::{Call, Cause, Interrupt, Leg, LegState};
use crate::clock;
use crate::id::{CallId, OpId};
use crate::news::{LegNews, News};

/// How long the other call has to give its leg.
const WAIT: Duration = Duration::from_secs(10);
/// How long the end of a channel may take to be told.
const END: Duration = Duration::from_secs(5);

/// The leg of another call that this one has asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receiving {
    Awaited,
    /// This channel is it.
    Came(String),
    /// The other call has none to give.
    Refused,
}

impl Call {
    /// The call that a channel belongs to, when it is one of pivot's.
    pub async fn call_of(&self, channel: &str) -> Option<CallId> {
        self.services.router.owner(channel).await
    }

    /// Asks another call for the leg that its caller talks with.
    pub(super) async fn take_leg(
        &mut self,
        owner: &CallId,
        op: &OpId,
        at: &mut Dialling,
    ) -> Result<(), Interrupt> {
        if self.state.receiving.is_none() {
            self.state.receiving = Some(Receiving::Awaited);
            self.write_down(op, at);
            let by = self.state.id.clone();
            let news = News::Leg(LegNews::Wanted { by });
            self.services.router.tell_call(owner, news);
        }
        let deadline = at.began.after(WAIT);
        while self.state.receiving == Some(Receiving::Awaited) {
            if self.next(Some(deadline)).await?.is_none() {
                break;
            }
        }
        match self.leg_that_came().await {
            Some(channel) => {
                at.legs = vec![Some(channel.clone())];
                at.winner = Some(channel);
            }
            None => self.note(format!("call {owner} talks with nobody who could be taken")),
        }
        self.state.receiving = None;
        self.write_down(op, at);
        Ok(())
    }

    /// The leg that was handed over, if it is there still: an end of which the other
    /// call was told before that is told to nobody here.
    async fn leg_that_came(&mut self) -> Option<String> {
        let Some(Receiving::Came(channel)) = self.state.receiving.clone() else {
            return None;
        };
        let is_there = Request::get_channel(&channel);
        if !self.is_gone_from_asterisk(is_there).await {
            return Some(channel);
        }
        self.note("the party hung up while it was taken over");
        self.state.legs.retain(|leg| leg.channel != channel);
        self.objects.forget(&channel);
        None
    }

    pub(in crate::call) async fn absorb_leg_news(&mut self, news: LegNews) {
        match news {
            LegNews::Wanted { by } => self.give_leg(&by),
            LegNews::Given(leg) if self.state.receiving == Some(Receiving::Awaited) => {
                self.state.receiving = Some(Receiving::Came(leg.channel.clone()));
                self.state.legs.push(*leg);
            }
            LegNews::Given(leg) => self.refuse_leg(&leg).await,
            LegNews::Refused if self.state.receiving == Some(Receiving::Awaited) => {
                self.state.receiving = Some(Receiving::Refused);
            }
            LegNews::Refused => {}
        }
    }

    /// The leg that the caller talks with goes to another call, if there is one.
    fn give_leg(&mut self, to: &CallId) {
        // At the end of a call its legs are being hung up.
        let ends = self.closing || self.state.gone.is_some();
        let talks = |leg: &&mut Leg| {
            let talks = leg.bridged && leg.state == LegState::Up && !leg.is_over();
            talks && leg.heir.is_none() && !ends
        };
        let router = self.services.router.clone();
        let Some(leg) = self.state.legs.iter_mut().find(talks) else {
            return router.tell_call(to, News::Leg(LegNews::Refused));
        };
        let given = Leg {
            bridged: false,
            // Who asked for callbacks is told that it ended here.
            notify: None,
            ..leg.clone()
        };
        leg.given = true;
        leg.cause = Some(Cause::NORMAL);
        leg.end(clock::now());
        for object in [Some(&given.channel), given.far_half.as_ref()]
            .into_iter()
            .flatten()
        {
            self.objects.hand_over(object, to);
        }
        self.services.live.parted(&self.state.id, &given.channel);
        self.note(format!("call {to} takes {}", given.endpoint));
        self.tell_legs();
        let news = News::Leg(LegNews::Given(Box::new(given)));
        router.tell_call(to, news);
    }

    async fn refuse_leg(&mut self, leg: &Leg) {
        self.insist(self.ari.hangup(&leg.channel, Cause::NORMAL.0))
            .await
            .ok();
        let objects = [Some(&leg.channel), leg.far_half.as_ref()];
        for object in objects.into_iter().flatten() {
            self.objects.forget(object);
        }
    }

    /// Legs that come when the call is over are hung up, here or by the router.
    pub(in crate::call) async fn refuse_late_legs(&mut self) {
        self.mailbox.close();
        while let Some(delivery) = self.mailbox.recv().await {
            if let Some(leg) = delivery.news().and_then(News::given_leg) {
                self.refuse_leg(leg).await;
            }
        }
    }

    /// The caller whose party was taken away is hung up.
    pub(super) async fn leave_when_given(&mut self, winner: &str) -> Result<(), Interrupt> {
        if !self.state.leg(winner).is_some_and(|leg| leg.given) {
            return Ok(());
        }
        let channel = self.state.channel.clone();
        self.insist(self.ari.hangup(&channel, Cause::NORMAL.0))
            .await
            .ok();
        let deadline = clock::now().after(END);
        while self.next(Some(deadline)).await?.is_some() {}
        Ok(())
    }
}
