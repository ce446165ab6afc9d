//! `<Queue>` directly in a `<Response>`, which Twilio's libraries can write: what
//! `<Dial><Queue>` does, with every attribute of `<Dial>` at its default.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `url` | none | what the caller who is taken hears first |
//! | `method` | POST | `GET` or `POST` |
//! | `reservationSid`, `postWorkActivitySid` | | TaskRouter's; read, warned about and ignored |
//!
//! ```xml
//! <Response><Queue>support</Queue></Response>
//! ```

use url::Url;

use super::Verb;
use super::dial::{Dial, Progress};
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::element::{Child, Element};

#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    dial: Dial,
}

impl Verb for Queue {
    const NAME: &'static str = "Queue";
    type Progress = Progress;

    fn read(element: &Element, report: &mut Report) -> Self {
        let around = Element {
            name: Dial::NAME.to_owned(),
            span: element.span.clone(),
            attributes: Vec::new(),
            children: vec![Child::Element(element.clone())],
        };
        Self {
            dial: Dial::read(&around, report),
        }
    }

    fn resolve(&mut self, document: &Url) {
        self.dial.resolve(document);
    }

    async fn run(&self, call: &mut Call, at: &mut Progress) -> Result<Flow, Interrupt> {
        self.dial.run(call, at).await
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;
    use crate::twiml::verbs::dial::Dial;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn it_is_a_dial_with_a_queue() {
        let queue = clean::<Queue>("<Queue url='/greet' method='GET'>support</Queue>");
        let dial = clean::<Dial>("<Dial><Queue url='/greet' method='GET'>support</Queue></Dial>");
        assert_eq!(queue.dial, dial);
    }

    #[test]
    fn what_is_wrong_with_it_is_told() {
        assert_eq!(read::<Queue>("<Queue method='PUT'/>").1, [14210, 14212]);
    }
}
