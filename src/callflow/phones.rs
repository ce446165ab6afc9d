//! Whose calls the feature modules mean: the phones of a device, a user or a
//! group, and whether the caller may do something with them.

use std::collections::BTreeSet;

use super::caller;
use crate::call::ops::Endpoint;
use crate::call::{Call, Interrupt};
use crate::objects::{Device, Group};

/// Groups in groups are followed so far.
const DEPTH: usize = 8;

/// A device, a user or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    Device(String),
    User(String),
    Group(String),
}

impl Whose {
    /// The first that is given.
    pub(super) fn first(
        device: Option<&String>,
        user: Option<&String>,
        group: Option<&String>,
    ) -> Option<Self> {
        let given = |id: Option<&String>| id.filter(|id| !id.is_empty()).cloned();
        given(device)
            .map(Self::Device)
            .or_else(|| given(user).map(Self::User))
            .or_else(|| given(group).map(Self::Group))
    }
}

/// The ids of the devices.
pub(super) async fn devices(call: &mut Call, whose: &Whose) -> Result<Vec<String>, Interrupt> {
    let mut devices = BTreeSet::new();
    let mut left = vec![(whose.clone(), 0)];
    while let Some((whose, depth)) = left.pop() {
        match whose {
            Whose::Device(id) => {
                devices.insert(id);
            }
            Whose::User(id) => devices.extend(devices_of(call, &id).await?),
            Whose::Group(id) if depth < DEPTH => {
                let group: Option<Group> = call.stored(&id).await?;
                for (member, settings) in group.map(|group| group.endpoints).unwrap_or_default() {
                    let kind = settings.get("type").and_then(|kind| kind.as_str());
                    let member = match kind {
                        Some("user") => Whose::User(member),
                        Some("group") => Whose::Group(member),
                        _ => Whose::Device(member),
                    };
                    left.push((member, depth + 1));
                }
            }
            Whose::Group(id) => call.warn(format!("group {id} is nested too deep")),
        }
    }
    Ok(devices.into_iter().collect())
}

/// The devices that a user owns, or has logged in on.
pub(super) async fn devices_of(call: &mut Call, user: &str) -> Result<Vec<String>, Interrupt> {
    let devices = call.devices_of(user).await?;
    Ok(devices.into_iter().map(|(id, _)| id).collect())
}

/// Their endpoints in Asterisk's words, as `PJSIP/alice`.
pub(super) async fn endpoints(
    call: &mut Call,
    devices: &[String],
) -> Result<Vec<String>, Interrupt> {
    let mut endpoints = Vec::new();
    for id in devices {
        let device: Option<Device> = call.stored(id).await?;
        let name = device.and_then(|device| device.sip.username);
        let name = name.unwrap_or_else(|| id.clone());
        match call.written_endpoint(Endpoint::Device(name)) {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(why) => call.warn(why),
        }
    }
    Ok(endpoints)
}

/// Whether the caller's phone is one of theirs.
pub(super) async fn is_callers(call: &mut Call, whose: &Whose) -> Result<bool, Interrupt> {
    if let Whose::User(user) = whose {
        return Ok(caller::user_id(call).await?.as_ref() == Some(user));
    }
    let Some(own) = caller::device_id(call).await? else {
        return Ok(false);
    };
    Ok(devices(call, whose).await?.contains(&own))
}

/// The person to whom a user's or a device's calls belong.
pub(super) async fn owner_of(call: &mut Call, whose: &Whose) -> Result<Option<String>, Interrupt> {
    Ok(match whose {
        Whose::User(user) => Some(user.clone()),
        Whose::Device(device) => {
            let device: Option<Device> = call.stored(device).await?;
            device.and_then(|device| device.owner_id)
        }
        Whose::Group(_) => None,
    })
}
