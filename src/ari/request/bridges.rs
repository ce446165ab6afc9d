//! Requests about bridges.

use http::Method;
use serde_json::json;

use super::{Request, segment};

impl Request {
    pub fn bridges() -> Self {
        Self::new(Method::GET, "bridges".into())
    }

    /// Mixing, never native: keys must pass through Asterisk.
    pub fn create_bridge(id: &str) -> Self {
        Self::bridge(Method::POST, id, "").with("type", "mixing,dtmf_events,proxy_media")
    }

    pub fn get_bridge(id: &str) -> Self {
        Self::bridge(Method::GET, id, "")
    }

    pub fn destroy_bridge(id: &str) -> Self {
        Self::bridge(Method::DELETE, id, "")
    }

    /// Heard by everybody in it; several wait for each other.
    pub fn play_on_bridge(id: &str, playback: &str, media: &str) -> Self {
        let mut request = Self::bridge(Method::POST, id, &format!("/play/{}", segment(playback)));
        request.body = Some(json!({ "media": [media] }));
        request
    }

    /// What all of its members say, mixed, until it is stopped.
    pub fn record_bridge(id: &str, name: &str) -> Self {
        Self::bridge(Method::POST, id, "/record")
            .with("name", name)
            .with("format", "wav")
            .with("ifExists", "fail")
            .with("terminateOn", "none")
    }

    pub fn add_to_bridge(id: &str, channel: &str) -> Self {
        Self::bridge(Method::POST, id, "/addChannel")
            .with("channel", channel)
            .joining()
    }

    /// A channel that keeps the caller id that it was given: otherwise two in a
    /// bridge are told who the other is, and a leg that is dialled there shows it.
    /// 16 does not know of it.
    pub fn add_leg_to_bridge(id: &str, channel: &str) -> Self {
        Self::add_to_bridge(id, channel).with("inhibitConnectedLineUpdates", "true")
    }

    pub fn remove_from_bridge(id: &str, channel: &str) -> Self {
        Self::bridge(Method::POST, id, "/removeChannel")
            .with("channel", channel)
            .joining()
    }

    // Mailboxes
}
