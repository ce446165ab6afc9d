//! The requests that pivot sends, as data: one constructor an operation.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

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

    pub fn channels() -> Self {
        Self::new(Method::GET, "channels".into())
    }

    pub fn get_channel(id: &str) -> Self {
        Self::channel(Method::GET, id, "")
    }

    pub fn answer(id: &str) -> Self {
        Self::channel(Method::POST, id, "/answer").joining()
    }

    pub fn ring(id: &str) -> Self {
        Self::channel(Method::POST, id, "/ring")
    }

    pub fn stop_ring(id: &str) -> Self {
        Self::channel(Method::DELETE, id, "/ring")
    }

    /// Works on any channel. An unanswered SIP caller gets the code that goes with the cause.
    pub fn hangup(id: &str, cause: u16) -> Self {
        Self::channel(Method::DELETE, id, "").with("reason_code", cause.to_string())
    }

    /// For versions without `reason_code`; only the causes with a name can be given.
    pub fn hangup_by_name(id: &str, cause: u16) -> Self {
        let reason = match cause {
            1 | 3 => "unallocated",
            17 => "busy",
            18 => "timeout",
            19 | 20 => "no_answer",
            21 => "rejected",
            26 => "answered_elsewhere",
            28 => "number_incomplete",
            34 | 42 | 44 => "congestion",
            38 => "failure",
            58 | 88 => "codec_mismatch",
            127 => "interworking",
            _ => "normal",
        };
        Self::channel(Method::DELETE, id, "").with("reason", reason)
    }

    /// Back to the dialplan: the next step, or the given place.
    pub fn continue_dialplan(
        id: &str,
        context: Option<&str>,
        extension: Option<&str>,
        priority: Option<u32>,
    ) -> Self {
        let mut request = Self::channel(Method::POST, id, "/continue");
        if let Some(context) = context {
            request = request.with("context", context);
        }
        if let Some(extension) = extension {
            request = request.with("extension", extension);
        }
        if let Some(priority) = priority {
            request = request.with("priority", priority.to_string());
        }
        request
    }

    pub fn play(id: &str, playback: &str, media: &str, language: Option<&str>) -> Self {
        // In the query, `media` is split at commas after decoding; in the body it is not.
        let mut body = json!({ "media": [media] });
        if let Some(language) = language {
            body["lang"] = language.into();
        }
        let mut request = Self::channel(Method::POST, id, &format!("/play/{}", segment(playback)));
        request.body = Some(body);
        request
    }

    pub fn record(
        id: &str,
        name: &str,
        max: Duration,
        silence: Option<Duration>,
        beep: bool,
    ) -> Self {
        // Whole seconds; 0 = no limit. Asterisk counts neither without audio
        // frames, so the call keeps timers of its own as well.
        let seconds = |d: Duration| d.as_secs_f64().ceil().to_string();
        Self::channel(Method::POST, id, "/record")
            .with("name", name)
            .with("format", "wav")
            .with("maxDurationSeconds", seconds(max))
            .with(
                "maxSilenceSeconds",
                silence.map_or_else(|| "0".into(), seconds),
            )
            .with("ifExists", "fail")
            .with("beep", beep.to_string())
            .with("terminateOn", "none")
    }

    /// Music on hold, until anything plays or it is stopped.
    pub fn music(id: &str) -> Self {
        Self::channel(Method::POST, id, "/moh")
    }

    pub fn stop_music(id: &str) -> Self {
        Self::channel(Method::DELETE, id, "/moh")
    }

    pub fn silence(id: &str) -> Self {
        Self::channel(Method::POST, id, "/silence")
    }

    pub fn stop_silence(id: &str) -> Self {
        Self::channel(Method::DELETE, id, "/silence")
    }

    /// What the party says reaches nobody any more; keys do. Counted: each needs
    /// its `unmute`.
    pub fn mute(id: &str) -> Self {
        Self::channel(Method::POST, id, "/mute").with("direction", "in")
    }

    pub fn unmute(id: &str) -> Self {
        Self::channel(Method::DELETE, id, "/mute").with("direction", "in")
    }

    /// The party hears nothing any more. Counted like `mute`.
    pub fn deafen(id: &str) -> Self {
        Self::channel(Method::POST, id, "/mute").with("direction", "out")
    }

    pub fn undeafen(id: &str) -> Self {
        Self::channel(Method::DELETE, id, "/mute").with("direction", "out")
    }

    /// `w` in `digits` waits half a second.
    pub fn dtmf(id: &str, digits: &str, duration: Duration, between: Duration) -> Self {
        Self::channel(Method::POST, id, "/dtmf")
            .with("dtmf", digits)
            .with("duration", duration.as_millis().to_string())
            .with("between", between.as_millis().to_string())
    }

    /// Reads at once, behind nothing.
    pub fn get_variable(id: &str, name: &str) -> Self {
        Self::channel(Method::GET, id, "/variable").with("variable", name)
    }

    pub fn set_variable(id: &str, name: &str, value: &str) -> Self {
        Self::channel(Method::POST, id, "/variable")
            .with("variable", name)
            .with("value", value)
            .joining()
    }

    /// A leg that appears in Stasis at once, in state Down; `dial` rings it.
    pub fn create(
        id: &str,
        endpoint: &str,
        app: &str,
        args: &str,
        variables: &[(String, String)],
        originator: Option<&str>,
    ) -> Self {
        let mut body = json!({
            "endpoint": endpoint,
            "app": app,
            "appArgs": args,
            "channelId": id,
        });
        if let Some(originator) = originator {
            body["originator"] = originator.into();
        }
        if !variables.is_empty() {
            body["variables"] = variables
                .iter()
                .map(|(k, v)| (k.clone(), Value::from(v.clone())))
                .collect::<serde_json::Map<_, _>>()
                .into();
        }
        let mut request = Self::new(Method::POST, "channels/create".into());
        request.body = Some(body);
        request
    }

    /// What Asterisk knows of all endpoints.
    pub fn endpoints() -> Self {
        Self::new(Method::GET, "endpoints".into())
    }

    /// What Asterisk knows of an endpoint, with its channels.
    pub fn endpoint(technology: &str, resource: &str) -> Self {
        let path = format!("endpoints/{}/{}", segment(technology), segment(resource));
        Self::new(Method::GET, path)
    }

    /// `timeout` in whole seconds, rounded up.
    pub fn dial(id: &str, timeout: Duration) -> Self {
        Self::channel(Method::POST, id, "/dial")
            .with("timeout", timeout.as_secs_f64().ceil().to_string())
    }

    /// `in` is what the party says, `out` what it hears.
    pub fn snoop(id: &str, snoop: &str, spy: &str, app: &str, args: &str) -> Self {
        Self::channel(Method::POST, id, &format!("/snoop/{}", segment(snoop)))
            .with("spy", spy)
            .with("app", app)
            .with("appArgs", args)
    }

    /// A snoop that hears all that the party says and hears, and whose own sound
    /// the party alone hears.
    pub fn whisper(id: &str, snoop: &str, app: &str, args: &str) -> Self {
        Self::snoop(id, snoop, "both", app, args).with("whisper", "out")
    }

    // Playbacks

    /// Of a playback that begins: it starts so far into the sound, and each winding
    /// goes so far.
    pub fn winding(mut self, from: Duration, step: Duration) -> Self {
        if let Some(body) = &mut self.body {
            body["offsetms"] = u64::try_from(from.as_millis()).unwrap_or(0).into();
            body["skipms"] = u64::try_from(step.as_millis()).unwrap_or(0).into();
        }
        self
    }

    /// Winds a playback: `forward` or `reverse`.
    pub fn control_playback(id: &str, operation: &str) -> Self {
        let path = format!("playbacks/{}/control", segment(id));
        Self::new(Method::POST, path).with("operation", operation)
    }

    pub fn get_playback(id: &str) -> Self {
        Self::new(Method::GET, format!("playbacks/{}", segment(id)))
    }

    pub fn stop_playback(id: &str) -> Self {
        Self::new(Method::DELETE, format!("playbacks/{}", segment(id)))
    }

    // Recordings

    pub fn get_live_recording(name: &str) -> Self {
        Self::new(Method::GET, format!("recordings/live/{}", segment(name)))
    }

    pub fn stop_recording(name: &str) -> Self {
        Self::new(
            Method::POST,
            format!("recordings/live/{}/stop", segment(name)),
        )
    }

    pub fn recording_file(name: &str) -> Self {
        let mut request = Self::new(
            Method::GET,
            format!("recordings/stored/{}/file", segment(name)),
        );
        request.timeout = Duration::from_secs(300);
        request
    }

    pub fn delete_recording(name: &str) -> Self {
        Self::new(
            Method::DELETE,
            format!("recordings/stored/{}", segment(name)),
        )
    }

    // Bridges

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
