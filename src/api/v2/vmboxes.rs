//! How many messages are in each box, and the lamps that show it.

use std::collections::HashMap;

use serde_json::Value;

use super::ask::Ask;
use super::messages;
use super::refusal::Refusal;
use crate::objects::Kind;
use crate::store::Document;

/// Adds `messages`, without those that are deleted.
pub(super) async fn count(ask: &Ask, shown: &mut [Value]) -> Result<(), Refusal> {
    let messages = ask
        .v2
        .services
        .catalog
        .list(&ask.account, Kind::Message)
        .await?;
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for message in &messages {
        let deleted = message.body.get("folder").and_then(Value::as_str) == Some("deleted");
        if let Some((vmbox, _)) = message.id.split_once('/').filter(|_| !deleted) {
            *counts.entry(vmbox).or_default() += 1;
        }
    }
    for vmbox in shown {
        let id = vmbox["id"].as_str().unwrap_or_default();
        let count = counts.get(id).copied().unwrap_or_default();
        vmbox["messages"] = count.into();
    }
    Ok(())
}

/// The lamps follow a box that gets another number, and are dark when it is gone.
pub(super) fn set_lamps(ask: &Ask, before: Option<&Document>, now: Option<&Document>) {
    let number = |document: &Document| {
        let number = document.body.get("mailbox").and_then(Value::as_str);
        number.map(str::to_owned)
    };
    let (old, new) = (before.and_then(number), now.and_then(number));
    let Some(old) = old.filter(|old| new.as_ref() != Some(old)) else {
        return;
    };
    let (services, account) = (ask.v2.services.clone(), ask.account.clone());
    ask.v2
        .services
        .background
        .spawn(async move { services.tell_none_waits(&account, &old).await });
    if let Some(now) = now {
        messages::tell_waiting(ask, &now.id);
    }
}
