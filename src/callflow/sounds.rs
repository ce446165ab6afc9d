//! What `id`, `media` and the like name: from Kazoo's ways of writing a sound to
//! something that can be played, or looked up.

use std::time::Duration;

use super::tones;
use crate::call::ops::{Sound, Utterance};
use crate::id::AccountId;

/// Longer silences are cut; whoever wants more writes `sleep`.
const LONGEST_SILENCE: Duration = Duration::from_mins(10);

/// Media URIs of Asterisk's own that documents may use.
const NATIVE: [&str; 6] = [
    "sound:",
    "tone:",
    "number:",
    "digits:",
    "characters:",
    "recording:",
];

/// Why nothing can be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSound {
    #[error("`{0}` cannot be played: {1}")]
    Unsupported(String, &'static str),
    #[error("`{0}` is no tone: {1}")]
    Tone(String, tones::NoTone),
}

/// What a value names.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Named {
    Sounds(Vec<Sound>),
    /// A prompt, in a language if it names one.
    Prompt(String, Option<String>),
    /// A stored sound of the account, else a prompt or one of Asterisk's sounds.
    Plain(String),
    /// A stored sound, by its account as well.
    Stored(AccountId, String),
}

/// Reads a value; no sounds for an empty one.
pub(super) fn read(value: &str) -> Result<Named, NoSound> {
    let value = value.trim();
    let unsupported = |why| Err(NoSound::Unsupported(value.to_owned(), why));
    let sounds = |sounds| Ok(Named::Sounds(sounds));
    if value.is_empty() || value == "undefined" {
        return sounds(Vec::new());
    }
    if has_scheme(value, "http://") || has_scheme(value, "https://") {
        return sounds(vec![Sound::Url(value.to_owned())]);
    }
    if let Some(text) = value.strip_prefix("say:").or(value.strip_prefix("tts://")) {
        return sounds(speech(text));
    }
    if let Some(tgml) = value.strip_prefix("tone_stream://") {
        let tones = tones::parse(tgml).map_err(|why| NoSound::Tone(value.to_owned(), why))?;
        return sounds(tones.into_iter().map(Sound::Tone).collect());
    }
    if let Some(length) = value.strip_prefix("silence_stream://") {
        return match silence(length) {
            Some(silence) => sounds(vec![silence]),
            None => unsupported("write the milliseconds, as in silence_stream://500"),
        };
    }
    if let Some((prompt, language)) = prompt_id(value) {
        return if is_safe(prompt) {
            Ok(Named::Prompt(
                prompt.to_owned(),
                language.map(str::to_owned),
            ))
        } else {
            unsupported("that is not the name of a prompt")
        };
    }
    if let Some(scheme) = NATIVE.iter().find(|scheme| value.starts_with(**scheme)) {
        return if is_safe(&value[scheme.len()..]) {
            sounds(vec![Sound::Asterisk(value.to_owned())])
        } else {
            unsupported("a name of a sound has no `..` and does not begin with `/`")
        };
    }
    for (scheme, why) in [
        ("local_stream://", "shared streams are not there yet"),
        ("shout://", "endless streams are not there yet"),
        ("${", "variables of FreeSWITCH mean nothing here"),
    ] {
        if value.starts_with(scheme) {
            return unsupported(why);
        }
    }
    if value.contains(':') {
        return unsupported("pivot does not know how to get it");
    }
    if let Some((account, id)) = of_account(value)
        && is_safe(id)
    {
        return Ok(Named::Stored(account, id.to_owned()));
    }
    if is_safe(value) {
        Ok(Named::Plain(value.to_owned()))
    } else {
        unsupported(
            "name a stored sound, a sound of Asterisk's sounds folder, or an http or https URL",
        )
    }
}

/// `/ACCOUNT/ID`.
fn of_account(value: &str) -> Option<(AccountId, &str)> {
    let (account, id) = value.strip_prefix('/')?.split_once('/')?;
    Some((AccountId::parse(account)?, id))
}

/// A text, spoken in the call's language.
pub(super) fn speech(text: &str) -> Vec<Sound> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    vec![Sound::Speech(Utterance {
        text: text.to_owned(),
        ..Utterance::default()
    })]
}

/// `500`, or with FreeSWITCH's comfort noise level `500,1400`; -1 is endless.
fn silence(length: &str) -> Option<Sound> {
    let milliseconds: i64 = length.split(',').next()?.trim().parse().ok()?;
    let length = u64::try_from(milliseconds).map_or(LONGEST_SILENCE, Duration::from_millis);
    Some(Sound::Silence(length.min(LONGEST_SILENCE)))
}

/// `/system_media/[LANGUAGE/]PROMPT` or `prompt://ACCOUNT/PROMPT[/LANGUAGE]`.
fn prompt_id(value: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = value.strip_prefix("prompt://") {
        let mut parts = rest.split('/').skip(1);
        return Some((parts.next()?, parts.next()));
    }
    let rest = value
        .trim_start_matches('/')
        .strip_prefix("system_media/")?;
    // `en-us%2Fvm-goodbye` is how the API writes it.
    for slash in ["/", "%2F", "%2f"] {
        if let Some((before, prompt)) = rest.rsplit_once(slash) {
            let language = before.rsplit(['/', 'F', 'f']).next();
            return Some((prompt, language));
        }
    }
    Some((rest, None))
}

/// A document comes from outside: it may name sounds, but neither walk through
/// the file system nor have Asterisk fetch a URL.
fn is_safe(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.+*#=;,!".contains(c);
    !name.is_empty() && !name.starts_with('/') && !name.contains("..") && name.chars().all(plain)
}

fn has_scheme(value: &str, scheme: &str) -> bool {
    value
        .get(..scheme.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds(value: &str) -> Vec<Sound> {
        match read(value) {
            Ok(Named::Sounds(sounds)) => sounds,
            other => panic!("{value}: {other:?}"),
        }
    }

    #[test]
    fn urls_are_fetched() {
        for url in ["http://a.example/x.mp3", "HTTPS://a.example/x"] {
            assert_eq!(read(url), Ok(Named::Sounds(vec![Sound::Url(url.into())])));
        }
    }

    #[test]
    fn asterisks_own_media_stay_as_they_are() {
        for uri in [
            "sound:hello-world",
            "digits:42",
            "tone:ring",
            "sound:custom/hi",
        ] {
            assert_eq!(sounds(uri), [Sound::Asterisk(uri.into())]);
        }
    }

    #[test]
    fn a_plain_name_is_looked_up() {
        for name in [
            "hello-world",
            "custom/hello",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(read(name), Ok(Named::Plain(name.into())));
        }
    }

    #[test]
    fn a_stored_sound_may_be_named_with_its_account() {
        let account = "0123456789abcdef0123456789abcdef";
        let id = AccountId::parse(account).unwrap();
        let value = format!("/{account}/welcome");
        assert_eq!(read(&value), Ok(Named::Stored(id, "welcome".into())));
    }

    #[test]
    fn prompts_are_found_however_they_are_written() {
        for (value, language) in [
            ("/system_media/vm-goodbye", None),
            ("system_media/vm-goodbye", None),
            ("/system_media/en-us/vm-goodbye", Some("en-us")),
            ("/system_media/en-us%2Fvm-goodbye", Some("en-us")),
            ("prompt://system_media/vm-goodbye/en-us", Some("en-us")),
            ("prompt://system_media/vm-goodbye", None),
        ] {
            let expected = Named::Prompt("vm-goodbye".into(), language.map(Into::into));
            assert_eq!(read(value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn nothing_named_is_nothing_played() {
        for value in ["", " ", "undefined", "say:", "tts://"] {
            assert_eq!(sounds(value), []);
        }
    }

    #[test]
    fn silence_has_a_length_and_an_end() {
        for (value, length) in [
            ("silence_stream://500", 500),
            ("silence_stream://500,1400", 500),
            ("silence_stream://-1", 600_000),
            ("silence_stream://99999999", 600_000),
        ] {
            let expected = Sound::Silence(Duration::from_millis(length));
            assert_eq!(sounds(value), [expected], "{value}");
        }
        assert!(read("silence_stream://long").is_err());
    }

    #[test]
    fn a_text_can_be_spoken() {
        for value in ["say:Good morning", "tts://Good morning"] {
            let [Sound::Speech(utterance)] = &sounds(value)[..] else {
                panic!("not spoken");
            };
            assert_eq!(utterance.text, "Good morning");
        }
    }

    #[test]
    fn tones_are_read() {
        assert_eq!(sounds("tone_stream://%(500,500,480,620)").len(), 1);
        assert!(read("tone_stream://%(500").is_err());
    }

    #[test]
    fn no_sound_leads_out_of_the_sounds_folder() {
        for value in [
            "sound:../../etc/passwd",
            "sound:/etc/passwd",
            "../secret",
            "/var/spool/asterisk/voicemail/x",
            "/system_media/..",
            "prompt://a/..",
            "recording:../x",
            "sound:http://a.example/x",
            "file:///etc/passwd",
            "local_stream://moh",
            "shout://radio",
            "/0123456789abcdef0123456789abcdef/../x",
            "${hold_music}",
            "mailto:a",
        ] {
            assert!(read(value).is_err(), "{value}");
        }
    }
}
