//! Requests about channels: the caller's, legs, and what listens to them.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{Request, segment};

impl Request {
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
}
