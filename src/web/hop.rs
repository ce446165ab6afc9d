//! One request on its way: the first, and what each redirect makes of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

use super::auth::{self, Login};
use super::error::Failure;
use super::policy::{Auth, Policy, Redirects, Warning};
use super::{Body, CookieJar, Outgoing, Sent, Sign, form};

/// Redirects followed for one request.
const MOST_REDIRECTS: u32 = 10;

/// Headers that belong to the message's framing, which is not the caller's.
const FRAMING: [HeaderName; 4] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::TE,
];

/// Headers that must not reach another server.
const CONFIDENTIAL: [&str; 5] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-auth-token",
    "x-api-key",
];

/// Headers whose values are passwords: no trace or debug document shows them.
const SECRET: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "x-auth-token",
    "x-api-key",
];

const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");

#[derive(Clone)]
pub(super) struct Hop {
    pub(super) method: Method,
    /// Without credentials and fragment.
    pub(super) url: Url,
    /// The same without the parameters that a GET carries in its query: what
    /// the answer's relative URLs are relative to.
    pub(super) document: Url,
    headers: HeaderMap,
    body: Bytes,
    form: Vec<(String, String)>,
    sign: Option<Sign>,
    login: Option<Login>,
    pub(super) redirects: u32,
}

/// Reads an outgoing request into its first hop, the policy with the URL's
/// overrides applied, and what was wrong with those.
pub(super) fn first(out: Outgoing) -> Result<(Hop, Policy, Vec<Warning>), Failure> {
    let mut policy = out.policy;
    let (target, fragment) = out.url.split_once('#').unwrap_or((&out.url, ""));
    let warnings = policy.override_by(fragment);

    let mut document = parse(target)?;
    let login = Login::take_from(&mut document);
    let bodyless = matches!(out.method, Method::GET | Method::HEAD);
    let (url, body) = match out.body {
        Body::Form(params) if bodyless => (with_query(&document, &params)?, Body::Empty),
        Body::Json(value) if bodyless => {
            let params = form::flatten(&value);
            (with_query(&document, &params)?, Body::Empty)
        }
        other => (document.clone(), other),
    };

    let mut headers = HeaderMap::new();
    if let Some(agent) = policy.user_agent {
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let mut form = Vec::new();
    let body = match body {
        Body::Empty => Bytes::new(),
        Body::Form(params) => {
            let content_type = if policy.form_charset {
                "application/x-www-form-urlencoded; charset=UTF-8"
            } else {
                "application/x-www-form-urlencoded"
            };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            let encoded = form::encode(&params);
            form = params;
            encoded.into()
        }
        Body::Json(value) => {
            let content_type = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, content_type);
            value.to_string().into()
        }
        Body::Bytes {
            content_type,
            bytes,
        } => {
            let (name, value) = header("content-type", &content_type)?;
            headers.insert(name, value);
            bytes
        }
    };
    let mut own: Vec<HeaderName> = Vec::new();
    for (name, value) in &out.headers {
        let (name, value) = header(name, value)?;
        if FRAMING.contains(&name) {
            continue;
        }
        // The caller's first replaces ours; further ones of its own add up.
        if own.contains(&name) {
            headers.append(name, value);
        } else {
            headers.insert(name.clone(), value);
            own.push(name);
        }
    }
    let hop = Hop {
        method: out.method,
        url,
        document,
        headers,
        body,
        form,
        sign: out.sign,
        login,
        redirects: 0,
    };
    Ok((hop, policy, warnings))
}

fn with_query(url: &Url, params: &[(String, String)]) -> Result<Url, Failure> {
    parse(&form::append(url.as_str(), params))
}

fn parse(text: &str) -> Result<Url, Failure> {
    match Url::parse(text.trim()) {
        Ok(url) => Ok(url),
        Err(url::ParseError::RelativeUrlWithoutBase) => Err(Failure::Url(
            "not an absolute URL; write it with http:// or https:// and a host".into(),
        )),
        Err(error) => Err(Failure::Url(format!("not a URL: {error}"))),
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let bad = || Failure::Header(name.to_owned());
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
    // Values may be UTF-8, as Kazoo sends them; control characters may not.
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad())?;
    Ok((parsed, value))
}

impl Hop {
    /// The request, with cookies, credentials and signature of the moment.
    pub(super) fn request(&self, jar: &mut CookieJar, policy: &Policy) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        let mut headers = self.headers.clone();
        if let Some(cookie) = jar.header(&self.url)
            && let Ok(value) = HeaderValue::from_str(&cookie)
        {
            headers.append(header::COOKIE, value);
        }
        if !headers.contains_key(header::AUTHORIZATION) {
            if policy.auth == Auth::AtOnce
                && let Some(login) = &self.login
                && jar.login(&login.origin).is_none()
            {
                jar.remember(login.clone());
            }
            let known = jar.login(&auth::origin(&self.url));
            let authorization = known.map(|l| l.authorization(self.method.as_str(), &self.url));
            if let Some(Ok(mut value)) = authorization.map(HeaderValue::try_from) {
                value.set_sensitive(true);
                headers.insert(header::AUTHORIZATION, value);
            }
        }
        if let Some(sign) = &self.sign
            && let Ok(value) = HeaderValue::try_from(sign(self.url.as_str(), &self.form))
        {
            headers.insert(SIGNATURE, value);
        }
        *request.headers_mut() = headers;
        let posts = !matches!(self.method, Method::GET | Method::HEAD);
        if posts || !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        request
    }

    pub(super) fn describe(&self, request: &reqwest::Request) -> Sent {
        let mut headers: Vec<(String, String)> = Vec::new();
        if !request.headers().contains_key(header::HOST)
            && let Some(host) = self.url.host_str()
        {
            let port = self.url.port().map(|port| format!(":{port}"));
            let host = format!("{host}{}", port.unwrap_or_default());
            headers.push(("host".into(), host));
        }
        for (name, value) in request.headers() {
            let value = if SECRET.contains(&name.as_str()) {
                "(not shown)".into()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            headers.push((name.to_string(), value));
        }
        Sent {
            uri: self.url.to_string(),
            method: self.method.to_string(),
            headers,
            body: self.body.clone(),
        }
    }

    /// Takes up a 401's challenge; false when there is nothing to answer it with.
    pub(super) fn answer_challenge(
        &self,
        jar: &mut CookieJar,
        had_basic: bool,
        response: &HeaderMap,
    ) -> bool {
        if self.headers.contains_key(header::AUTHORIZATION) {
            return false;
        }
        let known = jar.login(&auth::origin(&self.url)).cloned();
        let Some(mut login) = self.login.clone().or(known) else {
            return false;
        };
        let challenges = response.get_all(header::WWW_AUTHENTICATE);
        let readable = challenges.iter().filter_map(|value| value.to_str().ok());
        if !login.challenged(readable) || (had_basic && login.scheme == auth::Scheme::Basic) {
            return false;
        }
        jar.remember(login);
        true
    }

    /// The next hop, when this answer is a redirect that is to be followed.
    pub(super) fn redirected(
        &self,
        status: u16,
        response: &HeaderMap,
        policy: &Policy,
        had_credentials: bool,
    ) -> Result<Option<Self>, Failure> {
        let redirect = matches!(status, 301 | 302 | 303 | 307 | 308);
        let location = response.get(header::LOCATION);
        let (true, Some(location)) = (redirect, location) else {
            return Ok(None);
        };
        let repeats = match policy.redirects {
            Redirects::None => return Ok(None),
            Redirects::ToGet => false,
            Redirects::KeepMethod307 => matches!(status, 307 | 308),
            Redirects::RepeatAll => status != 303,
        };
        let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
        let refuse = |reason: String| Failure::RedirectTarget {
            location: super::shown(&location),
            reason,
        };
        if self.redirects >= MOST_REDIRECTS {
            return Err(Failure::TooManyRedirects {
                limit: MOST_REDIRECTS,
            });
        }
        let mut url = self
            .url
            .join(location.trim())
            .map_err(|error| refuse(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse("it is not an http or https URL".into()));
        }
        url.set_fragment(None);
        let carries = had_credentials || (repeats && !self.body.is_empty());
        if self.url.scheme() == "https" && url.scheme() == "http" && carries {
            return Err(refuse(
                "it leads from https to http, where what the request carries could be read".into(),
            ));
        }
        let same_origin = url.origin() == self.url.origin();
        let mut next = Self {
            redirects: self.redirects + 1,
            ..self.clone()
        };
        next.login =
            Login::take_from(&mut url).or_else(|| self.login.clone().filter(|_| same_origin));
        next.document = url.clone();
        next.url = url;
        next.headers.remove(SIGNATURE);
        if !same_origin {
            for name in CONFIDENTIAL {
                next.headers.remove(name);
            }
            next.headers.remove(header::HOST);
        }
        if !repeats {
            if next.method != Method::HEAD {
                next.method = Method::GET;
            }
            next.body = Bytes::new();
            next.form = Vec::new();
            next.headers.remove(header::CONTENT_TYPE);
        }
        Ok(Some(next))
    }
}

#[cfg(test)]
mod tests;
