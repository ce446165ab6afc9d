//! `<Echo>` lets callers hear themselves, until they hang up.
//!
//! No attributes. Verbs after it are not reached. Keys are not echoed.
//!
//! ```xml
//! <Response><Say>Say something.</Say><Echo/></Response>
//! ```

use super::Verb;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

#[derive(Debug, Clone, PartialEq)]
pub struct Echo;

impl Verb for Echo {
    const NAME: &'static str = "Echo";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        Attributes::of(element, report).finish();
        attr::no_elements(element, report);
        attr::no_text(element, report);
        Self
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        call.answer().await?;
        call.echo().await?;
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::Echo;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn it_has_nothing_inside() {
        assert_eq!(clean::<Echo>("<Echo/>"), Echo);
        assert_eq!(read::<Echo>("<Echo timeout='5'>x</Echo>").1, [12200, 12200]);
    }
}
