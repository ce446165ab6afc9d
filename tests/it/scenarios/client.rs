//! A bare ARI client: one event socket, requests over HTTP.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    password: String,
}

impl Client {
    pub(super) fn new(url: &str, password: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: url.to_owned(),
            password: password.to_owned(),
        }
    }

    pub(super) async fn socket(&self, app: &str) -> Socket {
        let url = self.url.replacen("http", "ws", 1);
        let url = format!("{url}/ari/events?app={app}&api_key=pivot:{}", self.password);
        tokio_tungstenite::connect_async(url).await.unwrap().0
    }

    /// One request; `path` is below `/ari/`. Status and JSON body of the answer.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        params: &[(String, String)],
    ) -> (u16, Value) {
        let (json, query): (Vec<_>, Vec<_>) = params.iter().partition(|(name, _)| name == "json");
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}/ari/{path}", self.url))
            .basic_auth("pivot", Some(&self.password))
            .timeout(Duration::from_secs(60))
            .query(&query);
        if let Some((_, body)) = json.first() {
            request = request
                .header("content-type", "application/json")
                .body(body.clone());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// The next event; `None` when the socket is closed.
pub(super) async fn next_event(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).ok(),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}
