//! What came back, and what had been sent.

use std::time::Duration;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use http::{HeaderMap, header};
use serde::Serialize;
use url::Url;

use super::policy::Warning;
use crate::clock::Time;

/// A server's answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// Decompressed.
    pub body: Bytes,
    /// Where it came from, after redirects: what relative URLs are relative to.
    /// Without fragment, credentials (the jar remembers them) and the parameters
    /// that were added to the query of a GET.
    pub url: Url,
    pub attempts: u32,
    /// How many redirects were followed.
    pub redirects: u32,
    pub timing: Timing,
    /// The request as first sent, before redirects.
    pub sent: Sent,
    /// What was wrong with the connection overrides of the URL.
    pub warnings: Vec<Warning>,
}

/// How long it took, all attempts and redirects together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timing {
    pub started: Time,
    /// Until the headers of the final answer.
    pub headers: Duration,
    /// Until the end of its body.
    pub total: Duration,
}

/// A request as it went out, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// With its query.
    pub uri: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// A body as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    /// The encoding it was read with, as in `UTF-8`.
    pub encoding: &'static str,
    /// Whether bytes that this encoding does not have were replaced by U+FFFD.
    pub malformed: bool,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The content type without its parameters, in lower case; None when the
    /// server sent none.
    pub fn media_type(&self) -> Option<String> {
        let value = self.content_type()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// The body as text: a byte order mark decides its encoding, else the
    /// `charset` of the content type, else an XML declaration, else UTF-8.
    pub fn text(&self) -> Text {
        let named = self
            .content_type()
            .and_then(|value| charset(&value))
            .or_else(|| xml_encoding(&self.body));
        let encoding = named
            .and_then(|label| Encoding::for_label(label.as_bytes()))
            .unwrap_or(UTF_8);
        let (text, used, malformed) = encoding.decode(&self.body);
        Text {
            text: text.into_owned(),
            encoding: used.name(),
            malformed,
        }
    }

    fn content_type(&self) -> Option<String> {
        let value = self.headers.get(header::CONTENT_TYPE)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let charset = name.trim().eq_ignore_ascii_case("charset");
        charset.then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })
}

/// The encoding of `<?xml version="1.0" encoding="…"?>`, which is ASCII in all
/// encodings that have no byte order mark.
fn xml_encoding(body: &[u8]) -> Option<String> {
    let start = body.get(..body.len().min(200))?;
    let start = String::from_utf8_lossy(start);
    let declaration = start.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.split(quote).nth(1).map(str::to_owned)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn answer(content_type: &str, body: &[u8]) -> Answer {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        Answer {
            status: 200,
            headers,
            body: Bytes::copy_from_slice(body),
            url: Url::parse("http://h/").unwrap(),
            attempts: 1,
            redirects: 0,
            timing: Timing {
                started: Time(0),
                headers: Duration::ZERO,
                total: Duration::ZERO,
            },
            sent: Sent {
                uri: "http://h/".into(),
                method: "GET".into(),
                headers: Vec::new(),
                body: Bytes::new(),
            },
            warnings: Vec::new(),
        }
    }

    #[test]
    fn the_charset_of_the_header_is_honoured() {
        let text = answer("text/xml; charset=\"ISO-8859-1\"", b"caf\xe9").text();
        assert_eq!(text.text, "café");
        assert!(!text.malformed);
        assert_eq!(answer("text/xml", "café".as_bytes()).text().text, "café");
    }

    #[test]
    fn an_xml_declaration_names_the_encoding_when_the_header_does_not() {
        let body = b"<?xml version='1.0' encoding = 'iso-8859-1' ?><a>\xe9</a>";
        assert!(answer("text/xml", body).text().text.contains("<a>é</a>"));
        let both = answer("text/xml; charset=utf-8", body).text();
        assert!(both.malformed);
    }

    #[test]
    fn a_byte_order_mark_wins_and_is_removed() {
        let text = answer("text/xml; charset=ISO-8859-1", b"\xef\xbb\xbf\xc3\xa9").text();
        assert_eq!((text.text.as_str(), text.encoding), ("é", "UTF-8"));
        let wide = answer("", b"\xff\xfe<\0a\0/\0>\0").text();
        assert_eq!(wide.text, "<a/>");
    }

    #[test]
    fn wrong_bytes_are_replaced_and_said() {
        let text = answer("", b"a\xffb").text();
        assert_eq!(text.text, "a\u{fffd}b");
        assert!(text.malformed);
        assert_eq!(answer("x; charset=klingon", b"a").text().encoding, "UTF-8");
    }

    #[test]
    fn media_type_is_bare_and_lower_case() {
        let media_type = |value| answer(value, b"").media_type();
        assert_eq!(
            media_type("Text/XML ; charset=x").as_deref(),
            Some("text/xml")
        );
        assert_eq!(media_type(""), None);
        assert_eq!(media_type(";charset=x"), None);
    }
}
