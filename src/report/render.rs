//! Showing a report: to a person with the lines in question, and as JSON.

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use serde_json::{Value, json};

use super::{Diagnostic, Report, Severity, position};

/// How much of a long line is shown on each side of a finding. Documents made by
/// programs are often a single line.
const AROUND: usize = 100;

impl Report {
    /// For people: each finding with its place, the source around it and what to
    /// write instead. `name` is what the document is called.
    pub fn render(&self, name: &str, source: &str, color: bool) -> String {
        let theme = if color {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(100);
        let mut text = String::new();
        for finding in &self.diagnostics {
            let excerpt = Excerpt {
                name: name.to_owned(),
                source: source.to_owned(),
            };
            let report = miette::Report::new(shown(finding, source)).with_source_code(excerpt);
            // Writing into a String cannot fail.
            let _ = handler.render_report(&mut text, report.as_ref());
            text.push('\n');
        }
        text
    }

    /// For machines: one object for each finding, lines and columns from 1.
    pub fn to_json(&self, name: &str, source: &str) -> Vec<Value> {
        self.diagnostics
            .iter()
            .map(|finding| {
                let (line, column) = position(source, finding.span.start);
                let (end_line, end_column) = position(source, finding.span.end);
                let mut object = json!({
                    "file": name,
                    "severity": finding.severity,
                    "message": finding.message,
                    "line": line,
                    "column": column,
                    "end_line": end_line,
                    "end_column": end_column,
                });
                let optional = [
                    ("code", finding.code.map(Value::from)),
                    ("help", finding.help.clone().map(Value::from)),
                    ("pointer", finding.pointer.clone().map(Value::from)),
                    ("differs", finding.differs.map(|differs| json!(differs))),
                ];
                for (key, value) in optional {
                    if let Some(value) = value {
                        object[key] = value;
                    }
                }
                object
            })
            .collect()
    }
}

fn shown(finding: &Diagnostic, source: &str) -> MietteDiagnostic {
    let message = match &finding.pointer {
        Some(pointer) if !pointer.is_empty() => format!("{} (at {pointer})", finding.message),
        _ => finding.message.clone(),
    };
    let severity = match finding.severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
    };
    let mut shown = MietteDiagnostic::new(message).with_severity(severity);
    if let Some(code) = finding.code {
        shown = shown.with_code(code.to_string());
    }
    if let Some(help) = &finding.help {
        shown = shown.with_help(help);
    }
    let start = boundary(source, finding.span.start);
    let rest = source.get(start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().len();
    let length = finding.span.len().min(line).min(AROUND);
    let end = boundary(source, start + length);
    shown.with_label(LabeledSpan::new(None, start, end - start))
}

/// The start of the character that `byte` is in.
fn boundary(source: &str, byte: usize) -> usize {
    let mut byte = byte.min(source.len());
    while !source.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// A source that shows long lines in part.
#[derive(Debug)]
struct Excerpt {
    name: String,
    source: String,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let source = &self.source;
        let (mut start, mut end) = (span.offset(), span.offset() + span.len());
        // Without lines around it, the place of the span itself is asked for.
        if lines_before + lines_after > 0 {
            start = line_start(source, start, lines_before).max(start.saturating_sub(AROUND));
            end = line_end(source, end, lines_after).min(end + AROUND);
        }
        let (start, end) = (boundary(source, start), boundary(source, end));
        let data = source.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let (line, column) = position(source, start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            (start, data.len()).into(),
            line - 1,
            column - 1,
            data.lines().count(),
        )))
    }
}

/// Where the line begins that is `lines` above the one with `byte` in it.
fn line_start(source: &str, byte: usize, lines: usize) -> usize {
    let before = source.get(..byte).unwrap_or(source);
    before
        .rmatch_indices('\n')
        .nth(lines)
        .map_or(0, |(newline, _)| newline + 1)
}

/// Where the line ends that is `lines` below the one with `byte` in it.
fn line_end(source: &str, byte: usize, lines: usize) -> usize {
    let after = source.get(byte..).unwrap_or_default();
    after
        .match_indices('\n')
        .nth(lines)
        .map_or(source.len(), |(newline, _)| byte + newline)
}
