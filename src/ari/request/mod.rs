//! The requests that pivot sends, as data: one constructor an operation.

mod bridges;
mod channels;
mod server;
mod sounds;

use std::fmt;
use std::time::Duration;

use http::Method;
use serde_json::Value;

/// How long Asterisk may take for what it does at once.
const PROMPT: Duration = Duration::from_secs(10);

/// One REST request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    /// Without `/ari/`, each segment already encoded.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    /// JSON body, for what holds commas or lists.
    pub body: Option<Value>,
    /// Asterisk answers only when the channel's command queue reaches it
    /// (answer, variable, addChannel, removeChannel): never sent through the
    /// event socket, and only when nothing plays or records there.
    pub joins: bool,
    pub timeout: Duration,
}

impl fmt::Display for Request {
    /// As the trace shows it; values that may be long are cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        for (i, (key, value)) in self.query.iter().enumerate() {
            let cut: String = value.chars().take(80).collect();
            write!(f, "{}{key}={cut}", if i == 0 { '?' } else { '&' })?;
        }
        // What is heard is the only thing in a body that one looks for.
        let media = self.body.as_ref().and_then(|body| body["media"].as_array());
        for media in media.into_iter().flatten().filter_map(Value::as_str) {
            let cut: String = media.chars().take(80).collect();
            write!(f, " {cut}")?;
        }
        Ok(())
    }
}

/// A path segment: ids are ours, but an inbound channel's comes from Asterisk's
/// configuration and a recording's name has slashes.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

impl Request {
    fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            joins: false,
            timeout: PROMPT,
        }
    }

    fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    fn joining(mut self) -> Self {
        self.joins = true;
        self
    }

    fn channel(method: Method, id: &str, rest: &str) -> Self {
        Self::new(method, format!("channels/{}{rest}", segment(id)))
    }

    fn bridge(method: Method, id: &str, rest: &str) -> Self {
        Self::new(method, format!("bridges/{}{rest}", segment(id)))
    }

    // Channels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_slashes_are_one_segment() {
        assert_eq!(
            Request::stop_recording("a/b c").path,
            "recordings/live/a%2Fb%20c/stop"
        );
    }

    #[test]
    fn only_what_waits_in_the_channels_queue_joins() {
        assert!(Request::answer("c").joins);
        assert!(Request::set_variable("c", "A", "1").joins);
        assert!(Request::add_to_bridge("b", "c").joins);
        assert!(Request::remove_from_bridge("b", "c").joins);
        assert!(!Request::get_variable("c", "A").joins);
        assert!(!Request::play("c", "p", "sound:beep", None).joins);
        assert!(!Request::hangup("c", 16).joins);
    }

    #[test]
    fn media_with_a_comma_travels_in_the_body() {
        let request = Request::play("c", "p", "sound:http://h/a,b.wav", None);
        assert_eq!(request.body.unwrap()["media"][0], "sound:http://h/a,b.wav");
        assert!(request.query.is_empty());
    }
}
