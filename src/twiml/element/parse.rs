//! Building the tree from quick-xml's events.

use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::escape::{EscapeError, resolve_predefined_entity};
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Attribute, Child, Element, MAX_DEPTH, Span, Text};
use crate::report::{Report, position};
use crate::twiml::error;

/// Reads the tree. `None` after an error that leaves nothing to read on.
pub fn parse(source: &str, report: &mut Report) -> Option<Element> {
    let mut reader = Reader::from_str(source);
    let mut tree = Tree {
        source,
        report,
        open: Vec::new(),
        root: None,
    };
    loop {
        let start = at(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                tree.broken(&error, at(reader.error_position()));
                return None;
            }
        };
        let span = start..at(reader.buffer_position());
        match event {
            Event::Start(tag) => tree.open(&tag, span)?,
            Event::Empty(tag) => {
                tree.open(&tag, span)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content(), span),
            Event::CData(text) => tree.text(&text.xml10_content(), span),
            Event::GeneralRef(reference) => tree.reference(&reference, span),
            Event::Decl(_) => tree.declaration(span),
            Event::DocType(_) => {
                tree.error(error::PARSE, span, "a document type is not allowed")
                    .help("remove `<!DOCTYPE …>`; entities of its own are not supported");
                return None;
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

fn at(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// The tree while it is being built.
struct Tree<'s, 'r> {
    source: &'s str,
    report: &'r mut Report,
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree<'_, '_> {
    fn error(
        &mut self,
        code: u32,
        span: Span,
        message: impl Into<String>,
    ) -> &mut crate::report::Diagnostic {
        self.report.error(code, span, message)
    }

    /// Line and column as people say them.
    fn place(&self, byte: usize) -> String {
        let (line, column) = position(self.source, byte);
        format!("{line}:{column}")
    }

    fn open(&mut self, tag: &BytesStart<'_>, span: Span) -> Option<()> {
        let name = tag.name().0.to_owned();
        if !is_name(&name) {
            self.error(
                error::PARSE,
                span,
                format!("`{name}` is not a name for an element"),
            )
            .help("write `&lt;` for a `<` in text");
            return None;
        }
        if self.open.len() >= MAX_DEPTH {
            self.error(
                error::PARSE,
                span,
                format!("elements nest deeper than {MAX_DEPTH} levels"),
            );
            return None;
        }
        if self.open.is_empty() && self.root.is_some() {
            self.error(
                error::PARSE,
                span,
                format!("`<{name}>` stands after the end of the document"),
            )
            .help("a document has one `<Response>`; put everything into it");
            return None;
        }
        let attributes = self.attributes(tag, span.start);
        self.open.push(Element {
            name,
            span,
            attributes,
            children: Vec::new(),
        });
        Some(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Child::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str, span: Span) {
        if let Some(parent) = self.open.last_mut() {
            if let Some(Child::Text(run)) = parent.children.last_mut() {
                run.text.push_str(text);
                run.span.end = span.end;
            } else if !text.is_empty() {
                let text = text.to_owned();
                parent.children.push(Child::Text(Text { text, span }));
            }
            return;
        }
        let trimmed = text.trim_start();
        if trimmed.is_empty() {
            return;
        }
        let span = span.start + (text.len() - trimmed.len())..span.end;
        if self.root.is_some() {
            // Kazoo ignores it, and a notice printed by PHP after the document
            // is no reason to lose a call.
            self.report
                .warn(error::PARSE, span, "text after `</Response>` is ignored");
        } else {
            self.error(error::PARSE, span, "text before `<Response>`")
                .help("a document is XML and begins with `<?xml` or `<Response>`");
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, span: Span) {
        let resolved = if reference.is_char_ref() {
            reference
                .resolve_char_ref()
                .ok()
                .flatten()
                .map(String::from)
        } else {
            resolve_predefined_entity(reference).map(String::from)
        };
        match resolved {
            Some(text) => self.text(&text, span),
            None => {
                let name = reference.to_string();
                self.unknown_reference(&name, span);
            }
        }
    }

    fn unknown_reference(&mut self, name: &str, span: Span) {
        self.error(
            error::PARSE,
            span,
            format!("`&{name};` is not known in XML"),
        )
        .help(
            "XML has `&amp;` `&lt;` `&gt;` `&quot;` `&apos;` and numbers as in `&#160;`; \
             write `&amp;` for an `&` in text or in a URL",
        );
    }

    fn declaration(&mut self, span: Span) {
        if span.start != 0 {
            self.error(
                error::PARSE,
                span,
                "the XML declaration is not at the start",
            )
            .help("remove the blank lines and spaces before `<?xml`");
        }
    }

    fn attributes(&mut self, tag: &BytesStart<'_>, start: usize) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        // Positions inside a tag count from after its `<`.
        let start = start + 1;
        for attribute in tag.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    self.bad_attribute(&error, start);
                    continue;
                }
            };
            let name = attribute.key.0;
            let raw: &str = &attribute.value;
            let name_span = self.span_of(name, start);
            let value_span = self.span_of(raw, start);
            if raw.contains('<') {
                self.error(
                    error::PARSE,
                    value_span.clone(),
                    format!("`<` inside the value of `{name}`"),
                )
                .help("write `&lt;`, or close the quote before it");
            }
            match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) => attributes.push(Attribute {
                    name: name.to_owned(),
                    value: value.into_owned(),
                    name_span,
                    value_span,
                }),
                Err(error) => self.bad_value(&error, name, value_span),
            }
        }
        attributes
    }

    /// Where a part of the source stands in it. The reader lends out parts of
    /// the source itself, so their addresses tell.
    fn span_of(&self, part: &str, fallback: usize) -> Span {
        let start = (part.as_ptr() as usize)
            .checked_sub(self.source.as_ptr() as usize)
            .filter(|start| start + part.len() <= self.source.len())
            .unwrap_or(fallback);
        start..start + part.len()
    }

    fn bad_attribute(&mut self, error: &AttrError, start: usize) {
        let (offset, message, help) = match error {
            AttrError::Duplicated(again, _) => (
                *again,
                "this attribute stands here twice",
                "remove one of the two",
            ),
            AttrError::ExpectedEq(offset) => (
                *offset,
                "an attribute without a value",
                "write it as `name=\"value\"`",
            ),
            AttrError::ExpectedValue(offset)
            | AttrError::UnquotedValue(offset)
            | AttrError::ExpectedQuote(offset, _) => (
                *offset,
                "the value of an attribute is not in quotes",
                "write it as `name=\"value\"`",
            ),
        };
        let place = start + offset;
        self.error(error::PARSE, place..place + 1, message)
            .help(help);
    }

    fn bad_value(&mut self, error: &Error, name: &str, span: Span) {
        match error {
            Error::Escape(EscapeError::UnrecognizedEntity(range, entity)) => {
                // The reader counts from after the `&`.
                let place = span.start + range.start.saturating_sub(1)..span.start + range.end;
                self.unknown_reference(entity, place);
            }
            Error::Escape(EscapeError::UnterminatedEntity(range)) => {
                let place = span.start + range.start;
                self.bare_ampersand(place);
            }
            _ => {
                self.error(
                    error::PARSE,
                    span,
                    format!("a character reference in `{name}` is not one"),
                )
                .help("write the number of a character, as in `&#233;` or `&#xE9;`");
            }
        }
    }

    fn bare_ampersand(&mut self, place: usize) {
        self.error(error::PARSE, place..place + 1, "an `&` on its own")
            .help("write `&amp;`, in URLs too: `?a=1&amp;b=2`");
    }

    /// An error of the reader, after which it cannot go on.
    fn broken(&mut self, error: &Error, place: usize) {
        let end = self.source.len();
        let span = place.min(end)..(place + 1).min(end);
        match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => self.bare_ampersand(place),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let opened = self.open.last().map_or(0, |element| element.span.start);
                let opened = self.place(opened);
                self.error(
                    error::PARSE,
                    span,
                    format!("`</{found}>` cannot close `<{expected}>`, opened at {opened}"),
                )
                .help(format!("write `</{expected}>`; capitals matter"));
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(name)) => {
                self.error(
                    error::PARSE,
                    span,
                    format!("`</{name}>` closes nothing that is open"),
                );
            }
            Error::Syntax(syntax) => {
                let inside = match syntax {
                    SyntaxError::InvalidBangMarkup => "after `<!`",
                    SyntaxError::UnclosedPI => "inside `<?…?>`",
                    SyntaxError::UnclosedXmlDecl => "inside the XML declaration",
                    SyntaxError::UnclosedComment => "inside a comment",
                    SyntaxError::UnclosedDoctype => "inside a document type",
                    SyntaxError::UnclosedCData => "inside a CDATA section",
                    SyntaxError::UnclosedTag => "inside a tag",
                    SyntaxError::UnclosedSingleQuotedAttributeValue
                    | SyntaxError::UnclosedDoubleQuotedAttributeValue => {
                        "inside the value of an attribute"
                    }
                };
                self.error(error::PARSE, span, format!("the document ends {inside}"));
            }
            other => {
                self.error(error::PARSE, span, format!("not well-formed XML: {other}"));
            }
        }
    }

    fn finish(mut self) -> Option<Element> {
        if let Some(element) = self.open.pop() {
            let place = self.place(element.span.start);
            let name = element.name;
            self.error(
                error::PARSE,
                element.span,
                format!("`<{name}>` opened at {place} is never closed"),
            )
            .help(format!(
                "add `</{name}>`; if it is in your file, the answer was cut off on the way"
            ));
            return None;
        }
        if self.root.is_none() && !self.report.has_errors() {
            let end = self.source.len();
            let (code, message) = if self.source.is_empty() {
                (error::EMPTY, "the document is empty")
            } else {
                (error::PARSE, "there is no `<Response>` in the document")
            };
            self.error(code, end..end, message)
                .help("the shortest document is `<Response/>`, which hangs up");
        }
        self.root
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':')
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '·'))
}
