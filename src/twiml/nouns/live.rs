//! Live audio in `<Start>`: read and checked, and not done yet. `<Stream>` has a
//! file of its own.
//!
//! `<Siprec>`
//!
//! | attribute | default | |
//! |---|---|---|
//! | `connectorName` | required | of a recording server |
//! | `name` | none | |
//! | `track` | `both_tracks` | or `inbound_track`, `outbound_track` |
//! | `statusCallback`, `statusCallbackMethod` | none, POST | |
//!
//! `<Transcription>`
//!
//! | attribute | default | |
//! |---|---|---|
//! | `name` | none | |
//! | `statusCallbackUrl`, `statusCallbackMethod` | none, POST | |
//! | `track` | `both_tracks` | or `inbound_track`, `outbound_track` |
//! | `inboundTrackLabel`, `outboundTrackLabel` | none | |
//! | `languageCode` | `en-US` | BCP-47 |
//! | `transcriptionEngine` | `google` | or `deepgram` |
//! | `speechModel` | `telephony` | of the engine |
//! | `partialResults` | false | |
//! | `profanityFilter` | true | |
//! | `hints` | none | words, separated by commas |
//! | `enableAutomaticPunctuation` | true | |
//! | `enableProviderData` | false | |
//! | `intelligenceService`, `conversationConfiguration`, `conversationId` | none | |
//!
//! Both may hold `<Parameter name value>`, and `<Transcription>` `<Config name value>`.

use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::nouns::stream;
use crate::twiml::{error, later, parameter};

pub(in crate::twiml) const NAMES: &[&str] = &["Stream", "Siprec", "Transcription"];

const TRACKS: &[(&str, ())] = &[
    ("inbound_track", ()),
    ("outbound_track", ()),
    ("both_tracks", ()),
];

/// Twilio's code for an engine that cannot be had.
const ENGINE: u32 = 32_650;

/// Checks a noun of live audio and says that it is not done yet.
pub(in crate::twiml) fn check(element: &Element, report: &mut Report) {
    match element.name.as_str() {
        "Stream" => stream::check(element, false, report),
        "Siprec" => check_siprec(element, report),
        _ => check_transcription(element, report),
    }
    let span = element.span.clone();
    later::warn(report, span, &format!("`<{}>`", element.name));
}

fn check_siprec(element: &Element, report: &mut Report) {
    let mut attributes = Attributes::of(element, report);
    if attributes.text("connectorName").is_none() {
        let help = "write the name of a recording server";
        attributes.missing(error::SCHEMA, "connectorName", help);
    }
    attributes.text("name");
    attributes.choice("track", error::SCHEMA, TRACKS, ());
    status_callback(&mut attributes, "statusCallback");
    attributes.finish();
    settings(element, &["Parameter"], report);
}

fn check_transcription(element: &Element, report: &mut Report) {
    let engines = [("google", ()), ("deepgram", ())];
    let mut attributes = Attributes::of(element, report);
    for text in [
        "name",
        "inboundTrackLabel",
        "outboundTrackLabel",
        "speechModel",
        "hints",
        "intelligenceService",
        "conversationConfiguration",
        "conversationId",
    ] {
        attributes.text(text);
    }
    let language = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    attributes.text_if(
        "languageCode",
        error::SCHEMA,
        "write a language as in `en-US`",
        |text| !text.is_empty() && language(text),
    );
    attributes.choice("transcriptionEngine", ENGINE, &engines, ());
    attributes.choice("track", error::SCHEMA, TRACKS, ());
    attributes.flag("partialResults", error::SCHEMA, false);
    attributes.flag("profanityFilter", error::SCHEMA, true);
    attributes.flag("enableAutomaticPunctuation", error::SCHEMA, true);
    attributes.flag("enableProviderData", error::SCHEMA, false);
    status_callback(&mut attributes, "statusCallbackUrl");
    attributes.finish();
    settings(element, &["Parameter", "Config"], report);
}

fn status_callback(attributes: &mut Attributes<'_, '_>, name: &'static str) {
    attributes.url(name);
    attributes.method("statusCallbackMethod", error::SCHEMA);
}

/// `<Parameter>` and `<Config>`: a name and a value.
fn settings(element: &Element, allowed: &[&str], report: &mut Report) {
    for child in element.elements() {
        if allowed.contains(&child.name.as_str()) {
            parameter::read(child, report);
        } else {
            attr::stranger(child, element, allowed, error::SCHEMA, report);
        }
    }
    attr::no_text(element, report);
}
