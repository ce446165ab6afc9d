//! Whom a device or a user stands for: the legs that ring.
//!
//! A stored device is what its account, its users and itself say of it, each over
//! the one before. An id that is not stored is an endpoint of Asterisk's, as the
//! templates of `[dial]` have it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::caller_id::{self, Reaches};
use super::library::prompt;
use super::merged::Merged;
use super::{caller, ring, trunks};
use crate::call::ops::{CallerId, Confirm, Endpoint, Keys, Screen, Target};
use crate::call::{Call, Interrupt};
use crate::objects::{Account, CallForward, Device, User};

/// What a node asks of everybody who rings for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Seconds before the leg rings.
    pub delay: u64,
    /// Seconds that it rings; 0 = 20.
    pub timeout: u64,
    pub can_call_self: bool,
    pub by: By,
    pub static_invite: Option<String>,
    /// Alert-Info, whatever the phone's own is.
    pub ringtone: Option<String>,
    /// On top of the phone's own.
    pub headers: Vec<(String, String)>,
}

/// For whom it rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum By {
    #[default]
    Itself,
    /// One of several; whether phones forward such calls is the group's decision.
    Group { ignore_forward: bool },
}

/// A phone that forwards to a phone that forwards, and so on, ends here.
const MOST_FORWARDS: u32 = 10;
/// Tells the call that a forward makes how many there were before it.
const FORWARDS: &str = "PIVOT_FORWARDS";
/// Tells it whose stored things it may use.
const ACCOUNT: &str = "PIVOT_ACCOUNT";
/// How long who answers a forwarded call has to take it.
const CONFIRM: Duration = Duration::from_secs(7);

/// The legs of somebody.
#[derive(Debug, Default)]
pub(super) struct Legs {
    pub targets: Vec<Target>,
    /// What is heard of them before they answer is not for the caller.
    pub ignore_early_media: bool,
}

/// For the call at the other end of a `Local/` leg: whose stored things it may use.
pub(super) fn account_variable(call: &Call) -> (String, String) {
    (format!("__{ACCOUNT}"), call.account().to_string())
}

impl Legs {
    pub(super) fn add(&mut self, more: Self) {
        self.ignore_early_media |= more.ignore_early_media;
        for target in more.targets {
            let same = |other: &Target| {
                other.endpoint == target.endpoint
                    && other.delay == target.delay
                    && other.timeout == target.timeout
            };
            if !self.targets.iter().any(same) {
                self.targets.push(target);
            }
        }
    }
}

/// The phones of an account, as the present caller may ring them.
pub(super) struct Phones {
    /// Who calls, if it is one of them.
    device: Option<String>,
    user: Option<String>,
    /// What calls of the caller's phone have for all whom they reach.
    headers: Vec<(String, String)>,
    account: Account,
    users: BTreeMap<String, Option<User>>,
}

impl Phones {
    pub(super) async fn new(call: &mut Call) -> Result<Self, Interrupt> {
        let device = caller::device_id(call).await?;
        let user = caller::user_id(call).await?;
        let account = call.account().to_string();
        let account = call.stored(&account).await?.unwrap_or_default();
        let own: Option<Device> = match &device {
            Some(id) => call.stored(id).await?,
            None => None,
        };
        let headers = own.map(|own| ring::headers_out(call, &own.sip.custom_sip_headers));
        Ok(Self {
            device,
            user,
            headers: headers.unwrap_or_default(),
            account,
            users: BTreeMap::new(),
        })
    }

    /// A device by its id: none to several legs.
    pub(super) async fn device(
        &mut self,
        call: &mut Call,
        id: &str,
        asked: &Asked,
    ) -> Result<Legs, Interrupt> {
        let Some(device) = call.stored::<Device>(id).await? else {
            return Ok(self.unstored(call, Endpoint::Device(id.to_owned()), asked));
        };
        self.stored(call, id, &device, asked).await
    }

    /// All devices of a user.
    pub(super) async fn user(
        &mut self,
        call: &mut Call,
        id: &str,
        asked: &Asked,
    ) -> Result<Legs, Interrupt> {
        if self.learn_user(call, id).await?.is_none() {
            return Ok(self.unstored(call, Endpoint::User(id.to_owned()), asked));
        }
        let mut legs = Legs::default();
        for (device_id, device) in call.devices_of(id).await? {
            legs.add(self.stored(call, &device_id, &device, asked).await?);
        }
        Ok(legs)
    }

    async fn learn_user(&mut self, call: &mut Call, id: &str) -> Result<Option<&User>, Interrupt> {
        if !self.users.contains_key(id) {
            let user = call.stored::<User>(id).await?;
            self.users.insert(id.to_owned(), user);
        }
        Ok(self.users.get(id).and_then(Option::as_ref))
    }

    /// An endpoint that only Asterisk knows.
    fn unstored(&self, call: &mut Call, endpoint: Endpoint, asked: &Asked) -> Legs {
        let id = endpoint.told();
        let written = call.written_endpoint(endpoint.clone());
        let own = written.is_ok_and(|written| is_of(&call.facts().channel_name, &written));
        if own && !asked.can_call_self {
            call.note(format!("{id} is the caller's own phone and does not ring"));
            return Legs::default();
        }
        let invited = match (&endpoint, &asked.static_invite) {
            (Endpoint::Device(device), Some(user)) => Endpoint::Invited {
                device: device.clone(),
                user: user.clone(),
            },
            _ => endpoint,
        };
        let mut target = self.target(invited, asked);
        self.finish_headers(call, &mut target, None, asked);
        Legs {
            targets: vec![target],
            ignore_early_media: false,
        }
    }

    async fn stored(
        &mut self,
        call: &mut Call,
        id: &str,
        device: &Device,
        asked: &Asked,
    ) -> Result<Legs, Interrupt> {
        for user in device.users() {
            self.learn_user(call, user).await?;
        }
        let known = |user: &str| self.users.get(user).and_then(Option::as_ref);
        let merged = Merged {
            id,
            device,
            users: device.users().into_iter().filter_map(known).collect(),
            account: &self.account,
        };
        if let Some(why) = self.why_silent(&merged, asked) {
            call.note(format!("{id} does not ring: {why}"));
            return Ok(Legs::default());
        }
        let mut legs = Legs::default();
        let away = merged.fails_over() && is_away(call, device.endpoint(id)).await;
        let forward = merged.forward(asked.by, away).cloned();
        let shown = merged.shown("external");
        let alone = forward.as_ref().is_some_and(|f| f.substitute || away);
        if !alone {
            let mut target = self.target(merged.endpoint(asked), asked);
            target.only_if_free = merged.one_call_only();
            target.variables = own_id(call, &merged);
            self.finish_headers(call, &mut target, Some(&merged), asked);
            legs.targets.push(target);
        }
        if let Some(forward) = forward
            && let Some(target) = self.forwarded(call, &forward, shown, asked).await?
        {
            legs.targets.push(target);
            legs.ignore_early_media = forward.ignore_early_media;
        }
        Ok(legs)
    }

    /// Why a device does not ring at all.
    fn why_silent(&self, merged: &Merged<'_>, asked: &Asked) -> Option<&'static str> {
        let Merged { device, users, .. } = merged;
        let off = |user: &&User| user.enabled == Some(false);
        if device.enabled == Some(false) || users.iter().any(off) {
            return Some("it is switched off (`enabled`)");
        }
        let quiet = |user: &&User| user.do_not_disturb.is_on();
        if device.do_not_disturb.is_on()
            || self.account.do_not_disturb.is_on()
            || users.iter().any(quiet)
        {
            return Some("it is not to be disturbed");
        }
        if asked.can_call_self {
            return None;
        }
        if self.device.as_deref() == Some(merged.id) {
            return Some("it is the caller's own");
        }
        let user = self.user.as_deref()?;
        device.belongs_to(user).then_some("it is the caller's, too")
    }

    fn target(&self, endpoint: Endpoint, asked: &Asked) -> Target {
        let mut target = Target::new(endpoint);
        target.delay = Duration::from_secs(asked.delay);
        target.timeout = Some(ring::seconds(asked.timeout));
        target
    }

    fn finish_headers(
        &self,
        call: &Call,
        target: &mut Target,
        merged: Option<&Merged<'_>>,
        asked: &Asked,
    ) {
        let mut headers = self.headers.clone();
        if let Some(merged) = merged {
            let own = ring::headers_in(call, &merged.device.sip.custom_sip_headers);
            ring::add_headers(&mut headers, own);
        }
        let internal = call.facts().internal || self.device.is_some();
        let set = call.kept().presentation.alert_info.clone();
        let ringtone = asked
            .ringtone
            .clone()
            .or(set)
            .or_else(|| merged?.ringtone(internal));
        if let Some(ringtone) = ringtone {
            ring::add_headers(&mut headers, vec![("Alert-Info".into(), ringtone)]);
        }
        ring::add_headers(&mut headers, asked.headers.clone());
        target.headers = headers;
    }

    /// The leg to where a phone forwards its calls, through the account's own
    /// numbers, or else a trunk. `shown` is the phone's own caller id.
    async fn forwarded(
        &self,
        call: &mut Call,
        forward: &CallForward,
        shown: Option<CallerId>,
        asked: &Asked,
    ) -> Result<Option<Target>, Interrupt> {
        let number = trunks::plain(forward.number.as_deref().unwrap_or_default());
        let before = call.channel_variable(FORWARDS).await?;
        let before = before.and_then(|count| count.parse().ok()).unwrap_or(0);
        if before >= MOST_FORWARDS {
            call.warn(format!(
                "the call was forwarded {before} times already and is not to {number}"
            ));
            return Ok(None);
        }
        let inside = call.lookup(&number).await?.is_some();
        let endpoint = if inside {
            Endpoint::Internal(number)
        } else {
            trunks::first(call, &number).await?
        };
        let mut target = self.target(endpoint, asked);
        target.caller_id = match shown {
            Some(shown) if !forward.keep_caller_id => Some(shown),
            _ if inside => None,
            _ => Some(caller_id::of_leg(call, Reaches::World("external")).await?),
        };
        target.variables = vec![
            account_variable(call),
            (format!("__{FORWARDS}"), (before + 1).to_string()),
        ];
        if forward.require_keypress {
            target.screen = Some(Screen::Key(Confirm {
                prompts: prompt(call, "ivr-group_confirm").await?,
                accept: Keys::new("1"),
                within: CONFIRM,
            }));
        }
        Ok(Some(target))
    }
}

/// Who the phone is for those to whom it is transferred: of a channel that was made and
/// not called from, Asterisk knows nothing.
fn own_id(call: &Call, merged: &Merged<'_>) -> Vec<(String, String)> {
    let own = merged.shown("internal").unwrap_or_else(|| CallerId {
        number: call.facts().dialled.clone(),
        name: String::new(),
    });
    let parts = [("CALLERID(num)", own.number), ("CALLERID(name)", own.name)];
    let given = parts.into_iter().filter(|(_, value)| !value.is_empty());
    given
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Whether Asterisk knows that nobody is registered there.
async fn is_away(call: &Call, device: &str) -> bool {
    let written = call.written_endpoint(Endpoint::Device(device.to_owned()));
    let (Ok(written), Some(known)) = (written, call.services().known_endpoints().await) else {
        return false;
    };
    let state = known.get(&written).and_then(|known| known.state.as_deref());
    let away = matches!(state, None | Some("offline"));
    if away {
        call.note(format!("{device} is not registered"));
    }
    away
}

/// Whether a channel such as `PJSIP/alice-00000001` belongs to the endpoint.
fn is_of(channel: &str, endpoint: &str) -> bool {
    channel
        .rsplit_once('-')
        .is_some_and(|(of, _)| of == endpoint)
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_channel_belongs_to_its_endpoint() {
        assert!(is_of("PJSIP/alice-00000001", "PJSIP/alice"));
        assert!(is_of("PJSIP/front-desk-0000000a", "PJSIP/front-desk"));
        assert!(!is_of("PJSIP/alice-00000001", "PJSIP/ali"));
        assert!(!is_of("", "PJSIP/alice"));
    }
}
