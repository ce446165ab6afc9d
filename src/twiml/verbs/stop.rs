//! `<Stop>` ends what `<Start>` began.
//!
//! It has no attributes. Inside it: `<Recording name="…"/>`; without a name it is
//! the recording that was started last. A name that nothing has is a warning.
//! `<Stream>`, `<Siprec>` and `<Transcription>` are never started, so there is
//! nothing to stop.
//!
//! ```xml
//! <Response><Stop><Recording name="all"/></Stop><Say>Not recorded any more.</Say></Response>
//! ```

use super::Verb;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::nouns::live;
use crate::twiml::{error, later};

const NAMES: &[&str] = &["Recording", "Stream", "Siprec", "Transcription"];

#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Names of recordings.
    pub recordings: Vec<Option<String>>,
}

impl Verb for Stop {
    const NAME: &'static str = "Stop";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        Attributes::of(element, report).finish();
        attr::no_text(element, report);
        let mut recordings = Vec::new();
        for child in element.elements() {
            if !NAMES.contains(&child.name.as_str()) {
                attr::stranger(child, element, NAMES, error::SCHEMA, report);
                continue;
            }
            let mut attributes = Attributes::of(child, report);
            let name = attributes.text("name");
            if live::NAMES.contains(&child.name.as_str()) {
                // Twilio's libraries write all that <Start> has here too.
                later::warn(report, child.span.clone(), &format!("`<{}>`", child.name));
            } else {
                attributes.finish();
                attr::no_elements(child, report);
                attr::no_text(child, report);
                recordings.push(name);
            }
        }
        Self { recordings }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        for name in &self.recordings {
            call.stop_beside(name.as_deref()).await?;
        }
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn recordings_are_named_or_not() {
        let stop = clean::<Stop>("<Stop><Recording name='a'/><Recording/></Stop>");
        assert_eq!(stop.recordings, [Some("a".into()), None]);
    }

    #[test]
    fn what_was_never_started_is_not_stopped() {
        for (xml, codes) in [
            ("<Stop><Stream name='a'/></Stop>", vec![12200]),
            ("<Stop><Say>x</Say></Stop>", vec![12200]),
            ("<Stop name='a'/>", vec![12200]),
            ("<Stop><Recording id='a'/></Stop>", vec![12200]),
        ] {
            let (stop, found) = read::<Stop>(xml);
            assert_eq!(stop.recordings.iter().flatten().count(), 0, "{xml}");
            assert_eq!(found, codes, "{xml}");
        }
    }
}
