//! `<Redirect>` goes on with another document. It does not answer the call, and
//! verbs after it are not reached.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `method` | POST | `GET` or `POST` |
//!
//! The text is the URL, absolute or relative to this document; without a text
//! this document is requested again.
//!
//! ```xml
//! <Response><Redirect method="GET">/menu?try=2&amp;lang=en</Redirect></Response>
//! ```
//!
//! The default method can be changed with `verb_method`.

use super::Verb;
use crate::config::Method;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

#[derive(Debug, Clone, PartialEq)]
pub struct Redirect {
    pub url: String,
    pub method: Option<Method>,
}

impl Verb for Redirect {
    const NAME: &'static str = "Redirect";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let method = attributes.method("method", 13710);
        attributes.finish();
        attr::no_elements(element, report);
        let url = element.text();
        if let Some(text) = element.texts().next() {
            attr::check_url(&url, text.span.clone(), report);
        }
        Self { url, method }
    }
}
