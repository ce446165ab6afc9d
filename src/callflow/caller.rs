//! Who calls, among the stored things: the phone of a call from inside, and its
//! owner.

use crate::call::{Call, Interrupt};
use crate::objects::Device;

/// The device that calls, with its id.
pub(super) async fn device(call: &mut Call) -> Result<Option<(String, Device)>, Interrupt> {
    let endpoint = endpoint(&call.facts().channel_name).to_owned();
    if endpoint.is_empty() {
        return Ok(None);
    }
    let devices = call.all_stored::<Device>().await?;
    Ok(devices
        .into_iter()
        .find(|(id, device)| device.sip.username.as_ref().unwrap_or(id) == &endpoint))
}

/// The user whose phone calls.
pub(super) async fn user_id(call: &mut Call) -> Result<Option<String>, Interrupt> {
    Ok(device(call).await?.and_then(|(_, device)| device.owner_id))
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
