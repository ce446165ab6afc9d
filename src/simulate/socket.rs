//! An event socket: `GET /ari/events` upgraded to a websocket.

use futures_util::{SinkExt, StreamExt};
use http::{Request as HttpRequest, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::apps::{Frame, Socket};
use super::clock::timestamp;
use super::http::{Service, pairs, params, segments};
use super::options::Version;
use super::rest::{Answer, Body, Request};

/// What the upgrade request asked for.
struct Asked {
    apps: Vec<String>,
    subscribe_all: bool,
}

type Refusal = Response<Option<String>>;

fn refuse(status: StatusCode, message: &str) -> Refusal {
    let mut refusal = Response::new(Some(json!({ "message": message }).to_string()));
    *refusal.status_mut() = status;
    refusal
}

#[expect(
    clippy::result_large_err,
    reason = "what the handshake callback has to give"
)]
fn look_at(service: &Service, request: &HttpRequest<()>) -> Result<Asked, Refusal> {
    let query = pairs(request.uri().query().unwrap_or_default());
    if !service.admits(request.headers(), &query) {
        return Err(refuse(StatusCode::UNAUTHORIZED, "Authentication required"));
    }
    let value = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    let apps: Vec<String> = value("app")
        .split(',')
        .filter(|app| !app.is_empty())
        .map(str::to_owned)
        .collect();
    if apps.is_empty() {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "HTTP request is missing param: [app]",
        ));
    }
    Ok(Asked {
        apps,
        subscribe_all: value("subscribeAll") == "true",
    })
}

/// Serves one event socket until either side ends it.
pub(super) async fn serve(stream: TcpStream, service: Service) {
    let refused = service
        .world
        .ask(|world| {
            world
                .refuse_sockets_until
                .is_some_and(|until| until > Instant::now())
        })
        .await;
    if refused != Some(false) {
        return;
    }
    let mut asked = None;
    #[expect(
        clippy::result_large_err,
        reason = "the handshake callback's signature is tungstenite's"
    )]
    let callback = |request: &HttpRequest<()>, mut response: Response<()>| {
        asked = Some(look_at(&service, request)?);
        if let Some(protocol) = request.headers().get("sec-websocket-protocol") {
            response
                .headers_mut()
                .insert("sec-websocket-protocol", protocol.clone());
        }
        Ok(response)
    };
    let Ok(mut stream) = tokio_tungstenite::accept_hdr_async(stream, callback).await else {
        return;
    };
    let Some(asked) = asked else { return };
    let app = asked.apps.join(",");
    let (sender, mut frames) = mpsc::unbounded_channel();
    let Some((id, rest)) = service
        .world
        .ask(move |world| {
            let socket = Socket {
                id: world.count(),
                frames: sender,
            };
            world.connect(&asked.apps, asked.subscribe_all, &socket);
            (socket.id, world.version() >= Version::V22)
        })
        .await
    else {
        return;
    };
    let mut answering: Option<(Value, oneshot::Receiver<Answer>)> = None;
    loop {
        tokio::select! {
            biased;
            frame = frames.recv() => match frame {
                Some(Frame::Text(text)) => {
                    if stream.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                Some(Frame::Drop) | None => break,
            },
            // Requests are carried out strictly one after the other: the next
            // frame is read only when the last one was answered.
            message = stream.next(), if answering.is_none() => match message {
                Some(Ok(Message::Text(text))) if rest => {
                    answering = Some(request(&service, &app, &text));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            answer = answered(&mut answering) => {
                if let Some(frame) = answer
                    && stream.send(Message::text(frame)).await.is_err()
                {
                    break;
                }
            }
        }
    }
    service.world.tell(move |world| world.disconnect(id));
}

/// Waits for the answer to the request in hand and makes its frame.
async fn answered(answering: &mut Option<(Value, oneshot::Receiver<Answer>)>) -> Option<String> {
    let Some((_, answer)) = answering else {
        return std::future::pending().await;
    };
    let answer = answer.await;
    let (mut frame, _) = answering.take()?;
    let answer = answer.ok()?;
    let status = StatusCode::from_u16(answer.status).ok();
    frame["status_code"] = answer.status.into();
    frame["reason_phrase"] = status
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
        .into();
    match answer.body {
        Body::Empty => {}
        Body::Json(json) => {
            frame["content_type"] = "application/json".into();
            frame["message_body"] = json.to_string().into();
        }
        Body::File(..) => {
            frame["status_code"] = 406.into();
            frame["reason_phrase"] = "Not Acceptable.  Use HTTP GET".into();
        }
    }
    Some(frame.to_string())
}

/// Passes a request frame on. Gives what the response must echo.
fn request(service: &Service, app: &str, text: &str) -> (Value, oneshot::Receiver<Answer>) {
    let (reply, answer) = oneshot::channel();
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    let field = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
    let uri = field("uri");
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let echo = json!({
        "type": "RESTResponse",
        "transaction_id": field("transaction_id"),
        "request_id": field("request_id"),
        "uri": path,
        "application": app,
        "timestamp": timestamp(crate::clock::now()),
        "asterisk_id": "02:fc:00:00:00:01",
    });
    if field("type") != "RESTRequest" {
        let _ = reply.send(Answer::error(400, "Failed to parse request message JSON"));
        return (echo, answer);
    }
    if path.starts_with('/') {
        let _ = reply.send(Answer::error(405, "Invalid method"));
        return (echo, answer);
    }
    let mut query = pairs(query);
    for pair in frame["query_strings"].as_array().into_iter().flatten() {
        let text = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
        query.push((text("name"), text("value")));
    }
    let body = field("message_body");
    let kind = field("content_type");
    if !body.is_empty() && kind.is_empty() {
        let _ = reply.send(Answer::error(400, "Missing content_type"));
        return (echo, answer);
    }
    match params(query, &kind, body.as_bytes()) {
        Ok(params) => {
            let request = Request {
                method: field("method").to_uppercase(),
                path: segments(path),
                params,
            };
            service
                .world
                .tell(move |world| world.request(request, reply));
        }
        Err(refusal) => {
            let _ = reply.send(refusal);
        }
    }
    (echo, answer)
}
