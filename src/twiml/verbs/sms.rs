//! `<Sms>` sends a text message, beside the call.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `to` | the caller | |
//! | `from` | the number that was dialled | |
//! | `action` | none | the document that the call goes on with; gets `SmsSid` and `SmsStatus` (`sent` or `failed`) |
//! | `method` | POST | of `action`: `GET` or `POST` |
//! | `statusCallback` | none | told by whoever sends the message what became of it |
//!
//! The text is the message. It is handed to `[sms] url`; without that setting it
//! is not sent, which is a warning, and the call goes on. It does not answer the call.
//!
//! ```xml
//! <Response><Sms to="+14155551212">You called us.</Sms></Response>
//! ```

use url::Url;

use super::Verb;
use crate::call::ops::Message;
use crate::call::{Call, CallbackTarget, Interrupt};
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

#[derive(Debug, Clone, PartialEq)]
pub struct Sms {
    pub message: Message,
    pub action: Option<String>,
    pub method: Option<Method>,
}

/// Neither a text nor a picture.
const EMPTY: u32 = 14103;

impl Verb for Sms {
    const NAME: &'static str = "Sms";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        attr::no_elements(element, report);
        Self::read_with(element, element.text(), Vec::new(), report)
    }

    fn resolve(&mut self, document: &Url) {
        if let Some(target) = &mut self.message.status_callback
            && let Ok(url) = document.join(&target.url)
        {
            target.url = url.into();
        }
        for url in &mut self.message.media {
            if let Ok(absolute) = document.join(url) {
                *url = absolute.into();
            }
        }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        if self.message.body.is_empty() && self.message.media.is_empty() {
            return Ok(Flow::Next);
        }
        let handed = call.send_message(&self.message);
        let Some(url) = &self.action else {
            return Ok(Flow::Next);
        };
        let status = handed.status().to_owned();
        Ok(Flow::Fetch(Request {
            url: url.clone(),
            method: self.method,
            params: vec![
                ("SmsSid".into(), handed.sid.clone()),
                ("MessageSid".into(), handed.sid),
                ("SmsStatus".into(), status.clone()),
                ("MessageStatus".into(), status),
            ],
            why: "Sms action".into(),
        }))
    }
}

impl Sms {
    /// Reads its attributes; `body` and `media` are what is to be sent.
    pub(super) fn read_with(
        element: &Element,
        body: String,
        media: Vec<String>,
        report: &mut Report,
    ) -> Self {
        let mut attributes = Attributes::of(element, report);
        let to = attributes.text("to");
        let from = attributes.text("from");
        let action = attributes.url("action");
        let method = attributes.method("method", error::SCHEMA);
        let status_callback = attributes
            .url("statusCallback")
            .filter(|url| !url.is_empty());
        attributes.finish();
        if body.is_empty() && media.is_empty() {
            report
                .warn(
                    EMPTY,
                    element.span.clone(),
                    format!("a `<{}>` without a text sends nothing", element.name),
                )
                .help("write the text between the tags");
        }
        Self {
            message: Message {
                to,
                from,
                body,
                media,
                status_callback: status_callback.map(|url| CallbackTarget {
                    url,
                    method: Method::Post,
                }),
            },
            action,
            method,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sms;
    use crate::config::Method;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn attributes_are_read() {
        let sms = clean::<Sms>(
            "<Sms to='+1415' from='+1416' action='/a' method='GET' statusCallback='/s'> Hello </Sms>",
        );
        assert_eq!(
            (sms.message.to.as_deref(), sms.message.from.as_deref()),
            (Some("+1415"), Some("+1416"))
        );
        assert_eq!(
            (sms.message.body.as_str(), sms.action.as_deref()),
            ("Hello", Some("/a"))
        );
        assert_eq!(sms.method, Some(Method::Get));
        assert_eq!(sms.message.status_callback.unwrap().url, "/s");
        let sms = clean::<Sms>("<Sms>Hello</Sms>");
        assert_eq!(
            (sms.message.to, sms.action, sms.message.status_callback),
            (None, None, None)
        );
    }

    #[test]
    fn bad_values_are_told() {
        assert_eq!(read::<Sms>("<Sms/>").1, [14103]);
        assert_eq!(read::<Sms>("<Sms method='PUT'>x</Sms>").1, [12200]);
        assert_eq!(read::<Sms>("<Sms action='ftp://x/'>x</Sms>").1, [11100]);
    }
}
