//! How many messages are in each box.

use std::collections::HashMap;

use serde_json::Value;

use super::ask::Ask;
use super::refusal::Refusal;
use crate::objects::Kind;

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
