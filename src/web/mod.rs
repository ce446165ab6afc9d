//! Outgoing HTTP to customers' servers: documents, callbacks, media, uploads.
//!
//! [`Web::send`] is the only way out. It applies the rules of `[web]`, keeps
//! each request within its [`Policy`] (time, size, retries, redirects), knows
//! the call's cookies and logins, and says of every failure how far it came and
//! why. Any HTTP status is an [`Answer`]; what it means is for the caller to say.
//!
//! Certificates are checked against the system's roots; `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name others, such as a private authority.
//!
//! Only this module builds HTTP clients for customers' servers.

mod answer;
mod auth;
mod client;
mod connect;
mod cookies;
mod error;
pub mod form;
mod guard;
mod hop;
mod policy;

use std::sync::Arc;

use bytes::Bytes;

pub use answer::{Answer, Sent, Text, Timing};
pub use client::Web;
pub use cookies::CookieJar;
pub use error::{Failure, Phase, WebError};
pub use guard::Lookup;
pub use policy::{Auth, Policy, Redirects, RetryOn, Warning};

/// A request to be sent.
#[derive(Clone)]
pub struct Outgoing {
    pub method: http::Method,
    /// Absolute. May carry `user:pass@`, and connection overrides in its
    /// fragment; neither is sent as part of the URL.
    pub url: String,
    /// Added to ours, and stronger than ours, `Content-Type` and `User-Agent`
    /// included. Those that frame the message (`Content-Length` and the like)
    /// are left out.
    pub headers: Vec<(String, String)>,
    /// A GET has none: a form is appended to its query, and so is a JSON object,
    /// flattened.
    pub body: Body,
    pub policy: Policy,
    /// Computes `X-Twilio-Signature`, anew for each redirect.
    pub sign: Option<Sign>,
}

/// Signs a request: its URL as sent, and its form (empty unless a form is in
/// the body).
pub type Sign = Arc<dyn Fn(&str, &[(String, String)]) -> String + Send + Sync>;

#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Empty,
    Form(Vec<(String, String)>),
    Json(serde_json::Value),
    Bytes { content_type: String, bytes: Bytes },
}

impl Outgoing {
    pub fn new(method: http::Method, url: impl Into<String>, policy: Policy) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Body::Empty,
            policy,
            sign: None,
        }
    }

    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn sign(mut self, sign: Sign) -> Self {
        self.sign = Some(sign);
        self
    }
}

/// Makes aws-lc-rs the TLS provider of the process, if there is none yet.
pub fn install_crypto() {
    // The error means that one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A URL as it may be shown: without credentials and fragment.
pub fn shown(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        // `http:me:secret@host/` is a URL too.
        let end = url.find('?').unwrap_or(url.len());
        let (before, query) = url.split_at(end);
        let host = before.rsplit('@').next().unwrap_or(before);
        return format!("{host}{query}");
    };
    let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn credentials_and_fragments_are_not_shown() {
        for (url, expected) in [
            ("http://me:secret@h/a?b=c@d#rc=2", "http://h/a?b=c@d"),
            ("http://me:sec@ret@h:81/", "http://h:81/"),
            ("http:me:secret@h/a?b", "h/a?b"),
            ("/a?mail=x@y", "/a?mail=x@y"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
