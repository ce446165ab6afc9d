//! The support report: of so many documents, which run as they are, and what
//! differs in the others.

use std::fmt;
use std::io;

use serde::Serialize;

use super::Checked;
use crate::report::{Diagnostic, Differs, Severity, position};

/// What is known of a set of documents.
#[derive(Debug, Default, Serialize)]
pub(super) struct Support {
    documents: usize,
    /// Neither errors nor anything that is carried out otherwise. A document with a
    /// value that cannot be used is one of them: it has its default everywhere.
    run_as_they_are: usize,
    differ: usize,
    cannot_run: usize,
    /// What is carried out otherwise, the most frequent first.
    differences: Vec<Finding>,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// The same finding in all its places.
#[derive(Debug, Serialize)]
struct Finding {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<Differs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    places: Vec<Place>,
}

#[derive(Debug, Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
}

impl Support {
    pub(super) fn add(&mut self, checked: &Checked) {
        self.documents += 1;
        let findings = &checked.report.diagnostics;
        if checked.report.has_errors() {
            self.cannot_run += 1;
        } else if findings.iter().any(|finding| finding.differs.is_some()) {
            self.differ += 1;
        } else {
            self.run_as_they_are += 1;
        }
        for finding in findings {
            let (line, column) = position(&checked.source, finding.span.start);
            let place = Place {
                file: checked.name.clone(),
                line,
                column,
            };
            put(self.group(finding), finding, place);
        }
        for group in [&mut self.differences, &mut self.errors, &mut self.warnings] {
            group.sort_by_key(|finding| std::cmp::Reverse(finding.places.len()));
        }
    }

    pub(super) fn unreadable(&mut self, name: &str, error: &io::Error) {
        self.documents += 1;
        self.cannot_run += 1;
        self.errors.push(Finding {
            message: error.to_string(),
            code: None,
            differs: None,
            help: None,
            places: vec![Place {
                file: name.to_owned(),
                line: 1,
                column: 1,
            }],
        });
    }

    fn group(&mut self, finding: &Diagnostic) -> &mut Vec<Finding> {
        match (finding.severity, finding.differs) {
            (Severity::Error, _) => &mut self.errors,
            (Severity::Warning, Some(_)) => &mut self.differences,
            (Severity::Warning, None) => &mut self.warnings,
        }
    }
}

fn put(group: &mut Vec<Finding>, finding: &Diagnostic, place: Place) {
    let same =
        |known: &&mut Finding| known.message == finding.message && known.code == finding.code;
    match group.iter_mut().find(same) {
        Some(known) => known.places.push(place),
        None => group.push(Finding {
            message: finding.message.clone(),
            code: finding.code,
            differs: finding.differs,
            help: finding.help.clone(),
            places: vec![place],
        }),
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (documents, fine) = (self.documents, self.run_as_they_are);
        let plural = if documents == 1 { "" } else { "s" };
        write!(f, "of {documents} document{plural} {fine} run as they are")?;
        if self.differ > 0 {
            write!(f, ", {} run otherwise in parts", self.differ)?;
        }
        if self.cannot_run > 0 {
            write!(f, ", {} cannot run", self.cannot_run)?;
        }
        writeln!(f)?;
        for (title, findings) in [
            ("cannot run", &self.errors),
            ("differ", &self.differences),
            ("other warnings", &self.warnings),
        ] {
            if !findings.is_empty() {
                writeln!(f, "\n{title}:")?;
            }
            for finding in findings {
                let code = finding
                    .code
                    .map(|code| format!("{code}  "))
                    .unwrap_or_default();
                writeln!(f, "  {code}{}", finding.message)?;
                if let Some(help) = &finding.help {
                    writeln!(f, "         {help}")?;
                }
                for place in &finding.places {
                    writeln!(f, "         {}:{}:{}", place.file, place.line, place.column)?;
                }
            }
        }
        Ok(())
    }
}
