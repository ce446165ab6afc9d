//! Coaching: the caller hears all that a participant says and hears, and is heard
//! by that one alone.
//!
//! The coach is not in the conference's bridge but in one of its own, with a snoop
//! channel on the coached participant that whispers what comes from the bridge.

use std::time::Duration;

use crate::ari::{AriError, Event, Request};
use crate::call::mailbox::Input;
use crate::call::rooms::Coaching;
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::id::{self, PREFIX};

/// A snoop channel enters Stasis within milliseconds.
const ENTER: Duration = Duration::from_secs(5);

impl Call {
    /// Puts the caller together with a snoop on the coached participant's channel.
    pub(super) async fn coach(&mut self, coached: &str) -> Result<Result<(), AriError>, Interrupt> {
        // What an earlier try has left, when the call was picked up in the middle of it.
        self.end_coaching().await;
        // A new id each time: Asterisk may still be about to forget the last one.
        let (call, unique) = (self.state.id.hex(), id::sid(""));
        let coaching = Coaching {
            snoop: format!("{PREFIX}{call}-coach-{unique}"),
            bridge: format!("{PREFIX}{call}-side-{unique}"),
        };
        self.objects.register(&coaching.snoop);
        self.objects.register(&coaching.bridge);
        if let Some(room) = &mut self.state.room {
            room.coaching = Some(coaching.clone());
        }
        self.checkpoint();
        let joined = self.join_coached(coached, &coaching).await?;
        if joined.is_err() {
            self.end_coaching().await;
        }
        Ok(joined)
    }

    async fn join_coached(
        &mut self,
        coached: &str,
        coaching: &Coaching,
    ) -> Result<Result<(), AriError>, Interrupt> {
        let app = self.ari.app().to_owned();
        let create = Request::create_bridge(&coaching.bridge);
        let whisper = Request::whisper(coached, &coaching.snoop, &app, "coach");
        for request in [create, whisper] {
            if let Err(error) = self.request(request).await {
                return Ok(Err(error));
            }
        }
        let deadline = clock::now().after(ENTER);
        loop {
            match self.next(Some(deadline)).await? {
                Some(Input::Ari(Event::StasisStart { channel, .. }))
                    if channel.id == coaching.snoop =>
                {
                    break;
                }
                Some(_) => {}
                None => break,
            }
        }
        let ours = self.state.channel.clone();
        for channel in [&coaching.snoop, &ours] {
            let request = Request::add_to_bridge(&coaching.bridge, channel);
            if let Err(error) = self.caller_request(request).await? {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    pub(super) async fn end_coaching(&mut self) {
        let coaching = self
            .state
            .room
            .as_mut()
            .and_then(|room| room.coaching.take());
        if let Some(coaching) = coaching {
            clear(self, &coaching).await;
        }
    }
}

/// What coaching made is gone.
pub(super) async fn clear(call: &Call, coaching: &Coaching) {
    call.insist(call.ari.hangup(&coaching.snoop, 16)).await.ok();
    let destroy = Request::destroy_bridge(&coaching.bridge);
    call.insist(destroy).await.ok();
    call.objects.forget(&coaching.snoop);
    call.objects.forget(&coaching.bridge);
}
