//! Recordings of calls: what is known of one, or its sound.

use axum::http::header;
use serde_json::{Value, json};

use super::ask::Ask;
use super::crud;
use super::endpoint::{Endpoint, Verb};
use super::media::named;
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource;
use crate::api::files;
use crate::call::ops::AudioFormat;
use crate::objects::Kind;
use crate::recordings::RecordingsError;
use crate::store::Document;

/// What a recording is had as.
const KINDS: [&str; 2] = ["audio/mpeg", "audio/x-wav"];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(recordings) = resource::resource(Kind::Recording) else {
        return Vec::new();
    };
    vec![
        Endpoint::new(
            Verb::Get,
            "recordings/{id}",
            "Gives what is known of a recording, or its sound to those who accept audio.",
            |ask| Box::pin(read(ask)),
        )
        .of(recordings),
        Endpoint::new(
            Verb::Delete,
            "recordings/{id}",
            "Deletes a recording and its sound.",
            |ask| Box::pin(delete(ask)),
        )
        .of(recordings),
    ]
}

pub(super) fn by_time(document: &Document) -> String {
    let start = document.body.get("start").and_then(Value::as_i64);
    format!("{:020}", start.unwrap_or_default().max(0))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let document = crud::existing(ask, resource).await?;
    if let Some(format) = wanted(ask) {
        return sound(ask, &document, format).await;
    }
    let mut shown = crud::show(ask, resource, document).await?;
    shown["_read_only"]["content_types"] = json!(KINDS);
    Ok(Reply::data(shown))
}

/// The sound that the client asks for; none = it does not ask for sound.
fn wanted(ask: &Ask) -> Option<AudioFormat> {
    let accepted = ask.headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let accepted = ask.asked("accept").or(accepted).unwrap_or_default();
    accepted.split(',').find_map(
        |kind| match kind.split(';').next().unwrap_or_default().trim() {
            "audio/mpeg" | "audio/mp3" => Some(AudioFormat::Mp3),
            "audio/x-wav" | "audio/wav" | "audio/*" => Some(AudioFormat::Wav),
            _ => None,
        },
    )
}

async fn sound(ask: &Ask, document: &Document, format: AudioFormat) -> Result<Reply, Refusal> {
    let opened = ask.v2.services.recordings.open(sid(document), format).await;
    let opened = opened.map_err(|error| refused(&error))?;
    let mut response = files::serve(&opened.path, opened.content_type, &ask.headers).await;
    let extension = match format {
        AudioFormat::Mp3 => "mp3",
        AudioFormat::Wav => "wav",
    };
    let name = format!("{}.{extension}", sid(document));
    named(&mut response, &name, ask.asked_flag("inline") == Some(true));
    Ok(Reply::Sound(response))
}

async fn delete(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let document = crud::existing(ask, resource).await?;
    remove_sound(ask, &document).await?;
    crud::remove(ask, resource, document).await
}

/// Removes the files of a recording; that they are gone already is fine.
pub(super) async fn remove_sound(ask: &Ask, document: &Document) -> Result<(), Refusal> {
    match ask.v2.services.recordings.delete(sid(document)).await {
        Err(RecordingsError::Unknown(_)) | Ok(()) => Ok(()),
        Err(error) => Err(refused(&error)),
    }
}

/// What its files are named by.
fn sid(document: &Document) -> &str {
    let sid = document.body.get("media_id").and_then(Value::as_str);
    sid.filter(|sid| !sid.is_empty()).unwrap_or(&document.id)
}

fn refused(error: &RecordingsError) -> Refusal {
    if matches!(error, RecordingsError::Unknown(_)) {
        return Refusal::absent("its sound is not here any more");
    }
    tracing::error!(%error, "recording cannot be served");
    Refusal::broken("the recording cannot be read; pivot's log says why")
}
