//! The process itself: its servers, what it sends, and its limits.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// pivot's own server: media for Asterisk, APIs, metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub listen: SocketAddr,
    /// How Asterisk and web applications reach it; `http://LISTEN` when absent.
    pub public_url: Option<Url>,
}

/// The identity that web applications see.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// `AC` and 32 hex digits; generated and kept when absent.
    pub sid: Option<String>,
    /// Signs requests (`X-Twilio-Signature`) and opens the APIs.
    pub auth_token: Option<SecretString>,
    /// Of schedules that name none, as `Europe/Berlin`; the machine's when absent.
    pub timezone: Option<String>,
}

/// Where pivot may send requests. Denied wins; link-local is always denied.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Networks, or `public` for every address that is not private.
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// Who sends the messages of `<Sms>` and `<Message>`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    /// Gets each message as a form (`To`, `From`, `Body`, `MessageSid`, …); absent =
    /// messages are skipped with a warning.
    pub url: Option<Url>,
}

/// Who is told what Callflow modules report (`missed_call_alert`, `notification`, `edr`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Gets each report as a form, with its kind in `event`; absent = nobody is told.
    pub url: Option<Url>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Control {
    /// Unix socket of `pivot calls` and `pivot trace`, mode 0600.
    pub socket: PathBuf,
}

/// Bounds that keep one call, or too many, from hurting the rest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls at once; a further one is handed back to the dialplan as `OVERLOADED`.
    pub calls: usize,
    /// Documents one call may fetch.
    pub documents: u32,
    /// Callflow branches of one call.
    pub branches: u32,
    /// Callflow nodes of one call.
    pub nodes: u32,
    /// Size of a fetched document.
    pub document_kb: usize,
    /// How long running calls may take to end after SIGTERM.
    pub drain_s: u64,
    /// Calls whose timeline is kept after they ended.
    pub traces: usize,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7800)),
            public_url: None,
        }
    }
}

impl Http {
    /// `public_url` without a trailing slash; `listen` when none is set.
    pub fn base(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        let networks = [
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "public",
        ];
        Self {
            allow: networks.map(String::from).to_vec(),
            deny: vec!["169.254.0.0/16".into()],
        }
    }
}

impl Default for Control {
    fn default() -> Self {
        Self {
            socket: "pivot.sock".into(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 2000,
            documents: 1000,
            branches: 50,
            nodes: 10_000,
            document_kb: 64,
            drain_s: 30,
            traces: 1000,
        }
    }
}
