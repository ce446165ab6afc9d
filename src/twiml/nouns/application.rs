//! `<Application>` in a `<Dial>`: another TwiML application takes the call, under a
//! CallSid of its own. When its document ends, `action` is told, or the next verb runs.
//! Of `<Dial>`, `action` and `method` are all that it needs: nobody is rung or recorded,
//! and the application itself says how long it has the call.
//!
//! Its text, or an `<ApplicationSid>` inside, is a name of `[applications]`. Each
//! `<Parameter name="x" value="1"/>` inside is sent to it as `Param_x`.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `customerId` | none | sent as `CustomerId` |
//! | `copyParentTo` | false | `To` is the number that the caller dialled, not the application |
//! | `statusCallback`, `…Method`, `…Event` | none, POST, `completed` | who is told `initiated`, `answered`, `completed` |

use std::time::Duration;

use url::Url;

use super::{leg, text_span};
use crate::call::ops::{DialOutcome, Dialled, Owed, OwedAbout, RunApplication};
use crate::call::{Call, Cause, Interrupt, Notify};
use crate::program::{Flow, Request};
use crate::report::{Differs, Report};
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;
use crate::twiml::verbs::dial::{self, Dial};

#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    /// None when it cannot be used.
    pub name: Option<String>,
    pub customer_id: Option<String>,
    pub copy_parent_to: bool,
    pub parameters: Vec<(String, String)>,
    pub notify: Option<Notify>,
}

const CHILDREN: &[&str] = &["ApplicationSid", "Parameter"];

/// What a `<Dial>` says about parties that are rung.
const OF_THE_RUNG: &[&str] = &[
    "timeout",
    "timeLimit",
    "callerId",
    "hangupOnStar",
    "answerOnBridge",
    "sequential",
    "ringTone",
    "record",
    "recordingUrl",
];

impl Application {
    pub(super) fn read(noun: &Element, dial: &Element, report: &mut Report) -> Self {
        for written in OF_THE_RUNG.iter().filter_map(|name| dial.attribute(name)) {
            let message = format!("`{}` has no effect on an application", written.name);
            report
                .warn(13215, written.name_span.clone(), message)
                .help("leave it out; only `action` and `method` have one")
                .differs(Differs::Ignored);
        }
        let mut attributes = Attributes::of(noun, report);
        let notify = leg::read_notify(&mut attributes);
        for name in ["url", "method"] {
            attributes.ignored(
                name,
                error::SCHEMA,
                "the application's document is that of `[applications]`",
            );
        }
        let customer_id = attributes.text_if(
            "customerId",
            error::SCHEMA,
            "write at most 256 characters",
            |id| !id.is_empty() && id.chars().count() <= 256,
        );
        let copy_parent_to = attributes.flag("copyParentTo", error::SCHEMA, false);
        attributes.finish();
        let mut name = noun.text();
        let mut parameters = Vec::new();
        for child in noun.elements() {
            match child.name.as_str() {
                "ApplicationSid" => {
                    Attributes::of(child, report).finish();
                    name = child.text();
                }
                "Parameter" => {
                    let mut attributes = Attributes::of(child, report);
                    let name = attributes.text("name");
                    let value = attributes.text("value").unwrap_or_default();
                    attributes.finish();
                    if let Some(name) = name {
                        parameters.retain(|(known, _)| *known != name);
                        parameters.push((name, value));
                    }
                }
                _ => attr::stranger(child, noun, CHILDREN, error::SCHEMA, report),
            }
        }
        if name.is_empty() {
            report
                .warn(13215, text_span(noun), "this `<Application>` names none")
                .help("write a name of `[applications]`");
        }
        Self {
            name: Some(name).filter(|name| !name.is_empty()),
            customer_id,
            copy_parent_to,
            parameters,
            notify,
        }
    }

    pub(super) fn resolve(&mut self, document: &Url) {
        if let Some(notify) = &mut self.notify {
            notify.resolve(document);
        }
    }

    /// What the `<Dial>` does that has this noun.
    pub async fn run(&self, dial: &Dial, call: &mut Call) -> Result<Flow, Interrupt> {
        let action = dial.action_request();
        let name = self.name.as_deref().unwrap_or_default();
        let url = call.services().config.applications.get(name).cloned();
        let dialled = match url {
            None => {
                call.warn(format!(
                    "no application {name:?}; [applications] names those that there are"
                ));
                dialled(DialOutcome::Failed, None, Duration::ZERO)
            }
            Some(url) => {
                if let Some(request) = &action {
                    call.owe(Owed {
                        request: request.clone(),
                        about: OwedAbout::Dial,
                    });
                }
                let ran = call
                    .run_application(self.asked_at(url.into(), call))
                    .await?;
                if action.is_some() {
                    call.forget_owed();
                }
                dialled(ran.outcome, Some(ran.sid), ran.lasted)
            }
        };
        Ok(match action {
            Some(request) => Flow::Fetch(Request {
                params: dial::params(&dialled),
                ..request
            }),
            None => Flow::Next,
        })
    }

    fn asked_at(&self, url: String, call: &Call) -> RunApplication {
        let mut params: Vec<_> = self
            .parameters
            .iter()
            .map(|(name, value)| (format!("Param_{name}"), value.clone()))
            .collect();
        if let Some(id) = &self.customer_id {
            params.push(("CustomerId".into(), id.clone()));
        }
        let name = self.name.clone().unwrap_or_default();
        if name.starts_with("AP") {
            params.push(("ApplicationSid".into(), name.clone()));
        }
        RunApplication {
            request: Request {
                url,
                method: None,
                params,
                why: "application".into(),
            },
            to: if self.copy_parent_to {
                call.facts().dialled.clone()
            } else {
                name
            },
            notify: self.notify.clone(),
        }
    }
}

fn dialled(outcome: DialOutcome, leg: Option<String>, talked: Duration) -> Dialled {
    Dialled {
        outcome,
        cause: Cause::NORMAL,
        sip_code: None,
        leg,
        bridged: outcome == DialOutcome::Completed,
        call_id: None,
        headers: Vec::new(),
        referred: None,
        talked,
        recording: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::twiml::verbs::dial::Dial;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn what_only_those_who_are_rung_heed_is_warned_about() {
        clean::<Dial>("<Dial action='/a' method='GET'><Application>x</Application></Dial>");
        let (_, codes) = read::<Dial>(
            "<Dial action='/a' timeout='20' record='true'><Application>x</Application></Dial>",
        );
        assert_eq!(codes, [13215, 13215]);
    }
}
