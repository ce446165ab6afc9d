//! Which box it is, and whether the caller may open it.

use super::{
    ATTEMPTS, Action, BOX_DIGITS, Next, Progress, Stage, Visit, Voicemail, box_of_number, end,
    is_owner,
};
use crate::call::{Call, Interrupt};
use crate::callflow::caller;
use crate::callflow::library::{Part, say};
use crate::objects::Vmbox;

/// Longer ones are no PIN.
pub(super) const PIN_DIGITS: usize = 6;

pub(super) async fn open(
    call: &mut Call,
    node: &Voicemail,
    at: &mut Progress,
) -> Result<Next, Interrupt> {
    let named = node.id.as_deref().filter(|id| !id.is_empty());
    let captured = call.matched_flow().captured.group.clone();
    let found = match (named, captured) {
        (Some(id), _) => call
            .stored::<Vmbox>(id)
            .await?
            .map(|stored| (id.to_owned(), stored)),
        (None, Some(number)) => box_of_number(call, &number).await?,
        (None, None) => return login_unasked(call, node, at).await,
    };
    let Some((id, stored)) = found else {
        if node.action == Action::Check {
            return Ok(Next::To(Stage::Login(0)));
        }
        call.warn("voicemail: there is no such box");
        return end(call, "vm-not_available_no_voicemail").await;
    };
    at.owner = is_owner(call, &stored).await?;
    at.mailbox = id;
    let checks = node.action == Action::Check
        || at.owner && (stored.check_if_owner || stored.announcement_only);
    Ok(Next::To(if checks { Stage::Pin(0) } else { Stage::Greet }))
}

/// A caller who is known may have one box alone.
async fn login_unasked(
    call: &mut Call,
    node: &Voicemail,
    at: &mut Progress,
) -> Result<Next, Interrupt> {
    let owner = caller::user_id(call).await?;
    let boxes = call.all_stored::<Vmbox>().await?;
    let mut own = boxes
        .iter()
        .filter(|(_, stored)| owner.is_some() && stored.owner_id == owner);
    let number = call.facts().caller_number.clone();
    let found = match (own.next(), own.next()) {
        (Some(only), None) if node.single_mailbox_login => Some(only),
        _ if node.callerid_match_login && !number.is_empty() => {
            boxes.iter().find(|(_, stored)| stored.mailbox == number)
        }
        _ => None,
    };
    let Some((id, stored)) = found else {
        return Ok(Next::To(Stage::Login(0)));
    };
    at.owner = owner.is_some() && stored.owner_id == owner;
    at.mailbox.clone_from(id);
    Ok(Next::To(Stage::Pin(0)))
}

pub(super) async fn login(
    call: &mut Call,
    node: &Voicemail,
    at: &mut Progress,
    tries: u32,
) -> Result<Next, Interrupt> {
    let number = node
        .ask(call, &[Part::Prompt("vm-enter_id")], BOX_DIGITS)
        .await?;
    if let Some((id, stored)) = box_of_number(call, &number).await? {
        at.owner = is_owner(call, &stored).await?;
        at.mailbox = id;
        return Ok(Next::To(Stage::Pin(0)));
    }
    say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
    if tries + 1 < ATTEMPTS {
        return Ok(Next::To(Stage::Login(tries + 1)));
    }
    end(call, "vm-abort").await
}

pub(super) async fn pin(call: &mut Call, visit: &Visit<'_>, tries: u32) -> Result<Next, Interrupt> {
    let stored = &visit.stored;
    let opened = Next::To(if stored.is_setup {
        Stage::Menu(0)
    } else {
        Stage::Setup
    });
    if visit.owner && (!stored.is_setup || !stored.require_pin) {
        return Ok(opened);
    }
    let Some(pin) = stored.pin.as_deref().filter(|pin| !pin.is_empty()) else {
        call.note("voicemail: the box has no PIN, so only its owner's phone may open it");
        return end(call, "vm-no_access").await;
    };
    let entered = visit
        .node
        .ask(call, &[Part::Prompt("vm-enter_pass")], PIN_DIGITS)
        .await?;
    if entered == pin {
        return Ok(opened);
    }
    say(call, &[Part::Prompt("vm-fail_auth")]).await?;
    if tries + 1 < ATTEMPTS {
        return Ok(Next::To(Stage::Pin(tries + 1)));
    }
    end(call, "vm-abort").await
}
