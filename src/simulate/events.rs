//! The events about channels, bridges, playbacks and recordings.

use serde_json::{Map, Value, json};

use super::apps::Topic;
use super::world::World;

/// Fields of an event, from a JSON object.
pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl World {
    /// An event about a channel that is still there.
    pub(super) fn channel_event(&mut self, kind: &str, channel: &str, extra: Value) {
        let Some(json) = self.channels.get(channel).map(|c| c.to_json()) else {
            return;
        };
        let mut fields = fields(extra);
        fields.insert("channel".into(), json);
        self.publish(&[Topic::Channel(channel)], kind, &fields);
    }

    /// `StasisStart` and `StasisEnd` go to the owning application alone.
    pub(super) fn stasis_event(&mut self, app: &str, kind: &str, channel: &str, extra: Value) {
        let Some(json) = self.channels.get(channel).map(|c| c.to_json()) else {
            return;
        };
        let mut fields = fields(extra);
        fields.insert("channel".into(), json);
        self.send(app, kind, fields);
    }

    pub(super) fn bridge_event(&mut self, kind: &str, bridge: &str, channel: Option<&str>) {
        let Some(json) = self.bridges.get(bridge).map(|b| b.to_json()) else {
            return;
        };
        let mut fields = fields(json!({ "bridge": json }));
        let mut topics = vec![Topic::Bridge(bridge)];
        if let Some(id) = channel {
            topics.push(Topic::Channel(id));
            if let Some(channel) = self.channels.get(id) {
                fields.insert("channel".into(), channel.to_json());
            }
        }
        self.publish(&topics, kind, &fields);
    }

    /// A playback or recording event, which travels with what it is on:
    /// `channel:ID` or `bridge:ID`.
    pub(super) fn target_event(&mut self, kind: &str, target: &str, key: &str, object: Value) {
        let topic = match target.split_once(':') {
            Some(("bridge", id)) => Topic::Bridge(id),
            Some((_, id)) => Topic::Channel(id),
            None => return,
        };
        let mut fields = Map::new();
        fields.insert(key.into(), object);
        self.publish(&[topic], kind, &fields);
    }

    /// `Dial`: how the dialling of a leg gets on.
    pub(super) fn dial_event(&mut self, peer: &str, status: &str, dialstring: &str) {
        let Some(json) = self.channels.get(peer).map(|c| c.to_json()) else {
            return;
        };
        self.publish(
            &[Topic::Channel(peer)],
            "Dial",
            &fields(json!({
                "dialstatus": status,
                "forward": "",
                "dialstring": dialstring,
                "peer": json,
            })),
        );
    }
}
