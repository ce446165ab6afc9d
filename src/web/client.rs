//! Sending: attempts, redirects, time limits and the size of the answer.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connect::{ConnectLayer, Progress};
use super::error::{Failure, Phase, WebError};
use super::guard::{Guard, Lookup, Resolver, system_lookup};
use super::hop::{self, Hop};
use super::policy::Policy;
use super::{Answer, CookieJar, Outgoing, Sent, Timing, install_crypto, shown};
use crate::{clock, config};

/// How long an idle connection is kept. Common web servers close theirs after
/// five seconds, and a request that meets the closing is lost.
const IDLE: Duration = Duration::from_secs(3);

/// The way to customers' servers. Cheap to clone; all clones share one pool of
/// connections.
#[derive(Clone)]
pub struct Web {
    guard: Guard,
    lookup: Lookup,
    client: reqwest::Client,
    /// For URLs with `#sni=n`, which are rare.
    without_sni: Arc<OnceLock<reqwest::Client>>,
    holds_time: bool,
}

impl Web {
    pub fn new(config: &config::Web) -> Result<Self, WebError> {
        Self::with_lookup(config, system_lookup())
    }

    /// The same, with another way to resolve names.
    pub fn with_lookup(config: &config::Web, lookup: Lookup) -> Result<Self, WebError> {
        install_crypto();
        let setup = |failure| WebError {
            url: String::new(),
            failure,
            attempts: 0,
            sent: None,
            warnings: Vec::new(),
        };
        let guard = Guard::new(config).map_err(setup)?;
        Ok(Self {
            client: build(&guard, &lookup, true).map_err(setup)?,
            without_sni: Arc::default(),
            holds_time: false,
            guard,
            lookup,
        })
    }

    /// The same for a simulated call: virtual time stands still while a server
    /// outside the runtime is awaited.
    #[must_use]
    pub fn holding_time(self) -> Self {
        Self {
            holds_time: true,
            ..self
        }
    }

    fn client(&self, sni: bool) -> Result<reqwest::Client, Failure> {
        if sni {
            return Ok(self.client.clone());
        }
        if let Some(client) = self.without_sni.get() {
            return Ok(client.clone());
        }
        let client = build(&self.guard, &self.lookup, false)?;
        Ok(self.without_sni.get_or_init(|| client).clone())
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// `jar` is the call's memory of cookies and logins; without it the
    /// exchange has none but its own.
    pub async fn send(
        &self,
        out: Outgoing,
        jar: Option<&mut CookieJar>,
    ) -> Result<Answer, WebError> {
        let mut own = CookieJar::default();
        let jar = jar.unwrap_or(&mut own);
        let url = shown(&out.url);
        let unsent = |failure| WebError {
            url: url.clone(),
            failure,
            attempts: 0,
            sent: None,
            warnings: Vec::new(),
        };
        let (hop, policy, warnings) = hop::first(out).map_err(unsent)?;
        let _held = self.holds_time.then(|| clock::Hold::new(policy.total));
        let begun = Begun {
            at: Instant::now(),
            started: clock::now(),
        };
        let mut exchange = Exchange {
            client: self.client(policy.sni).map_err(unsent)?,
            guard: &self.guard,
            deadline: begun.at + policy.total,
            policy: &policy,
            sent: None,
        };
        let mut attempts = 0;
        let outcome = loop {
            attempts += 1;
            let outcome = Box::pin(exchange.run(hop.clone(), jar)).await;
            let again = attempts <= policy.retries
                && policy.retries_after(&outcome)
                && Instant::now() < exchange.deadline;
            if !again {
                break outcome;
            }
        };
        match (outcome, exchange.sent) {
            (Ok(got), Some(sent)) => Ok(Answer {
                status: got.status,
                headers: got.headers,
                body: got.body,
                url: got.hop.document,
                attempts,
                redirects: got.hop.redirects,
                timing: Timing {
                    started: begun.started,
                    headers: got.headers_at - begun.at,
                    total: Instant::now() - begun.at,
                },
                sent,
                warnings,
            }),
            (Err(failure), sent) => Err(WebError {
                url,
                failure,
                attempts,
                sent: sent.map(Box::new),
                warnings,
            }),
            // An answer to nothing cannot be.
            (Ok(_), None) => Err(WebError {
                url,
                failure: Failure::Closed,
                attempts,
                sent: None,
                warnings,
            }),
        }
    }
}

fn build(guard: &Guard, lookup: &Lookup, sni: bool) -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tls_sni(sni)
        .dns_resolver(Resolver {
            guard: guard.clone(),
            lookup: lookup.clone(),
        })
        .connector_layer(ConnectLayer)
        .pool_idle_timeout(IDLE)
        .http1_title_case_headers()
        .build()
        .map_err(|error| Failure::Setup(error.to_string()))
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

struct Begun {
    at: Instant,
    started: clock::Time,
}

impl Policy {
    fn retries_after(&self, outcome: &Result<Got, Failure>) -> bool {
        let on = self.retry_on;
        match outcome {
            Ok(got) => match got.status {
                400..=499 => on.client_error,
                500..=599 => on.server_error,
                _ => false,
            },
            Err(failure) if failure.never_connected() => on.connect,
            Err(Failure::ReadTimeout { .. } | Failure::Closed | Failure::Truncated(_)) => on.read,
            Err(_) => false,
        }
    }
}

/// What carried a request. A new connection tells of its phases.
#[derive(Clone, Copy)]
enum Connection {
    New,
    Reused,
}

/// One request with all its attempts.
struct Exchange<'a> {
    client: reqwest::Client,
    guard: &'a Guard,
    policy: &'a Policy,
    deadline: Instant,
    /// What went out first.
    sent: Option<Sent>,
}

struct Got {
    hop: Hop,
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
    headers_at: Instant,
}

impl Exchange<'_> {
    /// One attempt: the request, its redirects and its challenges.
    async fn run(&mut self, mut hop: Hop, jar: &mut CookieJar) -> Result<Got, Failure> {
        let mut challenged = false;
        loop {
            self.guard.check_url(&hop.url)?;
            let request = hop.request(jar, self.policy);
            if self.sent.is_none() {
                self.sent = Some(hop.describe(&request));
            }
            let authorization = request.headers().get(header::AUTHORIZATION);
            let had_credentials = authorization.is_some();
            let had_basic = authorization.is_some_and(|v| v.as_bytes().starts_with(b"Basic "));
            let response = self.headers(request).await?;
            let headers_at = Instant::now();
            let status = response.status().as_u16();
            jar.store(&hop.url, response.headers());
            if status == 401
                && !challenged
                && hop.answer_challenge(jar, had_basic, response.headers())
            {
                challenged = true;
                continue;
            }
            let headers = response.headers();
            if let Some(next) = hop.redirected(status, headers, self.policy, had_credentials)? {
                hop = next;
                challenged = false;
                continue;
            }
            let headers = headers.clone();
            let body = self.body(response).await?;
            return Ok(Got {
                hop,
                status,
                headers,
                body,
                headers_at,
            });
        }
    }

    /// Sends one request and waits for the headers of its answer. When a server
    /// closes an idle connection just as it is used again, the request is sent
    /// once more, as browsers do.
    async fn headers(&self, request: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let again = request.try_clone();
        match (self.headers_once(request).await, again) {
            (Err((Failure::Closed, Connection::Reused)), Some(request)) => {
                self.headers_once(request).await
            }
            (result, _) => result,
        }
        .map_err(|(failure, _)| failure)
    }

    /// The time that a connection takes does not count as silence of the server.
    async fn headers_once(
        &self,
        request: reqwest::Request,
    ) -> Result<reqwest::Response, (Failure, Connection)> {
        let (progress, mut phases) = Progress::new(self.policy.connect);
        let request = progress.clone().watch(self.client.execute(request));
        tokio::pin!(request);
        let mut connection = Connection::Reused;
        let mut silent_since = Instant::now();
        loop {
            let phase = *phases.borrow_and_update();
            let until = match phase {
                Phase::Headers => self.deadline.min(silent_since + self.policy.read),
                _ => self.deadline,
            };
            tokio::select! {
                biased;
                response = &mut request => {
                    if phases.has_changed().is_ok_and(|changed| changed) {
                        connection = Connection::New;
                    }
                    let phase = *phases.borrow();
                    return response.map_err(|e| (Failure::from_client(&e, phase), connection));
                }
                Ok(()) = phases.changed() => {
                    connection = Connection::New;
                    silent_since = Instant::now();
                }
                () = sleep_until(until) => return Err((self.too_slow(phase), connection)),
            }
        }
    }

    async fn body(&self, mut response: reqwest::Response) -> Result<Bytes, Failure> {
        // Gone by now if it was gzip, the only encoding that was asked for.
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        if let Some(encoding) = encoding.filter(|value| *value != "identity") {
            let encoding = String::from_utf8_lossy(encoding.as_bytes());
            return Err(Failure::Encoding(format!("`{encoding}` was not asked for")));
        }
        let limit = self.policy.max_body;
        let too_large = Failure::TooLarge { limit };
        let announced = response.content_length().unwrap_or(0);
        if announced > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(too_large);
        }
        let mut body = BytesMut::new();
        loop {
            let until = self.deadline.min(Instant::now() + self.policy.read);
            match timeout_at(until, response.chunk()).await {
                Ok(Ok(Some(chunk))) if body.len() + chunk.len() > limit => return Err(too_large),
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Ok(None)) => return Ok(body.freeze()),
                Ok(Err(error)) => return Err(Failure::from_client(&error, Phase::Body)),
                Err(_) => return Err(self.too_slow(Phase::Body)),
            }
        }
    }

    fn too_slow(&self, phase: Phase) -> Failure {
        if Instant::now() >= self.deadline {
            Failure::TotalTimeout {
                after: self.policy.total,
                phase,
            }
        } else {
            Failure::ReadTimeout {
                after: self.policy.read,
                phase,
            }
        }
    }
}
