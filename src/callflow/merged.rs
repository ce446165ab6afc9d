//! What a stored device is, with all that its users and its account say of it: each
//! over the one above.

use super::endpoint::{Asked, By};
use crate::call::ops::{CallerId, Endpoint};
use crate::objects::{Account, CallForward, CallerIds, Device, Ringtones, User};

/// What a device and all above it say.
pub(super) struct Merged<'a> {
    pub id: &'a str,
    pub device: &'a Device,
    /// Whose phone it is.
    pub users: Vec<&'a User>,
    pub account: &'a Account,
}

impl Merged<'_> {
    fn forwards(&self) -> impl Iterator<Item = &CallForward> {
        let own = self.device.call_forward.as_ref();
        let users = self
            .users
            .iter()
            .filter_map(|user| user.call_forward.as_ref());
        own.into_iter()
            .chain(users)
            .chain([&self.account.call_forward])
    }

    /// Whether its calls go elsewhere only while it is not registered.
    pub(super) fn fails_over(&self) -> bool {
        !self.forwards().any(|forward| forward.enabled)
            && self.forwards().any(|forward| forward.failover)
    }

    /// Where its calls go, if they do; `away`: it is not registered.
    pub(super) fn forward(&self, by: By, away: bool) -> Option<&CallForward> {
        let forward = self
            .forwards()
            .find(|forward| forward.enabled || away && forward.failover)?;
        let number = forward.number.as_deref().unwrap_or_default();
        let direct = by == By::Itself;
        // A group that rings phones themselves has nothing to ring here.
        let ignored = !away
            && by
                == By::Group {
                    ignore_forward: true,
                };
        (!number.is_empty() && !ignored && (direct || !forward.direct_calls_only))
            .then_some(forward)
    }

    pub(super) fn endpoint(&self, asked: &Asked) -> Endpoint {
        let sip = &self.device.sip;
        if sip.invite_format.as_deref() == Some("route")
            && let Some(route) = &sip.route
        {
            return Endpoint::Sip(route.clone());
        }
        let device = self.device.endpoint(self.id).to_owned();
        match asked.static_invite.as_ref().or(sip.static_invite.as_ref()) {
            Some(user) => Endpoint::Invited {
                device,
                user: user.clone(),
            },
            None => Endpoint::Device(device),
        }
    }

    /// A second call finds it busy.
    pub(super) fn one_call_only(&self) -> bool {
        let users = self.users.iter().map(|user| user.call_waiting.enabled);
        let said = [self.device.call_waiting.enabled];
        said.into_iter().chain(users).flatten().next() == Some(false)
    }

    pub(super) fn ringtone(&self, internal: bool) -> Option<String> {
        let of = |tones: &Ringtones| {
            if internal {
                tones.internal.clone()
            } else {
                tones.external.clone()
            }
        };
        let users = self.users.iter().map(|user| &user.ringtones);
        [&self.device.ringtones]
            .into_iter()
            .chain(users)
            .find_map(of)
    }

    /// Who it is for those whom it calls, by the kind of caller id.
    pub(super) fn shown(&self, kind: &str) -> Option<CallerId> {
        let of = |ids: &CallerIds| {
            let id = ids.get(kind)?;
            Some(CallerId {
                number: id.number.clone()?,
                name: id.name.clone().unwrap_or_default(),
            })
        };
        let users = self.users.iter().map(|user| &user.caller_id);
        let own = [&self.device.caller_id].into_iter().chain(users);
        own.chain([&self.account.caller_id]).find_map(of)
    }
}
