//! `pivot check FILE…`: every problem of a document or a configuration, before a
//! caller meets it.

pub(super) mod folder;
mod settings;
mod support;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::callflow;
use crate::report::{Report, Severity};
use crate::twiml::{self, Document};

/// How the findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// With the lines of the document, and a summary.
    Text { color: bool },
    /// One array of objects.
    Json,
    /// Which documents run as they are, and what differs in the others.
    Support { json: bool },
}

/// What is to be exited with: nothing worse than warnings, errors, or a file
/// that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Fine,
    Errors,
    Unreadable,
}

impl From<Outcome> for std::process::ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Errors => 1,
            Outcome::Unreadable => 2,
        })
    }
}

/// One document that was looked at.
struct Checked {
    name: String,
    source: String,
    report: Report,
}

/// Checks the files, and those in folders, and writes what it finds.
///
/// # Errors
/// When `out` cannot be written to.
pub fn check(paths: &[PathBuf], style: Style, out: &mut impl Write) -> io::Result<Outcome> {
    let mut outcome = Outcome::Fine;
    let mut findings = Vec::new();
    let mut counts = Counts::default();
    let mut support = support::Support::default();
    let files = folder::files(paths);
    for path in &files {
        let name = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => {
                let checked = check_bytes(path, &bytes);
                if checked.report.has_errors() {
                    outcome = outcome.max(Outcome::Errors);
                }
                counts.add(&checked.report);
                match style {
                    Style::Text { color } => write!(out, "{}", checked.render(color))?,
                    Style::Json => findings.extend(checked.to_json()),
                    Style::Support { .. } => support.add(&checked),
                }
            }
            Err(error) => {
                outcome = Outcome::Unreadable;
                match style {
                    Style::Text { .. } => writeln!(out, "{name}: {error}\n")?,
                    Style::Json => findings.push(unreadable(&name, &error)),
                    Style::Support { .. } => support.unreadable(&name, &error),
                }
            }
        }
    }
    match style {
        Style::Text { .. } => writeln!(out, "{}", counts.summary(files.len()))?,
        Style::Json => writeln!(out, "{:#}", Value::from(findings))?,
        Style::Support { json: false } => write!(out, "{support}")?,
        Style::Support { json: true } => writeln!(out, "{:#}", json!(support))?,
    }
    Ok(outcome)
}

impl Checked {
    fn render(&self, color: bool) -> String {
        self.report.render(&self.name, &self.source, color)
    }

    fn to_json(&self) -> Vec<Value> {
        self.report.to_json(&self.name, &self.source)
    }
}

/// `.toml` is a configuration. Of anything else the first character tells the language, as it does when a web server answers.
fn check_bytes(path: &Path, bytes: &[u8]) -> Checked {
    let name = path.display().to_string();
    let text = twiml::decode(bytes, None, &mut Report::default());
    let is = |wanted: &str| {
        path.extension()
            .is_some_and(|extension| extension == wanted)
    };
    if is("toml") {
        let report = settings::check(path, &text);
        return Checked {
            name,
            source: settings::without_values(&text),
            report,
        };
    }
    let (source, report) = match text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .chars()
        .next()
    {
        Some('{' | '[') => check_callflow(bytes),
        None if is("json") => check_callflow(bytes),
        Some('<') | None => {
            let (_, report) = Document::read(bytes, twiml::Options::default());
            (text, report)
        }
        Some(_) => {
            let mut report = Report::default();
            report
                .error(None, 0..0, "neither TwiML nor a Callflow document")
                .help("TwiML begins with `<`, a Callflow document with `{`");
            (text, report)
        }
    };
    Checked {
        name,
        source,
        report,
    }
}

fn check_callflow(bytes: &[u8]) -> (String, Report) {
    let (_, report) = callflow::read_stored(bytes, false);
    (String::from_utf8_lossy(bytes).into_owned(), report)
}

fn unreadable(name: &str, error: &io::Error) -> Value {
    json!({ "file": name, "severity": Severity::Error, "message": error.to_string() })
}

#[derive(Default)]
struct Counts {
    errors: usize,
    warnings: usize,
}

impl Counts {
    fn add(&mut self, report: &Report) {
        for finding in &report.diagnostics {
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
        }
    }

    fn summary(&self, files: usize) -> String {
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        format!(
            "{}: {}, {}",
            plural(files, "file"),
            plural(self.errors, "error"),
            plural(self.warnings, "warning")
        )
    }
}
