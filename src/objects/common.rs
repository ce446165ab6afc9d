//! Fields that several kinds share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Time;

/// Seconds between year 0 and 1970: Kazoo counts Gregorian seconds.
const GREGORIAN: i64 = 62_167_219_200;

/// A moment as Kazoo's documents have it.
pub fn gregorian(time: Time) -> i64 {
    time.unix_seconds() + GREGORIAN
}

/// Seconds since 1970 of a moment in Kazoo's count.
pub fn unix_of_gregorian(seconds: i64) -> i64 {
    seconds.saturating_sub(GREGORIAN)
}

/// A switch that is a document's own object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Enabled {
    pub enabled: Option<bool>,
}

impl Enabled {
    pub fn is_on(&self) -> bool {
        self.enabled == Some(true)
    }

    pub fn is_off(&self) -> bool {
        self.enabled == Some(false)
    }
}

/// What somebody may use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Services {
    /// `false` = it makes no calls.
    pub audio: Enabled,
}

/// A name and a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct CallerId {
    #[schemars(length(max = 35))]
    pub name: Option<String>,
    #[schemars(length(max = 35))]
    pub number: Option<String>,
}

/// The caller ids of an account, a user or a device: `internal`, `external`,
/// `emergency`, and whatever else a shop calls for by `caller_id_type`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct CallerIds(pub BTreeMap<String, CallerId>);

impl CallerIds {
    pub fn get(&self, kind: &str) -> Option<&CallerId> {
        self.0.get(kind)
    }
}

/// Where calls go instead of, or beside, the phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct CallForward {
    pub enabled: bool,
    #[schemars(length(max = 35))]
    pub number: Option<String>,
    /// The phone itself does not ring.
    pub substitute: bool,
    /// Who answers must press 1 before the caller is connected.
    pub require_keypress: bool,
    /// The forwarded call shows the caller's own id.
    pub keep_caller_id: bool,
    pub ignore_early_media: bool,
    /// Calls of groups and queues are not forwarded.
    pub direct_calls_only: bool,
    /// Calls go there while the phone is not registered, also when `enabled` is not set.
    pub failover: bool,
}

impl Default for CallForward {
    fn default() -> Self {
        Self {
            enabled: false,
            number: None,
            substitute: true,
            require_keypress: true,
            keep_caller_id: true,
            ignore_early_media: true,
            direct_calls_only: false,
            failover: false,
        }
    }
}

/// What is heard while somebody waits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct MusicOnHold {
    #[schemars(length(max = 2048))]
    pub media_id: Option<String>,
}

/// What may be dialled: `deny` or `inherit`, by classification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Restriction {
    pub action: Option<String>,
}

/// How numbers that are dialled are written: rules by regular expression.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct DialPlan {
    /// Names of plans that Kazoo's operator keeps.
    #[schemars(extend("x-reading" = "ignored", "x-why" = "their rules are not in the account's documents; write them beside it"))]
    pub system: Vec<String>,
    #[serde(flatten)]
    pub rules: BTreeMap<String, DigitRule>,
}

/// What somebody's calls out ask of a trunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "a list of flags, or {\"static\": [flags], \"dynamic\": [fields of the call]}"))]
pub enum OutboundFlags {
    Static(Vec<String>),
    /// `static` = flags, `dynamic` = as `dynamic_flags` of `resources`.
    ByKind(BTreeMap<String, Vec<String>>),
}

impl Default for OutboundFlags {
    fn default() -> Self {
        Self::Static(Vec::new())
    }
}

impl OutboundFlags {
    /// Those that are the same for every call.
    pub fn fixed(&self) -> &[String] {
        match self {
            Self::Static(flags) => flags,
            Self::ByKind(kinds) => kinds.get("static").map_or(&[], Vec::as_slice),
        }
    }

    /// Names of what in the call is a flag.
    pub fn dynamic(&self) -> &[String] {
        match self {
            Self::Static(_) => &[],
            Self::ByKind(kinds) => kinds.get("dynamic").map_or(&[], Vec::as_slice),
        }
    }
}

/// One way to write a number differently: where `regex` matches, its last
/// captured group stays, between `prefix` and `suffix`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct DigitRule {
    pub prefix: String,
    pub suffix: String,
}
