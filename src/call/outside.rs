//! What is asked of Asterisk for somebody outside of any call.

use std::collections::HashMap;

use serde::Deserialize;

use super::Services;
use crate::ari::{AriError, Request};

/// What Asterisk knows of an endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KnownEndpoint {
    technology: String,
    resource: String,
    /// `online`, `offline`, `unknown`.
    pub state: Option<String>,
    pub channel_ids: Vec<String>,
}

/// How hanging up went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HungUp {
    Done,
    /// The channel is not there any more.
    Gone,
    /// Asterisk does not answer; the log says why.
    Failed,
}

impl Services {
    /// All endpoints by their names, as `PJSIP/alice`; none when Asterisk does not answer.
    pub async fn known_endpoints(&self) -> Option<HashMap<String, KnownEndpoint>> {
        let reply = self.ari.send(Request::endpoints()).await;
        let known: Result<Vec<KnownEndpoint>, AriError> = reply.and_then(|reply| reply.json());
        let known = known.inspect_err(|error| {
            tracing::warn!(%error, "the endpoints cannot be listed");
        });
        let named = |known: KnownEndpoint| {
            let name = format!("{}/{}", known.technology, known.resource);
            (name, known)
        };
        Some(known.ok()?.into_iter().map(named).collect())
    }

    /// Whether Asterisk knows of no channel of any of these endpoints (`PJSIP/alice`).
    /// One that it cannot tell of counts as free.
    pub async fn are_free(&self, endpoints: &[String]) -> bool {
        for endpoint in endpoints {
            let Some((technology, resource)) = endpoint.split_once('/') else {
                continue;
            };
            // `PJSIP/700@alice` is alice's phone.
            let resource = resource.rsplit('@').next().unwrap_or(resource);
            let reply = self.ari.send(Request::endpoint(technology, resource)).await;
            let known = reply.and_then(|reply| reply.json::<KnownEndpoint>());
            if known.is_ok_and(|known| !known.channel_ids.is_empty()) {
                return false;
            }
        }
        true
    }

    /// Hangs a channel up; its call finds out by itself.
    pub async fn hang_up(&self, channel: &str) -> HungUp {
        match self.ari.send(self.ari.hangup(channel, 16)).await {
            Ok(_) => HungUp::Done,
            Err(error) if error.is_gone() => HungUp::Gone,
            Err(error) => {
                tracing::warn!(channel, %error, "the channel cannot be hung up");
                HungUp::Failed
            }
        }
    }
}
