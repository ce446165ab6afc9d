//! `<Sim>` and `<WhatsApp>` in a `<Dial>`: what no PBX can ring. They are read and
//! warned about, and the others beside them ring. Alone they have failed.

use super::{leg, text_span};
use crate::report::{Differs, Report};
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

pub(super) const NAMES: &[&str] = &["Sim", "WhatsApp"];

pub(super) fn read(noun: &Element, report: &mut Report) {
    let (code, what) = match noun.name.as_str() {
        "Sim" => (13258, "a SIM of Twilio's"),
        _ => (13224, "a number at WhatsApp"),
    };
    let mut attributes = Attributes::of(noun, report);
    if noun.name == "WhatsApp" {
        leg::read(&mut attributes, 13221);
    }
    attributes.finish();
    attr::no_elements(noun, report);
    report
        .warn(
            code,
            text_span(noun),
            format!("{what} cannot be reached from here and is not rung"),
        )
        .help("write a `<Number>` or a `<Sip>`")
        .differs(Differs::Refused);
}
