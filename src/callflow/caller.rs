//! Who calls, among the stored things: the phone of a call from inside, and its
//! owner.

use serde_json::{Map, Value};

use crate::call::ops::Endpoint;
use crate::call::{Call, Interrupt};
use crate::objects::{Device, Kind};

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
    let name = call.facts().channel_name.clone();
    let Some((endpoint, _)) = name.rsplit_once('-') else {
        return Ok(None);
    };
    let is = |call: &Call, id: &str, device: &Device| {
        let written = call.written_endpoint(Endpoint::Device(device.endpoint(id).to_owned()));
        written.is_ok_and(|written| written == endpoint)
    };
    // Most devices have the id that Asterisk knows, and need no search.
    let likely = endpoint.rsplit('/').next().unwrap_or_default();
    if let Some(device) = call.stored::<Device>(likely).await?
        && is(call, likely, &device)
    {
        return Ok(Some((likely.to_owned(), device)));
    }
    let devices = call.all_stored::<Device>().await?;
    Ok(devices
        .into_iter()
        .find(|(id, device)| is(call, id, device)))
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
            && let Some(document) = call.document(kind, &id).await?
        {
            documents.push(document.body);
        }
    }
    Ok(documents)
}
