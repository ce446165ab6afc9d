//! Stored rules and sets of rules by their ids, and the zone whose clock counts.

use jiff::tz::TimeZone;

use crate::call::{Call, Interrupt};
use crate::objects::{Account, Kind, TemporalRule, TemporalRuleSet};
use crate::schedule::{Rule, time_zone};

/// What `timezone` says where the account's shall be taken.
const INHERIT: &str = "inherit";

/// The rule with this id, or the rules of the set; none when there is neither,
/// which is told.
pub(super) async fn named(call: &mut Call, id: &str) -> Result<Vec<Rule>, Interrupt> {
    if let Some(rule) = call.stored::<TemporalRule>(id).await? {
        return Ok(vec![rule]);
    }
    let Some(set) = call.stored::<TemporalRuleSet>(id).await? else {
        call.warn(format!(
            "there is no temporal rule and no rule set {id:?} that can be used"
        ));
        return Ok(Vec::new());
    };
    let mut rules = Vec::new();
    for rule in &set.temporal_rules {
        match call.stored::<TemporalRule>(rule).await? {
            Some(rule) => rules.push(rule),
            None => call.warn(format!(
                "rule set {id:?}: there is no temporal rule {rule:?} that can be used"
            )),
        }
    }
    Ok(rules)
}

/// Changes `enabled` of the rule with this id, or of the rules of the set; `None`
/// takes it away. Whether all of them are there.
pub(super) async fn set_enabled(
    call: &mut Call,
    id: &str,
    enabled: Option<bool>,
) -> Result<bool, Interrupt> {
    let rules = match call.stored::<TemporalRuleSet>(id).await? {
        Some(set) => set.temporal_rules,
        None => vec![id.to_owned()],
    };
    let mut all = true;
    for rule in rules {
        let changed = call.change_stored(Kind::TemporalRule, &rule, |body| match enabled {
            Some(enabled) => {
                body.insert("enabled".into(), enabled.into());
            }
            None => {
                body.shift_remove("enabled");
            }
        });
        if !changed.await? {
            call.warn(format!(
                "temporal rule {rule:?} cannot be changed: there is none"
            ));
            all = false;
        }
    }
    Ok(all)
}

/// The zone that a node names; else the account's, that of `[account] timezone`,
/// the machine's.
pub(super) async fn zone(call: &mut Call, name: Option<&str>) -> Result<TimeZone, Interrupt> {
    if let Some(zone) = usable(call, name) {
        return Ok(zone);
    }
    let id = call.account().to_string();
    let account: Option<Account> = call.stored(&id).await?;
    let accounts = account.and_then(|account| account.timezone);
    if let Some(zone) = usable(call, accounts.as_deref()) {
        return Ok(zone);
    }
    let configured = call.services().config.account.timezone.clone();
    Ok(usable(call, configured.as_deref()).unwrap_or_else(TimeZone::system))
}

/// Why a name is none is told.
fn usable(call: &Call, name: Option<&str>) -> Option<TimeZone> {
    let name = name.filter(|name| !name.is_empty() && *name != INHERIT)?;
    match time_zone(name) {
        Ok(zone) => Some(zone),
        Err(error) => {
            call.warn(format!("{error}; the next zone that is known is taken"));
            None
        }
    }
}
