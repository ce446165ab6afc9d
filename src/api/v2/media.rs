//! Media: the sound comes and goes at `/raw`; a medium with a `prompt_id` is said
//! in place of that prompt.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::body::Sound;
use super::crud;
use super::endpoint::{Doing, Endpoint, Gives, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::{self, Resource};
use crate::media;
use crate::objects::{Fault, Faults, Kind};
use crate::store::{Attachment, Change, Document, Expected, Key};

/// Spoken unless it is said otherwise.
const LANGUAGE: &str = "en-us";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(media) = resource::resource(Kind::Media) else {
        return Vec::new();
    };
    let get = |path: &str, does: &str, run| Endpoint::new(Verb::Get, path, does, run);
    vec![
        get("media/{id}/raw", "Gives the sound of a medium.", |ask| {
            Box::pin(download(ask))
        })
        .gives(Gives::Sound)
        .of(media),
        Endpoint::new(
            Verb::Post,
            "media/{id}/raw",
            "Uploads the sound of a medium, in place of the one that it has.",
            |ask| Box::pin(upload(ask)),
        )
        .takes_sound(true)
        .of(media),
        get("media/prompts", "Counts the media of each prompt.", |ask| {
            count(ask, |body| text(body, "prompt_id"))
        }),
        get(
            "media/prompts/{prompt}",
            "Lists the ids of the media of a prompt.",
            |ask| ids(ask, |body| text(body, "prompt_id")),
        ),
        get(
            "media/languages",
            "Counts the media of each language.",
            |ask| count(ask, |body| text(body, "language").or(Some("missing"))),
        ),
        get(
            "media/languages/{language}",
            "Lists the ids of the media of a language, or with `missing` of those of none.",
            |ask| ids(ask, |body| text(body, "language").or(Some("missing"))),
        ),
    ]
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b str> {
    body.get(name).and_then(Value::as_str)
}

/// A prompt is named by its language and its prompt; other media have ids of their own.
pub(super) fn id(body: &Map<String, Value>) -> Option<String> {
    let language = text(body, "language").unwrap_or(LANGUAGE).to_lowercase();
    Some(format!("{language}/{}", text(body, "prompt_id")?))
}

pub(super) fn prepare(_: &Ask, body: &mut Map<String, Value>) {
    let language = body.entry("language").or_insert(LANGUAGE.into());
    if let Value::String(language) = language {
        *language = language.to_lowercase();
    }
    body.entry("streamable").or_insert(true.into());
}

pub(super) fn check(own: &str, body: &mut Map<String, Value>, faults: &mut Faults) {
    let plain = |text: &str| {
        let fine = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        (1..=60).contains(&text.len()) && text.bytes().all(fine)
    };
    for field in ["prompt_id", "language"] {
        if let Some(given) = text(body, field).filter(|given| !plain(given)) {
            let fault = Fault::new("has letters, digits, `-`, `_` and `.`, 60 at most");
            faults.add(field, "invalid", fault.value(&given.into()));
        }
    }
    let is_prompt = own.contains('/');
    if is_prompt != body.contains_key("prompt_id") || is_prompt && id(body).as_deref() != Some(own)
    {
        let message = "its prompt and language are what it is known by; create another medium";
        faults.add("prompt_id", "forbidden", Fault::new(message));
    }
    let words = body.get("tts").and_then(|tts| tts.get("text"));
    let silent = words.and_then(Value::as_str).is_none_or(str::is_empty);
    if text(body, "media_source") == Some("tts") && silent {
        let fault = Fault::new("Field is required but missing: what shall be said?");
        faults.add("tts.text", "required", fault);
    }
}

pub(super) fn summary(document: &Document, item: &mut Map<String, Value>) {
    if let Some(kind) = document.body.get("content_type") {
        item.insert("media_type".into(), kind.clone());
    }
    let is_prompt = document.body.contains_key("prompt_id");
    item.insert("is_prompt".into(), is_prompt.into());
}

async fn download(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let document = crud::existing(ask, resource).await?;
    sound(ask, resource, &document).await
}

/// The sound that belongs to a document.
pub(super) async fn sound(
    ask: &Ask,
    resource: &Resource,
    document: &Document,
) -> Result<Reply, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let found = catalog.attachment(&ask.account, resource.kind, &document.id);
    let found = found.await?;
    let found = found.ok_or_else(|| Refusal::absent("no sound has been uploaded yet"))?;
    let name = format!(
        "{}.{}",
        document.id.replace('/', "-"),
        extension(&found.content_type)
    );
    let mut response = found.bytes.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&found.content_type);
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    named(&mut response, &name, ask.asked_flag("inline") == Some(true));
    Ok(Reply::Sound(response))
}

/// Says under which name a browser keeps a sound, or that it plays it.
pub(super) fn named(response: &mut axum::response::Response, name: &str, inline: bool) {
    let how = if inline { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    if let Ok(value) = HeaderValue::from_str(&format!("{how}; filename=\"{plain}\"")) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
}

fn extension(content_type: &str) -> &str {
    match content_type {
        "audio/mpeg" | "audio/mp3" | "audio/mpeg3" => "mp3",
        "audio/x-wav" | "audio/wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        "audio/ogg" => "ogg",
        "audio/flac" | "audio/x-flac" => "flac",
        _ => "bin",
    }
}

pub(super) async fn upload(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let document = crud::existing(ask, resource).await?;
    let document = attach(ask, resource, document, |body, sound| {
        body.insert("content_type".into(), sound.content_type.clone().into());
        body.insert("content_length".into(), sound.bytes.len().into());
    })
    .await?;
    Ok(Reply::data(crud::show(ask, resource, document).await?))
}

/// Puts the sound of the request into a document, which says so.
pub(super) async fn attach(
    ask: &Ask,
    resource: &Resource,
    document: Document,
    say: impl FnOnce(&mut Map<String, Value>, &Sound),
) -> Result<Document, Refusal> {
    let Some(sound) = &ask.sound else {
        return Err(Refusal::content_type("", "a sound (audio/…)"));
    };
    let kind = media::Kind {
        content_type: Some(sound.content_type.clone())
            .filter(|kind| kind != "application/octet-stream"),
        extension: None,
    };
    let bytes = sound.bytes.to_vec();
    // Somebody would hear nothing, and nobody would know why.
    let decoding = tokio::task::spawn_blocking(move || media::decode(bytes, &kind).map(drop));
    let decoded = decoding
        .await
        .unwrap_or_else(|error| Err(error.to_string()));
    decoded.map_err(|why| {
        let fault = Fault::new(format!("cannot be played: {why}"));
        Refusal::fault("data", "wrong_format", fault)
    })?;
    let mut body = document.body;
    say(&mut body, sound);
    let key = Key::new(&ask.account, resource.kind, document.id);
    let written = ask.v2.services.catalog.write(vec![
        Change::Put {
            key: key.clone(),
            body,
            expected: Expected::Revision(document.revision),
        },
        Change::Attach {
            key: key.clone(),
            attachment: Attachment {
                content_type: sound.content_type.clone(),
                bytes: sound.bytes.to_vec(),
            },
        },
    ]);
    let written = written.await?.into_iter().flatten().next();
    written.ok_or_else(|| Refusal::unknown(&key.id))
}

type Word = for<'b> fn(&'b Map<String, Value>) -> Option<&'b str>;

fn count(ask: &Ask, word: Word) -> Doing<'_, Reply> {
    Box::pin(async move {
        let media = ask
            .v2
            .services
            .catalog
            .list(&ask.account, Kind::Media)
            .await?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for word in media.iter().filter_map(|document| word(&document.body)) {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
        Ok(Reply::data(json!([counts])))
    })
}

fn ids(ask: &Ask, word: Word) -> Doing<'_, Reply> {
    Box::pin(async move {
        let media = ask
            .v2
            .services
            .catalog
            .list(&ask.account, Kind::Media)
            .await?;
        let ids: Vec<Value> = media
            .iter()
            .filter(|document| word(&document.body) == Some(ask.id(0)))
            .map(|document| document.id.replace('/', "%2F").into())
            .collect();
        Ok(Reply::data(ids))
    })
}
