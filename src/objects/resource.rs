//! A trunk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A trunk, tried in the order of `weight_cost`, the lowest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct Resource {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: String,
    pub enabled: bool,
    /// What Asterisk dials, such as `PJSIP/{number}@carrier`; `[dial] number` when absent.
    pub dial: Option<String>,
    pub gateways: Vec<Gateway>,
    /// Regular expressions; a number that none matches is not for this trunk. What
    /// their last group captures is dialled. None = every number.
    pub rules: Vec<String>,
    /// What the trunk can; a call may ask for it.
    pub flags: Vec<String>,
    /// Only for calls that ask for a flag of it.
    pub require_flags: bool,
    #[schemars(range(min = 0, max = 100))]
    pub weight_cost: u32,
    pub emergency: bool,
    /// Regular expressions that the caller's number must match.
    pub cid_rules: Vec<String>,
    pub caller_id_options: Map<String, Value>,
    /// Seconds that a call may ring.
    pub grace_period: Option<u64>,
}

impl Default for Resource {
    fn default() -> Self {
        Self {
            name: String::new(),
            enabled: true,
            dial: None,
            gateways: Vec::new(),
            rules: Vec::new(),
            flags: Vec::new(),
            require_flags: false,
            weight_cost: 50,
            emergency: false,
            cid_rules: Vec::new(),
            caller_id_options: Map::new(),
            grace_period: None,
        }
    }
}

/// A carrier's server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Gateway {
    /// The PJSIP endpoint of Asterisk's that leads there.
    pub endpoint: Option<String>,
    pub server: Option<String>,
    pub port: Option<u16>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "trunks register by what pjsip.conf says"))]
    pub username: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "trunks register by what pjsip.conf says"))]
    pub password: Option<String>,
    #[schemars(extend("x-reading" = "ignored", "x-why" = "trunks register by what pjsip.conf says"))]
    pub realm: Option<String>,
    /// Before and after the number.
    pub prefix: String,
    pub suffix: String,
    pub enabled: bool,
    /// Seconds to the first sign of ringing.
    pub progress_timeout: Option<u64>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            endpoint: None,
            server: None,
            port: None,
            username: None,
            password: None,
            realm: None,
            prefix: String::new(),
            suffix: String::new(),
            enabled: true,
            progress_timeout: None,
        }
    }
}
