//! `<Stream>` sends the call's audio to a WebSocket server. It is read and
//! checked; audio is not streamed yet.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `url` | required | `wss:` or `ws:`, relative to this document; its query is not sent |
//! | `name` | none | for `<Stop>` |
//! | `connectorName` | none | |
//! | `track` | `inbound_track` | `outbound_track`, `both_tracks`; inside `<Connect>` only the default |
//! | `statusCallback`, `statusCallbackMethod` | none, POST | |
//!
//! Inside: `<Parameter>`, whose name and value have fewer than 500 characters together.

use url::Url;

use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::{error, parameter};

/// Twilio's code for a track that cannot be had.
const TRACK: u32 = 31941;
/// Name and value of a parameter.
const LONGEST_PARAMETER: usize = 500;

const TRACKS: &[(&str, bool)] = &[
    ("inbound_track", true),
    ("outbound_track", false),
    ("both_tracks", false),
];

/// Checks one; `connected` says that it stands in `<Connect>`, so that it goes both ways.
pub(in crate::twiml) fn check(noun: &Element, connected: bool, report: &mut Report) {
    let mut attributes = Attributes::of(noun, report);
    socket_url(&mut attributes, error::URL);
    attributes.text("name");
    for name in ["connectorName", "audioFormat", "sampleRate"] {
        attributes.text(name);
    }
    let inbound = attributes.choice("track", TRACK, TRACKS, true);
    if connected
        && !inbound
        && let Some(found) = attributes.remark(
            "track",
            TRACK,
            "a `<Stream>` in `<Connect>` has the inbound track only",
        )
    {
        found.help("leave `track` out");
    }
    attributes.url("statusCallback");
    attributes.method("statusCallbackMethod", error::SCHEMA);
    attributes.finish();
    attr::no_text(noun, report);
    for child in noun.elements() {
        if child.name != "Parameter" {
            attr::stranger(child, noun, &["Parameter"], error::SCHEMA, report);
        } else if let Some((name, value)) = parameter::read(child, report)
            && name.chars().count() + value.chars().count() >= LONGEST_PARAMETER
        {
            report
                .warn(
                    error::SCHEMA,
                    child.span.clone(),
                    format!("the parameter `{name}` is too long"),
                )
                .help(format!(
                    "name and value have fewer than {LONGEST_PARAMETER} characters together"
                ));
        }
    }
}

/// The `url` of a noun that opens a WebSocket.
pub(super) fn socket_url(attributes: &mut Attributes<'_, '_>, code: u32) {
    let Some(url) = attributes.text("url") else {
        attributes.missing(code, "url", "write the `wss:` URL of a WebSocket server");
        return;
    };
    let fine = match Url::parse(&url) {
        Ok(url) => matches!(url.scheme(), "wss" | "ws"),
        Err(url::ParseError::RelativeUrlWithoutBase) => !url.contains(char::is_whitespace),
        Err(_) => false,
    };
    if !fine
        && let Some(found) = attributes.remark(
            "url",
            code,
            format!("`{url}` is not the URL of a WebSocket server"),
        )
    {
        found.help("write one that begins with `wss:`");
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::twiml::element;

    fn codes(xml: &str, connected: bool) -> Vec<u32> {
        let mut report = Report::default();
        let noun = element::parse(xml, &mut report).unwrap();
        super::check(&noun, connected, &mut report);
        report.diagnostics.iter().filter_map(|d| d.code).collect()
    }

    #[test]
    fn every_attribute_is_known() {
        let stream = "<Stream url='wss://x.example/media' name='a' connectorName='b' track='inbound_track' \
                      statusCallback='/s' statusCallbackMethod='GET'><Parameter name='a' value='b'/></Stream>";
        assert_eq!(codes(stream, true), [0; 0]);
        assert_eq!(
            codes("<Stream url='/media' track='both_tracks'/>", false),
            [0; 0]
        );
    }

    #[test]
    fn bad_values_are_told() {
        for (xml, code) in [
            ("<Stream/>".to_owned(), 11100),
            ("<Stream url='https://x.example/'/>".to_owned(), 11100),
            ("<Stream url='wss://x/' track='left'/>".to_owned(), 31941),
            (
                "<Stream url='wss://x/' track='both_tracks'/>".to_owned(),
                31941,
            ),
            (
                "<Stream url='wss://x/' statusCallbackMethod='PUT'/>".to_owned(),
                12200,
            ),
            ("<Stream url='wss://x/' volume='11'/>".to_owned(), 12200),
            (
                format!(
                    "<Stream url='wss://x/'><Parameter name='a' value='{}'/></Stream>",
                    "b".repeat(500)
                ),
                12200,
            ),
        ] {
            assert_eq!(codes(&xml, true), [code], "{xml}");
        }
    }
}
