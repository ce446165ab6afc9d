//! `<Refer>` asks the caller's phone by SIP REFER to call somebody else, and waits for
//! what comes of it.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | where the result is told; without it a caller who was referred is hung up, and after a failure the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//!
//! One `<Sip>` inside has the address, with `X-` headers for the new call behind a `?`.
//! Only a SIP call can be referred (13801). It is answered first.
//!
//! ```xml
//! <Response>
//!   <Refer action="/referred"><Sip>sip:anna@example.com?X-Account=4711</Sip></Refer>
//! </Response>
//! ```
//!
//! `action` gets `ReferCallStatus`: `in-progress` when the phone has reached the
//! address, `busy`, `no-answer` or `failed` when it has not, and `canceled` when the
//! caller hung up before; `ReferSipResponseCode`, the answer to the REFER, and
//! `NotifySipResponseCode`, what became of the new call. Of a failure Asterisk tells one
//! code and not which of the two it is: 400, 405, 420, 481, 489 and 501 are told as the
//! first, since no call ends with them, and all others as the second. A phone that takes
//! the REFER and suppresses the NOTIFYs (`Refer-Sub: false`) counts as one that has
//! reached the address.
//!
//! The caller hears silence meanwhile. It needs the context `[pivot-refer]` of
//! `asterisk-conf/extensions.conf`; without it the REFER has `failed`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Verb;
use crate::call::ops::{Endpoint, Owed, OwedAbout, ReferEnd};
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;
use crate::twiml::nouns::sip;

/// Codes that answer a REFER and cannot be the end of a call.
const ANSWERS: &[u16] = &[400, 405, 420, 481, 489, 501];

/// What stays as it is in the value of a header in a URI (RFC 3261, `hvalue`).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*');

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refer {
    pub action: Option<String>,
    pub method: Option<Method>,
    /// With its headers. None when there is no address that can be used.
    pub to: Option<String>,
}

impl Verb for Refer {
    const NAME: &'static str = "Refer";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", error::SCHEMA);
        attributes.finish();
        attr::no_text(element, report);
        let mut to = None;
        let mut nouns = 0;
        for child in element.elements() {
            if child.name != "Sip" {
                attr::stranger(child, element, &["Sip"], error::SCHEMA, report);
                continue;
            }
            nouns += 1;
            if nouns == 2 {
                report.warn(
                    error::SCHEMA,
                    child.span.clone(),
                    "only the first `<Sip>` of a `<Refer>` is used",
                );
            }
            if nouns == 1 {
                to = read_address(child, report);
            }
        }
        if nouns == 0 {
            report
                .warn(
                    error::SCHEMA,
                    element.span.clone(),
                    "a `<Refer>` without a noun refers the caller to nobody",
                )
                .help("write an address into it, as in `<Sip>sip:anna@example.com</Sip>`");
        }
        Self { action, method, to }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        let request = self.action.clone().map(|url| Request {
            url,
            method: self.method,
            params: Vec::new(),
            why: "Refer action".into(),
        });
        call.answer().await?;
        let end = match &self.to {
            Some(to) => {
                if let Some(request) = &request {
                    call.owe(Owed {
                        request: request.clone(),
                        about: OwedAbout::Refer,
                    });
                }
                let end = call.refer(to).await?;
                if request.is_some() {
                    call.forget_owed();
                }
                end
            }
            None => {
                call.warn("nobody to refer the caller to");
                ReferEnd::Unsent
            }
        };
        Ok(match request {
            Some(request) => Flow::Fetch(Request {
                params: params(end),
                ..request
            }),
            None if end == ReferEnd::Followed => Flow::Stop(None),
            None => Flow::Next,
        })
    }
}

/// The URI of a `<Sip>`, with the headers that it may have.
fn read_address(noun: &Element, report: &mut Report) -> Option<String> {
    Attributes::of(noun, report).finish();
    attr::no_elements(noun, report);
    let span = noun
        .texts()
        .next()
        .map_or_else(|| noun.span.clone(), |text| text.span.clone());
    let target = sip::target(&noun.text(), span, report)?;
    let Endpoint::Sip(mut uri) = target.endpoint else {
        return None;
    };
    for (place, (name, value)) in target.headers.iter().enumerate() {
        uri.push(if place == 0 { '?' } else { '&' });
        uri.push_str(&format!("{name}={}", utf8_percent_encode(value, VALUE)));
    }
    Some(uri)
}

/// What `action` is told.
pub(crate) fn params(end: ReferEnd) -> Vec<(String, String)> {
    let (status, answer, told) = match end {
        ReferEnd::Followed => ("in-progress", Some(202), Some(200)),
        ReferEnd::Failed(Some(code)) if ANSWERS.contains(&code) => ("failed", Some(code), None),
        ReferEnd::Failed(Some(code @ (486 | 600))) => ("busy", None, Some(code)),
        ReferEnd::Failed(Some(code @ (408 | 480 | 487))) => ("no-answer", None, Some(code)),
        ReferEnd::Failed(code) => ("failed", None, code),
        ReferEnd::Unsent => ("failed", None, None),
        ReferEnd::Canceled => ("canceled", None, None),
    };
    let mut params = vec![("ReferCallStatus".to_owned(), status.to_owned())];
    for (name, code) in [
        ("ReferSipResponseCode", answer),
        ("NotifySipResponseCode", told),
    ] {
        params.extend(code.map(|code: u16| (name.to_owned(), code.to_string())));
    }
    params
}

#[cfg(test)]
mod tests {
    use super::{Refer, ReferEnd, params};
    use crate::config::Method;
    use crate::twiml::verbs::reading::{clean, read};

    fn to(address: &str) -> Option<String> {
        clean::<Refer>(&format!("<Refer><Sip>{address}</Sip></Refer>")).to
    }

    #[test]
    fn attributes_are_read() {
        let refer =
            clean::<Refer>("<Refer action='/r' method='GET'><Sip>anna@example.com</Sip></Refer>");
        let expected = Refer {
            action: Some("/r".into()),
            method: Some(Method::Get),
            to: Some("sip:anna@example.com".into()),
        };
        assert_eq!(refer, expected);
        let refer = clean::<Refer>("<Refer><Sip>sips:anna@example.com</Sip></Refer>");
        assert_eq!((refer.action, refer.method), (None, None));
    }

    #[test]
    fn headers_stay_in_the_address() {
        let written = "sip:anna@example.com;transport=tcp?x-account=47%2011&amp;User-to-User=12%3Bencoding%3Dhex";
        let uri =
            "sip:anna@example.com;transport=tcp?X-Account=47%2011&User-to-User=12%3Bencoding%3Dhex";
        assert_eq!(to(written).as_deref(), Some(uri));
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        for (xml, code, to) in [
            ("<Refer/>", 12200, None),
            ("<Refer><Number>1</Number></Refer>", 12200, None),
            ("<Refer><Sip>sip:</Sip></Refer>", 13243, None),
            ("<Refer><Sip>sip:a@h&gt;,b</Sip></Refer>", 13243, None),
            ("<Refer>x<Sip>a@h</Sip></Refer>", 12200, Some("sip:a@h")),
            (
                "<Refer><Sip>a@h?Via=1</Sip></Refer>",
                13252,
                Some("sip:a@h"),
            ),
            (
                "<Refer><Sip>a@h</Sip><Sip>b@h</Sip></Refer>",
                12200,
                Some("sip:a@h"),
            ),
            (
                "<Refer method='PUT'><Sip>a@h</Sip></Refer>",
                12200,
                Some("sip:a@h"),
            ),
            (
                "<Refer action='ftp://h/'><Sip>a@h</Sip></Refer>",
                11100,
                Some("sip:a@h"),
            ),
        ] {
            let (refer, codes) = read::<Refer>(xml);
            assert!(codes.contains(&code), "{xml} {codes:?}");
            assert_eq!(refer.to.as_deref(), to, "{xml}");
        }
    }

    #[test]
    fn what_action_is_told() {
        for (end, expected) in [
            (ReferEnd::Followed, "in-progress 202 200"),
            (ReferEnd::Failed(Some(486)), "busy - 486"),
            (ReferEnd::Failed(Some(480)), "no-answer - 480"),
            (ReferEnd::Failed(Some(404)), "failed - 404"),
            (ReferEnd::Failed(Some(405)), "failed 405 -"),
            (ReferEnd::Failed(None), "failed - -"),
            (ReferEnd::Unsent, "failed - -"),
            (ReferEnd::Canceled, "canceled - -"),
        ] {
            let params = params(end);
            let value = |name: &str| {
                let found = params.iter().find(|(n, _)| n == name);
                found.map_or("-", |(_, value)| value)
            };
            let told = [
                "ReferCallStatus",
                "ReferSipResponseCode",
                "NotifySipResponseCode",
            ]
            .map(value);
            assert_eq!(told.join(" "), expected);
        }
    }
}
