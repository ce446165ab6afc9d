//! What a call from one of the account's own phones may do, and how it begins.
//!
//! Restrictions are `call_restriction` of account, user and device, each over the one
//! before: by the kind of the number (`[numbers] classifiers`), and `closed_groups`,
//! which leaves a phone only those with whom it shares a group.

use serde_json::{Map, Value};

use super::caller;
use super::node::{DEFAULT_CHILD, Node};
use crate::call::{Call, Interrupt};
use crate::objects::{Account, Device, Group, Restriction, User};

/// The caller's phone: its owner and its language (else its user's, else the account's)
/// hold for the call. Gives what runs
/// instead of `flow` when the phone may not make this call.
pub async fn admit(call: &mut Call, flow: Node) -> Result<Node, Interrupt> {
    let Some(id) = caller::device_id(call).await? else {
        return Ok(flow);
    };
    let account = call.account().to_string();
    let account: Account = call.stored(&account).await?.unwrap_or_default();
    let device: Device = call.stored(&id).await?.unwrap_or_default();
    let mut language = device.language.clone();
    for user in device.users() {
        if language.is_none() {
            let user = call.stored::<User>(user).await?;
            language = user.and_then(|user| user.language);
        }
    }
    if let Some(language) = language.as_ref().or(account.language.as_ref()) {
        call.set_language(&language.to_lowercase());
    }
    let number = call.facts().dialled.clone();
    let denied = denies(call, &account, &id, &device, &number, &flow).await?;
    let Some(why) = denied else {
        return Ok(flow);
    };
    call.note(format!("{id} may not call {number}: {why}"));
    Ok(refusal())
}

/// Whether the phone that calls, if one does, may call this number.
pub(super) async fn may_call(call: &mut Call, number: &str) -> Result<bool, Interrupt> {
    let Some(id) = caller::device_id(call).await? else {
        return Ok(true);
    };
    let account = call.account().to_string();
    let account: Account = call.stored(&account).await?.unwrap_or_default();
    let device: Device = call.stored(&id).await?.unwrap_or_default();
    let denied = denies(call, &account, &id, &device, number, &Node::default()).await?;
    Ok(denied.is_none())
}

async fn denies(
    call: &mut Call,
    account: &Account,
    id: &str,
    device: &Device,
    number: &str,
    flow: &Node,
) -> Result<Option<String>, Interrupt> {
    if device.services.audio.is_off() || account.services.audio.is_off() {
        return Ok(Some("it makes no calls (`services.audio`)".into()));
    }
    let mut users = Vec::new();
    for user in device.users() {
        users.extend(call.stored::<User>(user).await?);
    }
    let denied = |kind: &str| {
        let said = [&device.call_restriction]
            .into_iter()
            .chain(users.iter().map(|user| &user.call_restriction))
            .chain([&account.call_restriction])
            .filter_map(|restrictions| restrictions.get(kind))
            .find_map(said);
        said == Some("deny")
    };
    let number = call.services().catalog.numbers.normalize(number);
    let class = call.services().catalog.numbers.class(&number).to_owned();
    if denied(&class) {
        return Ok(Some(format!("{class} numbers are denied")));
    }
    if denied("closed_groups")
        && let Some(callee) = callee(flow)
    {
        let mine: Vec<&str> = [id].into_iter().chain(device.users()).collect();
        if !share_a_group(call, &mine, &callee).await? {
            return Ok(Some(format!("it shares no group with {callee}")));
        }
    }
    Ok(None)
}

/// What is said there, unless it is what is said further up.
fn said(restriction: &Restriction) -> Option<&str> {
    restriction
        .action
        .as_deref()
        .filter(|action| *action != "inherit")
}

/// The phone or user that a flow rings first, without anybody's choice in between.
fn callee(flow: &Node) -> Option<String> {
    let mut node = flow;
    loop {
        if ["device", "user"].contains(&node.module.as_str()) {
            return node
                .data
                .get("id")
                .and_then(Value::as_str)
                .map(str::to_owned);
        }
        node = node.child(DEFAULT_CHILD)?;
    }
}

async fn share_a_group(call: &mut Call, mine: &[&str], callee: &str) -> Result<bool, Interrupt> {
    let mut theirs = vec![callee.to_owned()];
    if let Some(device) = call.stored::<Device>(callee).await? {
        theirs.extend(device.users().into_iter().map(str::to_owned));
    }
    let groups = call.all_stored::<Group>().await?;
    Ok(groups.iter().any(|(_, group)| {
        let has = |id: &str| group.endpoints.contains_key(id);
        mine.iter().any(|id| has(id)) && theirs.iter().any(|id| has(id))
    }))
}

/// The caller hears that the call is not allowed.
pub(super) fn refusal() -> Node {
    let id = ("id".to_owned(), "/system_media/cf-unauthorized_call".into());
    Node::new("play", Map::from_iter([id]))
        .with_child(DEFAULT_CHILD, Node::new("hangup", Map::new()))
}
