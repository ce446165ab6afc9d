//! Any speech service that answers one HTTP request with audio, as
//! `[speech.http]` describes it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{SpeechError, Synthesize};
use crate::call::ops::Utterance;
use crate::config;
use crate::media::{Kind, Pcm};
use crate::web::{Body, Outgoing, Policy, Web};

pub(super) const NAME: &str = "http";

pub(super) struct Http {
    config: config::SpeechHttp,
    web: Web,
    limit: Duration,
}

impl Http {
    pub(super) fn new(config: &config::SpeechHttp, web: Web, limit: Duration) -> Self {
        Self {
            config: config.clone(),
            web,
            limit,
        }
    }

    async fn say(&self, utterance: &Utterance) -> Result<Pcm, SpeechError> {
        let failed = |why: String| SpeechError::Failed { engine: NAME, why };
        let url = self.config.url.as_ref().ok_or_else(|| {
            SpeechError::Setting("the http engine needs `speech.http.url`".into())
        })?;
        let policy = Policy::media().within(self.limit);
        let body = match &self.config.body {
            Some(template) => fill(template, utterance),
            None => fill(
                &json!({"text": "{text}", "voice": "{voice}", "language": "{language}"}),
                utterance,
            ),
        };
        let mut out = Outgoing::new(Method::POST, url.as_str(), policy).body(Body::Json(body));
        for (name, value) in &self.config.headers {
            out = out.header(name, value.expose_secret());
        }
        let answer = self.web.send(out, None).await;
        let answer = answer.map_err(|e| failed(e.to_string()))?;
        if !answer.is_success() {
            let text = answer.text().text;
            let start: String = text.chars().take(200).collect();
            return Err(failed(format!(
                "the service answered {}: {start}",
                answer.status
            )));
        }
        let Some(pointer) = &self.config.audio_pointer else {
            let kind = Kind {
                content_type: answer.media_type(),
                extension: None,
            };
            return super::sound(NAME, answer.body.to_vec(), kind).await;
        };
        let value: Value = serde_json::from_slice(&answer.body)
            .map_err(|e| failed(format!("the answer is not JSON: {e}")))?;
        let audio = value.pointer(pointer).and_then(Value::as_str).ok_or_else(|| {
            failed(format!(
                "the answer has no text at `{pointer}`, where `speech.http.audio_pointer` expects the audio"
            ))
        })?;
        let audio = STANDARD
            .decode(audio)
            .map_err(|e| failed(format!("the audio at `{pointer}` is not base64: {e}")))?;
        super::sound(NAME, audio, Kind::default()).await
    }
}

impl Synthesize for Http {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self) -> String {
        let config::SpeechHttp { url, body, .. } = &self.config;
        let url = url.as_ref().map(url::Url::as_str);
        let body = body.as_ref().map(Value::to_string);
        format!("{url:?} {body:?}")
    }

    fn synthesize<'a>(
        &'a self,
        utterance: &'a Utterance,
    ) -> BoxFuture<'a, Result<Pcm, SpeechError>> {
        self.say(utterance).boxed()
    }
}

/// The body with its placeholders replaced. A string that is nothing but a
/// placeholder without a value becomes null, which services take as absent.
fn fill(template: &Value, utterance: &Utterance) -> Value {
    let values = [
        ("{text}", Some(utterance.text.as_str())),
        ("{voice}", utterance.voice.as_deref()),
        ("{language}", utterance.language.as_deref()),
    ];
    match template {
        Value::String(text) => {
            let whole = values.iter().find(|(name, _)| name == text);
            if let Some((_, value)) = whole {
                return value.map_or(Value::Null, Value::from);
            }
            Value::String(replace(text, &values))
        }
        Value::Array(items) => items.iter().map(|item| fill(item, utterance)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), fill(value, utterance)))
            .collect(),
        other => other.clone(),
    }
}

/// All in one pass, so that a text with `{voice}` in it stays as it is.
fn replace(text: &str, values: &[(&str, Option<&str>)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        match values.iter().find(|(name, _)| from.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value.unwrap_or_default());
                rest = &from[name.len()..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_everywhere_and_once() {
        let template = json!({
            "input": {"ssml": "<s>{text}</s>", "n": 1},
            "voice": ["{voice}", "x-{language}"],
        });
        let utterance = Utterance {
            text: "say {voice}".into(),
            language: Some("de-DE".into()),
            ..Utterance::default()
        };
        assert_eq!(
            fill(&template, &utterance),
            json!({
                "input": {"ssml": "<s>say {voice}</s>", "n": 1},
                "voice": [null, "x-de-DE"],
            })
        );
    }
}
