//! Who calls, among the stored things: the phone of a call from inside, and its
//! owner.

use serde_json::{Map, Value};

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
    let endpoint = endpoint(&call.facts().channel_name).to_owned();
    let found = named(call, &endpoint).await?;
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

/// The stored device that Asterisk knows by this endpoint.
async fn named(call: &mut Call, endpoint: &str) -> Result<Option<(String, Device)>, Interrupt> {
    if endpoint.is_empty() {
        return Ok(None);
    }
    // Most devices have the id that Asterisk knows, and need no search.
    if let Some(device) = call.stored::<Device>(endpoint).await?
        && device.endpoint(endpoint) == endpoint
    {
        return Ok(Some((endpoint.to_owned(), device)));
    }
    let mut devices = call.all_stored::<Device>().await?.into_iter();
    Ok(devices.find(|(id, device)| device.endpoint(id) == endpoint))
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

/// The endpoint of a channel such as `PJSIP/alice-00000001`.
fn endpoint(channel: &str) -> &str {
    let name = channel.rsplit_once('-').map_or("", |(name, _)| name);
    name.split_once('/').map_or("", |(_, endpoint)| endpoint)
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn a_channel_is_named_after_its_endpoint() {
        assert_eq!(endpoint("PJSIP/alice-00000001"), "alice");
        assert_eq!(endpoint("PJSIP/front-desk-0000000a"), "front-desk");
        assert_eq!(endpoint("alice"), "");
    }
}
