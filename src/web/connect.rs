//! Watching a connection being made.
//!
//! One client and so one pool of connections serves all calls, yet each request
//! has its own connect timeout and wants to know how far it came. A layer around
//! the connector sees to both; the request that a connection is made for is
//! known by a task-local.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tower_layer::Layer;
use tower_service::Service;

use super::error::Phase;

tokio::task_local! {
    static CURRENT: Progress;
}

/// How far a request has come.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    phase: watch::Sender<Phase>,
    connect_timeout: Duration,
}

impl Progress {
    /// A request that may take `connect_timeout` to reach its server. It starts
    /// in the headers phase, where one that finds an open connection stays.
    pub(super) fn new(connect_timeout: Duration) -> (Self, watch::Receiver<Phase>) {
        let (phase, receiver) = watch::channel(Phase::Headers);
        let progress = Self {
            phase,
            connect_timeout,
        };
        (progress, receiver)
    }

    /// The progress of the request that is being polled.
    pub(super) fn current() -> Self {
        CURRENT
            .try_with(Clone::clone)
            .unwrap_or_else(|_| Self::new(Duration::from_secs(5)).0)
    }

    pub(super) async fn watch<F: Future>(self, request: F) -> F::Output {
        CURRENT.scope(self, request).await
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }
}

/// The server could not be reached in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} ms", .0.as_millis())]
pub(super) struct ConnectTimeout(pub(super) Duration);

#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectLayer;

impl<S> Layer<S> for ConnectLayer {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector(inner)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Connector<S>(S);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let progress = Progress::current();
        progress.enter(Phase::Connect);
        let connecting = self.0.call(request);
        Box::pin(async move {
            let limit = progress.connect_timeout;
            let connected = tokio::time::timeout(limit, connecting)
                .await
                .map_err(|_| ConnectTimeout(limit))??;
            progress.enter(Phase::Headers);
            Ok(connected)
        })
    }
}
