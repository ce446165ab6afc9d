//! `<Queue>` in a `<Dial>`: the caller takes the first who waits in a queue.

use serde::{Deserialize, Serialize};

use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::Attributes;
use crate::twiml::element::Element;
use crate::twiml::later;
use crate::twiml::verbs::dial::Dial;

#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    pub name: String,
}

/// What must be remembered between operations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Progress {}

impl Queue {
    pub(super) fn read(noun: &Element, report: &mut Report) -> Self {
        later::warn(report, noun.span.clone(), "`<Queue>` in `<Dial>`");
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
        call.warn("<Queue> is skipped");
        Ok(Flow::Next)
    }
}
