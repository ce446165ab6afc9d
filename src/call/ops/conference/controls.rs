//! What the caller's keys do in a conference.

use crate::call::ops::play::Playable;
use crate::call::rooms::Order;
use crate::call::{Call, Interrupt};
use crate::id::PREFIX;

/// `0` mutes the caller and back, `#` ends the stay, and a moderator's `*` locks the
/// conference and opens it again. The rest is what is heard of it: media URIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controls {
    pub moderator: bool,
    pub muted: Vec<String>,
    pub unmuted: Vec<String>,
    pub locked: Vec<String>,
    pub unlocked: Vec<String>,
}

impl Call {
    /// What the caller's keys have asked for since they were looked at.
    pub(super) async fn obey_keys(&mut self, controls: &Controls) -> Result<(), Interrupt> {
        let Some(room) = &mut self.state.room else {
            return Ok(());
        };
        let keys: String = self.state.keys.since(room.mark).collect();
        if keys.is_empty() {
            return Ok(());
        }
        room.mark = self.state.keys.mark();
        let odd = |key: char| keys.chars().filter(|pressed| *pressed == key).count() % 2 == 1;
        let (mutes, locks) = (odd('0'), odd('*') && controls.moderator);
        room.muted ^= mutes;
        room.over |= keys.contains('#');
        let (sid, on, over) = (room.room.clone(), room.muted, room.over);
        self.checkpoint();
        if over {
            self.note("the caller pressed #");
            return Ok(());
        }
        let Some(sid) = sid else {
            return Ok(());
        };
        if mutes {
            let call = self.state.id.clone();
            self.order(&sid, Order::Mute { call, on }).await?;
            let heard = if on {
                &controls.muted
            } else {
                &controls.unmuted
            };
            self.tell_caller(heard).await?;
        }
        if locks {
            let Controls {
                locked, unlocked, ..
            } = controls.clone();
            self.order(&sid, Order::ToggleLock { locked, unlocked })
                .await?;
        }
        Ok(())
    }

    async fn order(&mut self, room: &str, order: Order) -> Result<(), Interrupt> {
        let (rooms, room) = (self.services.rooms.clone(), room.to_owned());
        self.during(async move { rooms.order(&room, order).await.ok() })
            .await?;
        Ok(())
    }

    /// The caller hears something that the others do not.
    async fn tell_caller(&mut self, sounds: &[String]) -> Result<(), Interrupt> {
        for uri in sounds {
            let Some(room) = &mut self.state.room else {
                break;
            };
            room.told += 1;
            let playback = format!("{PREFIX}{}-told-{}", self.state.id.hex(), room.told);
            self.start_named_playback(playback, &Playable::asterisk(uri))
                .await?;
        }
        Ok(())
    }
}
