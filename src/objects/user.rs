//! A person.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::Ringtones;
use super::voicemail::UserVoicemail;
use super::{CallForward, CallerIds, DialPlan, Enabled, MusicOnHold, Restriction};

/// A person, whose phones are the devices with this `owner_id`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["first_name", "last_name"]))]
pub struct User {
    #[schemars(length(max = 128))]
    pub first_name: String,
    #[schemars(length(max = 128))]
    pub last_name: String,
    pub username: Option<String>,
    pub email: Option<String>,
    pub enabled: Option<bool>,
    pub priv_level: Option<String>,
    pub timezone: Option<String>,
    pub language: Option<String>,
    /// The number that other phones of the shop see when it calls; its realm is left out.
    pub presence_id: Option<String>,
    pub caller_id: CallerIds,
    pub call_forward: Option<CallForward>,
    pub do_not_disturb: Enabled,
    pub call_waiting: Enabled,
    pub call_restriction: BTreeMap<String, Restriction>,
    /// What callers hear whom a phone of this user has parked.
    pub music_on_hold: MusicOnHold,
    pub dial_plan: DialPlan,
    pub hotdesk: UserHotdesk,
    /// Id of a directory → id of the callflow that reaches the user.
    pub directories: BTreeMap<String, String>,
    pub voicemail: UserVoicemail,
    pub media: UserMedia,
    pub ringtones: Ringtones,
    /// Ids of the queues that the user is an agent of.
    pub queues: Vec<String>,
    /// What the user knows, for queues.
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

/// Whether, and how, the user logs in on other people's phones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct UserHotdesk {
    pub enabled: bool,
    pub id: Option<String>,
    pub pin: Option<String>,
    pub require_pin: bool,
    pub keep_logged_in_elsewhere: bool,
}

/// Sounds of the user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct UserMedia {
    /// The spoken name.
    pub name: Option<String>,
}
