//! The end of a call: nothing of it stays in Asterisk.

use std::time::Duration;

use super::ops::DialOutcome;
use super::state::Gone;
use super::{Call, Cause, Interrupt};
use crate::ari::{Event, Request};
use crate::clock;
use crate::program::End;
use crate::recordings::Source;

/// How long the end of a channel may take to be told.
const END: Duration = Duration::from_secs(5);
/// How long Asterisk may take to close a file.
const CLOSE: Duration = Duration::from_secs(5);

/// How the caller's channel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// None for a channel that went back to the dialplan.
    pub cause: Option<Cause>,
    pub sip: Option<u16>,
}

impl Call {
    /// The instructions have ended.
    pub fn begin_closing(&mut self) {
        self.closing = true;
        self.state.sending = None;
        // A leg that another call hands over from here on is hung up.
        self.state.receiving = None;
    }

    /// Leaves whatever the call is in the middle of, to go on with something else: nobody
    /// rings or talks, nothing plays, and what a verb recorded is complete. Recordings
    /// beside the flow go on.
    pub async fn let_go(&mut self) -> Result<(), Interrupt> {
        self.state.receiving = None;
        self.end_legs().await;
        self.leave_queues();
        let stays_here = End::Dialplan {
            context: None,
            extension: None,
            priority: None,
        };
        self.end_stay(&stays_here).await;
        self.end_dial_recording().await;
        self.finish_recording().await;
        self.settle_keeping().await;
        let state = &mut self.state;
        state.owed.clear();
        state.news.clear();
        state.reporting = false;
        state.aside = false;
        state.aside_end = None;
        self.resuming = false;
        self.check()?;
        self.settle().await
    }

    /// Takes over what was being recorded when the caller left; requests owed report on it.
    pub async fn finish_recordings(&mut self) {
        self.finish_recording().await;
        while let Some(index) = self.state.tracks.len().checked_sub(1) {
            let dial = self
                .state
                .tracks
                .get(index)
                .is_some_and(|track| track.plan.origin.source == Source::DialVerb);
            let taken = self.end_track(index).await;
            // `end_track` removes it; a track that it could not find must not be tried for ever.
            self.state.tracks.truncate(index);
            if dial {
                self.state.last_recording = taken;
                self.pay_upload();
            }
        }
        self.state.waiting_recordings.clear();
    }

    /// The same, of the caller's channel alone.
    async fn finish_recording(&mut self) {
        if let Some(name) = self.state.recording.take() {
            if self.state.gone.is_none() {
                self.request(Request::stop_recording(&name)).await.ok();
            }
            let live = Request::get_live_recording(&name);
            if !self.is_gone_from_asterisk(live).await {
                let deadline = clock::now().after(CLOSE);
                let is = |recording: &String| *recording == name;
                self.wait_closing(deadline, |_, event| match event {
                    Some(
                        Event::RecordingFinished { recording }
                        | Event::RecordingFailed { recording, .. },
                    ) => is(recording),
                    _ => false,
                })
                .await;
            }
            if let Some(plan) = self.state.recording_plan.take() {
                let taken = self.take_over(&[&name], &plan).await;
                if let Some(taken) = &taken {
                    self.list_recording(taken, &plan.origin);
                }
                self.recording_is_over(plan, 1, taken.as_ref());
                self.state.last_recording = taken;
                self.pay_upload();
            }
        }
    }

    /// Ends legs and bridges first: whoever talked with the caller is not to
    /// listen to silence while files are closed.
    pub async fn end_legs(&mut self) {
        let open: Vec<_> = self
            .state
            .legs
            .iter()
            .filter(|leg| !leg.is_over())
            .map(|leg| leg.channel.clone())
            .collect();
        for channel in &open {
            self.give_up_leg(channel, DialOutcome::Canceled, Cause::NORMAL)
                .await;
        }
        self.end_eavesdropping().await;
        self.end_heirs().await;
        for bridge in std::mem::take(&mut self.state.bridges) {
            self.insist(Request::destroy_bridge(&bridge)).await.ok();
        }
    }

    /// Gives the caller's channel up in the given way, and waits until all
    /// channels have ended.
    pub async fn close(&mut self, end: &End) -> Closed {
        // A caller who is being referred is in the dialplan too, which goes on without us.
        let referred = self.is_being_referred() && self.state.gone.is_none();
        let back = matches!(end, End::Dialplan { .. }) && referred;
        if self.state.gone.is_none_or(|gone| !gone.left) && !self.is_away(end) && !back {
            self.give_up_channel(end).await;
        }
        let deadline = clock::now().after(END);
        // Only a channel that was hung up tells a cause, and one in another's place does not.
        let hung_up = self.state.gone.is_some() || matches!(end, End::Hangup(_));
        let tells = hung_up && !self.state.replaced;
        let over = |call: &Self, _: Option<&Event>| {
            let told = |gone: Gone| gone.cause.is_some() || !tells || call.has_told_refer_end();
            let nobody = call.state.channel.is_empty();
            let caller =
                back || nobody || call.state.gone.is_some_and(|gone| gone.left && told(gone));
            caller && call.state.legs.iter().all(super::Leg::is_over)
        };
        if !self.wait_closing(deadline, over).await {
            self.note("Asterisk did not tell the end of every channel");
        }
        self.conclude_all();
        self.end_all_legs();
        self.refuse_late_legs().await;
        self.objects.release();
        if let Some(checkpoints) = &self.services.checkpoints {
            checkpoints.remove(&self.state.id);
        }
        Closed {
            cause: self.state.gone.and_then(|gone| gone.cause),
            sip: self.state.gone.and_then(|gone| gone.sip),
        }
    }

    /// A channel that visits the dialplan stays there when it is to go there.
    fn is_away(&self, end: &End) -> bool {
        self.state.away && matches!(end, End::Dialplan { .. })
    }

    async fn give_up_channel(&mut self, end: &End) {
        let channel = self.state.channel.clone();
        let request = match end {
            End::Hangup(cause) => self.ari.hangup(&channel, cause.unwrap_or(Cause::NORMAL).0),
            End::Dialplan {
                context,
                extension,
                priority,
            } => Request::continue_dialplan(
                &channel,
                context.as_deref(),
                extension.as_deref(),
                *priority,
            ),
            End::Gone => return,
        };
        if let Err(error) = self.insist(request).await
            && !error.is_gone()
        {
            self.warn(format!("the channel could not be given up: {error}"));
            self.insist(self.ari.hangup(&channel, 16)).await.ok();
        }
    }
}
