//! A whole document: from the bytes of an answer to verbs that can be run.

use std::sync::Arc;

use url::Url;

use super::element::{self, Child, Element, Span};
use super::verbs::AnyVerb;
use super::{attr, encoding, error};
use crate::report::Report;

/// A document that can be run.
#[derive(Debug, Clone)]
pub struct Document {
    /// The text that the spans point into.
    pub source: Arc<str>,
    /// Where it came from; relative URLs are resolved against it.
    pub url: Option<String>,
    /// In order, each with the place of its start tag.
    pub verbs: Vec<(AnyVerb, Span)>,
    /// Warnings: a document with errors is not made.
    pub report: Report,
}

/// How a document is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is unknown is an error instead of a warning.
    pub strict: bool,
    pub url: Option<String>,
    /// `charset` of the answer's content type.
    pub charset: Option<String>,
    /// A larger document is refused. Default 64 KiB.
    pub max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            url: None,
            charset: None,
            max_bytes: 64 * 1024,
        }
    }
}

impl Document {
    /// Reads a document. There is none when the report has errors.
    pub fn read(bytes: &[u8], options: Options) -> (Option<Self>, Report) {
        let mut report = Report::new(options.strict);
        let document = Self::read_into(bytes, options, &mut report);
        report.diagnostics.sort_by_key(|finding| finding.span.start);
        let document = document
            .filter(|_| !report.has_errors())
            .map(|document| Self {
                report: report.clone(),
                ..document
            });
        (document, report)
    }

    /// Somebody may be rung by it.
    pub fn dials(&self) -> bool {
        let dials = |(verb, _): &(AnyVerb, Span)| matches!(verb, AnyVerb::Dial(_));
        self.verbs.iter().any(dials)
    }

    fn read_into(bytes: &[u8], options: Options, report: &mut Report) -> Option<Self> {
        if bytes.len() > options.max_bytes {
            let (size, most) = (bytes.len(), options.max_bytes);
            report
                .error(
                    error::TOO_LARGE,
                    0..0,
                    format!("the document has {size} bytes; at most {most} are read"),
                )
                .help("send a shorter document, and continue it with `<Redirect>`");
            return None;
        }
        let source = encoding::decode(bytes, options.charset.as_deref(), report);
        if report.has_errors() {
            return None;
        }
        let root = element::parse(&source, report)?;
        if report.has_errors() {
            return None;
        }
        let mut verbs = read_response(&root, report);
        if let Some(base) = options.url.as_deref().and_then(|url| Url::parse(url).ok()) {
            for (verb, _) in &mut verbs {
                verb.resolve(&base);
            }
        }
        Some(Self {
            source: source.into(),
            url: options.url,
            verbs,
            report: Report::default(),
        })
    }
}

fn read_response(root: &Element, report: &mut Report) -> Vec<(AnyVerb, Span)> {
    if root.name != "Response" {
        let help = if root.name.eq_ignore_ascii_case("response") {
            "write `<Response>`; capitals matter"
        } else {
            "put the verbs into `<Response>…</Response>`"
        };
        report
            .error(
                error::ROOT,
                root.span.clone(),
                format!("the root element is `<{}>`, not `<Response>`", root.name),
            )
            .help(help);
        return Vec::new();
    }
    let mut attributes = attr::Attributes::of(root, report);
    attributes.text_if(
        "version",
        error::VERSION,
        "the only version is `2010-04-01`",
        |version| version == "2010-04-01",
    );
    attributes.finish();
    let mut verbs = Vec::new();
    for child in &root.children {
        match child {
            Child::Element(element) => match AnyVerb::read(element, report) {
                Some(verb) => verbs.push((verb, element.span.clone())),
                None => attr::stranger(element, root, AnyVerb::NAMES, error::SCHEMA, report),
            },
            Child::Text(_) => {}
        }
    }
    attr::no_text(root, report);
    verbs
}
