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
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::program::{Flow, Request};
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

    async fn run(&self, _call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        Ok(Flow::Fetch(Request {
            url: self.url.clone(),
            method: self.method,
            params: Vec::new(),
            why: "Redirect".into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Redirect;
    use crate::config::Method;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn the_text_is_the_url() {
        let redirect =
            clean::<Redirect>("<Redirect>\n  https://x.example/a?b=1&amp;c=2\n</Redirect>");
        assert_eq!(redirect.url, "https://x.example/a?b=1&c=2");
        assert_eq!(redirect.method, None);
        assert_eq!(
            clean::<Redirect>("<Redirect><![CDATA[/a?b=1&c=2]]></Redirect>").url,
            "/a?b=1&c=2"
        );
        assert_eq!(clean::<Redirect>("<Redirect/>").url, "");
    }

    #[test]
    fn the_method_is_get_or_post() {
        for (written, method) in [
            ("GET", Method::Get),
            ("get", Method::Get),
            ("Post", Method::Post),
        ] {
            let xml = format!("<Redirect method='{written}'>/a</Redirect>");
            assert_eq!(clean::<Redirect>(&xml).method, Some(method));
        }
        let (redirect, codes) = read::<Redirect>("<Redirect method='PATCH'>/a</Redirect>");
        assert_eq!((redirect.method, codes), (None, vec![13710]));
    }
}
