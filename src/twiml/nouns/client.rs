//! `<Client>` in a `<Dial>`: a registered client, by its text or by an
//! `<Identity>` inside. Each `<Parameter name="order" value="7"/>` inside reaches it
//! as the header `X-order` of its INVITE, with `-` for `_`.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `url`, `method` | none, POST | a document that the one who answered runs first; its end connects, `<Hangup>` refuses |
//! | `statusCallback`, `…Method`, `…Event` | none, POST, `completed` | who is told `initiated`, `ringing`, `answered`, `completed` |

use super::{identity, leg, text_span};
use crate::call::ops::{Endpoint, Target};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

const CHILDREN: &[&str] = &["Identity", "Parameter"];

pub(super) fn read(noun: &Element, report: &mut Report) -> Option<Target> {
    let mut attributes = Attributes::of(noun, report);
    let shared = leg::read(&mut attributes, error::SCHEMA);
    // Push notifications are the business of whoever the client registers with.
    attributes.raw("clientNotificationUrl");
    attributes.finish();
    let mut text = noun.text();
    let mut headers: Vec<(String, String)> = Vec::new();
    for child in noun.elements() {
        match child.name.as_str() {
            "Identity" => {
                Attributes::of(child, report).finish();
                text = child.text();
            }
            "Parameter" => {
                if let Some((name, value)) = read_parameter(child, report) {
                    headers.retain(|(known, _)| *known != name);
                    headers.push((name, value));
                }
            }
            _ => attr::stranger(child, noun, CHILDREN, error::SCHEMA, report),
        }
    }
    let name = identity(&text, text_span(noun), report)?;
    Some(shared.onto(Target {
        headers,
        ..Target::new(Endpoint::Client(name))
    }))
}

/// A parameter becomes a header of the INVITE.
fn read_parameter(parameter: &Element, report: &mut Report) -> Option<(String, String)> {
    let mut attributes = Attributes::of(parameter, report);
    let name = attributes.text_if(
        "name",
        error::SCHEMA,
        "a parameter becomes a SIP header: letters, digits, `_` and `-`",
        |name| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            !name.is_empty() && name.len() <= 128 && name.chars().all(plain)
        },
    );
    let value = attributes.text("value").unwrap_or_default();
    attributes.finish();
    // An underscore is no part of a header's name that all devices take.
    Some((format!("X-{}", name?.replace('_', "-")), value))
}
