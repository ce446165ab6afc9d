//! The listening socket: REST through axum, event sockets through tungstenite.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Request as HttpRequest, Response, StatusCode, header};
use axum::serve::{IncomingStream, Listener};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::options::Options;
use super::rest::{Answer, Body, Params, Request};
use super::socket;
use super::world::Handle;

/// Larger bodies are refused.
const BODY_LIMIT: usize = 40_960;

/// What every handler needs.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) world: Handle,
    username: String,
    password: String,
}

impl Service {
    /// Whether a request carries the right credentials: HTTP Basic, or
    /// `api_key=user:password` in its query.
    pub(super) fn admits(&self, headers: &HeaderMap, query: &[(String, String)]) -> bool {
        let expected = format!("{}:{}", self.username, self.password);
        let basic = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Basic "))
            .and_then(|value| BASE64.decode(value).ok());
        basic.is_some_and(|given| given == expected.as_bytes())
            || query
                .iter()
                .any(|(name, value)| name == "api_key" && *value == expected)
    }
}

/// Listens, and serves until `stop`.
pub(super) async fn serve(
    options: &Options,
    world: Handle,
    stop: CancellationToken,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let service = Service {
        world,
        username: options.username.clone(),
        password: options.password.clone(),
    };
    let (rest, connections) = mpsc::unbounded_channel();
    let app = Router::new().fallback(handle).with_state(service.clone());
    let incoming = Rest {
        connections,
        address,
    };
    let served = axum::serve(
        incoming,
        app.into_make_service_with_connect_info::<Breaker>(),
    );
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = served.into_future() => {}
            () = stopped.cancelled() => {}
        }
    });
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    tokio::spawn(sort(stream, service.clone(), rest.clone(), stop.clone()));
                },
            }
        }
    });
    Ok(address)
}

/// Tells event sockets from REST connections by their first bytes.
async fn sort(
    stream: TcpStream,
    service: Service,
    rest: mpsc::UnboundedSender<Connection>,
    stop: CancellationToken,
) {
    let online = |world: &mut super::world::World| {
        let offline = world
            .offline_until
            .is_some_and(|until| until > Instant::now());
        (!offline).then(|| world.connections.clone())
    };
    let Some(Some(up)) = service.world.ask(online).await else {
        return;
    };
    let _ = stream.set_nodelay(true);
    const UPGRADE: &[u8] = b"GET /ari/events";
    let mut head = [0; UPGRADE.len()];
    let events = loop {
        match stream.peek(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(count) if head[..count] != UPGRADE[..count] => break false,
            Ok(count) if count == UPGRADE.len() => break true,
            // Part of the first line; the rest is on its way.
            Ok(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    };
    if events {
        tokio::select! {
            () = socket::serve(stream, service) => {}
            () = up.cancelled() => {}
            () = stop.cancelled() => {}
        }
    } else {
        let broken = up.child_token();
        let _ = rest.send(Connection {
            stream,
            cancelled: Box::pin(broken.clone().cancelled_owned()),
            broken,
        });
    }
}

/// A REST connection that can be broken from outside.
struct Connection {
    stream: TcpStream,
    broken: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Breaks the connection that a request came through.
#[derive(Clone)]
struct Breaker(CancellationToken);

impl Connected<IncomingStream<'_, Rest>> for Breaker {
    fn connect_info(stream: IncomingStream<'_, Rest>) -> Self {
        Self(stream.io().broken.clone())
    }
}

struct Rest {
    connections: mpsc::UnboundedReceiver<Connection>,
    address: SocketAddr,
}

impl Listener for Rest {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => (connection, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connection {
    fn broken(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        use std::future::Future;
        match self.cancelled.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.broken(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.broken(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The pairs of a query or a form.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// The parts of a path below `/ari`, each decoded for itself.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(percent_decoded)
        .collect()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let hex = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

async fn handle(
    State(service): State<Service>,
    ConnectInfo(breaker): ConnectInfo<Breaker>,
    request: HttpRequest<HttpBody>,
) -> Response<HttpBody> {
    let query = pairs(request.uri().query().unwrap_or_default());
    if !service.admits(request.headers(), &query) {
        return respond(Answer::error(401, "Authentication required"));
    }
    let request = match read(request, query).await {
        Ok(request) => request,
        Err(answer) => return respond(answer),
    };
    let (reply, answer) = oneshot::channel();
    service
        .world
        .tell(move |world| world.request(request, reply));
    match answer.await {
        Ok(answer) => respond(answer),
        Err(_) => {
            breaker.0.cancel();
            std::future::pending().await
        }
    }
}

async fn read(
    request: HttpRequest<HttpBody>,
    query: Vec<(String, String)>,
) -> Result<Request, Answer> {
    let path = request.uri().path().to_owned();
    let Some(below) = path.strip_prefix("/ari/") else {
        return Err(Answer::error(404, "Resource not found"));
    };
    if below.ends_with('/') {
        return Err(Answer::error(404, "Resource not found"));
    }
    let method = request.method().as_str().to_owned();
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|_| Answer::error(413, "Request body too large"))?;
    Ok(Request {
        method,
        path: segments(below),
        params: params(query, &kind, &body)?,
    })
}

/// Merges query and body.
pub(super) fn params(
    mut query: Vec<(String, String)>,
    kind: &str,
    body: &[u8],
) -> Result<Params, Answer> {
    let mut json: Option<Value> = None;
    if !body.is_empty() {
        if kind.starts_with("application/json") {
            let parsed = serde_json::from_slice(body);
            json = Some(parsed.map_err(|_| Answer::error(400, "Error parsing request body"))?);
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            query.extend(pairs(&String::from_utf8_lossy(body)));
        }
    }
    Ok(Params::new(query, json))
}

fn respond(answer: Answer) -> Response<HttpBody> {
    let mut response = Response::new(HttpBody::empty());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, body) = match answer.body {
        Body::Empty => return response,
        Body::Json(json) => ("application/json".to_owned(), json.to_string().into()),
        Body::File(kind, bytes) => (kind, bytes),
    };
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    if answer.status == 401
        && let Ok(challenge) = "Basic realm=\"Asterisk REST Interface\"".parse()
    {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    *response.body_mut() = HttpBody::from(body);
    response
}
