//! `<Reject>` refuses a call. As the first verb of a call it is never answered;
//! after a verb that answered it, it hangs up.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `reason` | `rejected` | `rejected` (SIP 404) or `busy` (SIP 486) |
//!
//! ```xml
//! <Response><Reject reason="busy"/></Response>
//! ```
//!
//! `<Parameter>` inside, which Twilio's libraries can write, does nothing.

use super::Verb;
use crate::call::{Call, Cause, Interrupt};
use crate::program::{End, Flow};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::parameter;

#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    pub cause: Cause,
}

impl Verb for Reject {
    const NAME: &'static str = "Reject";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let reasons = [("rejected", Cause::UNALLOCATED), ("busy", Cause::BUSY)];
        let mut attributes = Attributes::of(element, report);
        let cause = attributes.choice("reason", 13810, &reasons, Cause::UNALLOCATED);
        attributes.finish();
        parameter::skip(element, report);
        attr::no_text(element, report);
        Self { cause }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        let cause = (!call.is_answered()).then_some(self.cause);
        Ok(Flow::End(End::Hangup(cause)))
    }
}

#[cfg(test)]
mod tests {
    use super::Reject;
    use crate::call::Cause;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn the_reason_becomes_a_cause() {
        assert_eq!(clean::<Reject>("<Reject/>").cause, Cause::UNALLOCATED);
        assert_eq!(
            clean::<Reject>("<Reject reason='rejected'/>").cause,
            Cause::UNALLOCATED
        );
        assert_eq!(
            clean::<Reject>("<Reject reason='Busy'/>").cause,
            Cause::BUSY
        );
        let (reject, codes) = read::<Reject>("<Reject reason='tired'/>");
        assert_eq!((reject.cause, codes), (Cause::UNALLOCATED, vec![13810]));
    }
}
