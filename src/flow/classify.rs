//! What an answer is: TwiML, a callflow, words, sound, nothing, or no use.
//!
//! Web frameworks send documents as `text/html` and `text/plain`, so where the
//! content type does not help, the first character decides.

use std::sync::Arc;

use crate::callflow::{self, Node};
use crate::report::{Report, Severity, position};
use crate::twiml::{self, Document};
use crate::web::Answer;

/// An answer that can be run.
#[derive(Debug)]
pub(super) enum Content {
    TwiMl {
        document: Arc<Document>,
        report: Report,
    },
    Callflow {
        root: Node,
        report: Report,
    },
    /// Spoken, then the call ends.
    Words(String),
    /// Played, then the call ends.
    Audio,
    /// An empty 200 or 206 in Kazoo's format: hang up.
    Nothing,
}

/// Why an answer cannot be run.
#[derive(Debug)]
pub(super) struct Unusable {
    /// Twilio's error code.
    pub(super) code: u32,
    pub(super) reason: String,
    /// The findings, when it is a document with errors.
    pub(super) report: Option<Report>,
    /// The answer was a document, but not one that can be run.
    pub(super) document: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    TwiMl,
    Callflow,
    /// As the first character says.
    Sniff,
    Audio,
    Other,
}

pub(super) fn classify(
    answer: &Answer,
    kazoo: bool,
    strict: bool,
    max_bytes: usize,
) -> Result<Content, Unusable> {
    let refuse = |code, reason: String| Unusable {
        code,
        reason,
        report: None,
        document: false,
    };
    if !answer.is_success() {
        return Err(refuse(
            11200,
            format!("the server answered {}", answer.status),
        ));
    }
    let empty = answer.body.iter().all(u8::is_ascii_whitespace);
    if empty {
        return match (kazoo, answer.status) {
            (true, 200 | 206) => Ok(Content::Nothing),
            _ => Err(refuse(
                11770,
                format!("the server answered {} without a document", answer.status),
            )),
        };
    }
    let media_type = answer.media_type();
    let first = first_character(&answer.body);
    match language(media_type.as_deref()) {
        Language::Audio => Ok(Content::Audio),
        Language::TwiMl => twiml(answer, strict, max_bytes),
        Language::Callflow => callflow(answer, strict),
        Language::Sniff | Language::Other if first == Some('<') => twiml(answer, strict, max_bytes),
        Language::Sniff | Language::Other if first == Some('{') => callflow(answer, strict),
        Language::Sniff if media_type.as_deref() == Some("text/plain") => {
            Ok(Content::Words(answer.text().text))
        }
        _ => {
            let named = media_type.unwrap_or_else(|| "no content type".into());
            Err(refuse(
                12300,
                format!("the answer ({named}) is neither TwiML nor Callflow JSON"),
            ))
        }
    }
}

fn language(media_type: Option<&str>) -> Language {
    match media_type {
        Some("text/xml" | "application/xml") => Language::TwiMl,
        Some("application/json" | "text/json") => Language::Callflow,
        None | Some("text/html" | "text/plain") => Language::Sniff,
        Some(other) if other.starts_with("audio/") => Language::Audio,
        Some(_) => Language::Other,
    }
}

fn first_character(body: &[u8]) -> Option<char> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte))
}

fn twiml(answer: &Answer, strict: bool, max_bytes: usize) -> Result<Content, Unusable> {
    let charset = answer
        .header("content-type")
        .and_then(|value| value.split("charset=").nth(1));
    let charset = charset.map(|value| {
        value
            .split(';')
            .next()
            .unwrap_or(value)
            .trim_matches(['"', ' '])
            .to_owned()
    });
    let options = twiml::Options {
        strict,
        url: Some(answer.url.to_string()),
        charset,
        max_bytes,
    };
    match Document::read(&answer.body, options) {
        (Some(document), report) => Ok(Content::TwiMl {
            document: Arc::new(document),
            report,
        }),
        (None, report) => Err(unusable(answer, report, 12100)),
    }
}

fn callflow(answer: &Answer, strict: bool) -> Result<Content, Unusable> {
    match callflow::read(&answer.body, strict) {
        (Some(root), report) => Ok(Content::Callflow { root, report }),
        (None, report) => Err(unusable(answer, report, 12100)),
    }
}

fn unusable(answer: &Answer, report: Report, otherwise: u32) -> Unusable {
    let worst = report
        .diagnostics
        .iter()
        .find(|d| d.severity == Severity::Error);
    let text = answer.text().text;
    let reason = worst.map_or_else(
        || "the document cannot be read".to_owned(),
        |d| {
            let (line, column) = position(&text, d.span.start);
            let help = d
                .help
                .as_ref()
                .map(|help| format!(" ({help})"))
                .unwrap_or_default();
            format!("line {line}, column {column}: {}{help}", d.message)
        },
    );
    let code = worst.and_then(|d| d.code).unwrap_or(otherwise);
    Unusable {
        code,
        reason,
        report: Some(report),
        document: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_is_found_behind_a_mark_and_white_space() {
        assert_eq!(first_character(b"\xef\xbb\xbf\n <x/>"), Some('<'));
        assert_eq!(first_character(b" {}"), Some('{'));
        assert_eq!(first_character(b"  "), None);
    }

    #[test]
    fn content_types_that_frameworks_send_by_default_do_not_decide() {
        for unhelpful in [None, Some("text/html"), Some("text/plain")] {
            assert_eq!(language(unhelpful), Language::Sniff);
        }
        assert_eq!(language(Some("audio/mpeg")), Language::Audio);
    }
}
