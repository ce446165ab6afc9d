//! `<Say>` speaks a text.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `voice` | the engine's | `man`, `woman`, `alice`, `Polly.…`, `Google.…`, or a name that the engine has |
//! | `language` | the voice's | as in `en-GB` |
//! | `loop` | 1 | how often; 0 = until the caller hangs up, at most 1000 times |
//! | `terminators` | none | keys that stop it (Kazoo's); `none` = no key |
//!
//! The text may hold SSML: `break emphasis lang p phoneme prosody s say-as sub w`.
//! It may have 4096 characters (3000 for a `Polly.` voice, 5000 with its tags for
//! `Google.`); a longer one is not spoken.
//!
//! ```xml
//! <Response><Say language="en-GB" loop="2">Mind the <break time="1s"/> gap.</Say></Response>
//! ```
//!
//! A voice that neither Twilio nor the engine has is replaced by the default one,
//! and a language that a named voice does not speak by the voice's own. Other
//! elements inside are dropped, and the text in them is spoken.

mod ssml;

use serde::{Deserialize, Serialize};

use super::{Verb, play};
use crate::call::ops::{self, Keys, PlayEnd, Sound, Utterance};
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::speech::KnownVoice;
use crate::twiml::attr::Attributes;
use crate::twiml::element::{Child, Element};
use crate::twiml::print;

use ssml::Rule;

#[derive(Debug, Clone, PartialEq)]
pub struct Say {
    pub utterance: Utterance,
    pub rounds: u32,
    pub stop_on: Keys,
}

/// How many rounds of a loop are over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub done: u32,
}

impl Verb for Say {
    const NAME: &'static str = "Say";
    type Progress = Round;

    fn read(element: &Element, report: &mut Report) -> Self {
        Self::read_as(element, &ALONE, report)
    }

    async fn run(&self, call: &mut Call, at: &mut Round) -> Result<Flow, Interrupt> {
        call.answer().await?;
        if let Some(sound) = self.sound() {
            play_rounds(call, at, self.rounds, &sound, &self.stop_on).await?;
        }
        Ok(Flow::Next)
    }
}

/// Plays a sound again and again, until a key stops it. One that cannot be
/// played is not tried again.
pub(super) async fn play_rounds(
    call: &mut Call,
    at: &mut Round,
    rounds: u32,
    sound: &Sound,
    stop_on: &Keys,
) -> Result<PlayEnd, Interrupt> {
    while at.done < rounds {
        let play = ops::Play {
            sounds: vec![sound.clone()],
            stop_on: stop_on.clone(),
        };
        let end = call.play(play).await?;
        if end != PlayEnd::Finished {
            return Ok(end);
        }
        at.done += 1;
        call.save(at);
    }
    Ok(PlayEnd::Finished)
}

impl Say {
    /// Reads it with the codes that Twilio has for it in this place.
    pub(super) fn read_as(element: &Element, codes: &Codes, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let (voice, known) = read_voice(&mut attributes, codes);
        let language = read_language(&mut attributes, &known);
        let rounds = attributes.rounds("loop", codes.rounds, play::ENDLESS);
        let stop_on = play::read_terminators(&mut attributes);
        attributes.finish();
        let (text, ssml) = read_text(element, voice.as_deref(), report);
        Self {
            utterance: Utterance {
                text,
                ssml,
                voice,
                language,
                engine: None,
            },
            rounds,
            stop_on,
        }
    }

    /// What is heard in one round; `None` when there is nothing to say.
    pub fn sound(&self) -> Option<Sound> {
        (!self.utterance.text.is_empty()).then(|| Sound::Speech(self.utterance.clone()))
    }
}

/// Twilio's codes for its attributes.
pub(super) struct Codes {
    voice: u32,
    rounds: u32,
}

/// As a verb of its own.
pub(super) const ALONE: Codes = Codes {
    voice: 13511,
    rounds: 13510,
};
/// Inside `<Gather>`.
pub(super) const IN_GATHER: Codes = Codes {
    voice: 13321,
    rounds: 13322,
};

fn read_voice(attributes: &mut Attributes<'_, '_>, codes: &Codes) -> (Option<String>, KnownVoice) {
    let Some(voice) = attributes.text("voice") else {
        return (None, KnownVoice::Basic);
    };
    let known = KnownVoice::of(&voice);
    match known {
        KnownVoice::Basic | KnownVoice::Language(_) => (Some(voice), known),
        KnownVoice::Missing => {
            if let Some(found) =
                attributes.remark("voice", codes.voice, format!("there is no voice `{voice}`"))
            {
                found.help("the default voice speaks; `Polly.Joanna` and `Google.en-US-Standard-C` are voices");
            }
            (None, KnownVoice::Basic)
        }
        KnownVoice::Stranger => {
            if let Some(found) = attributes.remark(
                "voice",
                codes.voice,
                format!("Twilio has no voice `{voice}`"),
            ) {
                found.help(
                    "the speech engine's own voice of that name speaks, else the default one",
                );
            }
            (Some(voice), known)
        }
    }
}

fn read_language(attributes: &mut Attributes<'_, '_>, voice: &KnownVoice) -> Option<String> {
    let language = attributes.text_if(
        "language",
        13512,
        "write a language as in `en-US`",
        is_language,
    )?;
    if voice.speaks(&language) {
        return Some(language);
    }
    if let Some(found) = attributes.remark(
        "language",
        13512,
        format!("this voice does not speak `{language}`"),
    ) {
        found.help("the voice's own language is used; leave `language` out, or name another voice");
    }
    None
}

/// A language tag, as in `en`, `en-US`, `zh-Hans-CN`.
pub(in crate::twiml) fn is_language(value: &str) -> bool {
    let mut parts = value.split(['-', '_']);
    let word = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    parts
        .next()
        .is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()))
        && parts.all(word)
}

/// The text, and whether it is SSML.
fn read_text(element: &Element, voice: Option<&str>, report: &mut Report) -> (String, bool) {
    let mut spoken = Spoken::default();
    spoken.add(element, None, report);
    // Google counts its tags too.
    let (counted, most) = match voice {
        Some(voice) if voice.starts_with("Polly.") => (&spoken.plain, 3000),
        Some(voice) if voice.starts_with("Google.") && spoken.ssml => (&spoken.marked, 5000),
        Some(voice) if voice.starts_with("Google.") => (&spoken.plain, 5000),
        _ => (&spoken.plain, 4096),
    };
    let length = counted.chars().count();
    if length > most {
        report
            .warn(
                13521,
                element.span.clone(),
                format!("the text has {length} characters; at most {most} are spoken, so none is"),
            )
            .help("spread it over several `<Say>`");
        return (String::new(), false);
    }
    let text = if spoken.ssml {
        &spoken.marked
    } else {
        &spoken.plain
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        report
            .warn(
                13520,
                element.span.clone(),
                "a `<Say>` without text says nothing",
            )
            .help("write the text between the tags");
    }
    (text, spoken.ssml)
}

/// The text of a `<Say>` while its tree is walked.
#[derive(Default)]
struct Spoken {
    plain: String,
    /// The same with its SSML.
    marked: String,
    ssml: bool,
}

impl Spoken {
    fn add(&mut self, element: &Element, rule: Option<&'static Rule>, report: &mut Report) {
        for child in &element.children {
            match child {
                Child::Text(text) => {
                    self.plain.push_str(&text.text);
                    // Writing into a String cannot fail.
                    let _ = print::write_text(&mut self.marked, &text.text);
                }
                Child::Element(inner) => self.add_element(inner, rule, report),
            }
        }
    }

    fn add_element(
        &mut self,
        element: &Element,
        outer: Option<&'static Rule>,
        report: &mut Report,
    ) {
        let Some((rule, attributes)) = Rule::of(element, outer, report) else {
            return self.add(element, outer, report);
        };
        self.ssml = true;
        let name = element.name.as_str();
        let _ = print::start_tag(&mut self.marked, name, attributes);
        if element.children.is_empty() {
            self.marked.push_str("/>");
            return;
        }
        self.marked.push('>');
        self.add(element, Some(rule), report);
        self.marked.push_str("</");
        self.marked.push_str(name);
        self.marked.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::Say;
    use crate::call::ops::Keys;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn text_is_spoken_once_without_more() {
        let say = clean::<Say>("<Say>Hello</Say>");
        assert_eq!(say.utterance.text, "Hello");
        assert!(!say.utterance.ssml);
        assert_eq!(
            (say.utterance.voice.clone(), say.utterance.language.clone()),
            (None, None)
        );
        assert_eq!((say.rounds, say.stop_on.clone()), (1, Keys::none()));
    }

    #[test]
    fn attributes_are_read() {
        let say = clean::<Say>(
            "<Say voice='Polly.Amy' language='en-GB' loop='2' terminators='#'>Hello</Say>",
        );
        assert_eq!(say.utterance.voice.as_deref(), Some("Polly.Amy"));
        assert_eq!(say.utterance.language.as_deref(), Some("en-GB"));
        assert_eq!((say.rounds, say.stop_on), (2, Keys::new("#")));
    }

    #[test]
    fn bad_values_give_the_default() {
        for (attribute, code) in [
            ("loop='x'", 13510),
            ("loop='-2'", 13510),
            ("language='!'", 13512),
            ("language=''", 13512),
            ("voice='Polly.Nobody'", 13511),
        ] {
            let (say, codes) = read::<Say>(&format!("<Say {attribute}>Hello</Say>"));
            assert_eq!(
                (say.rounds, say.utterance.language, codes),
                (1, None, vec![code]),
                "{attribute}"
            );
        }
    }

    #[test]
    fn a_voice_speaks_its_own_language_and_an_engines_own_voice_is_kept() {
        let (say, codes) = read::<Say>("<Say voice='Polly.Hans' language='fr-FR'>Hallo</Say>");
        assert_eq!((say.utterance.language, codes), (None, vec![13512]));
        let say = clean::<Say>("<Say voice='Polly.Hans' language='de-AT'>Servus</Say>");
        assert_eq!(say.utterance.language.as_deref(), Some("de-AT"));
        let say = clean::<Say>("<Say voice='alice' language='pt-BR'>Oi</Say>");
        assert_eq!(say.utterance.voice.as_deref(), Some("alice"));
        let (say, codes) = read::<Say>("<Say voice='en_US-amy'>Hello</Say>");
        assert_eq!(
            (say.utterance.voice.as_deref(), codes),
            (Some("en_US-amy"), vec![13511])
        );
    }

    #[test]
    fn google_counts_its_tags() {
        let text = format!(
            "<Say voice='Google.en-US-Standard-A'>{}<break time='1s'/></Say>",
            "a".repeat(4990)
        );
        assert_eq!(read::<Say>(&text).1, [13521]);
        let polly = format!(
            "<Say voice='Polly.Amy'>{}<break time='1s'/></Say>",
            "a".repeat(3000)
        );
        assert!(clean::<Say>(&polly).sound().is_some());
    }

    #[test]
    fn white_space_comments_and_cdata_make_one_text() {
        let say =
            clean::<Say>("<Say>\n  Tom &amp; <!-- the cat -->Jerry\n <![CDATA[<3]]>\t&#233;</Say>");
        assert_eq!(say.utterance.text, "Tom & Jerry <3 é");
        assert!(!say.utterance.ssml);
    }

    #[test]
    fn ssml_is_kept_and_its_text_escaped() {
        let say = clean::<Say>(
            "<Say>A &amp; <break time='1s'/><prosody rate=\"slow\">b <s>c</s></prosody></Say>",
        );
        assert!(say.utterance.ssml);
        assert_eq!(
            say.utterance.text,
            "A &amp; <break time=\"1s\"/><prosody rate=\"slow\">b <s>c</s></prosody>"
        );
    }

    #[test]
    fn other_elements_are_dropped_and_their_text_is_spoken() {
        let (say, codes) =
            read::<Say>("<Say>a <amazon:effect name='whispered'>b</amazon:effect> <b>c</b></Say>");
        assert_eq!(
            (say.utterance.text.as_str(), say.utterance.ssml),
            ("a b c", false)
        );
        assert_eq!(codes, [12200, 12200]);
    }

    #[test]
    fn a_text_that_is_too_long_is_not_spoken() {
        for (voice, most) in [
            ("man", 4096),
            ("Polly.Joanna", 3000),
            ("Google.en-US-Standard-A", 5000),
        ] {
            let text = |length: usize| format!("<Say voice='{voice}'>{}</Say>", "ä".repeat(length));
            assert!(clean::<Say>(&text(most)).sound().is_some(), "{voice}");
            let (say, codes) = read::<Say>(&text(most + 1));
            assert!(say.sound().is_none(), "{voice}");
            assert_eq!(codes, [13521], "{voice}");
        }
    }

    #[test]
    fn an_empty_text_says_nothing() {
        let (say, codes) = read::<Say>("<Say> <!-- x --> </Say>");
        assert!(say.sound().is_none());
        assert_eq!(codes, [13520]);
    }
}
