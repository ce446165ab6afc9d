//! `<Play>` plays an audio file, a sound of Asterisk's, or tones of the keypad.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `loop` | 1 | how often; 0 = until the caller hangs up, at most 1000 times |
//! | `digits` | none | keys to send as tones, before the file; `w` waits ½ s, `W` 1 s |
//! | `terminators` | none | keys that stop it (Kazoo's); `none` = no key |
//!
//! The text is the URL of an mp3, ogg, flac, wav, aiff, gsm or raw μ-law file, absolute or relative to
//! this document, or a media URI of Asterisk: `sound:hello-world`,
//! `tone:ring`, `number:12`, `digits:12`, `characters:abc`.
//!
//! ```xml
//! <Response><Play loop="2">https://example.com/welcome.mp3</Play></Response>
//! ```
//!
//! At Twilio a file that cannot be played ends the document, and the fallback URL
//! is asked; `profile = "twilio"` does so. Else it is a warning with the file's
//! URL, and the next verb runs. Asterisk's own sounds do not exist at Twilio.

use std::time::Duration;

use url::Url;

use super::Verb;
use super::say::{Round, play_rounds};
use crate::call::ops::{Keys, PlayEnd, Sound};
use crate::call::{Call, Interrupt};
use crate::program::{Failure, Flow};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::{Element, Span};
use crate::twiml::error;

/// Twilio's code for what is no sound.
const NOT_PLAYED: u32 = 13420;

/// What stands for `loop="0"`.
pub const ENDLESS: u32 = 1000;

/// How long each tone of `digits` sounds.
const TONE: Duration = Duration::from_millis(200);

const MEDIA_URIS: &[&str] = &["sound:", "tone:", "number:", "digits:", "characters:"];

#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    pub source: Option<Source>,
    pub digits: Option<String>,
    pub rounds: u32,
    pub stop_on: Keys,
}

/// Where the audio is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// As written, perhaps relative to the document.
    Url(String),
    /// A media URI of Asterisk's own.
    Asterisk(String),
}

impl Verb for Play {
    const NAME: &'static str = "Play";
    type Progress = Round;

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let rounds = attributes.rounds("loop", 13410, ENDLESS);
        let digits = attributes.text_if(
            "digits",
            13430,
            "keys are 0 to 9, A to D, `*` and `#`; `w` and `W` wait",
            is_digits,
        );
        let stop_on = read_terminators(&mut attributes);
        attributes.finish();
        attr::no_elements(element, report);
        let text = element.text();
        let span = element
            .texts()
            .next()
            .map_or_else(|| element.span.clone(), |text| text.span.clone());
        let source = read_source(&text, span.clone(), report);
        if text.is_empty() && digits.is_none() {
            report
                .warn(error::URL, span, "a `<Play>` without a URL plays nothing")
                .help("write the URL of an audio file between the tags");
        }
        Self {
            source,
            digits,
            rounds,
            stop_on,
        }
    }

    fn resolve(&mut self, document: &Url) {
        if let Some(Source::Url(url)) = &mut self.source
            && let Ok(absolute) = document.join(url)
        {
            *url = absolute.into();
        }
    }

    async fn run(&self, call: &mut Call, at: &mut Round) -> Result<Flow, Interrupt> {
        call.answer().await?;
        // Saved progress means that the digits were sent already.
        if let Some(digits) = self.digits.as_ref().filter(|_| at.done == 0) {
            call.send_digits(digits, TONE).await?;
        }
        if let Some(sound) = self.sound() {
            let end = play_rounds(call, at, self.rounds, &sound, &self.stop_on).await?;
            if let (PlayEnd::Failed(failed), true, Sound::Url(url)) = (end, call.is_twilio(), sound)
            {
                return Ok(Flow::Failed(Failure {
                    code: failed.code.unwrap_or(NOT_PLAYED),
                    url,
                    reason: failed.why,
                }));
            }
        }
        Ok(Flow::Next)
    }
}

impl Play {
    /// What is heard in one round; `None` when there are only digits.
    pub fn sound(&self) -> Option<Sound> {
        Some(match self.source.clone()? {
            Source::Url(url) => Sound::Url(url),
            Source::Asterisk(uri) => Sound::Asterisk(uri),
        })
    }
}

/// `terminators`, which Kazoo's Say and Play have.
pub(super) fn read_terminators(attributes: &mut Attributes<'_, '_>) -> Keys {
    match attributes.raw("terminators") {
        Some(none) if none.trim() == "none" => Keys::none(),
        _ => attributes.keys("terminators", error::SCHEMA, ""),
    }
}

fn is_digits(value: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || "ABCDabcd*#wW".contains(c);
    !value.is_empty() && value.chars().all(known)
}

fn read_source(text: &str, span: Span, report: &mut Report) -> Option<Source> {
    if text.is_empty() {
        return None;
    }
    if !MEDIA_URIS.iter().any(|scheme| text.starts_with(scheme)) {
        attr::check_url(text, span, report);
        return Some(Source::Url(text.to_owned()));
    }
    if is_safe_media(text) {
        return Some(Source::Asterisk(text.to_owned()));
    }
    report
        .warn(
            error::URL,
            span,
            format!("`{text}` is not a sound that may be played"),
        )
        .help("name a sound by its place in Asterisk's sounds folder, as in `sound:custom/hello`");
    None
}

/// A document comes from outside: it may name sounds, but neither walk through
/// the file system nor have Asterisk fetch a URL.
fn is_safe_media(uri: &str) -> bool {
    let Some((_, name)) = uri.split_once(':') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.+*#=;,!".contains(c);
    !name.is_empty() && !name.starts_with('/') && !name.contains("..") && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Play, Source, Verb};
    use crate::call::ops::{Keys, Sound};
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn the_text_is_a_url_or_a_sound_of_asterisks() {
        let url = |text: &str| Some(Source::Url(text.to_owned()));
        let play = clean::<Play>(
            "<Play>\n https://x.example/a b.mp3 </Play>"
                .replace(" b", "")
                .as_str(),
        );
        assert_eq!(play.source, url("https://x.example/a.mp3"));
        assert_eq!(play.rounds, 1);
        assert_eq!(play.stop_on, Keys::none());
        assert_eq!(play.digits, None);
        assert_eq!(clean::<Play>("<Play>/a.wav</Play>").source, url("/a.wav"));
        for uri in [
            "sound:hello-world",
            "sound:custom/hi_there",
            "tone:ring;tonezone=fr",
            "number:12",
            "digits:1*#",
        ] {
            let play = clean::<Play>(&format!("<Play>{uri}</Play>"));
            assert_eq!(play.sound(), Some(Sound::Asterisk(uri.to_owned())));
        }
    }

    #[test]
    fn a_sound_outside_asterisks_folders_is_not_played() {
        for uri in [
            "sound:",
            "sound:/etc/passwd",
            "sound:a/../../b",
            "sound:http://x/a.wav",
            "sound:a b",
        ] {
            let (play, codes) = read::<Play>(&format!("<Play>{uri}</Play>"));
            assert_eq!((play.source, codes), (None, vec![11100]), "{uri}");
        }
    }

    #[test]
    fn a_relative_url_is_resolved_against_the_document() {
        let mut play = clean::<Play>("<Play>../a.wav?x=1</Play>");
        play.resolve(&Url::parse("https://x.example/flows/voice.php?id=2").expect("a URL"));
        assert_eq!(
            play.sound(),
            Some(Sound::Url("https://x.example/a.wav?x=1".to_owned()))
        );
    }

    #[test]
    fn loop_counts_rounds_and_zero_means_many() {
        for (written, rounds) in [("1", 1), ("3", 3), ("0", 1000), ("5000", 1000)] {
            let play = clean::<Play>(&format!("<Play loop='{written}'>/a.wav</Play>"));
            assert_eq!(play.rounds, rounds, "{written}");
        }
        for bad in ["-1", "x", ""] {
            let (play, codes) = read::<Play>(&format!("<Play loop='{bad}'>/a.wav</Play>"));
            assert_eq!((play.rounds, codes), (1, vec![13410]), "{bad}");
        }
    }

    #[test]
    fn digits_are_keys_and_waits() {
        let play = clean::<Play>("<Play digits='1ww2W3*#aD'/>");
        assert_eq!(play.digits.as_deref(), Some("1ww2W3*#aD"));
        assert_eq!(play.source, None);
        for bad in ["12x", "1 2", ""] {
            let (play, codes) = read::<Play>(&format!("<Play digits='{bad}'>/a.wav</Play>"));
            assert_eq!((play.digits, codes), (None, vec![13430]), "{bad}");
        }
    }

    #[test]
    fn terminators_stop_it_only_when_they_are_written() {
        let stop_on = |xml: &str| clean::<Play>(xml).stop_on;
        assert_eq!(
            stop_on("<Play terminators='12#'>/a</Play>"),
            Keys::new("12#")
        );
        assert_eq!(stop_on("<Play terminators='none'>/a</Play>"), Keys::none());
        assert_eq!(stop_on("<Play terminators=''>/a</Play>"), Keys::none());
    }
}
