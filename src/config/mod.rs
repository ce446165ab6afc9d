//! What an operator can set: the structs behind `pivot.toml`, one per table.
//!
//! Every key, its unit and its default stands on its field here; `load` reads
//! the file and the environment into these structs, `check` lists every problem
//! with its key. Fields ending in `_s` are seconds, `_ms` milliseconds, `_mb`
//! mebibytes.

mod account;
mod asterisk;
mod check;
mod environment;
mod keys;
mod load;
pub mod network;
mod place;
mod routes;
mod secret_files;
mod server;
mod sound;
mod stored;

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

pub use account::account_sid;
pub use asterisk::{Ari, Dial, Dialplan};
pub use check::{Place, Problem};
pub use load::{ConfigError, Warning};
pub use routes::*;
pub use server::*;
pub use sound::*;
pub use stored::*;

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub ari: Ari,
    #[serde(default)]
    pub http: Http,
    /// Takes every call that no `[[route]]` claims.
    #[serde(default)]
    pub default: Route,
    /// First match wins.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    #[serde(default)]
    pub dial: Dial,
    /// Name → URL of the TwiML applications that `<Application>` may name.
    #[serde(default)]
    pub applications: BTreeMap<String, Url>,
    #[serde(default)]
    pub account: Account,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub numbers: Numbers,
    #[serde(default)]
    pub speech: Speech,
    #[serde(default)]
    pub transcribe: Transcribe,
    #[serde(default)]
    pub recordings: Recordings,
    #[serde(default)]
    pub media: Media,
    #[serde(default)]
    pub flows: Flows,
    #[serde(default)]
    pub web: Web,
    #[serde(default)]
    pub sms: Sms,
    #[serde(default)]
    pub notify: Notify,
    #[serde(default)]
    pub dialplan: Dialplan,
    #[serde(default)]
    pub voicemail: Voicemail,
    #[serde(default)]
    pub control: Control,
    #[serde(default)]
    pub limits: Limits,
}
