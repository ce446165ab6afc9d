//! What the caller hears, looked up: stored sounds of the account, its own
//! prompts, and Kazoo's as far as Asterisk has words for them.
//!
//! Prompts of an account are media with a `prompt_id` and a `language`. The call's
//! language is looked for exactly, then without what follows `_`, then without its
//! region; then English.

use super::prompts;
use super::sounds::{self, Named};
use crate::call::ops::{Keys, Play, PlayEnd, Sound};
use crate::call::{Call, Interrupt};
use crate::objects::Media;

/// What a prompt is in that says nothing of its language, and the last resort.
const ENGLISH: &str = "en-us";

/// A part of something that is said.
#[derive(Debug, Clone)]
pub(super) enum Part<'p> {
    /// A prompt by its name.
    Prompt(&'p str),
    /// Whatever a field names.
    Named(&'p str),
    Number(u64),
    /// One digit after the other.
    Digits(&'p str),
}

/// The sounds that a field names; why there are none is told.
pub(super) async fn named_sounds(
    call: &mut Call,
    value: Option<&str>,
) -> Result<Vec<Sound>, Interrupt> {
    match value {
        None => Ok(Vec::new()),
        Some(value) => phrase(call, &[Part::Named(value)]).await,
    }
}

/// The sounds of a prompt.
pub(super) async fn prompt(call: &mut Call, name: &str) -> Result<Vec<Sound>, Interrupt> {
    phrase(call, &[Part::Prompt(name)]).await
}

/// The sounds of several parts, one after the other.
pub(super) async fn phrase(call: &mut Call, parts: &[Part<'_>]) -> Result<Vec<Sound>, Interrupt> {
    let mut own = Own::default();
    let mut phrase = Vec::new();
    for part in parts {
        match part {
            Part::Prompt(name) => phrase.extend(own.prompt(call, name, None).await?),
            Part::Named(value) => phrase.extend(own.named(call, value).await?),
            Part::Number(number) => phrase.push(Sound::Asterisk(format!("number:{number}"))),
            Part::Digits(digits) => phrase.extend(spelled(digits)),
        }
    }
    Ok(phrase)
}

/// Says several parts; any key cuts that short, and is what comes back.
pub(super) async fn say(call: &mut Call, parts: &[Part<'_>]) -> Result<Option<char>, Interrupt> {
    let sounds = phrase(call, parts).await?;
    play(call, sounds).await
}

/// The same with sounds.
pub(super) async fn play(call: &mut Call, sounds: Vec<Sound>) -> Result<Option<char>, Interrupt> {
    if sounds.is_empty() {
        return Ok(None);
    }
    let (stop_on, mark) = (Keys::all(), call.keys_mark());
    Ok(match call.play(Play { sounds, stop_on }).await? {
        PlayEnd::Key(key) => {
            call.note_ahead(mark);
            Some(key)
        }
        PlayEnd::Finished | PlayEnd::Failed(_) => None,
    })
}

fn spelled(digits: &str) -> Option<Sound> {
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| Sound::Asterisk(format!("digits:{digits}")))
}

/// The account's own prompts, read when the first prompt is looked up.
#[derive(Default)]
struct Own(Option<Vec<(String, Media)>>);

impl Own {
    async fn named(&mut self, call: &mut Call, value: &str) -> Result<Vec<Sound>, Interrupt> {
        match sounds::read(value) {
            Ok(Named::Sounds(sounds)) => Ok(sounds),
            Ok(Named::Prompt(name, language)) => {
                self.prompt(call, &name, language.as_deref()).await
            }
            Ok(Named::Plain(name)) => match call.stored_sound(&name).await? {
                Some(sounds) => Ok(sounds),
                None => self.prompt(call, &name, None).await,
            },
            Ok(Named::Stored(account, id)) => {
                let found = if account == *call.account() {
                    call.stored_sound(&id).await?
                } else {
                    None
                };
                if found.is_none() {
                    call.warn(format!("the call's account has no stored sound `{id}`"));
                }
                Ok(found.unwrap_or_default())
            }
            Err(why) => {
                call.warn(why.to_string());
                Ok(Vec::new())
            }
        }
    }

    async fn prompt(
        &mut self,
        call: &mut Call,
        name: &str,
        language: Option<&str>,
    ) -> Result<Vec<Sound>, Interrupt> {
        let own = match self.0.take() {
            Some(own) => own,
            None => {
                let mut media = call.all_stored::<Media>().await?;
                media.retain(|(_, medium)| medium.prompt_id.is_some());
                media
            }
        };
        let language = language.unwrap_or(call.language()).to_lowercase();
        let found = best(&own, name, &language).cloned();
        self.0 = Some(own);
        if let Some((id, medium)) = found {
            let sounds = call.sound_of(&id, &medium).await?;
            if !sounds.is_empty() {
                return Ok(sounds);
            }
        }
        Ok(prompts::prompt(name))
    }
}

/// The prompt of this name that is closest to a language.
fn best<'o>(own: &'o [(String, Media)], name: &str, language: &str) -> Option<&'o (String, Media)> {
    let of_language = |wanted: &str| {
        own.iter().find(|(_, medium)| {
            let language = medium.language.as_deref().unwrap_or(ENGLISH);
            medium.prompt_id.as_deref() == Some(name) && language.eq_ignore_ascii_case(wanted)
        })
    };
    let whole = language.split('_').next().unwrap_or(language);
    let primary = whole.split('-').next().unwrap_or(whole);
    [language, whole, primary, ENGLISH]
        .into_iter()
        .find_map(of_language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_language_is_taken() {
        let medium = |language: Option<&str>| {
            let medium = Media {
                prompt_id: Some("vm-goodbye".into()),
                language: language.map(Into::into),
                ..Media::default()
            };
            (format!("{language:?}"), medium)
        };
        let own = [Some("fr"), Some("fr-CA"), None, Some("de-de_by-by")].map(medium);
        let found = |language: &str| {
            let (_, medium) = best(&own, "vm-goodbye", language).unwrap();
            medium.language.clone()
        };
        for (language, expected) in [
            ("fr-ca", Some("fr-CA")),
            ("fr-ca_qc-qc", Some("fr-CA")),
            ("fr-fr", Some("fr")),
            ("fr", Some("fr")),
            ("de-de_by-by", Some("de-de_by-by")),
            ("de-de", None),
            ("en", None),
            ("en-us", None),
        ] {
            assert_eq!(found(language).as_deref(), expected, "{language}");
        }
        assert!(best(&own, "vm-hello", "fr").is_none());
    }
}
