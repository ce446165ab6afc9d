//! pivot's own HTTP server: health, metrics, audio for Asterisk, recordings, and
//! the API of the stored things (`v2`).
//!
//! Health, readiness, audio and (unless `[recordings] auth`) recordings are open;
//! audio and recordings have names that nobody can guess. Everything else wants
//! the account's credentials.

mod auth;
mod error;
mod files;
mod metrics;
mod recordings;
mod v2;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::call::Services;
use crate::media::Media;
use crate::recordings::Recordings;

use error::Refusal;
use v2::V2;

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
#[error("`http.listen`: {address} cannot be listened on: {why}")]
pub struct ApiError {
    pub address: SocketAddr,
    pub why: String,
}

/// What the handlers need.
struct Api {
    media: Media,
    recordings: Arc<Recordings>,
    account_sid: String,
    /// None = the APIs are closed.
    token: Option<SecretString>,
    recordings_need_token: bool,
    /// ARI is up.
    ready: watch::Receiver<bool>,
    metrics: PrometheusHandle,
    v2: Arc<V2>,
}

/// A server that has its address and serves nobody yet.
pub struct Server {
    listener: TcpListener,
    router: Router,
}

/// Takes the address `[http] listen`.
pub async fn bind(
    services: &Arc<Services>,
    ready: watch::Receiver<bool>,
) -> Result<Server, ApiError> {
    let api = Api {
        media: services.media.clone(),
        recordings: services.recordings.clone(),
        account_sid: services.account_sid.clone(),
        token: services.config.account.auth_token.clone(),
        recordings_need_token: services.config.recordings.auth,
        ready,
        metrics: metrics::handle(),
        v2: Arc::new(V2::new(services.clone())),
    };
    Server::bind(services.config.http.listen, api).await
}

impl Server {
    async fn bind(address: SocketAddr, api: Api) -> Result<Self, ApiError> {
        let bound = TcpListener::bind(address).await;
        let listener = bound.map_err(|error| ApiError {
            address,
            why: error.to_string(),
        })?;
        Ok(Self {
            listener,
            router: router(Arc::new(api)),
        })
    }

    /// Where it listens; the port is a free one when `[http] listen` has port 0.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Serves until `stop`, then lets the requests that run come to their end.
    pub async fn run(self, stop: CancellationToken) {
        let service = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        let serving =
            axum::serve(self.listener, service).with_graceful_shutdown(stop.cancelled_owned());
        tokio::select! {
            served = serving => if let Err(error) = served {
                tracing::error!(%error, "pivot's HTTP server ended");
            },
            never = metrics::upkeep() => match never {},
        }
    }
}

fn router(api: Arc<Api>) -> Router {
    let closed = Router::new()
        .route("/metrics", get(show_metrics))
        .fallback(unknown)
        .layer(from_fn_with_state(api.clone(), need_credentials));
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/media/{name}", get(audio))
        .route(
            "/2010-04-01/Accounts/{account}/Recordings/{file}",
            get(account_recording),
        )
        .route(
            "/2010-04-01/Accounts/{account}/Recordings/{recording}/Transcriptions/{file}",
            get(transcription),
        )
        .route("/recordings/{file}", get(recording))
        .route("/v2", any(stored_things))
        .route("/v2/", any(stored_things))
        .route("/v2/{*path}", any(stored_things))
        .method_not_allowed_fallback(wrong_method)
        .merge(closed)
        .with_state(api)
}

async fn health() -> Response {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})).into_response()
}

async fn readiness(State(api): State<Arc<Api>>) -> Response {
    if *api.ready.borrow() {
        return Json(json!({"ready": true})).into_response();
    }
    let why = json!({"ready": false, "message": "not connected to Asterisk's ARI"});
    (StatusCode::SERVICE_UNAVAILABLE, Json(why)).into_response()
}

async fn show_metrics(State(api): State<Arc<Api>>) -> Response {
    api.metrics.run_upkeep();
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, api.metrics.render()).into_response()
}

async fn audio(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let Some(path) = api.media.file(&name) else {
        return Refusal::NotFound.into_response();
    };
    // A name never changes its sound.
    let mut response = files::serve(&path, "audio/wav", request.headers()).await;
    if response.status().is_success() {
        let a_day = header::HeaderValue::from_static("max-age=86400");
        response.headers_mut().insert(header::CACHE_CONTROL, a_day);
    }
    response
}

async fn account_recording(
    State(api): State<Arc<Api>>,
    Path((account, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    if account != api.account_sid {
        return api.refuse_or(&request, Refusal::NotFound);
    }
    api.recording(&file, request).await
}

async fn transcription(
    State(api): State<Arc<Api>>,
    Path((account, recording, file)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    if let Err(refusal) = api.admit(&request) {
        return refusal.into_response();
    }
    if account != api.account_sid {
        return Refusal::NotFound.into_response();
    }
    api.transcription(&recording, &file).await
}

async fn recording(
    State(api): State<Arc<Api>>,
    Path(file): Path<String>,
    request: Request,
) -> Response {
    api.recording(&file, request).await
}

async fn stored_things(State(api): State<Arc<Api>>, request: Request) -> Response {
    v2::serve(&api.v2, request).await
}

async fn need_credentials(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match api.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn unknown() -> Refusal {
    Refusal::NotFound
}

async fn wrong_method(method: Method) -> Refusal {
    Refusal::Method(method)
}

impl Api {
    /// Whether the request carries the account's credentials.
    fn admit(&self, request: &Request) -> Result<(), Refusal> {
        let token = self.token.as_ref().ok_or(Refusal::Closed)?;
        if auth::is_allowed(request.headers(), &self.account_sid, token) {
            Ok(())
        } else {
            Err(Refusal::Credentials)
        }
    }

    /// What is not there is said only to those who might see it if it were.
    fn refuse_or(&self, request: &Request, refusal: Refusal) -> Response {
        self.admit(request).err().unwrap_or(refusal).into_response()
    }
}

#[cfg(test)]
mod tests;
