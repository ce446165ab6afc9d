//! `pivot` – asks a web server what to do next.
//!
//! The answer, TwiML or Callflow JSON, replaces the rest of this flow. `_` runs
//! only if nothing comes of the request.
//!
//! | field | default | |
//! |---|---|---|
//! | `voice_url` | required | absolute http or https URL |
//! | `method` | `get` | `get` or `post` |
//! | `req_format` | `kazoo` | `kazoo` or `twiml`: the names of the request's parameters; the answer may be either language |
//! | `req_body_format` | `form` | `form` or `json`, for `post` |
//! | `req_timeout_ms` | 5000 (`kazoo`), 15000 (`twiml`) | the whole exchange; 1 to 60000 |
//! | `custom_request_headers` | – | header → value, sent along |
//! | `fallback_url`, `fallback_method` | –, `post` | asked when `voice_url` fails |
//! | `cdr_url` | – | gets a POST when the call is over |
//! | `debug` | `false` | record requests and answers |
//!
//! ```json
//! {
//!   "module": "pivot",
//!   "data": {"voice_url": "https://example.com/start", "method": "get", "req_format": "kazoo", "debug": true},
//!   "children": {"_": {"module": "tts", "data": {"text": "Please call again later."}}}
//! }
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::config;
use crate::program::{Flow, Pivot};

/// Asks a web server what to do next.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PivotModule {
    /// Absolute http or https URL.
    #[schemars(
        length(max = 4096),
        regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"),
        extend("x-expect" = "an absolute http or https URL")
    )]
    voice_url: String,
    /// How it is requested.
    #[serde(default)]
    method: Method,
    /// The names of the request's parameters.
    #[serde(default)]
    req_format: ReqFormat,
    /// The body of a POST.
    #[serde(default)]
    req_body_format: BodyFormat,
    /// The whole exchange, in milliseconds.
    #[schemars(range(min = 1, max = 60_000))]
    req_timeout_ms: Option<u64>,
    /// Sent along.
    #[serde(default)]
    custom_request_headers: BTreeMap<String, String>,
    /// Asked when `voice_url` fails.
    #[schemars(
        regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"),
        extend("x-expect" = "an absolute http or https URL")
    )]
    fallback_url: Option<String>,
    /// How `fallback_url` is requested; `post` when absent.
    fallback_method: Option<Method>,
    /// Gets a POST when the call is over.
    #[schemars(
        regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"),
        extend("x-expect" = "an absolute http or https URL")
    )]
    cdr_url: Option<String>,
    /// Record requests and answers.
    #[serde(default)]
    debug: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Method {
    #[default]
    Get,
    Post,
}

impl From<Method> for config::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ReqFormat {
    #[default]
    Kazoo,
    Twiml,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum BodyFormat {
    #[default]
    Form,
    Json,
}

impl Module for PivotModule {
    const NAME: &'static str = "pivot";
    type Progress = ();

    async fn run(&self, _: &mut Call, _: &Node, _: &mut Self::Progress) -> Result<Flow, Interrupt> {
        Ok(Flow::Pivot(Box::new(Pivot {
            voice_url: self.voice_url.clone(),
            method: self.method.into(),
            req_format: match self.req_format {
                ReqFormat::Kazoo => config::ReqFormat::Kazoo,
                ReqFormat::Twiml => config::ReqFormat::Twiml,
            },
            req_body_format: match self.req_body_format {
                BodyFormat::Form => config::BodyFormat::Form,
                BodyFormat::Json => config::BodyFormat::Json,
            },
            req_timeout_ms: self.req_timeout_ms,
            custom_request_headers: self.custom_request_headers.clone().into_iter().collect(),
            cdr_url: self.cdr_url.clone(),
            fallback_url: self.fallback_url.clone(),
            fallback_method: self.fallback_method.unwrap_or(Method::Post).into(),
            debug: self.debug,
        })))
    }
}
