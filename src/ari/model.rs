//! Asterisk's objects: the fields that pivot uses, tolerant of the rest.

use serde::Deserialize;

/// A channel, as in `StasisStart` and `GET /channels`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Channel {
    pub id: String,
    pub name: String,
    /// `Down`, `Ring` (inbound, not answered), `Ringing` (outbound), `Up`, …
    pub state: String,
    /// SIP Call-ID; empty for other technologies, absent in old versions.
    pub protocol_id: String,
    pub caller: Party,
    pub connected: Party,
    pub dialplan: Dialplan,
    pub language: String,
    pub creationtime: String,
    /// The number that was called first, of a call that was forwarded.
    pub caller_rdnis: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Party {
    pub name: String,
    pub number: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Dialplan {
    pub context: String,
    pub exten: String,
    pub priority: i64,
    pub app_name: String,
    pub app_data: String,
}

/// A bridge, as `GET /bridges` lists it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BridgeList {
    pub id: String,
    pub channels: Vec<String>,
}
