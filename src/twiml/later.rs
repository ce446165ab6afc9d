//! What Twilio has and pivot does not do yet: read, skipped and warned about by
//! name and place, so that nobody wonders why nothing happens.

use super::element::Span;
use super::error;
use crate::report::{Differs, Report};

/// Elements that may stand in the named one.
const CHILDREN: &[(&str, &[&str])] = &[("Response", &["Refer"])];

/// Attributes of the named element.
const ATTRIBUTES: &[(&str, &[&str])] = &[("Dial", &["referMethod", "referUrl"])];

fn of(
    table: &'static [(&'static str, &'static [&'static str])],
    name: &str,
) -> &'static [&'static str] {
    table
        .iter()
        .find(|(element, _)| *element == name)
        .map_or(&[], |(_, names)| names)
}

pub(super) fn children(parent: &str) -> &'static [&'static str] {
    of(CHILDREN, parent)
}

pub(super) fn attributes(element: &str) -> &'static [&'static str] {
    of(ATTRIBUTES, element)
}

/// A warning in strict reading too: the document is right, pivot falls short.
pub(super) fn warn(report: &mut Report, span: Span, what: &str) {
    report
        .warn(
            error::SCHEMA,
            span,
            format!("{what} is not done yet and is skipped"),
        )
        .help("pivot knows it, and does without it in this version")
        .differs(Differs::NotDone);
}
