//! A web application that a test scripts, and that remembers each request.
//!
//! ```no_run
//! # async fn script() -> pivot_lab::Result<()> {
//! use pivot_lab::webapp::{Answer, WebApp};
//! let app = WebApp::start().await?;
//! app.on("/voice", [Answer::xml("<Response><Hangup/></Response>")]);
//! let seen = app.wait_request("/voice").await?;
//! assert_eq!(seen.param("To").as_deref(), Some("2030"));
//! # Ok(())
//! # }
//! ```

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::{LabError, Result};

const BODY_LIMIT: usize = 64 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// What a route answers.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Before the first byte.
    pub delay: Duration,
    /// `{Digits}` and other parameters of the request are filled in.
    fill: bool,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), content_type.into())],
            body: body.into(),
            delay: Duration::ZERO,
            fill: false,
        }
    }

    pub fn xml(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/xml", body)
    }

    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json", body)
    }

    /// No body.
    pub fn status(status: u16) -> Self {
        Self {
            headers: Vec::new(),
            ..Self::new(status, "", "")
        }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// Undecoded; empty without one.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub at: SystemTime,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Decoded parameters of the query, then of a form body, in their order.
    pub fn params(&self) -> Vec<(String, String)> {
        let mut params = form(&self.query);
        if self
            .header("content-type")
            .is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"))
        {
            params.extend(form(&String::from_utf8_lossy(&self.body)));
        }
        params
    }

    /// The first parameter of that name.
    pub fn param(&self, name: &str) -> Option<String> {
        let params = self.params();
        params.into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The server; it stops when dropped.
pub struct WebApp {
    pub addr: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    routes: HashMap<String, VecDeque<Answer>>,
    seen: Vec<Seen>,
}

impl WebApp {
    pub async fn start() -> Result<Self> {
        Self::start_at(IpAddr::V4(Ipv4Addr::LOCALHOST)).await
    }

    pub async fn start_at(address: IpAddr) -> Result<Self> {
        let listener = TcpListener::bind((address, 0)).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let router = axum::Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends only with the listener, which lives as long as the value.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            addr,
            shared,
            server,
        })
    }

    /// `http://127.0.0.1:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Answers of a path, one request each; the last is repeated. Paths without
    /// answers get 404.
    pub fn on(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        lock(&self.shared).routes.insert(path.into(), answers);
    }

    /// Serves every file of a folder under its name. `pairs` are replaced in
    /// the text, and so are the names of the request's parameters in braces.
    pub fn serve_dir(&self, dir: &Path, pairs: &[(&str, String)]) -> Result<()> {
        for entry in std::fs::read_dir(dir).map_err(|e| LabError::file(dir, e))? {
            let path = entry?.path();
            let kind = match path.extension().and_then(|e| e.to_str()) {
                Some("xml") => "text/xml",
                Some("json") => "application/json",
                Some("wav") => "audio/wav",
                _ => continue,
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let mut body = std::fs::read(&path).map_err(|e| LabError::file(&path, e))?;
            if kind != "audio/wav" {
                let text = String::from_utf8_lossy(&body).into_owned();
                body = pairs
                    .iter()
                    .fold(text, |text, (from, to)| text.replace(from, to))
                    .into_bytes();
            }
            let mut answer = Answer::new(200, kind, body);
            answer.fill = kind != "audio/wav";
            self.on(&format!("/{name}"), [answer]);
        }
        Ok(())
    }

    /// All requests so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared).seen.clone()
    }

    pub fn requests_to(&self, path: &str) -> Vec<Seen> {
        let mut seen = self.requests();
        seen.retain(|s| s.path == path);
        seen
    }

    pub fn forget_requests(&self) {
        lock(&self.shared).seen.clear();
    }

    /// The first request to a path, waiting for it up to 20 s.
    pub async fn wait_request(&self, path: &str) -> Result<Seen> {
        self.wait_requests(path, 1)
            .await
            .map(|mut seen| seen.remove(0))
    }

    /// Waits until a path was requested this many times.
    pub async fn wait_requests(&self, path: &str, count: usize) -> Result<Vec<Seen>> {
        let began = Instant::now();
        loop {
            let seen = self.requests_to(path);
            if seen.len() >= count {
                return Ok(seen);
            }
            if began.elapsed() > PATIENCE {
                return Err(LabError::Timeout {
                    what: format!("{count} requests to {path}, {} came", seen.len()),
                    after_ms: PATIENCE.as_millis(),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for WebApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_vec(),
        at: SystemTime::now(),
    };
    let answer = {
        let mut shared = lock(&shared);
        shared.seen.push(seen.clone());
        match shared.routes.get_mut(&seen.path) {
            Some(answers) if answers.len() > 1 => answers.pop_front(),
            Some(answers) => answers.front().cloned(),
            None => None,
        }
    };
    let answer = answer.unwrap_or_else(|| Answer::new(404, "text/plain", "no such page"));
    tokio::time::sleep(answer.delay).await;
    let body = if answer.fill {
        filled(&answer.body, &seen)
    } else {
        answer.body
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (
            name.parse::<axum::http::HeaderName>(),
            value.parse::<axum::http::HeaderValue>(),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Puts parameters of the request where their names stand in braces; digits
/// with spaces between, so that they are spoken one by one.
fn filled(body: &[u8], seen: &Seen) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(body).into_owned();
    for (name, value) in seen.params() {
        let is_keys = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit());
        let value = if is_keys && name.starts_with("Digits") {
            value
                .chars()
                .map(String::from)
                .collect::<Vec<_>>()
                .join(" ")
        } else {
            value.replace(['<', '&', '"', '\\'], " ")
        };
        text = text.replace(&format!("{{{name}}}"), &value);
    }
    text.into_bytes()
}

/// Decodes `application/x-www-form-urlencoded`.
fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes
            .get(i + 1..i + 3)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[i], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_is_decoded_with_brackets_and_spaces() {
        let pairs = form("Digits%5Bmy_dtmf%5D=12+34&To=%2B1555&empty=&odd%=%zz");
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("Digits[my_dtmf]", "12 34"),
                ("To", "+1555"),
                ("empty", ""),
                ("odd%", "%zz")
            ]
        );
    }
}
