//! Sending requests: over a bounded pool of HTTP connections, and what never
//! waits in Asterisk through the event socket, where that can be done.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::router::Message;
use super::{AriError, Request, Router};
use crate::config;

/// Shorter than Asterisk's `session_keep_alive` of 15 s, so that it is us who
/// close an idle connection and no request is lost on one that it just closed.
const IDLE: Duration = Duration::from_secs(10);

/// The most that Asterisk's answer may hold, recordings apart.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// What the connected Asterisk can do.
#[derive(Debug, Clone, Default)]
pub struct Features {
    /// As in `22.10.1`.
    pub version: String,
    /// `reason_code` on hang-up, and legs that keep their caller id in a bridge: not in 16.
    pub reason_code: bool,
    /// Requests through the event socket: 22.4 and its siblings.
    pub socket_requests: bool,
}

/// Asterisk's good answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Bytes,
    what: Option<Arc<str>>,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, AriError> {
        serde_json::from_slice(&self.body).map_err(|error| AriError::Decode {
            what: self.what.as_deref().unwrap_or("a request").to_owned(),
            reason: error.to_string(),
        })
    }
}

/// Sends requests to one Asterisk. A cheap clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base: String,
    username: String,
    password: secrecy::SecretString,
    app: String,
    /// One permit a connection: what has none waits, with its own deadline.
    permits: Semaphore,
    features: watch::Sender<Features>,
    frames: watch::Sender<Option<mpsc::UnboundedSender<String>>>,
    router: Router,
    next_request: AtomicU64,
}

impl Client {
    pub fn new(config: &config::Ari, router: Router) -> Result<Self, AriError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(config.connections)
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            .http1_only()
            .build()
            .map_err(|error| AriError::NotSent {
                what: "any request".into(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                base: format!("{}/ari/", config.url.as_str().trim_end_matches('/')),
                username: config.username.clone(),
                password: config.password.clone(),
                app: config.app.clone(),
                permits: Semaphore::new(config.connections.max(1)),
                features: watch::Sender::new(Features::default()),
                frames: watch::Sender::new(None),
                router,
                next_request: AtomicU64::new(0),
            }),
        })
    }

    /// The name in `Stasis(…)`.
    pub fn app(&self) -> &str {
        &self.inner.app
    }

    pub fn features(&self) -> Features {
        self.inner.features.borrow().clone()
    }

    pub(super) fn set_features(&self, change: impl FnOnce(&mut Features)) {
        self.inner.features.send_modify(change);
    }

    /// The queue of the connected event socket; `None` while there is none.
    pub(super) fn set_frames(&self, frames: Option<mpsc::UnboundedSender<String>>) {
        self.inner.frames.send_replace(frames);
    }

    /// Hangs up with a cause, in the words that this version understands.
    pub fn hangup(&self, channel: &str, cause: u16) -> Request {
        if self.inner.features.borrow().reason_code {
            Request::hangup(channel, cause)
        } else {
            Request::hangup_by_name(channel, cause)
        }
    }

    /// Whether `add_leg_to_bridge` does what it says.
    pub fn keeps_caller_ids(&self) -> bool {
        self.inner.features.borrow().reason_code
    }

    pub async fn send(&self, request: Request) -> Result<Reply, AriError> {
        if !request.joins && self.inner.features.borrow().socket_requests {
            let frames = self.inner.frames.borrow().clone();
            if let Some(frames) = frames {
                return self.send_through_socket(&frames, request).await;
            }
        }
        self.send_over_http(request).await
    }

    /// Always over HTTP: what must be asked before the socket is there.
    pub async fn send_over_http(&self, request: Request) -> Result<Reply, AriError> {
        let (response, _permit) = self.open(&request).await?;
        let unknown = |reason: String| AriError::Unknown {
            what: request.to_string(),
            reason,
        };
        let status = response.status().as_u16();
        let length = response.content_length().unwrap_or(0);
        if length > ANSWER_LIMIT as u64 {
            return Err(unknown(format!("its answer has {length} bytes")));
        }
        let body = response
            .bytes()
            .await
            .map_err(|error| unknown(reason(&error)))?;
        finish(&request, status, body)
    }

    /// Fetches a file straight to disk, however large it is.
    pub async fn download(&self, request: Request, to: &Path) -> Result<(), AriError> {
        let (mut response, _permit) = self.open(&request).await?;
        let unknown = |reason: String| AriError::Unknown {
            what: request.to_string(),
            reason,
        };
        let status = response.status().as_u16();
        if !(200..300).contains(&status) {
            let body = response
                .bytes()
                .await
                .map_err(|error| unknown(reason(&error)))?;
            return finish(&request, status, body).map(|_| ());
        }
        let on_disk = |error: std::io::Error| unknown(format!("{}: {error}", to.display()));
        let mut options = tokio::fs::OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(to).await.map_err(on_disk)?;
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| unknown(reason(&error)))?
        {
            file.write_all(&chunk).await.map_err(on_disk)?;
        }
        file.flush().await.map_err(on_disk)
    }

    /// Sends a request over HTTP; the answer's body is yet to be read. The permit is
    /// that of its connection.
    async fn open(
        &self,
        request: &Request,
    ) -> Result<(reqwest::Response, SemaphorePermit<'_>), AriError> {
        metrics::counter!("pivot_ari_requests_total", "transport" => "http").increment(1);
        let inner = &self.inner;
        let deadline = Instant::now() + request.timeout;
        let not_sent = |reason: String| AriError::NotSent {
            what: request.to_string(),
            reason,
        };
        let permit = match inner.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                metrics::counter!("pivot_ari_pool_waits_total").increment(1);
                timeout_at(deadline, inner.permits.acquire())
                    .await
                    .map_err(|_| not_sent("all connections were busy ([ari] connections)".into()))?
                    .map_err(|error| not_sent(error.to_string()))?
            }
        };
        let mut builder = inner
            .http
            .request(
                request.method.clone(),
                format!("{}{}", inner.base, request.path),
            )
            .basic_auth(&inner.username, Some(inner.password.expose_secret()))
            .timeout(deadline.saturating_duration_since(Instant::now()));
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let unknown = |reason: String| AriError::Unknown {
            what: request.to_string(),
            reason,
        };
        let response = builder.send().await.map_err(|error| {
            let reason = reason(&error);
            if error.is_connect() || error.is_builder() {
                not_sent(reason)
            } else {
                unknown(reason)
            }
        })?;
        Ok((response, permit))
    }

    /// Does this Asterisk answer requests through the event socket?
    pub(super) async fn probe_socket(&self, frames: &mpsc::UnboundedSender<String>) -> bool {
        let mut ping = Request::ping();
        ping.timeout = Duration::from_secs(1);
        self.send_through_socket(frames, ping).await.is_ok()
    }

    async fn send_through_socket(
        &self,
        frames: &mpsc::UnboundedSender<String>,
        request: Request,
    ) -> Result<Reply, AriError> {
        metrics::counter!("pivot_ari_requests_total", "transport" => "socket").increment(1);
        let request_id = self
            .inner
            .next_request
            .fetch_add(1, Ordering::Relaxed)
            .to_string();
        let body = request.body.as_ref().map(ToString::to_string);
        let frame = SocketRequest {
            kind: "RESTRequest",
            request_id: &request_id,
            method: request.method.as_str(),
            uri: &request.path,
            query_strings: request
                .query
                .iter()
                .map(|(name, value)| QueryString { name, value })
                .collect(),
            content_type: body.as_ref().map(|_| "application/json"),
            message_body: body.as_deref(),
        };
        let unknown = |reason: &str| AriError::Unknown {
            what: request.to_string(),
            reason: reason.to_owned(),
        };
        let frame = serde_json::to_string(&frame).map_err(|error| unknown(&error.to_string()))?;
        let (sender, answer) = oneshot::channel();
        self.inner.router.tell(Message::Await {
            request_id,
            answer: sender,
        });
        if frames.send(frame).is_err() {
            return self.send_over_http(request).await;
        }
        match timeout_at(Instant::now() + request.timeout, answer).await {
            Ok(Ok(Ok((status, body)))) => finish(&request, status, Bytes::from(body)),
            Ok(Ok(Err(reason))) => Err(unknown(&reason)),
            Ok(Err(_)) => Err(unknown("the event socket was lost")),
            Err(_) => Err(unknown("timed out")),
        }
    }
}

/// A request as the event socket takes it.
#[derive(Serialize)]
struct SocketRequest<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    request_id: &'a str,
    method: &'a str,
    uri: &'a str,
    /// Values in this list are taken as they are, without decoding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    query_strings: Vec<QueryString<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_body: Option<&'a str>,
}

#[derive(Serialize)]
struct QueryString<'a> {
    name: &'a str,
    value: &'a str,
}

fn finish(request: &Request, status: u16, body: Bytes) -> Result<Reply, AriError> {
    if (200..300).contains(&status) {
        let what = (!body.is_empty()).then(|| Arc::from(request.to_string()));
        return Ok(Reply { status, body, what });
    }
    // Refusals are `{"message": …}`; failed creations are `{"error": …}`; through
    // the socket a bare reason may stand there.
    let text = String::from_utf8_lossy(&body);
    let message = serde_json::from_str::<serde_json::Value>(&text)
        .ok()
        .and_then(|json| {
            json.get("message")
                .or_else(|| json.get("error"))
                .and_then(|m| m.as_str().map(str::to_owned))
        })
        .unwrap_or_else(|| text.chars().take(200).collect());
    Err(AriError::Refused {
        what: request.to_string(),
        status,
        message,
    })
}

/// reqwest's own message repeats the URL; the cause is what helps.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".into();
    }
    let mut source: &dyn std::error::Error = error;
    while let Some(next) = source.source() {
        source = next;
    }
    source.to_string()
}
