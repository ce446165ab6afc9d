//! `<Pause>` waits in silence. As the first verb of a call it delays the answer.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `length` | 1 | seconds, from 1 to 86400 |
//!
//! ```xml
//! <Response><Pause length="2"/><Say>Sorry to keep you waiting.</Say></Response>
//! ```
//!
//! A document that holds nothing but a `<Pause>` never answers.

use std::time::Duration;

use super::Verb;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

#[derive(Debug, Clone, PartialEq)]
pub struct Pause {
    pub length: Duration,
}

impl Verb for Pause {
    const NAME: &'static str = "Pause";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let length = attributes.seconds("length", 13910, 1..=86_400, 1);
        attributes.finish();
        attr::no_elements(element, report);
        attr::no_text(element, report);
        Self { length }
    }
}
