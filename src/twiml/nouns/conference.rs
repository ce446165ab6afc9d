//! `<Conference>` in a `<Dial>`: the caller joins a room.

use serde::{Deserialize, Serialize};

use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::Attributes;
use crate::twiml::element::Element;
use crate::twiml::later;
use crate::twiml::verbs::dial::Dial;

#[derive(Debug, Clone, PartialEq)]
pub struct Conference {
    pub name: String,
}

/// What must be remembered while a document runs beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Progress {}

impl Conference {
    pub(super) fn read(noun: &Element, report: &mut Report) -> Self {
        later::warn(report, noun.span.clone(), "`<Conference>` in `<Dial>`");
        Attributes::of(noun, report).finish();
        Self { name: noun.text() }
    }

    /// What the `<Dial>` does that has this noun.
    pub async fn run(
        &self,
        _dial: &Dial,
        call: &mut Call,
        _at: &mut Progress,
    ) -> Result<Flow, Interrupt> {
        call.warn("<Conference> is skipped");
        Ok(Flow::Next)
    }
}
