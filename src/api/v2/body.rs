//! The body of a request: JSON in Kazoo's envelope, or a sound.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::callflow::parse_json;

/// Of a JSON body.
const MOST_JSON: usize = 1 << 20;
/// Kazoo's own limit for media.
pub(super) const MOST_SOUND: usize = 11_534_336;

/// A sound that is uploaded.
#[derive(Debug, Clone)]
pub(super) struct Sound {
    /// The media type, without parameters.
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
}

/// A body that has been read.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// The members of the envelope.
    pub(super) envelope: Map<String, Value>,
    pub(super) sound: Option<Sound>,
}

impl Content {
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.envelope.get(name).and_then(Value::as_str)
    }
}

/// Reads it. `sounds` = what is asked there may be a sound.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    sounds: bool,
) -> Result<Content, Refusal> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let is_sound = kind.starts_with("audio/") || kind == "application/octet-stream";
    let most = if is_sound && sounds {
        MOST_SOUND
    } else {
        MOST_JSON
    };
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(Refusal::too_large(most));
    }
    let bytes = to_bytes(body, most).await;
    // It fails when the limit is passed, and when the client goes away.
    let bytes = bytes.map_err(|_| Refusal::too_large(most))?;
    if bytes.is_empty() && !is_sound {
        return Ok(Content::default());
    }
    if is_sound && sounds {
        return Ok(Content {
            sound: Some(Sound {
                content_type: kind,
                bytes,
            }),
            ..Content::default()
        });
    }
    // What curl says of every `-d` is taken for JSON, as by Kazoo.
    let is_json =
        kind.is_empty() || kind.ends_with("json") || kind == "application/x-www-form-urlencoded";
    if !is_json {
        let possible = if sounds {
            "JSON (application/json) or a sound (audio/…)"
        } else {
            "JSON (application/json)"
        };
        return Err(Refusal::content_type(given, possible));
    }
    match parse_json(&bytes) {
        Ok(Value::Object(envelope)) => Ok(Content {
            envelope,
            sound: None,
        }),
        Ok(_) => Err(Refusal::json(
            r#"the body is no object; write {"data": …}"#,
            1,
            1,
        )),
        Err(error) => Err(Refusal::json(&error.message, error.line, error.column)),
    }
}
