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
    let mut found = None;
    if !endpoint.is_empty() {
        let devices = call.all_stored::<Device>().await?;
        found = devices
            .into_iter()
            .find(|(id, device)| device.sip.username.as_ref().unwrap_or(id) == &endpoint);
    }
    let id = found.as_ref().map(|(id, _)| id.clone());
    if let Some(owner) = found.and_then(|(_, device)| device.owner_id)
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
