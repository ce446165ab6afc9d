//! `<Leave>` takes the caller out of the queue, in a document of `<Enqueue>`'s
//! `waitUrl`: the verb after that `<Enqueue>` is run, or its `action` asked with
//! `QueueResult=leave`. In any other document it is the end of the document.
//!
//! No attributes.
//!
//! ```xml
//! <Response><Say>You can leave us a message now.</Say><Leave/></Response>
//! ```

use super::Verb;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

#[derive(Debug, Clone, PartialEq)]
pub struct Leave;

impl Verb for Leave {
    const NAME: &'static str = "Leave";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        Attributes::of(element, report).finish();
        attr::no_elements(element, report);
        attr::no_text(element, report);
        Self
    }

    async fn run(&self, _call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        Ok(Flow::Leave)
    }
}

#[cfg(test)]
mod tests {
    use super::Leave;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn it_has_nothing_inside() {
        assert_eq!(clean::<Leave>("<Leave/>"), Leave);
        assert_eq!(read::<Leave>("<Leave x='1'>now</Leave>").1, [12200, 12200]);
    }
}
