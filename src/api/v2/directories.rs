//! Who is in a directory: users say so themselves.

use serde_json::{Value, json};

use super::ask::Ask;
use super::refusal::Refusal;
use crate::objects::Kind;

/// Adds `users`, each with the callflow that reaches the user.
pub(super) async fn users(ask: &Ask, shown: &mut [Value]) -> Result<(), Refusal> {
    let users = ask
        .v2
        .services
        .catalog
        .list(&ask.account, Kind::User)
        .await?;
    for directory in shown {
        let id = directory["id"].as_str().unwrap_or_default().to_owned();
        let listed: Vec<Value> = users
            .iter()
            .filter_map(|user| {
                let callflow = user.body.get("directories")?.get(&id)?;
                Some(json!({"user_id": user.id, "callflow_id": callflow}))
            })
            .collect();
        directory["users"] = listed.into();
    }
    Ok(())
}
