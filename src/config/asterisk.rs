//! Asterisk: how it is reached, and how calls leave through it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// How to reach Asterisk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ari {
    /// Asterisk's HTTP server, without the `/ari` path.
    pub url: Url,
    pub username: String,
    pub password: SecretString,
    /// The name in `Stasis(pivot)`.
    #[serde(default = "defaults::app")]
    pub app: String,
    /// This Asterisk's name in ids, logs and the store.
    #[serde(default = "defaults::name")]
    pub name: String,
    /// HTTP connections to it; its own `sessionlimit` defaults to 100.
    #[serde(default = "defaults::connections")]
    pub connections: usize,
}

/// How the nouns of Dial become Asterisk endpoints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dial {
    pub number: String,
    /// Ten digits are a number of North America: `+1` is put before them.
    pub us_numbers: bool,
    pub sip: String,
    pub sip_endpoint: String,
    /// The `username` of a `<Sip>` → the PJSIP endpoint that logs in with it.
    pub sip_accounts: BTreeMap<String, String>,
    pub user: String,
    pub device: String,
    pub client: String,
    /// Numbers of stored callflows, for calls that phones forward to them.
    pub internal: String,
    /// How long a leg rings unless the document says otherwise.
    pub timeout_s: u64,
    /// Hertz of the beep of the answering machines of this country.
    pub beep_hz: u32,
}

/// Contexts of the dialplan for what ARI cannot do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dialplan {
    /// Where `transfer` sends a number that no stored callflow takes.
    pub transfer: Option<String>,
    /// Where `faxbox` and `receive_fax` send a call, at extension `s`.
    pub fax: Option<String>,
    /// Where `fax_detect` sends a call, at extension `s`, to have it back with
    /// `PIVOT_FAX` set.
    pub fax_detect: Option<String>,
}

mod defaults {
    pub(super) fn app() -> String {
        "pivot".into()
    }
    pub(super) fn name() -> String {
        "a1".into()
    }
    pub(super) fn connections() -> usize {
        32
    }
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            number: "Local/{number}@pivot-outbound/n".into(),
            us_numbers: false,
            sip: "PJSIP/{endpoint}/{uri}".into(),
            sip_endpoint: "pivot-out".into(),
            sip_accounts: BTreeMap::new(),
            user: "PJSIP/{id}".into(),
            device: "PJSIP/{id}".into(),
            client: "PJSIP/{id}".into(),
            internal: "Local/{number}@pivot-internal/n".into(),
            timeout_s: 30,
            beep_hz: 1000,
        }
    }
}
