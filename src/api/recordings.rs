//! Recordings over HTTP: the sound, and what is known of it as Twilio's API says it.

use axum::extract::Request;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

use super::error::Refusal;
use super::{Api, files};
use crate::call::ops::AudioFormat;
use crate::recordings::{Recording, RecordingsError, Transcription};

impl Api {
    /// A recording by its sid: the sound with `.wav`, `.mp3` or nothing, its facts
    /// with `.json`.
    pub(super) async fn recording(&self, file: &str, request: Request) -> Response {
        if self.recordings_need_token
            && let Err(refusal) = self.admit(&request)
        {
            return refusal.into_response();
        }
        let (sid, format) = match file.rsplit_once('.') {
            None => (file, AudioFormat::Wav),
            Some((sid, "wav")) => (sid, AudioFormat::Wav),
            Some((sid, "mp3")) => (sid, AudioFormat::Mp3),
            Some((sid, "json")) => {
                return match self.admit(&request) {
                    Ok(()) => self.facts(sid).await,
                    Err(refusal) => refusal.into_response(),
                };
            }
            Some(_) => return Refusal::NotFound.into_response(),
        };
        match self.recordings.open(sid, format).await {
            Ok(opened) => files::serve(&opened.path, opened.content_type, request.headers()).await,
            Err(error) => refused(&error),
        }
    }

    async fn facts(&self, sid: &str) -> Response {
        match self.recordings.get(sid).await {
            Ok(recording) => Json(self.recording_json(&recording)).into_response(),
            Err(error) => refused(&error),
        }
    }

    /// What was said in a recording: JSON, or the words alone with `.txt`.
    pub(super) async fn transcription(&self, recording: &str, file: &str) -> Response {
        let (sid, plain) = match file.rsplit_once('.') {
            None => (file, false),
            Some((sid, "json")) => (sid, false),
            Some((sid, "txt")) => (sid, true),
            Some(_) => return Refusal::NotFound.into_response(),
        };
        let recording = match self.recordings.get(recording).await {
            Ok(recording) => recording,
            Err(error) => return refused(&error),
        };
        match &recording.transcription {
            Some(found) if found.sid == sid && plain => {
                found.text.clone().unwrap_or_default().into_response()
            }
            Some(found) if found.sid == sid => {
                Json(self.transcription_json(&recording, found)).into_response()
            }
            _ => Refusal::NotFound.into_response(),
        }
    }

    fn recording_json(&self, recording: &Recording) -> Value {
        let origin = &recording.origin;
        let path = format!(
            "/2010-04-01/Accounts/{}/Recordings/{}",
            self.account_sid, origin.sid
        );
        let millis = recording.recorded_ms.max(recording.duration_ms);
        let ended = origin.began.after(std::time::Duration::from_millis(millis));
        let absent = recording.error_code != 0;
        json!({
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "call_sid": origin.call_sid,
            "conference_sid": origin.conference_sid,
            "date_created": origin.began.rfc2822(),
            "date_updated": ended.rfc2822(),
            "start_time": origin.began.rfc2822(),
            "duration": whole_seconds(recording.duration_ms),
            "sid": origin.sid,
            "price": null,
            "price_unit": "USD",
            "status": if absent { "absent" } else { "completed" },
            "channels": recording.channels,
            "source": origin.source.twilio(),
            "error_code": absent.then_some(recording.error_code),
            "track": origin.track.twilio(),
            "uri": format!("{path}.json"),
            "media_url": self.recordings.url(&origin.sid),
            "encryption_details": null,
            "subresource_uris": { "transcriptions": format!("{path}/Transcriptions.json") },
        })
    }

    fn transcription_json(&self, recording: &Recording, found: &Transcription) -> Value {
        let origin = &recording.origin;
        json!({
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "date_created": origin.began.rfc2822(),
            "date_updated": origin.began.rfc2822(),
            "duration": whole_seconds(recording.duration_ms),
            "price": null,
            "price_unit": "USD",
            "recording_sid": origin.sid,
            "sid": found.sid,
            "status": found.status(),
            "transcription_text": found.text,
            "type": "fast",
            "uri": format!(
                "/2010-04-01/Accounts/{}/Recordings/{}/Transcriptions/{}.json",
                self.account_sid, origin.sid, found.sid
            ),
        })
    }
}

fn whole_seconds(millis: u64) -> String {
    crate::clock::whole_seconds(std::time::Duration::from_millis(millis))
}

fn refused(error: &RecordingsError) -> Response {
    if matches!(error, RecordingsError::Unknown(_)) {
        return Refusal::NotFound.into_response();
    }
    tracing::error!(%error, "recording cannot be served");
    Refusal::Broken("the recording cannot be read; pivot's log says why").into_response()
}
