//! What is wrong with a document, and where.
//!
//! Reading a document never fails halfway: it gives a tree and a `Report`.
//! Errors stop the document before anything of it runs; warnings never stop a
//! call.

mod render;

use std::ops::Range;

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Twilio's error code where Twilio has one, as in 12100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// What is wrong: a lower-case sentence without a full stop.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Bytes of the source.
    pub span: Range<usize>,
    /// JSON pointer, for Callflow documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Nothing is wrong with the document; pivot carries it out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs: Option<Differs>,
}

/// How a document is carried out otherwise than by those who invented its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Differs {
    /// In a later version.
    NotDone,
    /// Read, and without effect here.
    Ignored,
    /// Never: refused with the error that its absence has at Twilio.
    Refused,
}

/// Everything found while reading one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub diagnostics: Vec<Diagnostic>,
    /// What is unknown is an error instead of a warning.
    #[serde(skip)]
    pub strict: bool,
}

impl Report {
    pub fn new(strict: bool) -> Self {
        Self {
            diagnostics: Vec::new(),
            strict,
        }
    }

    pub fn error(
        &mut self,
        code: impl Into<Option<u32>>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(Severity::Error, code.into(), span, message.into())
    }

    pub fn warn(
        &mut self,
        code: impl Into<Option<u32>>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(Severity::Warning, code.into(), span, message.into())
    }

    /// For names that pivot does not know: a warning, or an error when `strict`.
    pub fn unknown(
        &mut self,
        code: impl Into<Option<u32>>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let severity = if self.strict {
            Severity::Error
        } else {
            Severity::Warning
        };
        self.push(severity, code.into(), span, message.into())
    }

    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many there are, warnings not counted.
    pub fn errors(&self) -> usize {
        let all = self.diagnostics.iter();
        all.filter(|d| d.severity == Severity::Error).count()
    }

    fn push(
        &mut self,
        severity: Severity,
        code: Option<u32>,
        span: Range<usize>,
        message: String,
    ) -> &mut Diagnostic {
        let index = self.diagnostics.len();
        self.diagnostics.push(Diagnostic {
            severity,
            code,
            message,
            help: None,
            span,
            pointer: None,
            differs: None,
        });
        &mut self.diagnostics[index]
    }
}

impl Diagnostic {
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    pub fn differs(&mut self, differs: Differs) -> &mut Self {
        self.differs = Some(differs);
        self
    }

    pub fn pointer(&mut self, pointer: impl Into<String>) -> &mut Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// Line and column of a byte of the source, both from 1; columns count characters.
pub fn position(source: &str, byte: usize) -> (usize, usize) {
    let mut end = byte.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = &source[..end];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

/// The name that `name` was probably meant to be.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    // One slip in three letters, and never more than three.
    let most = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::{Report, nearest, position};

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = "aé\nb\r\nc";
        assert_eq!(position(source, 0), (1, 1));
        assert_eq!(position(source, 1), (1, 2));
        // In the middle of a character is the character.
        assert_eq!(position(source, 2), (1, 2));
        assert_eq!(position(source, 3), (1, 3));
        assert_eq!(position(source, 4), (2, 1));
        assert_eq!(position(source, 7), (3, 1));
        assert_eq!(position(source, 99), (3, 2));
        assert_eq!(position("", 0), (1, 1));
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let known = ["finishOnKey", "numDigits", "timeout"];
        assert_eq!(nearest("numdigits", known), Some("numDigits"));
        assert_eq!(nearest("timeuot", known), Some("timeout"));
        assert_eq!(nearest("finish-on-key", known), Some("finishOnKey"));
        assert_eq!(nearest("voice", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn what_is_unknown_is_an_error_only_when_strict() {
        for strict in [false, true] {
            let mut report = Report::new(strict);
            report.unknown(12200, 0..1, "what is this");
            assert_eq!(report.has_errors(), strict);
        }
    }
}
