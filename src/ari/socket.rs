//! The event socket: connect, read, ping, come back.
//!
//! The reading task does nothing but read; writing has a task of its own, since
//! a write that waits would stop the reading, and Asterisk closes a socket that
//! is not read (spec/asterisk-ari.md, rule 19).

use std::time::Duration;

use base64::Engine;
use futures_util::{SinkExt, StreamExt, stream};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::router::Message;
use super::{AriError, Client, Event, Request, Router};
use crate::config;

/// Asterisk never pings; TCP's own keep-alive would take two hours.
const PING_EVERY: Duration = Duration::from_secs(10);
/// Two pings unanswered.
const DEAD_AFTER: Duration = Duration::from_secs(25);
const CONNECT: Duration = Duration::from_secs(10);
const FIRST_BACK_OFF: Duration = Duration::from_millis(250);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);
/// `GET /sounds` apart, nothing that Asterisk says is longer.
const FRAME_LIMIT: usize = 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketState {
    /// With why the last attempt failed.
    Connecting(Option<String>),
    Up,
    /// Another program has the application's name. There is no way back but a restart.
    Replaced,
}

/// The connection as the rest of pivot sees it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub state: watch::Receiver<SocketState>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Debug, thiserror::Error)]
enum SocketError {
    #[error("{0}")]
    Rest(#[from] AriError),
    #[error("the event socket: {}", readable(.0))]
    Socket(#[from] tungstenite::Error),
    #[error("{0}")]
    Other(String),
}

const WRONG_PASSWORD: &str = "401: the user or password in [ari] is not one of Asterisk's ari.conf";

fn readable(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Http(response) if response.status() == 401 => WRONG_PASSWORD.into(),
        tungstenite::Error::Http(response) => format!("Asterisk answered {}", response.status()),
        other => other.to_string(),
    }
}

/// Connects, and stays connected until `Replaced`. Returns the state to watch
/// and the future that does it.
pub fn connect(
    config: config::Ari,
    client: Client,
    router: Router,
) -> (Connection, impl Future<Output = ()> + Send) {
    let (sender, state) = watch::channel(SocketState::Connecting(None));
    (Connection { state }, run(config, client, router, sender))
}

async fn run(
    config: config::Ari,
    client: Client,
    router: Router,
    state: watch::Sender<SocketState>,
) {
    let mut back_off = FIRST_BACK_OFF;
    loop {
        match open(&config, &client).await {
            Ok(socket) => {
                back_off = FIRST_BACK_OFF;
                let ended = serve(socket, &client, &router, &state).await;
                client.set_frames(None);
                client.set_features(|features| features.socket_requests = false);
                router.tell(Message::Lost);
                if matches!(ended, Ended::Replaced) {
                    state.send_replace(SocketState::Replaced);
                    return;
                }
                tracing::warn!(reason = %ended, "event socket lost, connecting again");
                metrics::counter!("pivot_ari_reconnects_total").increment(1);
                state.send_replace(SocketState::Connecting(Some(ended.to_string())));
            }
            Err(error) => {
                let reason = error.to_string();
                // Once is enough in the log; the state has it while it lasts.
                let told = matches!(&*state.borrow(), SocketState::Connecting(Some(last)) if *last == reason);
                if !told {
                    tracing::warn!(url = %config.url, %reason, "cannot reach Asterisk, trying again");
                }
                state.send_replace(SocketState::Connecting(Some(reason)));
            }
        }
        sleep(back_off).await;
        back_off = (back_off * 2).min(LONGEST_BACK_OFF);
    }
}

/// Learns the version first, then opens the socket.
async fn open(config: &config::Ari, client: &Client) -> Result<Socket, SocketError> {
    let answer = client.send_over_http(Request::info()).await;
    if let Err(error) = &answer
        && error.status() == Some(401)
    {
        return Err(SocketError::Other(WRONG_PASSWORD.into()));
    }
    let info: serde_json::Value = answer?.json()?;
    let version = info
        .pointer("/system/version")
        .and_then(|v| v.as_str())
        .unwrap_or_default()
        .to_owned();
    client.set_features(|features| {
        features.reason_code = version_at_least(&version, &[18, 0]);
        features.version = version;
    });
    let mut url = config.url.clone();
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme)
        .map_err(|()| SocketError::Other(format!("{} is no http(s) URL", config.url)))?;
    let address = format!(
        "{}/ari/events?app={}",
        url.as_str().trim_end_matches('/'),
        config.app
    );
    let mut request = address.as_str().into_client_request()?;
    let credentials = format!("{}:{}", config.username, config.password.expose_secret());
    let basic = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(credentials)
    );
    let value = basic.parse().map_err(|_| {
        SocketError::Other("[ari] username or password cannot stand in a header".into())
    })?;
    request.headers_mut().insert("Authorization", value);
    let limits = WebSocketConfig::default()
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT))
        .max_write_buffer_size(4 * FRAME_LIMIT);
    let connecting = tokio_tungstenite::connect_async_with_config(request, Some(limits), true);
    let (socket, _) = timeout(CONNECT, connecting)
        .await
        .map_err(|_| SocketError::Other("the event socket: timed out".into()))??;
    Ok(socket)
}

#[derive(Debug)]
enum Ended {
    Replaced,
    Lost(String),
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Replaced => f.write_str("another program took the application"),
            Self::Lost(reason) => f.write_str(reason),
        }
    }
}

/// Reads until the socket is gone.
async fn serve(
    socket: Socket,
    client: &Client,
    router: &Router,
    state: &watch::Sender<SocketState>,
) -> Ended {
    let (mut sink, mut events) = socket.split();
    let (frames, mut queue) = mpsc::unbounded_channel::<String>();
    let writer = async move {
        let mut ping = tokio::time::interval(PING_EVERY);
        loop {
            let frame = tokio::select! {
                text = queue.recv() => match text {
                    Some(text) => Frame::text(text),
                    None => return,
                },
                _ = ping.tick() => Frame::Ping(tungstenite::Bytes::new()),
            };
            // What a call asks at once leaves in one packet.
            let waiting = std::iter::from_fn(|| queue.try_recv().ok()).map(Frame::text);
            let frames = std::iter::once(frame).chain(waiting).map(Ok);
            if sink.send_all(&mut stream::iter(frames)).await.is_err() {
                // The reader finds out as well.
                return;
            }
        }
    };
    let greeting = greet(client.clone(), frames, router.clone(), state.clone());
    let reader = async {
        loop {
            let frame = match timeout(DEAD_AFTER, events.next()).await {
                Err(_) => return Ended::Lost(format!("silent for {} s", DEAD_AFTER.as_secs())),
                Ok(None) => return Ended::Lost("closed by Asterisk".into()),
                Ok(Some(Err(error))) => return Ended::Lost(readable(&error)),
                Ok(Some(Ok(frame))) => frame,
            };
            let Frame::Text(text) = frame else { continue };
            match Event::read(&text) {
                Ok(event) => {
                    let replaced = matches!(event, Event::ApplicationReplaced);
                    router.tell(Message::Event {
                        event,
                        read: Instant::now(),
                    });
                    if replaced {
                        return Ended::Replaced;
                    }
                }
                Err(error) => tracing::warn!(%error, "an event that cannot be read"),
            }
        }
    };
    tokio::pin!(reader, writer, greeting);
    let mut writing = true;
    let mut greeted = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut reader => return ended,
            () = &mut writer, if writing => writing = false,
            () = &mut greeting, if !greeted => greeted = true,
        }
    }
}

/// What is set up on every new socket, before calls are told that it is back.
async fn greet(
    client: Client,
    frames: mpsc::UnboundedSender<String>,
    router: Router,
    state: watch::Sender<SocketState>,
) {
    if let Err(error) = client
        .send_over_http(Request::event_filter(client.app()))
        .await
    {
        tracing::warn!(%error, "event filter not set; more events than needed will come");
    }
    // No negotiation: a version that cannot do it does not answer.
    let asked = version_at_least(&client.features().version, &[20, 14]);
    let answered = asked && client.probe_socket(&frames).await;
    client.set_frames(Some(frames));
    client.set_features(|features| features.socket_requests = answered);
    let version = client.features().version;
    tracing::info!(%version, socket_requests = answered, "connected to Asterisk");
    state.send_replace(SocketState::Up);
    router.tell(Message::Connected);
}

/// Compares the numbers at the front of a version such as `22.10.1~dfsg+cs…`.
fn version_at_least(version: &str, wanted: &[u32]) -> bool {
    let numbers: Vec<u32> = version
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|n| n.parse().ok())
        .collect();
    numbers.as_slice() >= wanted
}

#[cfg(test)]
mod tests {
    use super::version_at_least;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(version_at_least("22.10.1+dfsg+~cs6.17", &[18, 0]));
        assert!(version_at_least("18.0.0", &[18, 0]));
        assert!(version_at_least("GIT-22-abc", &[18]));
        assert!(version_at_least("certified-20.7-cert4", &[18, 0]));
        assert!(!version_at_least("16.28.0~dfsg-0+deb11u4", &[18, 0]));
    }
}
