//! JSON that remembers where each value stood, so that every message about a
//! document can name its line and column.
//!
//! Accepted beyond RFC 8259, with a warning: trailing commas, and the byte
//! order mark that some editors write.

mod parser;

use std::ops::Range;

use crate::report::{Report, Severity, position};
use parser::{Fault, Parser};

/// Larger documents are refused.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Deeper nesting of objects and arrays is refused; one Callflow node takes two levels.
/// Threads that read documents have [`STACK`] for it.
pub(super) const MAX_DEPTH: usize = 640;
/// Bytes of stack that reading and writing documents may take, also in a debug build.
pub const STACK: usize = 8 << 20;

/// A value and the bytes it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub kind: Kind,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(String),
    Array(Vec<Value>),
    Object(Vec<Member>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Value,
}

impl Value {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Object(members) => members.iter().find(|m| m.key == key).map(|m| &m.value),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }

    /// The value without its places.
    pub(crate) fn plain(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool(value) => (*value).into(),
            Kind::Number(value) => value.clone().into(),
            Kind::String(value) => value.clone().into(),
            Kind::Array(items) => items.iter().map(Value::plain).collect(),
            Kind::Object(members) => members
                .iter()
                .map(|m| (m.key.clone(), m.value.plain()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// How deep objects and arrays are nested in it.
    pub(super) fn depth(&self) -> usize {
        match &self.kind {
            Kind::Array(items) => 1 + items.iter().map(Value::depth).max().unwrap_or(0),
            Kind::Object(members) => 1 + members.iter().map(|m| m.value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// Text that is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Malformed {
    pub message: String,
    /// From 1, as the column.
    pub line: usize,
    pub column: usize,
}

/// Reads a value for whoever needs no places but that of a mistake.
pub fn parse_json(bytes: &[u8]) -> Result<serde_json::Value, Malformed> {
    let mut report = Report::new(false);
    let value = parse(bytes, &mut report);
    let at = |byte, message: String| {
        let (line, column) = position(&String::from_utf8_lossy(bytes), byte);
        Malformed {
            message,
            line,
            column,
        }
    };
    match value {
        Some(value) => Ok(value.plain()),
        None => {
            let mut found = report.diagnostics.into_iter();
            let first = found.find(|d| d.severity == Severity::Error);
            Err(first.map_or_else(
                || at(0, "this is no JSON".into()),
                |error| match error.help {
                    Some(help) => at(error.span.start, format!("{}; {help}", error.message)),
                    None => at(error.span.start, error.message),
                },
            ))
        }
    }
}

/// Reads one JSON value. `None` means that the report has an error.
pub(crate) fn parse(bytes: &[u8], report: &mut Report) -> Option<Value> {
    parse_up_to(MAX_BYTES, bytes, report)
}

/// The same for documents of another size.
pub(crate) fn parse_up_to(most: usize, bytes: &[u8], report: &mut Report) -> Option<Value> {
    let source = decode(most, bytes, report)?;
    let start = if source.starts_with('\u{feff}') {
        report.warn(None, 0..3, "the document begins with a byte order mark");
        3
    } else {
        0
    };
    match Parser::new(source, start, report).document() {
        Ok(value) => Some(value),
        Err(Fault {
            span,
            message,
            help,
        }) => {
            let diagnostic = report.error(None, span, message);
            if let Some(help) = help {
                diagnostic.help(help);
            }
            None
        }
    }
}

fn decode<'a>(most: usize, bytes: &'a [u8], report: &mut Report) -> Option<&'a str> {
    if bytes.len() > most {
        report.error(
            None,
            0..0,
            format!(
                "the document has {} bytes; at most {most} are read",
                bytes.len()
            ),
        );
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(source) => Some(source),
        Err(error) => {
            let at = error.valid_up_to();
            report
                .error(None, at..at + 1, "the document is not UTF-8")
                .help("JSON is always UTF-8; save or send the document in that encoding");
            None
        }
    }
}
