//! The envelope of every answer.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::endpoint::Verb;
use super::refusal::Refusal;
use crate::clock;

/// What an endpoint gives.
pub(super) enum Reply {
    Data(Data),
    /// Sound: sent as it is.
    Sound(Response),
}

/// Something for `data`.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) status: StatusCode,
    pub(super) data: Value,
    /// Further fields of the envelope: those of a page, or `auth_token`.
    pub(super) beside: Map<String, Value>,
}

impl Reply {
    pub(super) fn data(data: impl Into<Value>) -> Self {
        Self::Data(Data {
            data: data.into(),
            ..Data::default()
        })
    }

    pub(super) fn created(data: impl Into<Value>) -> Self {
        Self::Data(Data {
            status: StatusCode::CREATED,
            data: data.into(),
            ..Data::default()
        })
    }
}

/// Tells one state of `data` from another: `revision`, and the `ETag`.
pub(super) fn revision(data: &Value) -> String {
    let digest = Sha256::digest(data.to_string());
    digest.iter().take(16).fold(String::new(), |hex, byte| {
        use std::fmt::Write as _;
        let mut hex = hex;
        write!(hex, "{byte:02x}").ok();
        hex
    })
}

/// What of a request decides how its answer is written.
pub(super) struct Heading {
    request_id: String,
    pretty: bool,
    if_none_match: Option<String>,
    reads: bool,
}

impl Heading {
    pub(super) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is_fine =
            |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        let asked = uri.query().unwrap_or_default().as_bytes();
        let pretty = url::form_urlencoded::parse(asked)
            .any(|(name, value)| name == "pretty_print" && value == "true");
        Self {
            request_id: text("x-request-id")
                .filter(is_fine)
                .map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned),
            pretty: pretty || text("x-pretty-print") == Some("true"),
            if_none_match: text("if-none-match").map(str::to_owned),
            reads: matches!(*method, Method::GET | Method::HEAD),
        }
    }

    /// The answer as it goes out. `node` is whose answer it is; `known` = to
    /// somebody with credentials.
    pub(super) fn answer(
        &self,
        given: Result<Reply, Refusal>,
        node: &str,
        known: bool,
    ) -> Response {
        let mut response = match given {
            Ok(Reply::Data(data)) => self.success(data, node, known),
            Ok(Reply::Sound(response)) => response,
            Err(refusal) => self.refusal(refusal, node, known),
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert("x-request-id", id);
        }
        allow_browsers(headers);
        response
    }

    fn success(&self, given: Data, node: &str, known: bool) -> Response {
        let revision = revision(&given.data);
        let tag = format!("\"{revision}\"");
        let has_it = |tags: &String| {
            tags.split(',')
                .map(|given| given.trim().trim_start_matches("W/"))
                .any(|given| given == "*" || given == tag || given == revision)
        };
        let mut response = if self.reads && self.if_none_match.as_ref().is_some_and(has_it) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut envelope = Map::new();
            envelope.insert("data".into(), given.data);
            envelope.extend(given.beside);
            envelope.insert("status".into(), "success".into());
            envelope.insert("revision".into(), revision.into());
            self.sealed(given.status, envelope, node, known)
        };
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    fn refusal(&self, refusal: Refusal, node: &str, known: bool) -> Response {
        let mut envelope = Map::new();
        envelope.insert("data".into(), refusal.data);
        envelope.insert("status".into(), "error".into());
        envelope.insert("error".into(), refusal.status.as_str().into());
        envelope.insert("message".into(), refusal.message.into());
        let mut response = self.sealed(refusal.status, envelope, node, known);
        if refusal.status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"pivot\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }

    fn sealed(
        &self,
        status: StatusCode,
        mut envelope: Map<String, Value>,
        node: &str,
        known: bool,
    ) -> Response {
        envelope.insert("request_id".into(), self.request_id.clone().into());
        envelope.insert("node".into(), node.into());
        envelope.insert("timestamp".into(), clock::now().iso8601().into());
        if known {
            envelope.insert("version".into(), env!("CARGO_PKG_VERSION").into());
        }
        let body = Value::Object(envelope);
        let text = if self.pretty {
            format!("{body:#}\n")
        } else {
            body.to_string()
        };
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (status, kind, text).into_response()
    }
}

/// A document that other programs read without the envelope.
pub(super) fn bare(document: &Value) -> Reply {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Reply::Sound((kind, document.to_string()).into_response())
}

/// The answer to a browser that asks what it may ask.
pub(super) fn preflight(verbs: &[Verb]) -> Reply {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let mut names: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
    names.push("OPTIONS");
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, value.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, value);
    }
    Reply::Sound(response)
}

/// Tokens are sent by the page itself, never by the browser, so any page may ask.
fn allow_browsers(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type, Accept, Authorization, X-Auth-Token, X-Request-ID, X-Pretty-Print, \
             X-Kazoo-Cluster-ID, If-Match, If-None-Match",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, X-Request-ID, Content-Disposition",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::ACCESS_CONTROL_ALLOW_METHODS)
        .or_insert(HeaderValue::from_static(
            "GET, PUT, POST, PATCH, DELETE, OPTIONS",
        ));
}

/// `_read_only`: when it was made and changed, in Kazoo's count and readable.
pub(super) fn dates(created: clock::Time, modified: clock::Time) -> Value {
    json!({
        "created": crate::objects::gregorian(created),
        "modified": crate::objects::gregorian(modified),
        "created_iso": format!("{}Z", created.iso8601()),
        "modified_iso": format!("{}Z", modified.iso8601()),
    })
}
