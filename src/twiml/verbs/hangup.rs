//! `<Hangup>` ends the call. As the first verb of a call it is never answered.
//!
//! No attributes. Verbs after it are not reached.
//!
//! ```xml
//! <Response><Say>Goodbye.</Say><Hangup/></Response>
//! ```
//!
//! `<Parameter>` inside, which Twilio's libraries can write, does nothing.

use super::Verb;
use crate::call::{Call, Interrupt};
use crate::program::{End, Flow};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::parameter;

#[derive(Debug, Clone, PartialEq)]
pub struct Hangup;

impl Verb for Hangup {
    const NAME: &'static str = "Hangup";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        Attributes::of(element, report).finish();
        parameter::skip(element, report);
        attr::no_text(element, report);
        Self
    }

    async fn run(&self, _call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        Ok(Flow::End(End::Hangup(None)))
    }
}

#[cfg(test)]
mod tests {
    use super::Hangup;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn it_has_nothing_inside() {
        assert_eq!(clean::<Hangup>("<Hangup/>"), Hangup);
        assert_eq!(clean::<Hangup>("<Hangup> </Hangup>"), Hangup);
        assert_eq!(
            clean::<Hangup>("<Hangup><Parameter name='a' value='b'/></Hangup>"),
            Hangup
        );
        assert_eq!(read::<Hangup>("<Hangup><Say/></Hangup>").1, [12200]);
        assert_eq!(
            read::<Hangup>("<Hangup x='1'>bye</Hangup>").1,
            [12200, 12200]
        );
    }
}
