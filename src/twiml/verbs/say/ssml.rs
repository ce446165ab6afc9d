//! SSML inside `<Say>`: which elements there are, what each may hold, and the
//! values of their attributes.
//!
//! | element | attributes | may hold |
//! |---|---|---|
//! | `break` | `time` (`500ms`, `2s`; at most 10 s), `strength` | nothing |
//! | `emphasis` | `level` | inline elements |
//! | `lang` | `xml:lang` | everything |
//! | `p` | | `s`, inline elements |
//! | `phoneme` | `ph`, `alphabet` | text |
//! | `prosody` | `volume`, `rate`, `pitch` | everything |
//! | `s` | | inline elements |
//! | `say-as` | `interpret-as`, `format` | text |
//! | `sub` | `alias` | text |
//! | `w` | `role` | `break emphasis phoneme prosody say-as sub` |
//!
//! Inline elements are all but `p` and `s`. A value that cannot be used is left
//! out; an element that is in the wrong place, or lacks the attribute that it is
//! for, is dropped and the text in it is spoken.

use crate::report::{Report, nearest};
use crate::twiml::element::{Attribute, Element};
use crate::twiml::error;

use super::is_language;

/// An element of SSML.
pub(super) struct Rule {
    name: &'static str,
    /// Without this attribute it means nothing.
    needs: Option<&'static str>,
    attributes: &'static [(&'static str, Value)],
    holds: &'static [&'static str],
}

enum Value {
    Words(&'static [&'static str]),
    /// What is expected, and whether a value is that.
    Like(&'static str, fn(&str) -> bool),
}

const INLINE: &[&str] = &[
    "break", "emphasis", "lang", "phoneme", "prosody", "say-as", "sub", "w",
];

pub(super) const ALL: &[&str] = &[
    "break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w",
];

const IN_PARAGRAPH: &[&str] = &[
    "break", "emphasis", "lang", "phoneme", "prosody", "s", "say-as", "sub", "w",
];

const IN_WORD: &[&str] = &["break", "emphasis", "phoneme", "prosody", "say-as", "sub"];

const ANY: Value = Value::Like("write a text", |value| !value.is_empty());

const RULES: &[Rule] = &[
    Rule {
        name: "break",
        needs: None,
        attributes: &[
            (
                "strength",
                Value::Words(&["none", "x-weak", "weak", "medium", "strong", "x-strong"]),
            ),
            (
                "time",
                Value::Like(
                    "write a time up to ten seconds, as in `500ms` or `2s`",
                    is_time,
                ),
            ),
        ],
        holds: &[],
    },
    Rule {
        name: "emphasis",
        needs: None,
        attributes: &[("level", Value::Words(&["strong", "moderate", "reduced"]))],
        holds: INLINE,
    },
    Rule {
        name: "lang",
        needs: Some("xml:lang"),
        attributes: &[(
            "xml:lang",
            Value::Like("write a language, as in `fr-FR`", is_language),
        )],
        holds: ALL,
    },
    Rule {
        name: "p",
        needs: None,
        attributes: &[],
        holds: IN_PARAGRAPH,
    },
    Rule {
        name: "phoneme",
        needs: Some("ph"),
        attributes: &[
            (
                "alphabet",
                Value::Words(&[
                    "ipa",
                    "x-sampa",
                    "x-amazon-jyutping",
                    "x-amazon-pinyin",
                    "x-amazon-pron-kana",
                    "x-amazon-yomigana",
                ]),
            ),
            ("ph", ANY),
        ],
        holds: &[],
    },
    Rule {
        name: "prosody",
        needs: None,
        attributes: &[
            (
                "volume",
                Value::Like(
                    "write a word from `silent` to `x-loud`, or as in `+6dB`",
                    is_volume,
                ),
            ),
            (
                "rate",
                Value::Like(
                    "write a word from `x-slow` to `x-fast`, or as in `80%`",
                    is_rate,
                ),
            ),
            (
                "pitch",
                Value::Like(
                    "write a word from `x-low` to `x-high`, or as in `-10%`",
                    is_pitch,
                ),
            ),
        ],
        holds: ALL,
    },
    Rule {
        name: "s",
        needs: None,
        attributes: &[],
        holds: INLINE,
    },
    Rule {
        name: "say-as",
        needs: Some("interpret-as"),
        attributes: &[
            (
                "interpret-as",
                Value::Words(&[
                    "characters",
                    "spell-out",
                    "cardinal",
                    "number",
                    "ordinal",
                    "digits",
                    "fraction",
                    "unit",
                    "date",
                    "time",
                    "address",
                    "expletive",
                    "telephone",
                ]),
            ),
            (
                "format",
                Value::Words(&[
                    "mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd",
                ]),
            ),
        ],
        holds: &[],
    },
    Rule {
        name: "sub",
        needs: Some("alias"),
        attributes: &[("alias", ANY)],
        holds: &[],
    },
    Rule {
        name: "w",
        needs: None,
        attributes: &[("role", ANY)],
        holds: IN_WORD,
    },
];

impl Rule {
    /// The rule of an element inside `outer`, and those of its attributes that
    /// can be used. What is wrong is reported; `None` drops the element.
    pub(super) fn of<'e>(
        element: &'e Element,
        outer: Option<&Self>,
        report: &mut Report,
    ) -> Option<(&'static Self, Vec<&'e Attribute>)> {
        let name = element.name.as_str();
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            let message = format!("`<{name}>` is not SSML that is spoken; the text in it is");
            let diagnostic = report.unknown(error::SCHEMA, element.span.clone(), message);
            if let Some(near) = nearest(name, ALL.iter().copied()) {
                diagnostic.help(format!("did you mean `<{near}>`?"));
            }
            return None;
        };
        if let Some(outer) = outer
            && !outer.holds.contains(&name)
        {
            let message = format!(
                "`<{name}>` has no place in `<{}>`; the text in it is spoken",
                outer.name
            );
            report.warn(error::SCHEMA, element.span.clone(), message);
            return None;
        }
        let usable: Vec<_> = element
            .attributes
            .iter()
            .filter(|a| rule.allows(a, report))
            .collect();
        if let Some(needed) = rule.needs
            && !usable.iter().any(|attribute| attribute.name == needed)
        {
            report
                .warn(
                    error::SCHEMA,
                    element.span.clone(),
                    format!(
                        "`<{name}>` without `{needed}` changes nothing; the text in it is spoken"
                    ),
                )
                .help(format!("write `{needed}`"));
            return None;
        }
        Some((rule, usable))
    }

    fn allows(&self, attribute: &Attribute, report: &mut Report) -> bool {
        let name = attribute.name.as_str();
        if name.starts_with("xmlns") {
            return false;
        }
        let Some((_, value)) = self.attributes.iter().find(|(known, _)| *known == name) else {
            let message = format!("`<{}>` has no attribute `{name}`", self.name);
            report.unknown(error::SCHEMA, attribute.name_span.clone(), message);
            return false;
        };
        let written = attribute.value.trim();
        let (fits, expected) = match value {
            Value::Words(words) => (
                words.contains(&written),
                format!("write one of {}", words.join(", ")),
            ),
            Value::Like(expected, is) => (is(written), (*expected).to_owned()),
        };
        if !fits {
            let message = format!("`{name}` of `<{}>` cannot be `{written}`", self.name);
            let span = if attribute.value_span.is_empty() {
                &attribute.name_span
            } else {
                &attribute.value_span
            };
            report
                .warn(error::SCHEMA, span.clone(), message)
                .help(format!("{expected}; it is left out"));
        }
        fits
    }
}

/// `500ms` or `2s`, up to ten seconds.
fn is_time(value: &str) -> bool {
    let seconds = match value.strip_suffix("ms") {
        Some(number) => number.parse::<f64>().map(|ms| ms / 1000.0),
        None => value.strip_suffix('s').unwrap_or_default().parse::<f64>(),
    };
    seconds.is_ok_and(|seconds| (0.0..=10.0).contains(&seconds))
}

fn is_volume(value: &str) -> bool {
    let words = [
        "default", "silent", "x-soft", "soft", "medium", "loud", "x-loud",
    ];
    words.contains(&value)
        || value
            .strip_suffix("dB")
            .is_some_and(|n| n.parse::<f64>().is_ok())
}

fn is_rate(value: &str) -> bool {
    let words = ["default", "x-slow", "slow", "medium", "fast", "x-fast"];
    words.contains(&value) || is_percent(value)
}

fn is_pitch(value: &str) -> bool {
    let words = ["default", "x-low", "low", "medium", "high", "x-high"];
    words.contains(&value) || is_percent(value)
}

fn is_percent(value: &str) -> bool {
    value
        .strip_suffix('%')
        .is_some_and(|n| n.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use crate::twiml::verbs::reading::{clean, read};
    use crate::twiml::verbs::say::Say;

    fn marked(inside: &str) -> String {
        clean::<Say>(&format!("<Say>{inside}</Say>")).utterance.text
    }

    /// What is left, and how many findings there are.
    fn left(inside: &str) -> (String, usize) {
        let (say, codes) = read::<Say>(&format!("<Say>{inside}</Say>"));
        assert!(codes.iter().all(|code| *code == 12200), "{codes:?}");
        (say.utterance.text, codes.len())
    }

    #[test]
    fn every_element_and_value_is_kept() {
        for ssml in [
            r#"<break time="500ms"/>"#,
            r#"<break strength="x-strong" time="10s"/>"#,
            r#"<emphasis level="reduced">a</emphasis>"#,
            r#"<lang xml:lang="fr-FR"><p>a</p></lang>"#,
            r#"<p><s>a</s> <break/></p>"#,
            r#"<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>"#,
            r#"<prosody volume="+6dB" rate="85%" pitch="-10%"><s>a</s></prosody>"#,
            r#"<prosody volume="silent" rate="x-fast" pitch="x-low">a</prosody>"#,
            r#"<say-as interpret-as="date" format="yyyymmdd">20261125</say-as>"#,
            r#"<sub alias="World Wide Web">WWW</sub>"#,
            r#"<w role="amazon:VB"><emphasis>read</emphasis></w>"#,
        ] {
            assert_eq!(marked(&format!("x {ssml}")), format!("x {ssml}"));
        }
    }

    #[test]
    fn bad_values_are_left_out() {
        for (written, kept) in [
            ("<break time='soon'/>", "<break/>"),
            (
                "<break time='11s' strength='weak'/>",
                "<break strength=\"weak\"/>",
            ),
            ("<break strength='huge'/>", "<break/>"),
            (
                "<emphasis level='loud'>a</emphasis>",
                "<emphasis>a</emphasis>",
            ),
            ("<prosody rate='quick'>a</prosody>", "<prosody>a</prosody>"),
            ("<prosody volume='6'>a</prosody>", "<prosody>a</prosody>"),
            (
                "<say-as interpret-as='date' format='x'>a</say-as>",
                "<say-as interpret-as=\"date\">a</say-as>",
            ),
            ("<p class='x'>a</p>", "<p>a</p>"),
        ] {
            assert_eq!(
                left(&format!("x {written}")),
                (format!("x {kept}"), 1),
                "{written}"
            );
        }
    }

    #[test]
    fn what_an_element_is_for_must_be_written() {
        for written in [
            "<sub>a</sub>",
            "<phoneme>a</phoneme>",
            "<say-as>a</say-as>",
            "<lang>a</lang>",
        ] {
            assert_eq!(left(written), ("a".into(), 1), "{written}");
        }
        assert_eq!(
            left("<say-as interpret-as='song'>a</say-as>"),
            ("a".into(), 2)
        );
    }

    #[test]
    fn a_misplaced_element_is_dropped_and_its_text_spoken() {
        for (written, kept) in [
            ("<s><p>a</p></s>", "<s>a</s>"),
            ("<p><p>a</p></p>", "<p>a</p>"),
            ("<emphasis><s>a</s></emphasis>", "<emphasis>a</emphasis>"),
            (
                "<w role='x'><lang xml:lang='fr'>a</lang></w>",
                "<w role=\"x\">a</w>",
            ),
            (
                "<sub alias='b'><emphasis>a</emphasis></sub>",
                "<sub alias=\"b\">a</sub>",
            ),
        ] {
            assert_eq!(left(written), (kept.into(), 1), "{written}");
        }
    }
}
