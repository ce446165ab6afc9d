//! A customer of the shop: what it owns is nobody else's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::voicemail::Voicemail;
use super::{
    CallForward, CallerIds, DialPlan, Enabled, MusicOnHold, OutboundFlags, Restriction, Services,
};

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Account {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    pub realm: Option<String>,
    /// Of schedules that name none, such as `Europe/Berlin`.
    pub timezone: Option<String>,
    /// Of calls that have none of their own, such as `en-us`.
    pub language: Option<String>,
    pub caller_id: CallerIds,
    pub preflow: Preflow,
    pub call_forward: CallForward,
    pub do_not_disturb: Enabled,
    /// What nobody of the account may dial, by classification.
    pub call_restriction: BTreeMap<String, Restriction>,
    /// What callers hear who wait or are parked; the phone and its user come before.
    pub music_on_hold: MusicOnHold,
    /// Tried before the shop's own converters; regular expression → what it becomes.
    pub dial_plan: DialPlan,
    pub voicemail: Voicemail,
    pub services: Services,
    /// What every call out asks of a trunk.
    pub outbound_flags: OutboundFlags,
    /// `false` = its calls are not taken.
    pub enabled: Option<bool>,
}

/// What runs before every flow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Preflow {
    /// Id of a callflow.
    pub always: Option<String>,
}
