//! Where the instructions of calls come from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// Where the instructions of a call come from: `[default]`, or a `[[route]]`
/// with the numbers it takes. The other keys are those of the `pivot` module.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// As dialled.
    pub numbers: Vec<String>,
    /// Regular expressions over the dialled number.
    pub patterns: Vec<String>,
    /// The account whose stored things the call may use; the configuration's own
    /// when absent. 32 hex digits, with or without `AC`.
    pub account: Option<String>,
    pub voice_url: Option<String>,
    /// A Callflow document, instead of `voice_url`.
    pub callflow: Option<PathBuf>,
    pub method: Option<Method>,
    pub fallback_url: Option<String>,
    pub fallback_method: Option<Method>,
    pub req_format: Option<ReqFormat>,
    pub req_body_format: Option<BodyFormat>,
    /// Whole exchange. 15000 in `twiml`, 5000 in `kazoo`.
    pub req_timeout_ms: Option<u64>,
    pub custom_request_headers: BTreeMap<String, String>,
    pub cdr_url: Option<String>,
    pub status_callback: Option<String>,
    pub status_callback_method: Option<Method>,
    /// `twilio` switches to Twilio's ways where pivot's default differs.
    pub profile: Option<Profile>,
    /// The method of a verb that names none. Default `post`.
    pub verb_method: Option<Method>,
    /// Unknown verbs and attributes are errors instead of warnings.
    pub strict: Option<bool>,
    pub on_end: Option<OnEnd>,
    pub debug: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    #[serde(alias = "GET")]
    Get,
    #[serde(alias = "POST")]
    Post,
}

/// The names of the request parameters, never the language of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReqFormat {
    Twiml,
    Kazoo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyFormat {
    Form,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    Pivot,
    Twilio,
}

/// What a flow that ends normally does with a caller who is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnEnd {
    Hangup,
    /// Back to the dialplan with `PIVOT_STATUS=COMPLETED`.
    Continue,
}
