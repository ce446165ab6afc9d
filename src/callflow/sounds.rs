//! What `id`, `media` and the like name: from Kazoo's ways of writing a sound to
//! something that can be played.

use std::time::Duration;

use super::{prompts, tones};
use crate::call::ops::{Sound, Utterance};

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

/// The sounds that a value names; none for an empty one.
pub(super) fn sounds(value: &str) -> Result<Vec<Sound>, NoSound> {
    let value = value.trim();
    let unsupported = |why| Err(NoSound::Unsupported(value.to_owned(), why));
    if value.is_empty() || value == "undefined" {
        return Ok(Vec::new());
    }
    if has_scheme(value, "http://") || has_scheme(value, "https://") {
        return Ok(vec![Sound::Url(value.to_owned())]);
    }
    if let Some(text) = value.strip_prefix("say:") {
        return Ok(speech(text));
    }
    if let Some(tgml) = value.strip_prefix("tone_stream://") {
        let tones = tones::parse(tgml).map_err(|why| NoSound::Tone(value.to_owned(), why))?;
        return Ok(tones.into_iter().map(Sound::Tone).collect());
    }
    if let Some(length) = value.strip_prefix("silence_stream://") {
        return match silence(length) {
            Some(silence) => Ok(vec![silence]),
            None => unsupported("write the milliseconds, as in silence_stream://500"),
        };
    }
    if let Some(prompt) = prompt_id(value) {
        return if is_safe(prompt) {
            Ok(prompts::prompt(prompt))
        } else {
            unsupported("that is not the name of a prompt")
        };
    }
    if let Some(scheme) = NATIVE.iter().find(|scheme| value.starts_with(**scheme)) {
        return if is_safe(&value[scheme.len()..]) {
            Ok(vec![Sound::Asterisk(value.to_owned())])
        } else {
            unsupported("a name of a sound has no `..` and does not begin with `/`")
        };
    }
    for (scheme, why) in [
        ("local_stream://", "shared streams are not there yet"),
        ("shout://", "endless streams are not there yet"),
        ("tts://", "write a `tts` module instead"),
        ("${", "variables of FreeSWITCH mean nothing here"),
    ] {
        if value.starts_with(scheme) {
            return unsupported(why);
        }
    }
    if value.contains(':') {
        return unsupported("pivot does not know how to get it");
    }
    if is_safe(value) {
        // There are no stored media, so a plain name is one of Asterisk's sounds.
        Ok(prompts::prompt(value))
    } else {
        unsupported("name a sound of Asterisk's sounds folder, or an http or https URL")
    }
}

/// A text, spoken in the call's language.
fn speech(text: &str) -> Vec<Sound> {
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
/// The language is the call's, which Asterisk knows.
fn prompt_id(value: &str) -> Option<&str> {
    if let Some(rest) = value.strip_prefix("prompt://") {
        return rest.split('/').nth(1);
    }
    let rest = value
        .trim_start_matches('/')
        .strip_prefix("system_media/")?;
    // `en-us%2Fvm-goodbye` is how the API writes it.
    let rest = rest.rsplit('/').next()?;
    let rest = rest.rsplit("%2F").next()?;
    rest.rsplit("%2f").next()
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

    fn asterisk(uri: &str) -> Vec<Sound> {
        vec![Sound::Asterisk(uri.into())]
    }

    #[test]
    fn urls_are_fetched() {
        for url in ["http://a.example/x.mp3", "HTTPS://a.example/x"] {
            assert_eq!(sounds(url), Ok(vec![Sound::Url(url.into())]));
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
            assert_eq!(sounds(uri), Ok(asterisk(uri)));
        }
    }

    #[test]
    fn a_plain_name_is_one_of_asterisks_sounds() {
        assert_eq!(sounds("hello-world"), Ok(asterisk("sound:hello-world")));
        assert_eq!(sounds("custom/hello"), Ok(asterisk("sound:custom/hello")));
    }

    #[test]
    fn prompts_are_found_however_they_are_written() {
        for value in [
            "/system_media/vm-goodbye",
            "system_media/vm-goodbye",
            "/system_media/en-us/vm-goodbye",
            "/system_media/en-us%2Fvm-goodbye",
            "prompt://system_media/vm-goodbye/en-us",
            "prompt://system_media/vm-goodbye",
            "vm-goodbye",
        ] {
            assert_eq!(sounds(value), Ok(asterisk("sound:vm-goodbye")), "{value}");
        }
    }

    #[test]
    fn nothing_named_is_nothing_played() {
        for value in ["", " ", "undefined", "say:"] {
            assert_eq!(sounds(value), Ok(Vec::new()));
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
            assert_eq!(sounds(value), Ok(vec![expected]), "{value}");
        }
        assert!(sounds("silence_stream://long").is_err());
    }

    #[test]
    fn a_text_can_be_spoken() {
        let [Sound::Speech(utterance)] = &sounds("say:Good morning").unwrap()[..] else {
            panic!("not spoken");
        };
        assert_eq!(utterance.text, "Good morning");
    }

    #[test]
    fn tones_are_read() {
        assert_eq!(sounds("tone_stream://%(500,500,480,620)").unwrap().len(), 1);
        assert!(sounds("tone_stream://%(500").is_err());
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
            "tts://abc",
            "${hold_music}",
            "mailto:a",
        ] {
            assert!(sounds(value).is_err(), "{value}");
        }
    }
}
