//! Finding out what was missed: after the event socket was lost, and when a call
//! is picked up from its checkpoint.
//!
//! ARI replays nothing. What is no longer there is fed back as the event that
//! would have told it, so that no operation needs code for it. A 404 means over;
//! 409 proves nothing (duplicate playback ids are accepted).

use super::state::SnoopState;
use super::{Call, LegState};
use crate::ari::{AriError, Channel, Event, Request};
use crate::trace::Kind;

impl Call {
    /// What must be asked before the next event is waited for.
    pub(super) async fn catch_up(&mut self) {
        if self.missed {
            self.resync().await;
            self.missed = false;
        }
        self.ask_for_tones().await;
    }

    pub(super) async fn resync(&mut self) {
        self.trace
            .write(Kind::Decision, "looks up what it may have missed");
        let channel = self.state.channel.clone();
        match self.look_up(&channel).await {
            Some(None) => {
                self.backlog.push_back(Event::ChannelDestroyed {
                    channel,
                    cause: 0,
                    sip: None,
                });
                return;
            }
            Some(Some(state)) if state == "Up" && self.state.answered.is_none() => {
                self.backlog
                    .push_back(Event::StateChange { channel, state });
            }
            _ => {}
        }
        self.look_for_return().await;
        for leg in self.state.legs.clone() {
            if leg.state == LegState::Ended {
                continue;
            }
            match self.look_up(leg.present()).await {
                // A leg marked as created whose request never left is not there either.
                Some(None) => self.backlog.push_back(Event::ChannelDestroyed {
                    channel: leg.channel,
                    cause: 0,
                    sip: None,
                }),
                Some(Some(state)) => {
                    if matches!(leg.state, LegState::Created | LegState::Ready)
                        && let Some(leg) = self.state.leg_mut(&leg.channel)
                    {
                        // A leg that is no longer down was dialled after the
                        // checkpoint was written; dialling it again is refused.
                        leg.state = if state == "Down" {
                            LegState::Ready
                        } else {
                            LegState::Dialling
                        };
                    }
                    self.backlog.push_back(Event::StateChange {
                        channel: leg.channel,
                        state,
                    });
                }
                None => {}
            }
        }
        for playback in self.state.playing.clone() {
            if self
                .is_gone_from_asterisk(Request::get_playback(&playback))
                .await
            {
                self.backlog.push_back(Event::PlaybackFinished {
                    playback,
                    failed: false,
                });
            }
        }
        self.look_for_listening().await;
        let snoops: Vec<_> = self
            .state
            .tracks
            .iter()
            .flat_map(|track| &track.snoops)
            .filter(|snoop| snoop.state == SnoopState::Recording)
            .map(|snoop| snoop.recording.clone())
            .collect();
        for recording in self.state.recording.clone().into_iter().chain(snoops) {
            if self
                .is_gone_from_asterisk(Request::get_live_recording(&recording))
                .await
            {
                self.backlog
                    .push_back(Event::RecordingFinished { recording });
            }
        }
    }

    /// Whom the caller listens to may be gone, and with that one the snoop channel.
    async fn look_for_listening(&mut self) {
        let eavesdropping = self.state.eavesdropping.iter().map(|e| &e.snoop);
        let room = self.state.room.as_ref();
        let coaching = room.and_then(|room| room.coaching.as_ref());
        let snoops: Vec<_> = eavesdropping
            .chain(coaching.map(|coaching| &coaching.snoop))
            .cloned()
            .collect();
        for channel in snoops {
            if self.look_up(&channel).await == Some(None) {
                self.backlog.push_back(Event::StasisEnd { channel });
            }
        }
    }

    /// Its state; `Some(None)` when it is not there, `None` when nobody can tell.
    async fn look_up(&mut self, channel: &str) -> Option<Option<String>> {
        match self.request(Request::get_channel(channel)).await {
            Ok(reply) => Some(Some(reply.json::<Channel>().ok()?.state)),
            Err(AriError::Refused { status: 404, .. }) => Some(None),
            Err(_) => None,
        }
    }

    pub(super) async fn is_gone_from_asterisk(&mut self, request: Request) -> bool {
        matches!(self.request(request).await, Err(error) if error.is_gone())
    }
}
