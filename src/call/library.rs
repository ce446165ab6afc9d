//! The sounds that an account stores: files, texts that are spoken, what was
//! recorded by telephone.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::ops::{AudioFormat, RecordingRef, Sound, Utterance};
use super::{Call, Interrupt};
use crate::id::AccountId;
use crate::media::{self, Clip, MediaError};
use crate::objects::{Kind, Media, MediaSource, Tts};
use crate::store::{Attachment, Change, Expected, Key, StoreError};

/// Why something that is stored cannot be heard, or something heard not stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum LibraryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the sound of {} {id} cannot be played: {error}", .kind.one())]
    Sound {
        kind: Kind,
        id: String,
        error: MediaError,
    },
    #[error("{} {id} has no sound; upload one", .kind.one())]
    Silent { kind: Kind, id: String },
    #[error("recording {sid} cannot be kept: {error}")]
    Recording { sid: String, error: String },
}

impl Call {
    /// A stored sound by its id; `None` when the account has none of this id. One
    /// that cannot be heard is no sound at all, and the trace says why.
    pub async fn stored_sound(&mut self, id: &str) -> Result<Option<Vec<Sound>>, Interrupt> {
        let Some(medium) = self.stored::<Media>(id).await? else {
            return Ok(None);
        };
        self.sound_of(id, &medium).await.map(Some)
    }

    /// What a stored sound sounds like.
    pub async fn sound_of(&mut self, id: &str, medium: &Media) -> Result<Vec<Sound>, Interrupt> {
        if medium.media_source == MediaSource::Tts {
            let language = medium.language.as_ref().unwrap_or(&self.state.language);
            return Ok(spoken(&medium.tts, language));
        }
        Ok(self
            .attached_sound(Kind::Media, id)
            .await?
            .into_iter()
            .collect())
    }

    /// The sound that is attached to a stored thing: a medium, a message.
    pub async fn attached_sound(
        &mut self,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Sound>, Interrupt> {
        let services = self.services.clone();
        let account = self.account().clone();
        let id = id.to_owned();
        let work = async move { services.attached(&account, kind, &id).await };
        let heard = self.during(work).await?.map(|clip| Sound::Clip(clip.uri));
        Ok(heard.map_err(|error| self.warn(error.to_string())).ok())
    }

    /// What has just been recorded, to be listened to.
    pub async fn recorded_sound(
        &mut self,
        recording: &RecordingRef,
    ) -> Result<Option<Sound>, Interrupt> {
        let services = self.services.clone();
        let sid = recording.sid.clone();
        let work = async move {
            let file = services.recorded(&sid, AudioFormat::Wav).await?;
            let key = format!("recording {sid}");
            let kept = services
                .media
                .keep_file(&key, file.bytes, media::Kind::wav());
            kept.await.map_err(|error| LibraryError::Recording {
                sid,
                error: error.to_string(),
            })
        };
        let heard = self.during(work).await?.map(|clip| Sound::Clip(clip.uri));
        Ok(heard.map_err(|error| self.warn(error.to_string())).ok())
    }

    /// Stores what has been recorded as a sound of the account, and removes the
    /// recording; `false` when that cannot be done.
    pub async fn store_sound(
        &mut self,
        id: &str,
        medium: Media,
        recording: &RecordingRef,
    ) -> Result<bool, Interrupt> {
        let services = self.services.clone();
        let (account, id, sid) = (self.account().clone(), id.to_owned(), recording.sid.clone());
        let work = async move {
            let file = match services.recorded(&sid, AudioFormat::Wav).await {
                Ok(file) => file,
                // It was stored before the call was picked up.
                Err(_)
                    if services
                        .catalog
                        .attachment(&account, Kind::Media, &id)
                        .await?
                        .is_some() =>
                {
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let key = Key::new(&account, Kind::Media, id);
            services.store_with_sound(key, body(&medium), file).await?;
            services.recordings.delete(&sid).await.ok();
            Ok(())
        };
        let stored: Result<(), LibraryError> = self.during(work).await?;
        Ok(stored.map_err(|error| self.warn(error.to_string())).is_ok())
    }

    /// Removes a recording that nobody wants.
    pub async fn discard_recording(&mut self, recording: &RecordingRef) -> Result<(), Interrupt> {
        let recordings = self.services.recordings.clone();
        let sid = recording.sid.clone();
        self.during(async move { recordings.delete(&sid).await.ok() })
            .await?;
        Ok(())
    }

    /// The media URIs of sounds, for whoever plays them in this call's stead. What
    /// cannot be played is told and left out.
    pub async fn media_uris(&mut self, sounds: &[Sound]) -> Result<Vec<String>, Interrupt> {
        let mut uris = Vec::with_capacity(sounds.len());
        for sound in sounds {
            match self.clip(sound).await? {
                Ok(clip) => uris.push(clip.uri().to_owned()),
                Err(why) => self.warn(why.to_string()),
            }
        }
        Ok(uris)
    }
}

impl super::Services {
    /// What Asterisk plays for a stored sound of an account; `None` when there is none of
    /// this id.
    ///
    /// # Errors
    ///
    /// It is there and cannot be heard; the text says why.
    pub async fn media_uri(&self, account: &AccountId, id: &str) -> Result<Option<String>, String> {
        let read = self.catalog.object_leniently::<Media>(account, id).await;
        let Some(medium) = read.map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let clip = if medium.media_source == MediaSource::Tts {
            let language = medium.language.as_deref().unwrap_or("en");
            let said = spoken(&medium.tts, language);
            let Some(Sound::Speech(utterance)) = said.first() else {
                return Err("there is no text to speak".into());
            };
            let said = self.speech.say(utterance).await;
            said.map_err(|error| error.to_string())?
        } else {
            let attached = self.attached(account, Kind::Media, id).await;
            attached.map_err(|error| error.to_string())?
        };
        Ok(Some(clip.uri))
    }

    /// The sound that is attached to a stored thing, where Asterisk finds it.
    async fn attached(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
    ) -> Result<Clip, LibraryError> {
        let Some(file) = self.catalog.attachment(account, kind, id).await? else {
            return Err(LibraryError::Silent {
                kind,
                id: id.to_owned(),
            });
        };
        let key = key(account, kind, &file);
        let type_of = media::Kind {
            content_type: Some(file.content_type),
            extension: None,
        };
        let kept = self.media.keep_file(&key, file.bytes, type_of).await;
        kept.map_err(|error| LibraryError::Sound {
            kind,
            id: id.to_owned(),
            error,
        })
    }

    /// The file of a finished recording.
    pub(super) async fn recorded(
        &self,
        sid: &str,
        format: AudioFormat,
    ) -> Result<Attachment, LibraryError> {
        let failed = |error: String| LibraryError::Recording {
            sid: sid.to_owned(),
            error,
        };
        let opened = self
            .recordings
            .open(sid, format)
            .await
            .map_err(|e| failed(e.to_string()))?;
        let bytes = tokio::fs::read(&opened.path)
            .await
            .map_err(|e| failed(e.to_string()))?;
        Ok(Attachment {
            content_type: opened.content_type.to_owned(),
            bytes,
        })
    }

    /// Writes a document and its sound, both or none.
    pub(super) async fn store_with_sound(
        &self,
        key: Key,
        body: Map<String, Value>,
        attachment: Attachment,
    ) -> Result<(), StoreError> {
        let put = Change::Put {
            key: key.clone(),
            body,
            expected: Expected::Anything,
        };
        self.catalog
            .write(vec![put, Change::Attach { key, attachment }])
            .await?;
        Ok(())
    }
}

/// A document of what has a value.
pub(super) fn body(document: &impl Serialize) -> Map<String, Value> {
    let mut body = match serde_json::to_value(document) {
        Ok(Value::Object(body)) => body,
        _ => Map::new(),
    };
    body.retain(|_, value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => object.values().any(|value| !value.is_null()),
        _ => true,
    });
    body
}

/// The same bytes sound alike wherever they are stored, but an account's own
/// files are nobody else's to find.
fn key(account: &AccountId, kind: Kind, file: &Attachment) -> String {
    let digest = Sha256::digest(&file.bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "stored {account} {} {} {hex}",
        kind.name(),
        file.content_type
    )
}

/// A text of the library. Kazoo's voices may bring their language: `female/en-US`.
fn spoken(tts: &Tts, language: &str) -> Vec<Sound> {
    let text = tts.text.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Vec::new();
    }
    let (voice, own) = match tts.voice.as_deref().map(|voice| voice.split_once('/')) {
        Some(Some((voice, language))) => (Some(voice), Some(language)),
        Some(None) => (tts.voice.as_deref(), None),
        None => (None, None),
    };
    vec![Sound::Speech(Utterance {
        text: text.to_owned(),
        voice: Some(voice.unwrap_or("female").to_owned()),
        language: Some(own.unwrap_or(language).to_owned()),
        ..Utterance::default()
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_may_bring_its_language() {
        let tts = |voice: Option<&str>| Tts {
            text: Some(" Good day ".into()),
            voice: voice.map(Into::into),
        };
        for (voice, language, expected) in [
            (Some("male/fr-FR"), "en-us", ("male", Some("fr-FR"))),
            (Some("male"), "en-us", ("male", Some("en-us"))),
            (None, "de-de", ("female", Some("de-de"))),
        ] {
            let [Sound::Speech(said)] = &spoken(&tts(voice), language)[..] else {
                panic!("not spoken");
            };
            assert_eq!(said.text, "Good day");
            assert_eq!(
                (said.voice.as_deref().unwrap(), said.language.as_deref()),
                expected
            );
        }
        assert!(spoken(&Tts::default(), "en-us").is_empty());
    }
}
