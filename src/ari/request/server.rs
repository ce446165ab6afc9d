//! Requests about Asterisk itself: what this application is told, lamps, modules.

use http::Method;
use serde_json::json;

use super::{Request, segment};

impl Request {
    /// How many messages wait, for the lamps of phones.
    pub fn mailbox(name: &str, old: usize, new: usize) -> Self {
        Self::new(Method::PUT, format!("mailboxes/{}", segment(name)))
            .with("oldMessages", old.to_string())
            .with("newMessages", new.to_string())
    }

    // Applications and Asterisk

    pub fn application(app: &str) -> Self {
        Self::new(Method::GET, format!("applications/{}", segment(app)))
    }

    /// Explicit, since `StasisEnd` ends the implicit subscription and the hang-up
    /// cause of an inbound call would never come.
    pub fn subscribe(app: &str, channel: &str) -> Self {
        Self::new(
            Method::POST,
            format!("applications/{}/subscription", segment(app)),
        )
        .with("eventSource", format!("channel:{channel}"))
    }

    /// A member's subscription ends when it leaves; what is told of an empty
    /// bridge needs one of its own.
    pub fn subscribe_bridge(app: &str, bridge: &str) -> Self {
        Self::new(
            Method::POST,
            format!("applications/{}/subscription", segment(app)),
        )
        .with("eventSource", format!("bridge:{bridge}"))
    }

    /// Kinds that nothing here waits for; a SIP hang-up alone sends six of them.
    pub fn event_filter(app: &str) -> Self {
        let kinds = [
            "ChannelVarset",
            "ChannelDialplan",
            "ChannelConnectedLine",
            "ChannelCallerId",
            "PlaybackStarted",
            "PlaybackContinuing",
        ];
        let mut request = Self::new(
            Method::PUT,
            format!("applications/{}/eventFilter", segment(app)),
        );
        request.body = Some(json!({ "disallowed": kinds.map(|kind| json!({ "type": kind })) }));
        request
    }

    /// Names of our own begin with `Stasis:`; Asterisk keeps them over a restart.
    pub fn set_device_state(name: &str, state: &str) -> Self {
        Self::new(
            Method::PUT,
            format!("deviceStates/{}", segment(&format!("Stasis:{name}"))),
        )
        .with("deviceState", state)
    }

    pub fn info() -> Self {
        Self::new(Method::GET, "asterisk/info".into())
    }

    pub fn ping() -> Self {
        Self::new(Method::GET, "asterisk/ping".into())
    }

    pub fn module(name: &str) -> Self {
        Self::new(Method::GET, format!("asterisk/modules/{}", segment(name)))
    }

    pub fn modules() -> Self {
        Self::new(Method::GET, "asterisk/modules".into())
    }
}
