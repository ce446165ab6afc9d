//! Whom a feature code means: `*8` and an extension, or the name of a phone.

use super::DEFAULT_CHILD;
use super::phones::Whose;
use super::{Node, stored};
use crate::call::{Call, Interrupt};

/// How what was dialled after the code is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum By {
    /// The first phone or person of the callflow that has this number.
    Extension,
    /// A phone by its SIP user name.
    Device,
}

/// Which nodes of a callflow are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// `device` and `user`.
    Phones,
    /// The first of a `ring_group` or `page_group` too; not in a `no_match` flow.
    Groups,
}

/// Whom the captured text names.
pub(super) async fn target(
    call: &mut Call,
    by: By,
    looks: Looks,
) -> Result<Option<Whose>, Interrupt> {
    let Some(text) = call.matched_flow().captured.group.clone() else {
        return Ok(None);
    };
    match by {
        By::Device => {
            let named = call.device_named(&text).await?;
            Ok(named.map(Whose::Device))
        }
        By::Extension => {
            let found = call.lookup(&text).await?;
            let Some(found) = found.filter(|f| looks == Looks::Phones || !f.no_match) else {
                return Ok(None);
            };
            let flow = stored::flow(call, &found.callflow).await?;
            Ok(flow.as_ref().and_then(|flow| first_phone(flow, looks)))
        }
    }
}

/// The first along the chain of `_` children.
pub(super) fn first_phone(root: &Node, looks: Looks) -> Option<Whose> {
    let mut next = Some(root);
    while let Some(node) = next {
        let id = |data: &serde_json::Map<String, serde_json::Value>| {
            data.get("id")?.as_str().map(str::to_owned)
        };
        let found = match node.module.as_str() {
            "device" => id(&node.data).map(Whose::Device),
            "user" => id(&node.data).map(Whose::User),
            "ring_group" | "page_group" if looks == Looks::Groups => {
                let first = node
                    .data
                    .get("endpoints")?
                    .as_array()?
                    .first()?
                    .as_object()?;
                let kind = first.get("endpoint_type").and_then(|kind| kind.as_str());
                id(first).map(|id| match kind {
                    Some("user") => Whose::User(id),
                    Some("group") => Whose::Group(id),
                    _ => Whose::Device(id),
                })
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        next = node.child(DEFAULT_CHILD);
    }
    None
}
