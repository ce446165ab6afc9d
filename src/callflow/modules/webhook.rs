//! `webhook` – tells a web server about the call, and goes on to `_` at once.
//!
//! The request is sent beside the flow, which neither waits for it nor looks at
//! the answer. It carries the call (`call_id`, `caller_id_number`, `to_user`,
//! `custom_application_vars[name]`, …) as a form, and the headers `X-Hook-ID` and
//! `X-Account-ID`. A server that cannot be connected with is tried again after 2
//! seconds; any answer is final.
//!
//! | field | default | |
//! |---|---|---|
//! | `uri` | – | absolute http or https URL; without it nothing is sent |
//! | `http_verb` | `post` | `get` puts the form into the query |
//! | `retries` | 2 | further tries; 0 to 4 |
//! | `custom_data` | – | added to the form, and stronger than the call's own names |
//!
//! ```json
//! {"module": "webhook", "data": {"uri": "https://example.com/hook", "custom_data": {"stage": "menu"}}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::ops::Webhook as Request;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::told::call_told;
use crate::config::Method;
use crate::id;
use crate::program::Flow;

/// Tells a web server about the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Webhook {
    /// Absolute http or https URL.
    #[schemars(
        length(max = 4096),
        regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"),
        extend("x-expect" = "an absolute http or https URL")
    )]
    uri: Option<String>,
    /// How it is requested.
    #[serde(default)]
    http_verb: Verb,
    /// Further tries while there is no connection.
    #[serde(default = "two")]
    #[schemars(range(max = 4))]
    retries: u32,
    /// Added to the form.
    #[serde(default)]
    custom_data: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Get,
    #[default]
    Post,
}

fn two() -> u32 {
    2
}

impl Module for Webhook {
    const NAME: &'static str = "webhook";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(uri) = &self.uri else {
            call.warn("there is no `uri`, so nothing is sent");
            return Ok(Flow::Next);
        };
        call.learn_sip_facts().await;
        let mut params = call_told(call);
        for (name, value) in &self.custom_data {
            params.insert(name.clone(), value.clone());
        }
        let account = call.services().account_sid.clone();
        let account = account.strip_prefix("AC").unwrap_or(&account).to_owned();
        call.send_webhook(Request {
            url: uri.clone(),
            method: match self.http_verb {
                Verb::Get => Method::Get,
                Verb::Post => Method::Post,
            },
            headers: vec![
                ("X-Hook-ID".into(), id::sid("")),
                ("X-Account-ID".into(), account),
            ],
            params,
            retries: self.retries,
        });
        Ok(Flow::Next)
    }
}
