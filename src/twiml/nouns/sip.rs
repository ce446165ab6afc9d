//! `<Sip>` in a `<Dial>`: a SIP address, as its text or in a `<Uri>` inside. The
//! scheme may be missing, and `?X-Name=value` adds headers to the INVITE, as
//! `<Headers><Header name="X-Name" value="…"/></Headers>` does.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `username`, `password` | none | the endpoint of `[dial] sip_accounts` with this `username` answers challenges; Asterisk has its password, the one here is not used |
//! | `url`, `method` | none, POST | a document that the one who answered runs first; its end connects, `<Hangup>` refuses |
//! | `machineDetection` | none | `Enable` or `DetectMessageEnd`: who has answered is found out beside the conversation; not when digits are sent |
//! | `machineDetectionTimeout` | 30 | seconds, from 3 to 60 |
//! | `machineDetectionSpeechThreshold` | 2400 | ms, from 1000 to 6000; who talks for longer at first is a machine |
//! | `machineDetectionSpeechEndThreshold` | 1200 | ms of silence, from 500 to 5000, that end what is said |
//! | `machineDetectionSilenceTimeout` | 5000 | ms of silence, from 2000 to 10000, after which nothing can be said |
//! | `amdStatusCallback`, `…Method` | none, POST | gets `AnsweredBy` (`human`, `machine_start`, `machine_end_beep`, `machine_end_silence`, `machine_end_other`, `fax`, `unknown`) and `MachineDetectionDuration` in ms |
//! | `statusCallback`, `…Method`, `…Event` | none, POST, `completed` | who is told `initiated`, `ringing`, `answered`, `completed` |

use percent_encoding::percent_decode_str;

use super::{leg, text_span};
use crate::call::ops::{Endpoint, Target};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::{Element, Span};
use crate::twiml::error;

const CHILDREN: &[&str] = &["Uri", "Headers"];

/// Headers that a document may set besides those beginning with `X-`.
const SIP_HEADERS: &[&str] = &[
    "User-to-User",
    "Remote-Party-ID",
    "P-Preferred-Identity",
    "P-Called-Party-ID",
];

pub(super) fn read(noun: &Element, report: &mut Report) -> Option<Target> {
    let mut attributes = Attributes::of(noun, report);
    let detection = leg::read_detection(&mut attributes);
    let shared = leg::read(&mut attributes, 13241);
    let mut login = Login::read(&mut attributes);
    attributes.finish();
    let mut uri = (noun.text(), text_span(noun));
    let mut headers = Vec::new();
    let mut best: Option<(u32, u32)> = None;
    for child in noun.elements() {
        match child.name.as_str() {
            "Uri" => {
                let mut attributes = Attributes::of(child, report);
                let priority = attributes.number("priority", error::SCHEMA, 0..=65_535);
                let weight = attributes.number("weight", error::SCHEMA, 0..=65_535);
                let own = Login::read(&mut attributes);
                attributes.finish();
                // As with SRV records: the lowest priority, of those the greatest weight.
                let rank = (priority.unwrap_or(0), u32::MAX - weight.unwrap_or_default());
                if best.is_some() {
                    report.warn(
                        error::SCHEMA,
                        child.span.clone(),
                        "only the first `<Uri>` by priority and weight is rung",
                    );
                }
                if best.is_none_or(|best| rank < best) {
                    best = Some(rank);
                    uri = (child.text(), text_span(child));
                    if own.username.is_some() {
                        login = own;
                    }
                }
            }
            "Headers" => headers.extend(read_headers(child, report)),
            _ => attr::stranger(child, noun, CHILDREN, error::SCHEMA, report),
        }
    }
    let (text, span) = uri;
    let mut target = shared.onto(target(&text, span, report)?);
    target.headers.extend(headers);
    target.username = login.username;
    target.detection = detection;
    Some(target)
}

/// Credentials. The password is known to Asterisk alone.
struct Login {
    username: Option<String>,
}

impl Login {
    fn read(attributes: &mut Attributes<'_, '_>) -> Self {
        attributes.raw("password");
        Self {
            username: attributes.text("username"),
        }
    }
}

fn read_headers(list: &Element, report: &mut Report) -> Vec<(String, String)> {
    Attributes::of(list, report).finish();
    attr::no_text(list, report);
    let mut headers = Vec::new();
    for child in list.elements() {
        if child.name != "Header" {
            attr::stranger(child, list, &["Header"], error::SCHEMA, report);
            continue;
        }
        let mut attributes = Attributes::of(child, report);
        let name = attributes.text("name").unwrap_or_default();
        let value = attributes.text("value").unwrap_or_default();
        attributes.finish();
        headers.extend(header(&name, value, &child.span, report));
    }
    headers
}

pub(in crate::twiml) fn target(text: &str, span: Span, report: &mut Report) -> Option<Target> {
    let (uri, query) = text.split_once('?').unwrap_or((text, ""));
    let with_scheme = if uri.starts_with("sip:") || uri.starts_with("sips:") {
        uri.to_owned()
    } else {
        format!("sip:{uri}")
    };
    if with_scheme.len() >= 255 {
        report.warn(13248, span, "the SIP address is longer than 254 characters");
        return None;
    }
    if !is_sip_uri(&with_scheme) {
        report
            .warn(13243, span, format!("`{uri}` is not a SIP address"))
            .help("write one as in `sip:bob@example.com`");
        return None;
    }
    let mut target = Target::new(Endpoint::Sip(with_scheme));
    target.headers = query
        .split('&')
        .filter(|header| !header.is_empty())
        .filter_map(|header| sip_header(header, &span, report))
        .collect();
    Some(target)
}

fn is_sip_uri(uri: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()+=$%@:;[]".contains(c);
    let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(';').next().unwrap_or_default();
    !host.is_empty() && !host.starts_with(':') && rest.chars().all(plain)
}

fn sip_header(text: &str, span: &Span, report: &mut Report) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
    header(name, value, span, report)
}

/// A header that a document may set, in its usual capitals.
fn header(name: &str, value: String, span: &Span, report: &mut Report) -> Option<(String, String)> {
    let token = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let allowed = SIP_HEADERS.iter().find(|h| h.eq_ignore_ascii_case(name));
    let extension = name.len() > 2 && name.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("X-"));
    if !(allowed.is_some() || extension && name.chars().all(token)) {
        report
            .warn(
                13252,
                span.clone(),
                format!("`{name}` is not a header that a document may set"),
            )
            .help("headers begin with `X-`, as in `?X-Order=4711`");
        return None;
    }
    if value.len() > 1024 || value.contains(char::is_control) {
        report.warn(
            13253,
            span.clone(),
            format!("the value of `{name}` cannot be sent"),
        );
        return None;
    }
    let name = allowed.map_or_else(|| capitals(name), |name| (*name).to_owned());
    Some((name, value))
}

/// `x-order-id` as `X-Order-Id`.
fn capitals(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect::<Vec<_>>()
        .join("-")
}
