//! `<Play>` plays an audio file, a sound of Asterisk's, or tones of the keypad.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `loop` | 1 | how often; 0 = until the caller hangs up, at most 1000 times |
//! | `digits` | none | keys to send as tones, before the file; `w` waits ½ s, `W` 1 s |
//! | `terminators` | none | keys that stop it (Kazoo's); `none` = no key |
//!
//! The text is the URL of an mp3, ogg, flac or wav file, absolute or relative to
//! this document, or a media URI of Asterisk: `sound:hello-world`,
//! `tone:ring`, `number:12`, `digits:12`, `characters:abc`.
//!
//! ```xml
//! <Response><Play loop="2">https://example.com/welcome.mp3</Play></Response>
//! ```
//!
//! At Twilio a file that cannot be played ends the document. Here it is a
//! warning with the file's URL, and the next verb runs. Asterisk's own sounds do
//! not exist at Twilio.

use super::Verb;
use crate::call::ops::Keys;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::{Element, Span};
use crate::twiml::error;

/// What stands for `loop="0"`.
pub const ENDLESS: u32 = 1000;

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
    type Progress = super::say::Round;

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
        .warn(error::URL, span, format!("`{text}` is not a sound that may be played"))
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
