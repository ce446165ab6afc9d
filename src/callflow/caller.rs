//! Who calls, among the stored things: the phone of a call from inside, and its
//! owner.

use serde_json::{Map, Value};

use crate::call::{Call, Interrupt};
use crate::objects::{Device, Kind, drop_unfilled, hide};

/// Where the id of the phone is kept once it is known; empty = the call comes
/// from none.
const DEVICE: &str = "authorizing_id";

/// The id of the device that calls.
pub(super) async fn device_id(call: &mut Call) -> Result<Option<String>, Interrupt> {
    if let Some(Value::String(known)) = call.kept().channel_vars.get(DEVICE) {
        return Ok(Some(known.clone()).filter(|id| !id.is_empty()));
    }
    let found = calling(call).await?;
    let id = found.as_ref().map(|(id, _)| id.clone());
    let owner = found.and_then(|(_, device)| device.users().first().map(|user| (*user).to_owned()));
    if let Some(owner) = owner
        && call.owner().is_none()
    {
        call.set_owner(&owner);
    }
    let kept = id.clone().unwrap_or_default();
    call.kept_mut()
        .channel_vars
        .insert(DEVICE.into(), kept.into());
    Ok(id)
}

/// Whether the call comes from inside: the dialplan says so, or a stored device calls.
pub(super) async fn is_internal(call: &mut Call) -> Result<bool, Interrupt> {
    Ok(call.facts().internal || device_id(call).await?.is_some())
}

/// The stored device whose endpoint the caller's channel is named after.
async fn calling(call: &mut Call) -> Result<Option<(String, Device)>, Interrupt> {
    let channel = call.facts().channel_name.clone();
    let endpoint = channel.rsplit_once('-').map(|(endpoint, _)| endpoint);
    let Some(name) = endpoint.and_then(|endpoint| call.device_at(endpoint)) else {
        return Ok(None);
    };
    let Some(id) = call.device_named(&name).await? else {
        return Ok(None);
    };
    let device = call.stored(&id).await?;
    Ok(device.map(|device| (id, device)))
}

/// The user who calls: whom the call belongs to, else the owner of the device.
pub(super) async fn user_id(call: &mut Call) -> Result<Option<String>, Interrupt> {
    if call.owner().is_none() {
        device_id(call).await?;
    }
    Ok(call.owner().map(str::to_owned))
}

/// The documents that describe who calls, in the order in which the later ones
/// win: account, user, device.
pub(super) async fn documents(call: &mut Call) -> Result<Vec<Map<String, Value>>, Interrupt> {
    let device = device_id(call).await?;
    let user = user_id(call).await?;
    let account = call.account().to_string();
    let mut documents = Vec::new();
    for (kind, id) in [
        (Kind::Account, Some(account)),
        (Kind::User, user),
        (Kind::Device, device),
    ] {
        if let Some(id) = id
            && let Some(mut document) = call.document(kind, &id).await?
        {
            hide(kind.one(), &mut document.body);
            drop_unfilled(kind, &mut document.body);
            documents.push(document.body);
        }
    }
    Ok(documents)
}
