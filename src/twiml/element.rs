//! The element tree: XML with the place of everything in it.
//!
//! quick-xml reads events; `parse` builds the tree and adds what a document
//! from outside needs: a bounded depth, no document type and therefore no
//! entities of its own, and an error for a document that just stops.

mod parse;

use std::ops::Range;

pub use parse::parse;

/// Bytes of the source.
pub type Span = Range<usize>;

/// How deep elements may nest. TwiML needs six.
pub const MAX_DEPTH: usize = 16;

/// An element with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    /// The start tag.
    pub span: Span,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Child>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    /// With references resolved.
    pub value: String,
    pub name_span: Span,
    /// What stands between the quotes.
    pub value_span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Child {
    Element(Element),
    Text(Text),
}

/// A run of text. Comments, CDATA sections and references do not break it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub span: Span,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The elements directly inside.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// The runs of text directly inside that are more than white space.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.children.iter().filter_map(|child| match child {
            Child::Text(text) if !text.text.trim().is_empty() => Some(text),
            _ => None,
        })
    }

    /// The text directly inside, without white space around it.
    pub fn text(&self) -> String {
        let runs: String = self.texts().map(|t| t.text.as_str()).collect();
        runs.trim().to_owned()
    }
}
