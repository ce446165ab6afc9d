//! What somebody hears who is kept waiting: `music_on_hold` of the phone that does so,
//! of its user or of the account, else Asterisk's own music.

use super::library::named_sounds;
use crate::call::ops::{Behind, Sound};
use crate::call::{Call, Interrupt};
use crate::objects::{Account, Device, MusicOnHold, User};

/// Begins it unless something sounds already, and returns at once. `phone` is the name
/// that Asterisk knows the phone by.
pub(super) async fn start(call: &mut Call, phone: Option<&str>) -> Result<(), Interrupt> {
    if call.waits_with_sound() {
        return Ok(());
    }
    let sounds = sounds(call, phone).await?;
    if sounds.is_empty() {
        return call.start_behind(Behind::Music).await;
    }
    call.start_round(&sounds).await
}

/// The sounds of it; none where it is Asterisk's own music.
pub(super) async fn sounds(call: &mut Call, phone: Option<&str>) -> Result<Vec<Sound>, Interrupt> {
    let chosen = chosen(call, phone).await?;
    named_sounds(call, chosen.as_deref()).await
}

/// The first that names a medium.
async fn chosen(call: &mut Call, phone: Option<&str>) -> Result<Option<String>, Interrupt> {
    let of = |hold: MusicOnHold| hold.media_id.filter(|id| !id.is_empty());
    let mut owner = None;
    if let Some(name) = phone
        && let Some(id) = call.device_named(name).await?
        && let Some(device) = call.stored::<Device>(&id).await?
    {
        owner = device.users().first().map(|user| (*user).to_owned());
        if let Some(media) = of(device.music_on_hold) {
            return Ok(Some(media));
        }
    }
    if let Some(user) = owner
        && let Some(user) = call.stored::<User>(&user).await?
        && let Some(media) = of(user.music_on_hold)
    {
        return Ok(Some(media));
    }
    let account = call.account().to_string();
    let account = call.stored::<Account>(&account).await?;
    Ok(account.and_then(|account| of(account.music_on_hold)))
}
