//! `<Parameter name value>`, which stands in many nouns.

use super::attr::{self, Attributes};
use super::element::Element;
use super::error;
use crate::report::Report;

/// Reads one; `None` when it has no name.
pub(super) fn read(element: &Element, report: &mut Report) -> Option<(String, String)> {
    let mut attributes = Attributes::of(element, report);
    let name = attributes.text("name");
    let value = attributes.raw("value").unwrap_or_default().to_owned();
    attributes.finish();
    attr::no_elements(element, report);
    if name.is_none() {
        let message = format!("a `<{}>` without a `name` is skipped", element.name);
        report.warn(error::SCHEMA, element.span.clone(), message);
    }
    name.map(|name| (name, value))
}

/// Reads those of an element that does nothing with them; other elements are reported.
pub(super) fn skip(element: &Element, report: &mut Report) {
    for child in element.elements() {
        if child.name == "Parameter" {
            read(child, report);
        } else {
            attr::stranger(child, element, &["Parameter"], error::SCHEMA, report);
        }
    }
}
