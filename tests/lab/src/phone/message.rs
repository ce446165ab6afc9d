//! SIP messages as text: as much as one user agent over UDP needs.

use std::fmt::Write as _;

/// The first line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Request { method: String, uri: String },
    Response { code: u16, reason: String },
}

/// A request or a response.
#[derive(Debug, Clone)]
pub struct Message {
    pub start: Start,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Message {
    pub fn request(method: &str, uri: &str) -> Self {
        Self::new(Start::Request {
            method: method.into(),
            uri: uri.into(),
        })
    }

    /// A response that takes over what RFC 3261 8.2.6.2 says from its request.
    pub fn response(request: &Message, code: u16, reason: &str, tag: &str) -> Self {
        let mut response = Self::new(Start::Response {
            code,
            reason: reason.into(),
        });
        for (name, value) in &request.headers {
            let mut value = value.clone();
            match name.as_str() {
                "Via" | "Record-Route" | "From" | "Call-ID" | "CSeq" => {}
                "To" if code > 100 && !value.contains(";tag=") => {
                    let _ = write!(value, ";tag={tag}");
                }
                "To" => {}
                _ => continue,
            }
            response.headers.push((name.clone(), value));
        }
        response
    }

    fn new(start: Start) -> Self {
        Self {
            start,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn with_sdp(mut self, sdp: String) -> Self {
        self.body = sdp;
        self.with("Content-Type", "application/sdp")
    }

    /// Nothing when the bytes are no SIP message.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let first = lines.next()?;
        let start = if let Some(status) = first.strip_prefix("SIP/2.0 ") {
            let (code, reason) = status.split_once(' ').unwrap_or((status, ""));
            Start::Response {
                code: code.parse().ok()?,
                reason: reason.into(),
            }
        } else {
            let mut words = first.split(' ');
            Start::Request {
                method: words.next()?.into(),
                uri: words.next()?.into(),
            }
        };
        let mut message = Self::new(start);
        message.body = body.into();
        for line in lines {
            // A line that starts with a space continues the one before.
            if let Some(more) = line.strip_prefix([' ', '\t']) {
                let (_, value) = message.headers.last_mut()?;
                value.push(' ');
                value.push_str(more.trim());
                continue;
            }
            let (name, value) = line.split_once(':')?;
            message
                .headers
                .push((canonical(name.trim()), value.trim().into()));
        }
        Some(message)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = match &self.start {
            Start::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            Start::Response { code, reason } => format!("SIP/2.0 {code} {reason}\r\n"),
        };
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n", self.body.len());
        text.push_str(&self.body);
        text.into_bytes()
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn call_id(&self) -> &str {
        self.header("Call-ID").unwrap_or_default()
    }

    /// The number and the method of CSeq.
    pub fn cseq(&self) -> (u32, &str) {
        let value = self.header("CSeq").unwrap_or_default();
        let (number, method) = value.split_once(' ').unwrap_or((value, ""));
        (number.parse().unwrap_or(0), method.trim())
    }

    /// The SIP code in the body of a NOTIFY about a REFER.
    pub(super) fn sipfrag(&self) -> Option<u16> {
        let status = self.body.strip_prefix("SIP/2.0 ")?;
        status.split_whitespace().next()?.parse().ok()
    }

    /// The URI in the angle brackets of Contact, To or From.
    pub fn uri_of(&self, name: &str) -> Option<String> {
        let value = self.header(name)?;
        let uri = match value.split_once('<') {
            Some((_, rest)) => rest.split('>').next()?,
            None => value.split(';').next()?,
        };
        Some(uri.trim().into())
    }
}

/// The part of a SIP URI before the `@`.
pub(super) fn user_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let user = rest.split('@').next().unwrap_or_default();
    user.split(';').next().unwrap_or_default()
}

fn canonical(name: &str) -> String {
    let known = [
        ("v", "Via"),
        ("f", "From"),
        ("t", "To"),
        ("i", "Call-ID"),
        ("m", "Contact"),
        ("l", "Content-Length"),
        ("c", "Content-Type"),
        ("r", "Refer-To"),
        ("", "CSeq"),
        ("", "Record-Route"),
        ("", "Reason"),
    ];
    known
        .iter()
        .find(|(short, long)| name.eq_ignore_ascii_case(long) || name.eq_ignore_ascii_case(short))
        .map_or_else(|| name.to_owned(), |(_, long)| (*long).to_owned())
}

/// What an SDP body says about the other side's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sdp {
    pub(super) addr: std::net::SocketAddr,
    /// Payload type of telephone-event, when it is offered.
    pub(super) events: Option<u8>,
}

impl Sdp {
    pub(super) fn parse(body: &str) -> Option<Self> {
        let mut ip = None;
        let mut port = None;
        let mut events = None;
        for line in body.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("c=IN IP4 ") {
                ip = rest.trim().parse().ok();
            } else if let Some(rest) = line.strip_prefix("m=audio ") {
                port = rest.split(' ').next()?.parse::<u16>().ok();
            } else if let Some(rest) = line.strip_prefix("a=rtpmap:") {
                let (payload, codec) = rest.split_once(' ')?;
                if codec
                    .to_ascii_lowercase()
                    .starts_with("telephone-event/8000")
                {
                    events = payload.parse().ok();
                }
            }
        }
        Some(Self {
            addr: std::net::SocketAddr::new(ip?, port?),
            events,
        })
    }

    /// Our side: u-law and telephone-event at `addr`.
    pub(super) fn text(addr: std::net::SocketAddr, version: u32, events: u8) -> String {
        let (ip, port) = (addr.ip(), addr.port());
        format!(
            "v=0\r\no=lab 1 {version} IN IP4 {ip}\r\ns=lab\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 0 {events}\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-15\r\n\
             a=ptime:20\r\na=sendrecv\r\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:5551@127.0.0.1:5070 SIP/2.0\r\n\
        v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nFrom: \"A\" <sip:a@x>;tag=1\r\n\
        To: <sip:5551@x>\r\nCall-ID: abc\r\nCSeq: 7 INVITE\r\nX-Long: one\r\n two\r\n\
        Contact: <sip:a@127.0.0.1:5060>\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn request_is_read_with_short_names_and_folded_lines() {
        let m = Message::parse(INVITE).unwrap();
        assert!(matches!(&m.start, Start::Request { method, .. } if method == "INVITE"));
        assert_eq!(m.header("via").unwrap().split(';').count(), 2);
        assert_eq!(m.header("X-Long"), Some("one two"));
        assert_eq!(m.cseq(), (7, "INVITE"));
        assert_eq!(m.uri_of("Contact").unwrap(), "sip:a@127.0.0.1:5060");
        assert_eq!(user_of("sip:5551@127.0.0.1:5070"), "5551");
    }

    #[test]
    fn response_takes_over_the_headers_of_its_request_and_adds_a_tag() {
        let m = Message::parse(INVITE).unwrap();
        let text = Message::response(&m, 486, "Busy Here", "me").to_bytes();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("SIP/2.0 486 Busy Here\r\nVia: "));
        assert!(text.contains("To: <sip:5551@x>;tag=me\r\n"));
        assert!(!text.contains("X-Long"));
    }

    #[test]
    fn own_sdp_reads_back() {
        let addr = "127.0.0.1:4000".parse().unwrap();
        let sdp = Sdp::parse(&Sdp::text(addr, 1, 101)).unwrap();
        assert_eq!(
            sdp,
            Sdp {
                addr,
                events: Some(101),
            }
        );
    }

    #[test]
    fn noise_is_no_message() {
        assert!(Message::parse(b"\r\n\r\n").is_none());
        assert!(Message::parse(b"\xff\xfe").is_none());
    }
}
