//! The process's metrics, as Prometheus reads them.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts collecting, once for the whole process.
pub(super) fn handle() -> PrometheusHandle {
    let start = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if let Err(error) = ::metrics::set_global_recorder(recorder) {
            tracing::warn!(%error, "metrics go elsewhere; /metrics stays empty");
        }
        handle
    };
    HANDLE.get_or_init(start).clone()
}

/// Puts what was measured into its buckets, for ever: until then every single
/// value is kept, and perhaps nobody ever reads `/metrics`.
pub(super) async fn upkeep() -> Infallible {
    const EVERY: Duration = Duration::from_secs(5);
    loop {
        tokio::time::sleep(EVERY).await;
        handle().run_upkeep();
    }
}
