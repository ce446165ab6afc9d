//! Asking a web application what to do.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::classify::{self, Content};
use super::session::{Failed, Session};
use super::{debug, params, signature};
use crate::call::{Call, Interrupt};
use crate::config::{BodyFormat, Method, ReqFormat};
use crate::program::{Pivot, Request};
use crate::trace::Kind;
use crate::web::{self, Answer, Body, Outgoing, Policy, WebError};

/// A caller who waits this long for the first document hears ringing. Most
/// documents are there sooner, and the request is saved.
const RING_AFTER: Duration = Duration::from_millis(250);

/// A document that has come.
pub(super) struct Fetched {
    pub(super) content: Content,
    pub(super) answer: Answer,
}

/// Fetches the answer to `request`. `because` says why a fallback is asked.
pub(super) async fn fetch(
    call: &mut Call,
    session: &mut Session,
    request: &Request,
    because: Option<&Failed>,
) -> Result<Result<Fetched, Failed>, Interrupt> {
    let Some(pivot) = session.pivot.clone() else {
        return Ok(Err(failed(
            11100,
            &web::shown(&request.url),
            "a callflow without a pivot session has no current document",
            true,
        )));
    };
    let url = match resolve(session.base.as_deref(), &request.url, &pivot.voice_url) {
        Ok(url) => url,
        Err(reason) => return Ok(Err(failed(11100, &web::shown(&request.url), &reason, true))),
    };
    if session.frames.is_empty() {
        session.documents += 1;
    }
    session.iteration += 1;
    let mut told = request.params.clone();
    if let Some(because) = because {
        told.push(("ErrorCode".into(), because.code.to_string()));
        told.push(("ErrorUrl".into(), because.url.clone()));
    }
    let params = params::build(call, session, pivot.req_format, &told).await;
    // What a document beside a verb is told is true for that moment only.
    if pivot.req_format == ReqFormat::Kazoo && session.frames.is_empty() {
        remember(session, &request.params);
    }
    let method = request.method.unwrap_or(session.manner.verb_method);
    let out = outgoing(call, &pivot, method, &url, params);
    let iteration = session.iteration;
    let began = tokio::time::Instant::now();
    call.latency.asks();
    let sent = send(call, session, out).await?;
    call.latency.replied();
    let shown = web::shown(&url);
    let named = format!("{} {shown} ({})", method_name(method), request.why);
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => {
            call.trace().took(
                Kind::Http,
                format!("{named} → {:?}: {}", error.phase(), error.failure),
                began,
            );
            debug::failure(call, &pivot, iteration, &error);
            return Ok(Err(failed(
                error.code(),
                &shown,
                &error.failure.to_string(),
                false,
            )));
        }
    };
    let media_type = answer
        .media_type()
        .unwrap_or_else(|| "no content type".into());
    call.trace().took(
        Kind::Http,
        format!(
            "{named} → {} {media_type}, {} bytes",
            answer.status,
            answer.body.len()
        ),
        began,
    );
    for warning in &answer.warnings {
        call.warn(format!("{shown}: {}", warning.message));
    }
    debug::exchange(call, &pivot, iteration, &answer);
    let limit = call.services().config.limits.document_kb * 1024;
    match classify::classify(
        &answer,
        pivot.req_format == ReqFormat::Kazoo,
        session.manner.strict,
        limit,
    ) {
        Ok(content) => Ok(Ok(Fetched { content, answer })),
        Err(unusable) => {
            if let Some(report) = &unusable.report {
                debug::report(call, &pivot, iteration, &answer, report);
            }
            Ok(Err(failed(
                unusable.code,
                &shown,
                &unusable.reason,
                unusable.document,
            )))
        }
    }
}

/// Sends while the call goes on; a caller who waits hears ringing.
async fn send(
    call: &mut Call,
    session: &mut Session,
    out: Outgoing,
) -> Result<Result<Answer, WebError>, Interrupt> {
    let services = call.services().clone();
    let reports = std::mem::take(&mut call.state.reporting);
    let jar = &mut session.cookies;
    let sending = services.web.send(out, Some(jar));
    tokio::pin!(sending);
    if reports {
        let sent = call.during(&mut sending).await;
        if matches!(sent, Err(Interrupt::Gone)) {
            // Made although nobody is left to act on its answer.
            sending.await.ok();
        }
        return sent;
    }
    if !call.is_answered() {
        let first = call
            .during(tokio::time::timeout(RING_AFTER, &mut sending))
            .await?;
        if let Ok(sent) = first {
            return Ok(sent);
        }
        call.ring().await?;
    }
    call.during(sending).await
}

pub(super) fn outgoing(
    call: &Call,
    pivot: &Pivot,
    method: Method,
    url: &str,
    params: Map<String, Value>,
) -> Outgoing {
    let mut policy = match pivot.req_format {
        ReqFormat::Twiml => Policy::twiml(),
        ReqFormat::Kazoo => Policy::kazoo(),
    };
    if let Some(ms) = pivot.req_timeout_ms {
        policy.read = Duration::from_millis(ms);
        policy = policy.within(Duration::from_millis(ms));
    }
    policy.max_body = call.services().config.limits.document_kb * 1024;
    let params = Value::Object(params);
    let token = call.services().config.account.auth_token.clone();
    let mut url = url.to_owned();
    let body = match (method, pivot.req_body_format) {
        (Method::Post, BodyFormat::Json) => {
            let text = params.to_string();
            // What is not a form is signed by its hash in the URL.
            if token.is_some() {
                url = signature::url_with_body_hash(&url, text.as_bytes());
            }
            Body::Bytes {
                content_type: "application/json".into(),
                bytes: text.into(),
            }
        }
        _ => Body::Form(web::form::flatten(&params)),
    };
    let http_method = match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    let mut out = Outgoing::new(http_method, url, policy).body(body);
    for (name, value) in &pivot.custom_request_headers {
        out = out.header(name, value);
    }
    if pivot.req_format == ReqFormat::Twiml {
        out = out.header(
            "I-Twilio-Idempotency-Token",
            uuid::Uuid::new_v4().to_string(),
        );
    }
    if let Some(token) = token {
        out = out.sign(Arc::new(move |url, form| {
            signature::sign(&token, url, form)
        }));
    }
    out
}

/// RFC 3986, against the document's URL. Empty = the document itself. The
/// fragment, which holds connection overrides, is not inherited.
pub(super) fn resolve(base: Option<&str>, url: &str, voice_url: &str) -> Result<String, String> {
    let url = url.trim();
    let Some(base) = base else {
        return if url.is_empty() {
            Ok(voice_url.to_owned())
        } else {
            absolute(url)
        };
    };
    if url.is_empty() {
        return Ok(base.to_owned());
    }
    let named = |url: &str, error| format!("{}: {error}", web::shown(url));
    let parsed = Url::parse(base).map_err(|error| named(base, error))?;
    let resolved = parsed.join(url).map_err(|error| named(url, error))?;
    absolute(resolved.as_str())
}

fn absolute(url: &str) -> Result<String, String> {
    let shown = web::shown(url);
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => Ok(url.to_owned()),
        Ok(parsed) => Err(format!(
            "{shown}: pivot asks http and https, not {}",
            parsed.scheme()
        )),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Once reported, Kazoo repeats it on every later request of the session, but
/// for gathered digits, which are sent once.
fn remember(session: &mut Session, params: &[(String, String)]) {
    for (key, value) in params {
        if matches!(key.as_str(), "Digits" | "FinishedOnKey") {
            continue;
        }
        session.reported.retain(|(k, _)| k != key);
        session.reported.push((key.clone(), value.clone()));
    }
}

pub(super) fn failed(code: u32, url: &str, reason: &str, document: bool) -> Failed {
    Failed {
        code,
        url: url.to_owned(),
        reason: reason.to_owned(),
        document,
    }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn relative_urls_are_resolved_against_the_document() {
        let base = Some("http://h/a/b?x=1");
        for (url, expected) in [
            ("next", "http://h/a/next"),
            ("/next", "http://h/next"),
            ("?d=1", "http://h/a/b?d=1"),
            ("//o/x", "http://o/x"),
            ("../x", "http://h/x"),
            ("", "http://h/a/b?x=1"),
            ("  next  ", "http://h/a/next"),
        ] {
            assert_eq!(resolve(base, url, "").unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn without_a_document_only_whole_urls_work() {
        assert_eq!(resolve(None, "", "http://v/").unwrap(), "http://v/");
        assert!(resolve(None, "next", "http://v/").is_err());
    }

    #[test]
    fn only_http_is_asked() {
        assert!(
            resolve(Some("http://h/"), "file:///etc/passwd", "")
                .unwrap_err()
                .contains("http and https")
        );
    }
}
