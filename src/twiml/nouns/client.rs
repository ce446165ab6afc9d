//! `<Client>` in a `<Dial>`: a registered client, by its text or by an
//! `<Identity>` inside.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `statusCallback`, `…Method`, `…Event` | none, POST, `completed` | who is told `initiated`, `ringing`, `answered`, `completed` |

use super::{identity, leg, text_span};
use crate::call::ops::{Endpoint, Target};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

const CHILDREN: &[&str] = &["Identity"];

pub(super) fn read(noun: &Element, report: &mut Report) -> Option<Target> {
    let mut attributes = Attributes::of(noun, report);
    let shared = leg::read(&mut attributes);
    attributes.finish();
    let mut text = noun.text();
    for child in noun.elements() {
        match child.name.as_str() {
            "Identity" => {
                Attributes::of(child, report).finish();
                text = child.text();
            }
            _ => attr::stranger(child, noun, CHILDREN, error::SCHEMA, report),
        }
    }
    let name = identity(&text, text_span(noun), report)?;
    Some(shared.onto(Target::new(Endpoint::Client(name))))
}
