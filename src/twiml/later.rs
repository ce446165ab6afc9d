//! What Twilio has and pivot does not do yet: read, skipped and warned about by
//! name and place, so that nobody wonders why nothing happens.

use super::element::Span;
use super::error;
use crate::report::{Differs, Report};

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
