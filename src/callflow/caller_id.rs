//! Whom a leg sees as its caller.
//!
//! Every module that rings somebody gives its Dial to [`present`], and nothing
//! else decides it. In this order: the call's own caller id, or what is
//! configured for the phone that calls from inside; the prefixes of
//! `prepend_cid` before it; `set_cid` in its place; `privacy` hides it.

use serde::Deserialize;

use super::caller;
use crate::call::ops::{CallerId, Dial};
use crate::call::{Call, Interrupt, Presentation};
use crate::objects::CallerIds;

/// Whom the leg reaches: a phone of the shop's, or the outside world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaches<'a> {
    Phone,
    /// With the caller id that the stored things have under this name: `external`.
    World(&'a str),
}

impl<'a> Reaches<'a> {
    /// As the stored things call its caller id, and what stands for one that they
    /// have not.
    fn kinds(self) -> [&'a str; 2] {
        match self {
            Self::Phone => ["internal", "internal"],
            Self::World(kind) => [kind, "external"],
        }
    }
}

/// What stands for a name or number that nobody knows.
const UNKNOWN: &str = "unknown";
const ANONYMOUS: &str = "anonymous";

/// Gives the legs of a Dial what the flow has set for them: the caller id, unless
/// the Dial has one, and how they ring.
pub(super) async fn present(
    call: &mut Call,
    dial: &mut Dial,
    reaches: Reaches<'_>,
) -> Result<(), Interrupt> {
    if dial.caller_id.is_none() {
        dial.caller_id = Some(of_leg(call, reaches).await?);
    }
    if let Some(alert_info) = &call.kept().presentation.alert_info {
        for target in &mut dial.targets {
            let is_alert = |name: &str| name.eq_ignore_ascii_case("Alert-Info");
            if !target.headers.iter().any(|(name, _)| is_alert(name)) {
                let header = ("Alert-Info".to_owned(), alert_info.clone());
                target.headers.push(header);
            }
        }
    }
    if call.kept().presentation.auto_answer && reaches == Reaches::Phone {
        for target in &mut dial.targets {
            target.headers.extend(auto_answer());
        }
    }
    Ok(())
}

/// What makes phones answer by themselves: each make listens to one of these.
pub(super) fn auto_answer() -> [(String, String); 2] {
    [
        ("Call-Info", "<sip:pivot>;answer-after=0"),
        ("Alert-Info", "<http://pivot>;info=alert-autoanswer"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The caller id of a leg.
pub(super) async fn of_leg(call: &mut Call, reaches: Reaches<'_>) -> Result<CallerId, Interrupt> {
    let own = own(call, reaches).await?;
    Ok(shown(own, &call.kept().presentation))
}

/// Nobody is shown.
pub(super) fn anonymous() -> CallerId {
    CallerId {
        number: ANONYMOUS.into(),
        name: "Anonymous".into(),
    }
}

/// The caller before the flow changes it.
async fn own(call: &mut Call, reaches: Reaches<'_>) -> Result<CallerId, Interrupt> {
    let facts = call.facts();
    let mut own = CallerId {
        number: facts.caller_number.clone(),
        name: facts.caller_name.clone(),
    };
    if !caller::is_internal(call).await? || call.kept().presentation.chosen {
        return Ok(own);
    }
    // The account's first, and the phone's last, which wins.
    let documents = caller::documents(call).await?;
    let configured: Vec<Configured> = documents
        .into_iter()
        .filter_map(|document| serde_json::from_value(document.into()).ok())
        .collect();
    if reaches == Reaches::Phone
        && let Some(presence) = configured.iter().rev().find_map(|c| c.presence_id.as_ref())
    {
        presence
            .split('@')
            .next()
            .unwrap_or_default()
            .clone_into(&mut own.number);
    }
    let [kind, otherwise] = reaches.kinds();
    let known = configured.iter().any(|c| c.caller_id.get(kind).is_some());
    let kind = if known { kind } else { otherwise };
    for id in configured.iter().filter_map(|c| c.caller_id.get(kind)) {
        own.number = id.number.clone().unwrap_or(own.number);
        own.name = id.name.clone().unwrap_or(own.name);
    }
    Ok(own)
}

/// What is configured for an account, a user or a device.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured {
    caller_id: CallerIds,
    presence_id: Option<String>,
}

fn shown(own: CallerId, by: &Presentation) -> CallerId {
    let half = |prefix: &str, own: &str, rewritten: &str, unknown: &str| {
        let prefixed = if rewritten.is_empty() {
            format!("{prefix}{own}")
        } else {
            rewritten.to_owned()
        };
        if prefixed.is_empty() {
            unknown.to_owned()
        } else {
            prefixed
        }
    };
    let hidden = anonymous();
    CallerId {
        number: if by.hide_number {
            hidden.number
        } else {
            half(
                &by.prefix.number,
                &own.number,
                &by.rewritten.number,
                ANONYMOUS,
            )
        },
        name: if by.hide_name {
            hidden.name
        } else {
            half(&by.prefix.name, &own.name, &by.rewritten.name, UNKNOWN)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: &str, name: &str) -> CallerId {
        CallerId {
            number: number.into(),
            name: name.into(),
        }
    }

    #[test]
    fn prefixes_stand_before_the_own_and_a_rewritten_half_in_its_place() {
        let alice = || id("100", "Alice");
        let plain = Presentation::default();
        assert_eq!(shown(alice(), &plain), alice());
        assert_eq!(shown(id("", ""), &plain), id("anonymous", "unknown"));
        let prefixed = Presentation {
            prefix: id("9", "Sales "),
            ..Presentation::default()
        };
        assert_eq!(shown(alice(), &prefixed), id("9100", "Sales Alice"));
        let half = Presentation {
            rewritten: id("", "Shop"),
            ..prefixed.clone()
        };
        assert_eq!(shown(alice(), &half), id("9100", "Shop"));
        let hidden = Presentation {
            hide_number: true,
            ..half
        };
        assert_eq!(shown(alice(), &hidden), id("anonymous", "Shop"));
    }
}
