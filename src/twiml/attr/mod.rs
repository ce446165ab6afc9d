//! Reading attributes: every reader reports what is wrong and gives the
//! default, so that a verb is always read whole.

mod values;

use std::fmt::Display;

use url::Url;

use super::element::{Attribute, Element, Span};
use super::table::{self, Values};
use super::{error, later};
use crate::report::{Diagnostic, Differs, Report, nearest};

/// What Twilio calls a value that cannot be used, and one of another kind.
pub struct Codes {
    bad: u32,
    other: u32,
}

impl From<u32> for Codes {
    fn from(code: u32) -> Self {
        Self {
            bad: code,
            other: code,
        }
    }
}

/// The second is for a number that is too large, and for an unknown event.
impl From<(u32, u32)> for Codes {
    fn from((bad, other): (u32, u32)) -> Self {
        Self { bad, other }
    }
}

/// The attributes of one element. Each is asked for by name; `finish` reports
/// those that nobody asked for.
pub struct Attributes<'e, 'r> {
    element: &'e Element,
    report: &'r mut Report,
    known: Vec<&'static str>,
}

impl<'e, 'r> Attributes<'e, 'r> {
    pub fn of(element: &'e Element, report: &'r mut Report) -> Self {
        Self {
            element,
            report,
            known: Vec::new(),
        }
    }

    /// Every reader comes through here, and says what it takes.
    fn get(
        &mut self,
        name: &'static str,
        values: impl FnOnce() -> Values,
    ) -> Option<&'e Attribute> {
        self.known.push(name);
        table::asked(&self.element.name, name, values);
        self.written(name)
    }

    fn written(&self, name: &str) -> Option<&'e Attribute> {
        self.element
            .attribute(name)
            .filter(|_| !is_hidden(&self.element.name, name))
    }

    fn warn(&mut self, code: u32, at: &Attribute, message: String) -> &mut Diagnostic {
        self.report.warn(code, place(at), message)
    }

    /// Is it written at all, even with an empty value?
    pub fn has(&self, name: &str) -> bool {
        self.written(name).is_some()
    }

    /// The value as written.
    pub fn raw(&mut self, name: &'static str) -> Option<&'e str> {
        self.get(name, || Values::Text).map(|a| a.value.as_str())
    }

    /// Text without white space around it; an empty value counts as absent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.get(name, || Values::Text)?.value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Text that `accept` must agree to.
    pub fn text_if(
        &mut self,
        name: &'static str,
        code: u32,
        expected: &str,
        accept: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let at = self.get(name, || Values::Text)?;
        let value = at.value.trim();
        if accept(value) {
            return Some(value.to_owned());
        }
        self.warn(code, at, format!("`{name}` cannot be `{value}`"))
            .help(format!("{expected}; it is ignored"));
        None
    }

    /// Text that is right and has no effect here, for this reason. Is it written?
    pub fn ignored(&mut self, name: &'static str, code: u32, why: &str) -> bool {
        let Some(at) = self.get(name, || Values::Text) else {
            return false;
        };
        self.warn(code, at, format!("`{name}` is ignored: {why}"))
            .differs(Differs::Ignored);
        true
    }

    /// Warns about an attribute that is written, whatever its value.
    pub fn remark(
        &mut self,
        name: &'static str,
        code: u32,
        message: impl Into<String>,
    ) -> Option<&mut Diagnostic> {
        let at = self.written(name)?;
        Some(self.warn(code, at, message.into()))
    }

    /// Warns that an attribute is missing that the element cannot do without.
    pub fn missing(&mut self, code: u32, name: &str, help: &str) {
        let message = format!("`<{}>` needs `{name}`", self.element.name);
        self.report
            .warn(code, self.element.span.clone(), message)
            .help(help);
    }

    /// Warns about a part of a value.
    pub fn report(&mut self, code: u32, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.report.warn(code, span, message)
    }

    /// Warns that a part of a value asks for what is not done yet.
    pub fn report_later(&mut self, span: Span, what: &str) {
        later::warn(self.report, span, what);
    }

    /// Warns that an attribute that is written is not done yet.
    pub fn not_yet(&mut self, name: &'static str) {
        if let Some(at) = self.written(name) {
            let what = format!("`{name}` of `<{}>`", self.element.name);
            later::warn(self.report, at.name_span.clone(), &what);
        }
    }

    /// Reports the attributes that are not known.
    pub fn finish(self) {
        let element = &self.element.name;
        for attribute in &self.element.attributes {
            let name = attribute.name.as_str();
            let span = attribute.name_span.clone();
            // Namespaces and schema hints, which some XML writers add, mean nothing here.
            if self.known.contains(&name) || name.starts_with("xmlns") || name.contains(':') {
                continue;
            }
            let message = format!("`<{element}>` has no attribute `{name}`");
            let help = match nearest(name, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.known.is_empty() => format!("`<{element}>` has no attributes"),
                None => format!("it has {}", listed(&self.known)),
            };
            self.report.unknown(error::SCHEMA, span, message).help(help);
        }
    }
}

/// A test may hide an attribute from its reader, to show that another test notices;
/// see tests/lab/scripts/break-attributes.py.
#[cfg(debug_assertions)]
fn is_hidden(element: &str, name: &str) -> bool {
    use std::sync::LazyLock;
    static HIDDEN: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("PIVOT_HIDE_ATTRIBUTE").ok());
    HIDDEN
        .as_ref()
        .is_some_and(|hidden| hidden.split_once('.') == Some((element, name)))
}

/// The product hides nothing.
#[cfg(not(debug_assertions))]
const fn is_hidden(_: &str, _: &str) -> bool {
    false
}

/// The value's place; an empty value has none, its name does.
fn place(attribute: &Attribute) -> Span {
    if attribute.value_span.is_empty() {
        attribute.name_span.clone()
    } else {
        attribute.value_span.clone()
    }
}

/// Warns about what cannot be requested.
pub fn check_url(url: &str, span: Span, report: &mut Report) {
    if let Some(problem) = problem_with(url) {
        report
            .warn(error::URL, span, problem)
            .help("write an http or https URL, or one relative to this document");
    }
}

/// Why a URL, absolute or relative, cannot be requested.
fn problem_with(url: &str) -> Option<String> {
    match Url::parse(url) {
        Ok(absolute) if !matches!(absolute.scheme(), "http" | "https") => {
            Some(format!("`{url}` is neither http nor https"))
        }
        Ok(_) => None,
        Err(url::ParseError::RelativeUrlWithoutBase) => url
            .contains(char::is_whitespace)
            .then(|| format!("there is white space inside the URL `{url}`")),
        Err(error) => Some(format!("`{url}` is not a URL: {error}")),
    }
}

fn listed(words: &[impl Display]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// Reports text in an element that has none.
pub fn no_text(element: &Element, report: &mut Report) {
    for text in element.texts() {
        report
            .warn(
                error::SCHEMA,
                text.span.clone(),
                format!("text inside `<{}>` is ignored", element.name),
            )
            .help("put it into a `<Say>` if it is to be spoken");
    }
}

/// Reports elements in an element that has none of its own.
pub fn no_elements(element: &Element, report: &mut Report) {
    for child in element.elements() {
        stranger(child, element, &[], error::SCHEMA, report);
    }
}

/// Reports an element that has no place in its parent.
pub fn stranger(
    child: &Element,
    parent: &Element,
    allowed: &[&str],
    code: u32,
    report: &mut Report,
) {
    let (name, parent) = (&child.name, &parent.name);
    table::refused(parent, allowed);
    let message = format!("`<{name}>` has no place in `<{parent}>` and is skipped");
    let help = match nearest(name, allowed.iter().copied()) {
        Some(near) => format!("did you mean `<{near}>`? Capitals matter"),
        None if allowed.is_empty() => format!("`<{parent}>` has nothing inside"),
        None => format!("it may hold {}", listed(allowed)),
    };
    report.unknown(code, child.span.clone(), message).help(help);
}
