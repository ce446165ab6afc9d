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
        self.diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
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
        });
        &mut self.diagnostics[index]
    }
}

impl Diagnostic {
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
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
