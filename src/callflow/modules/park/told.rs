//! Who is told of a caller in a slot: webhooks, and the lamps of phones.

use super::{Park, Progress};
use crate::call::Call;
use crate::call::live::ParkEvent;
use crate::call::ops::DeviceState;
use crate::callflow::lamp::lamp;

/// How the lamp of an occupied slot looks, in the words of SIP's dialog events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum PresenceType {
    #[default]
    Early,
    Confirmed,
    Terminated,
}

impl From<PresenceType> for DeviceState {
    fn from(kind: PresenceType) -> Self {
        match kind {
            PresenceType::Early => Self::Ringing,
            PresenceType::Confirmed => Self::InUse,
            PresenceType::Terminated => Self::NotInUse,
        }
    }
}

impl Park {
    /// The caller is in the slot; each time once.
    pub(super) async fn parked(&self, call: &mut Call, at: &mut Progress) {
        if std::mem::replace(&mut at.told, true) {
            return;
        }
        tell(call, at, ParkEvent::Parked);
        let slot = self.slots.get(&at.slot);
        let kind = slot.and_then(|slot| slot.presence_type);
        let named = slot.and_then(|slot| slot.presence_id.clone());
        let named = named.or_else(|| self.custom_presence_id.clone());
        let usual = || {
            let dialled = &call.facts().dialled;
            match &call.matched_flow().captured.group {
                Some(group) if !group.is_empty() => dialled.clone(),
                _ => format!("{dialled}{}", at.slot),
            }
        };
        let id = named.filter(|id| !id.is_empty()).unwrap_or_else(usual);
        at.lamp = lamp(&id).map(str::to_owned);
        if let Some(name) = &at.lamp {
            let kind = kind.unwrap_or(self.default_presence_type);
            call.set_device_state(name, kind.into()).await;
        }
    }
}

/// The caller is no longer in the slot; why is told, if it is one of these reasons.
pub(super) async fn freed(call: &mut Call, at: &mut Progress, event: Option<ParkEvent>) {
    if !std::mem::take(&mut at.told) {
        return;
    }
    if let Some(event) = event {
        tell(call, at, event);
    }
    if let Some(name) = at.lamp.take() {
        call.set_device_state(&name, DeviceState::NotInUse).await;
    }
}

fn tell(call: &Call, at: &Progress, event: ParkEvent) {
    call.services().live.parking(call.id(), event, &at.slot);
}
