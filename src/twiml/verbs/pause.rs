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
use crate::call::{Call, Interrupt};
use crate::program::Flow;
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

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        call.pause(self.length).await?;
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pause;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn the_length_is_a_second_unless_it_is_given() {
        assert_eq!(clean::<Pause>("<Pause/>").length, Duration::from_secs(1));
        assert_eq!(
            clean::<Pause>("<Pause length=' 10 '/>").length,
            Duration::from_secs(10)
        );
    }

    #[test]
    fn a_bad_length_is_a_second_and_too_long_a_one_a_day() {
        for bad in ["0", "-3", "", "2.5", "abc", "1e3"] {
            let (pause, codes) = read::<Pause>(&format!("<Pause length='{bad}'/>"));
            assert_eq!(
                (pause.length, codes),
                (Duration::from_secs(1), vec![13910]),
                "{bad}"
            );
        }
        let (pause, codes) = read::<Pause>("<Pause length='999999'/>");
        assert_eq!((pause.length.as_secs(), codes), (86_400, vec![13910]));
    }
}
