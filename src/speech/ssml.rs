//! Speech markup: checked for engines that take it, flattened for those that
//! do not.
//!
//! Engines read more than what is documented here (espeak-ng plays files named
//! by `<audio>`), so only known elements and attributes are passed on. The text
//! of other elements is spoken.

use std::fmt::Write;
use std::time::Duration;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};

use super::plain;

const MAX_DEPTH: usize = 32;
const LONGEST_BREAK: Duration = Duration::from_secs(10);

/// Elements and their attributes that engines are given.
const KNOWN: [(&str, &[&str]); 10] = [
    ("break", &["strength", "time"]),
    ("emphasis", &["level"]),
    ("lang", &["xml:lang"]),
    ("p", &[]),
    ("phoneme", &["alphabet", "ph"]),
    ("prosody", &["volume", "rate", "pitch"]),
    ("s", &[]),
    ("say-as", &["interpret-as", "format"]),
    ("sub", &["alias"]),
    ("w", &["role"]),
];

/// Markup that was read.
#[derive(Debug, PartialEq)]
pub(super) struct Marked {
    /// A whole `<speak>` document.
    pub(super) document: String,
    /// The same as text and pauses; empty when there is nothing to hear.
    pub(super) flat: Vec<Part>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Break(Duration),
}

/// Reads markup with or without a `<speak>` around it.
pub(super) fn read(text: &str) -> Result<Marked, String> {
    let mut out = Writer::default();
    let mut reader = Reader::from_str(text);
    loop {
        let place = reader.buffer_position();
        let wrong = |why: String| format!("{why} (at byte {place})");
        let event = reader.read_event().map_err(|e| wrong(e.to_string()))?;
        match event {
            Event::Start(tag) => out.open(&tag).map_err(wrong)?,
            Event::Empty(tag) => {
                out.open(&tag).map_err(wrong)?;
                out.close();
            }
            Event::End(_) => out.close(),
            Event::Text(text) => out.text(&text.xml10_content()),
            Event::CData(text) => out.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let resolved = if reference.is_char_ref() {
                    reference
                        .resolve_char_ref()
                        .ok()
                        .flatten()
                        .map(String::from)
                } else {
                    resolve_predefined_entity(&reference).map(String::from)
                };
                let text = resolved.ok_or_else(|| wrong("an unknown `&…;`".into()))?;
                out.text(&text);
            }
            Event::DocType(_) => return Err(wrong("a document type is not allowed".into())),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if let Some(open) = out.open.last() {
        return Err(format!("`<{}>` is not closed", open.name));
    }
    Ok(out.finish())
}

#[derive(Default)]
struct Writer {
    marked: String,
    open: Vec<Open>,
    flat: Vec<Part>,
    run: String,
}

struct Open {
    name: String,
    /// Whether it stands in the document that engines get.
    kept: bool,
    /// How the text in it is flattened.
    reading: Reading,
    /// Engines are not given its text either.
    silenced: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Plain,
    /// Letter by letter.
    Spelt,
    /// The same, and engines are given the letters apart: few know how to read digits singly.
    Apart,
    /// Something else is read instead.
    Instead,
}

impl Writer {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = tag.name().0.to_owned();
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements nest deeper than {MAX_DEPTH} levels"));
        }
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let mut attributes: Vec<(String, String)> = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|e| e.to_string())?;
            attributes.push((attribute.key.0.to_owned(), plain(&value)));
        }
        let get = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        let outer = self.open.last().map_or(Reading::Plain, |open| open.reading);
        let reading = match name.as_str() {
            "sub" if outer != Reading::Instead => {
                self.run.push_str(get("alias").unwrap_or_default());
                Reading::Instead
            }
            "say-as" if outer == Reading::Plain => match get("interpret-as") {
                Some("characters" | "spell-out" | "telephone") => Reading::Spelt,
                Some("digits") => Reading::Apart,
                Some("expletive") => {
                    self.run.push_str(BLEEP);
                    self.marked.push_str(BLEEP);
                    Reading::Instead
                }
                _ => outer,
            },
            "break" => {
                self.pause(length(get("time"), get("strength")));
                outer
            }
            _ => outer,
        };
        let told = known.filter(|_| !is_ours(&name, get("interpret-as")));
        if let Some((_, allowed)) = told {
            // Writing into a String cannot fail.
            let _ = write!(self.marked, "<{name}");
            for (key, value) in attributes
                .iter()
                .filter(|(key, _)| allowed.contains(&&**key))
            {
                let value = if value == "spell-out" {
                    "characters"
                } else {
                    value
                };
                let _ = write!(self.marked, " {key}=\"{}\"", escape(value));
            }
            self.marked.push('>');
        }
        self.open.push(Open {
            kept: told.is_some(),
            silenced: self.open.last().is_some_and(|open| open.silenced)
                || (is_ours(&name, get("interpret-as")) && reading == Reading::Instead),
            name,
            reading,
        });
        Ok(())
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        if open.kept {
            let _ = write!(self.marked, "</{}>", open.name);
        }
        match open.name.as_str() {
            "p" => self.pause(Duration::from_millis(600)),
            "s" => self.pause(Duration::from_millis(300)),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let reading = self.open.last().map_or(Reading::Plain, |open| open.reading);
        if !self.open.last().is_some_and(|open| open.silenced) {
            let told = if reading == Reading::Apart {
                apart(&text)
            } else {
                text.replace("[[", "[ [").replace("]]", "] ]")
            };
            self.marked.push_str(&escape(told));
        }
        match reading {
            Reading::Plain => self.run.push_str(&text),
            Reading::Instead => {}
            Reading::Spelt | Reading::Apart => self.run.push_str(&apart(&text)),
        }
    }

    fn pause(&mut self, length: Duration) {
        self.end_run();
        if !length.is_zero() {
            self.flat.push(Part::Break(length));
        }
    }

    fn end_run(&mut self) {
        let text = plain(&std::mem::take(&mut self.run));
        if !text.is_empty() {
            self.flat.push(Part::Text(text));
        }
    }

    fn finish(mut self) -> Marked {
        self.end_run();
        // The pause after the last sentence is only a longer wait.
        let ended_by_sentence = self.marked.ends_with("</p>") || self.marked.ends_with("</s>");
        if ended_by_sentence && matches!(self.flat.last(), Some(Part::Break(_))) {
            self.flat.pop();
        }
        Marked {
            document: format!("<speak>{}</speak>", self.marked),
            flat: self.flat,
        }
    }
}

/// What is heard instead of a word that is not for every ear.
const BLEEP: &str = " beep ";

/// Readings that few engines have, so that they are given the text as it is to be read.
fn is_ours(name: &str, interpret_as: Option<&str>) -> bool {
    name == "say-as" && matches!(interpret_as, Some("digits" | "expletive"))
}

/// ` 1 2 3 `.
fn apart(text: &str) -> String {
    let mut letters = String::with_capacity(2 * text.len() + 1);
    for character in text.chars().filter(|c| !c.is_whitespace()) {
        letters.push(' ');
        letters.push(character);
    }
    letters.push(' ');
    letters
}

/// The length of a `<break>`: its time, else what its strength stands for.
fn length(time: Option<&str>, strength: Option<&str>) -> Duration {
    let seconds = time.and_then(|time| {
        let (number, scale) = match time.strip_suffix("ms") {
            Some(number) => (number, 0.001),
            None => (time.strip_suffix('s')?, 1.0),
        };
        let number: f64 = number.trim().parse().ok()?;
        Some(number * scale)
    });
    if let Some(seconds) = seconds {
        return Duration::try_from_secs_f64(seconds)
            .unwrap_or_default()
            .min(LONGEST_BREAK);
    }
    Duration::from_millis(match strength {
        Some("none") => 0,
        Some("x-weak") => 100,
        Some("weak") => 200,
        Some("strong") => 800,
        Some("x-strong") => 1200,
        _ => 400,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> Vec<Part> {
        read(text).unwrap().flat
    }

    fn text(text: &str) -> Part {
        Part::Text(text.into())
    }

    fn pause(ms: u64) -> Part {
        Part::Break(Duration::from_millis(ms))
    }

    #[test]
    fn breaks_part_the_text() {
        assert_eq!(
            flat("<speak>One<break time=\"1.5s\"/>two <break strength='strong'/> three</speak>"),
            [
                text("One"),
                pause(1500),
                text("two"),
                pause(800),
                text("three")
            ]
        );
        assert_eq!(flat("a<break time='99s'/>b")[1], pause(10_000));
        assert_eq!(flat("a<break time='soon'/>b")[1], pause(400));
    }

    #[test]
    fn sentences_pause_between_but_not_after() {
        assert_eq!(
            flat("<s>One.</s><s>Two.</s>"),
            [text("One."), pause(300), text("Two.")]
        );
    }

    #[test]
    fn spelling_and_substitution_are_flattened() {
        assert_eq!(
            flat(
                "Code <say-as interpret-as='characters'>A1</say-as>, <sub alias='World Wide Web'>WWW</sub>."
            ),
            [text("Code A 1 , World Wide Web.")]
        );
    }

    #[test]
    fn readings_that_engines_lack_are_written_out_for_them() {
        for (written, document, words) in [
            (
                "<say-as interpret-as='digits'>123</say-as>",
                " 1 2 3 ",
                "1 2 3",
            ),
            (
                "<say-as interpret-as='spell-out'>AB</say-as>",
                "<say-as interpret-as=\"characters\">AB</say-as>",
                "A B",
            ),
            (
                "<say-as interpret-as='expletive'>damn</say-as>",
                " beep ",
                "beep",
            ),
            (
                "<say-as interpret-as='ordinal'>3</say-as>",
                "<say-as interpret-as=\"ordinal\">3</say-as>",
                "3",
            ),
        ] {
            let marked = read(written).unwrap();
            assert_eq!(marked.document, format!("<speak>{document}</speak>"));
            assert_eq!(marked.flat, [text(words)]);
        }
    }

    #[test]
    fn only_known_markup_reaches_an_engine() {
        let marked = read(
            "Hi <audio src=\"/etc/passwd\">there</audio> <prosody rate=\"slow\" onload=\"x\">you &amp; me</prosody>",
        )
        .unwrap();
        assert_eq!(
            marked.document,
            "<speak>Hi there <prosody rate=\"slow\">you &amp; me</prosody></speak>"
        );
    }

    #[test]
    fn attribute_values_are_escaped_again() {
        let marked = read("<sub alias=\"a &quot; &lt;audio/&gt;\">x</sub>").unwrap();
        assert!(!marked.document.contains("<audio"), "{}", marked.document);
    }

    #[test]
    fn broken_markup_is_an_error_with_its_place() {
        for broken in [
            "<p>open",
            "a & b",
            "<p></s>",
            "<!DOCTYPE x>",
            "&bomb;",
            "</p>",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
        let deep = "<p>".repeat(100);
        assert!(read(&deep).unwrap_err().contains("deeper"));
    }

    #[test]
    fn nothing_to_hear_is_empty() {
        assert!(
            flat("<speak> <p/> </speak>")
                .iter()
                .all(|part| matches!(part, Part::Break(_)))
        );
        assert_eq!(flat("  "), []);
    }
}
