//! Writing a tree back as XML: SSML for speech engines, and the tests' check
//! that reading loses nothing.

use std::fmt::{self, Write};

use super::element::{Attribute, Child, Element};

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        start_tag(f, &self.name, &self.attributes)?;
        if self.children.is_empty() {
            return f.write_str("/>");
        }
        f.write_char('>')?;
        for child in &self.children {
            match child {
                Child::Element(element) => write!(f, "{element}")?,
                Child::Text(text) => write_text(f, &text.text)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// `<name a="1"`, still open.
pub(super) fn start_tag<'a>(
    out: &mut impl Write,
    name: &str,
    attributes: impl IntoIterator<Item = &'a Attribute>,
) -> fmt::Result {
    write!(out, "<{name}")?;
    for attribute in attributes {
        write!(out, " {}=\"", attribute.name)?;
        for c in attribute.value.chars() {
            match c {
                '"' => out.write_str("&quot;")?,
                // Written as they are, they would be read as spaces.
                '\n' | '\t' => write!(out, "&#{};", u32::from(c))?,
                _ => write_char(out, c)?,
            }
        }
        out.write_char('"')?;
    }
    Ok(())
}

pub(super) fn write_text(out: &mut impl Write, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| write_char(out, c))
}

fn write_char(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '&' => out.write_str("&amp;"),
        '<' => out.write_str("&lt;"),
        '>' => out.write_str("&gt;"),
        '\r' => out.write_str("&#13;"),
        _ => out.write_char(c),
    }
}
