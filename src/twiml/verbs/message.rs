//! `<Message>` sends a text message, beside the call: [`super::sms`] under its newer name.
//!
//! The attributes are those of `<Sms>`. The text stands between the tags or in a
//! `<Body>`; a `<Media>` holds the URL of a picture.
//!
//! ```xml
//! <Response><Message><Body>Your ticket</Body><Media>/ticket.png</Media></Message></Response>
//! ```

use url::Url;

use super::Verb;
use super::sms::Sms;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

#[derive(Debug, Clone, PartialEq)]
pub struct Message(pub Sms);

impl Verb for Message {
    const NAME: &'static str = "Message";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut body = element.text();
        let mut media = Vec::new();
        for child in element.elements() {
            match child.name.as_str() {
                "Body" => body.push_str(&child.text()),
                "Media" => media.push(child.text()),
                _ => {
                    attr::stranger(child, element, &["Body", "Media"], error::SCHEMA, report);
                    continue;
                }
            }
            Attributes::of(child, report).finish();
            attr::no_elements(child, report);
        }
        Self(Sms::read_with(element, body, media, report))
    }

    fn resolve(&mut self, document: &Url) {
        self.0.resolve(document);
    }

    async fn run(&self, call: &mut Call, at: &mut ()) -> Result<Flow, Interrupt> {
        self.0.run(call, at).await
    }
}

#[cfg(test)]
mod tests {
    use super::Message;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn the_text_stands_in_it_or_in_its_body() {
        assert_eq!(
            clean::<Message>("<Message>Hello</Message>").0.message.body,
            "Hello"
        );
        let message =
            clean::<Message>("<Message to='1'><Body>Hello</Body><Media>/a.png</Media></Message>")
                .0
                .message;
        assert_eq!(
            (message.body.as_str(), message.to.as_deref()),
            ("Hello", Some("1"))
        );
        assert_eq!(message.media, ["/a.png"]);
        assert_eq!(
            read::<Message>("<Message><Text>x</Text></Message>").1,
            [12200, 14103]
        );
    }
}
