//! What is done in a room because somebody outside wants it, or a moderator.

use super::room::{Room, ended_by_nobody};
use super::state::Participant;
use super::told;
use super::types::Order;
use crate::id::CallId;
use crate::news::RoomTold;

impl Room {
    pub(super) async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Mute { call, on } => {
                if self.change(&call, |p| std::mem::replace(&mut p.muted, on) != on) {
                    self.say(&call, RoomTold::Muted(on));
                    self.tell_about(&call, told::mute(on), Vec::new());
                }
            }
            Order::Deafen { call, on } => {
                if self.change(&call, |p| std::mem::replace(&mut p.deaf, on) != on) {
                    self.say(&call, RoomTold::Deafened(on));
                }
            }
            Order::Lock(on) => self.state.locked = on,
            Order::Hold { call, hold } => {
                let on = hold.is_some();
                if self.change(&call, |p| std::mem::replace(&mut p.held, on) != on) {
                    self.say(&call, RoomTold::Held(hold));
                    self.tell_about(&call, told::hold(on), Vec::new());
                }
            }
            Order::Kick { call } => {
                if self.change(&call, |p| !std::mem::replace(&mut p.kicked, true)) {
                    let reason = "participant-kicked".into();
                    self.say(&call, RoomTold::Ended { reason });
                }
            }
            Order::ToggleLock { locked, unlocked } => {
                self.state.locked = !self.state.locked;
                let said = if self.state.locked { locked } else { unlocked };
                self.announce(false, &said).await;
            }
            Order::Play(sounds) => self.announce(false, &sounds).await,
            Order::Record(true) => {
                self.state.rules.record = true;
                self.begin_recording().await;
            }
            Order::Record(false) => {
                self.state.rules.record = false;
                self.end_recording().await;
                self.take_recording().await;
            }
            Order::End => self.end(ended_by_nobody("it was ended through the API")),
        }
    }

    /// Whether there is such a participant and something changed.
    fn change(&mut self, call: &CallId, change: impl FnOnce(&mut Participant) -> bool) -> bool {
        self.state.participant_mut(call).is_some_and(change)
    }
}
