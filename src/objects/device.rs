//! A phone.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    CallForward, CallerIds, DialPlan, Enabled, MusicOnHold, OutboundFlags, Restriction, Services,
};

/// A phone, which Asterisk knows as an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Device {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    /// `sip_device`, `cellphone`, `softphone`, …
    #[schemars(extend("x-reading" = "kept"))]
    pub device_type: Option<String>,
    pub sip: Sip,
    /// Id of the user whose phone it is.
    pub owner_id: Option<String>,
    /// `false` = it never rings.
    pub enabled: Option<bool>,
    pub caller_id: CallerIds,
    pub call_forward: Option<CallForward>,
    pub do_not_disturb: Enabled,
    pub call_waiting: Enabled,
    pub call_restriction: BTreeMap<String, Restriction>,
    pub ringtones: Ringtones,
    /// What callers hear whom this phone has parked.
    pub music_on_hold: MusicOnHold,
    /// The number that other phones of the shop see when it calls; its realm is left out.
    pub presence_id: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "of a schedule the node and the account say it, of a box its owner"))]
    pub timezone: Option<String>,
    pub language: Option<String>,
    pub dial_plan: DialPlan,
    pub hotdesk: DeviceHotdesk,
    pub outbound_flags: OutboundFlags,
    pub exclude_from_queues: bool,
    #[schemars(extend("x-reading" = "kept"))]
    pub mac_address: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
    pub services: Services,
}

impl Device {
    /// Ids of those whose phone it is: who has logged in on it, else its owner.
    pub fn users(&self) -> Vec<&str> {
        let guests: Vec<&str> = self.hotdesk.users.keys().map(String::as_str).collect();
        if guests.is_empty() {
            self.owner_id.as_deref().into_iter().collect()
        } else {
            guests
        }
    }

    /// Whether this user owns it, or has logged in on it.
    pub fn belongs_to(&self, user: &str) -> bool {
        self.owner_id.as_deref() == Some(user) || self.hotdesk.users.contains_key(user)
    }

    /// The endpoint that Asterisk knows it by.
    pub fn endpoint<'a>(&'a self, id: &'a str) -> &'a str {
        self.sip.username.as_deref().unwrap_or(id)
    }
}

/// How Asterisk knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Sip {
    /// The endpoint that `[dial] device` rings; the device's id when absent.
    pub username: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "phones register by what pjsip.conf says"))]
    pub password: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "phones register by what pjsip.conf says"))]
    pub realm: Option<String>,
    /// `in` are the headers of calls to the device, `out` of those that it makes.
    pub custom_sip_headers: Map<String, Value>,
    /// The user part of the request, in place of the endpoint's own.
    pub static_invite: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "phones register by what pjsip.conf says"))]
    pub number: Option<String>,
    pub route: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "phones register by what pjsip.conf says"))]
    pub ip: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "phones register by what pjsip.conf says"))]
    pub method: Option<String>,
    pub invite_format: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "phones register by what pjsip.conf says"))]
    pub expire_seconds: Option<u32>,
}

/// How it rings: values of the Alert-Info header.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Ringtones {
    pub internal: Option<String>,
    pub external: Option<String>,
}

/// Who has logged in on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct DeviceHotdesk {
    /// Ids of users.
    pub users: Map<String, Value>,
}
